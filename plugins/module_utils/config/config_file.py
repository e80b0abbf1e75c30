# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One configuration file on the host: what is there, what is to be there, and whose it is."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from ..common.files import MARK, is_ours, read_text, write_atomic
from ..common.problem import Problem
from ..xencfg import read_xl, read_xm
from ..xencfg.compare import Change, changes
from ..xencfg.text import SEAL, is_untouched, redact
from ..xencfg.values import Document, SyntaxFault

# A guest's file can hold passwords, and nobody but root needs it.
FILE_MODE = 0o600

_STUB = "the stub domain of "
_HEAD = re.compile(rf"# {re.escape(MARK)} for (?:{_STUB})?guest (\S+)\.[ \t\r]*(?:\n|\Z)")
_SEAL_LINE = re.compile(rf"(?m)^# {SEAL}.*\n")
_KINDS = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder"}


@dataclass
class ConfigFile:
    """``before`` and ``after`` are None where there is no file. ``mode`` is that of the file which is there, and
    ``backup`` where it is kept before it is replaced or removed, "" if nowhere."""

    path: Path
    syntax: str
    before: str | None = None
    after: str | None = None
    mode: int = FILE_MODE
    backup: str = ""

    @property
    def action(self) -> str:
        if self.before == self.after and (self.after is None or self.mode == FILE_MODE):
            return "none"
        return "removed" if self.after is None else "created" if self.before is None else "updated"

    def write(self) -> None:
        """Raises OSError; then the old file is as it was."""
        if self.action == "none":
            return
        if self.backup:
            write_atomic(Path(self.backup), self.before or "", FILE_MODE)
        if self.after is None:
            self.path.unlink(missing_ok=True)
        else:
            write_atomic(self.path, self.after, FILE_MODE)

    def changes(self) -> list[Change]:
        """What differs for Xen, key by key. Raises SyntaxFault for a file that Xen or this collection cannot read."""
        return changes(self._read(self.before), self._read(self.after))

    def notes(self) -> list[str]:
        """What an operator did to the file, so that it does not vanish unseen."""
        if self.before is None:
            return []
        if self.backup:
            what = f"changed by hand{self._by_hand()}" if is_ours(self.before) else "not written by this collection"
            return [f"{self.path} was {what}; it is kept as {self.backup}"]
        if self.action == "updated" and self.before == self.after:
            return [f"{self.path} had the mode {self.mode:04o}, and gets {FILE_MODE:04o}"]
        return []

    def diff(self) -> dict[str, str]:
        return {
            "before_header": str(self.path),
            "after_header": str(self.path),
            "before": _shown(self.before),
            "after": _shown(self.after),
        }

    def _by_hand(self) -> str:
        """How the file differs from the definition: keys, and comments that are not of this collection. Of a file that
        is to be removed there is no definition to tell that from."""
        if self.after is None:
            return ""
        try:
            before, after = self._read(self.before), self._read(self.after)
        except SyntaxFault as fault:
            return f" (it cannot be read: {fault})"
        told = [f"{change.key} {_differs(change)}" for change in changes(before, after)]
        known = {text for _line, text in after.comments} if after else set()
        told += [
            f"a comment in line {line}"
            for line, text in (before.comments if before else [])
            if text not in known and not text.startswith((MARK, SEAL))
        ]
        return f" ({', '.join(told) or 'blanks or the order of its lines'})"

    def _read(self, text: str | None) -> Document | None:
        if text is None:
            return None
        return read_xm.read(text) if self.syntax == "xm" else read_xl.read(text)


def head_of(guest: str, second: bool = False) -> str:
    """The first line of a file, which tells whose it is; ``second`` is that of the guest's stub domain.

    >>> head_of("web1")
    'Written by Ansible (xenfleet.stubdom) for guest web1.'
    """
    return f"{MARK} for {_STUB if second else ''}guest {guest}."


def owner_of(text: str) -> str:
    """The guest that this collection wrote the file for, "" where it did not, or where nobody can tell any more.

    >>> owner_of("# " + head_of("web1", second=True))
    'web1'
    """
    found = _HEAD.match(text)
    return found.group(1) if found else ""


def names_of(guest: str) -> dict[str, str]:
    """The names of all files that this collection may write for a guest, under any scheme and toolstack, each with its
    syntax.

    >>> list(names_of("web1"))
    ['web1.cfg', 'web1', 'stubdom-web1', 'web1-dm']
    """
    return {f"{guest}.cfg": "xl", guest: "xm", f"stubdom-{guest}": "xm", f"{guest}-dm": "xm"}


def look(path: Path, syntax: str, after: str | None) -> ConfigFile:
    """The file as it is now, and as it is to be. Raises OSError, also for anything of that name that is no file: a
    symbolic link is somebody's work, and what it leads to is not this collection's to read."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return ConfigFile(path, syntax, None, after)
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a device, pipe or socket")
        raise OSError(errno.EINVAL, f"it is {kind}", str(path))
    found = ConfigFile(path, syntax, read_text(path), after, stat.S_IMODE(mode))
    if found.before is not None and not (is_ours(found.before) and is_untouched(found.before)):
        found.backup = _backup_of(path, found.before)
    return found


def refuse(found: ConfigFile, guest: str, adopt: bool) -> Problem | None:
    """Why the file is neither replaced nor removed; None when it may be."""
    if found.before is None:
        return None
    owner = owner_of(found.before)
    if owner not in ("", guest):
        reason = f"was written for guest {owner}"
        remedy = f"move it away, or remove guest {owner} first (state: absent)"
    elif not is_ours(found.before) and not adopt:
        reason = "exists and was not written by this collection"
        remedy = "move it away, or set adopt: true, which keeps a copy beside it with the ending .orig"
    else:
        return None
    return Problem(reason, remedy, guest=guest, key="file", value=str(found.path))


def _shown(text: str | None) -> str:
    """For a difference. Without the seal, which says nothing to a person, and by which a password could be guessed."""
    return redact(_SEAL_LINE.sub("", text or ""))


def _differs(change: Change) -> str:
    return "added" if change.after is None else "missing" if change.before is None else "differs"


def _backup_of(path: Path, text: str) -> str:
    """Named after what it holds, so that a second one does not replace the first."""
    digits = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    if is_ours(text):
        return f"{path}.by-hand-{digits}"
    original = Path(f"{path}.orig")
    is_free = not os.path.lexists(original) or (original.is_file() and read_text(original) == text)
    return str(original) if is_free else f"{original}-{digits}"

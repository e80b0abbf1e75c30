# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan one configuration file of the host: its text as it is and as it is to be, and whose it is."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..common.arguments import setting
from ..common.files import is_ours, owner_of, read_text, write_atomic
from ..common.problem import Problem
from ..xencfg.text import SEAL, is_untouched, redact

if TYPE_CHECKING:
    from ..xencfg.compare import Change

# A guest's file can hold passwords, and only root needs it.
FILE_MODE = 0o600

ADOPT = f"move it away, or set {setting('guest_config', 'adopt', 'true')}, which keeps a copy beside it with the ending .orig"

_SEAL_LINE = re.compile(rf"(?m)^# {SEAL}.*\n")
_KINDS = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder"}


@dataclass
class FilePlan:
    """Hold the text of a file as it is and as it is to be; ``before`` and ``after`` are None where there is no file.

    ``mode`` is that of the existing file, ``changed_at`` the time of its last change in seconds since 1970, ``backup`` the
    path at which a copy is kept before the file is replaced or removed, "" for none. ``same_keys`` are those that are only
    spelled differently, and ``means_the_same``: nothing else differs. Both come from the host's toolstack (``dry_runs``).
    ``is_kept``: the file is of another origin and stays, as it means the same as ``rendered``, the text of the definition.
    ``is_open``: the file was adopted, and changed since; the toolstack decides what becomes of it (``foreign_files``).
    """

    path: Path
    syntax: str
    before: str | None = None
    after: str | None = None
    mode: int = FILE_MODE
    backup: str = ""
    changed_at: float = 0.0
    same_keys: set[str] = field(default_factory=set)
    means_the_same: bool = False
    is_kept: bool = False
    rendered: str | None = None
    is_open: bool = False

    @property
    def is_foreign(self) -> bool:
        """Return whether there is a file that this collection did not write."""
        return self.before is not None and not is_ours(self.before)

    def keep(self) -> None:
        """Let the file stay as it is, with its mode: nothing is written, and there is no copy."""
        self.is_kept, self.rendered, self.after, self.backup = True, self.after, self.before, ""

    @property
    def action(self) -> str:
        """Return created, updated, removed or none."""
        if self.before == self.after and (self.after is None or self.is_kept or self.mode == FILE_MODE):
            return "none"
        return "removed" if self.after is None else "created" if self.before is None else "updated"

    def write(self) -> None:
        """Write or remove the file. Raise OSError; the old file is as it was then."""
        if self.action == "none":
            return
        if self.backup:
            write_atomic(Path(self.backup), self.before or "", FILE_MODE)
        if self.after is None:
            self.path.unlink(missing_ok=True)
        else:
            write_atomic(self.path, self.after, FILE_MODE)

    def changes(self) -> list[Change]:
        """Return what differs for Xen, key by key. Raise ConfigSyntaxError for a file that cannot be read."""
        if self.before == self.after:
            return []
        from .file_changes import changes_for_xen

        found = changes_for_xen(self.syntax, self.before, self.after)
        return [change for change in found if change.key not in self.same_keys]

    def notes(self) -> list[str]:
        """Return what an operator did to the file, and where the copy of it is."""
        if self.before is None:
            return []
        if self.is_kept:
            return self._notes_of_kept(self.before)
        if self.backup:
            return [f"{self.path} was {self._origin(self.before)}; it is kept as {self.backup}"]
        if self.action == "updated" and self.before == self.after:
            return [f"{self.path} had the mode {self.mode:04o}, and gets {FILE_MODE:04o}"]
        return []

    def _notes_of_kept(self, text: str) -> list[str]:
        found = [f"{self.path} was not written by this collection; it means the same and stays as it is"]
        if self.mode & 0o077 and redact(text) != text:
            found.append(f"{self.path} holds a password and has the mode {self.mode:04o}; set it to {FILE_MODE:04o}")
        return found

    def _origin(self, before: str) -> str:
        if not is_ours(before):
            return "not written by this collection"
        if self.after is None:
            # No definition is left to compare the file with.
            return "changed by hand"
        from .file_changes import changes_by_hand

        return f"changed by hand ({changes_by_hand(self.syntax, before, self.after)})"

    def diff(self) -> dict[str, str]:
        """Return the difference as Ansible shows it, passwords hidden."""
        return {
            "before_header": str(self.path),
            "after_header": str(self.path),
            "before": _shown(self.before),
            "after": _shown(self.after),
        }


def names_of(guest: str) -> dict[str, str]:
    """Return the names of all files that this collection may write for a guest, under any scheme and toolstack, each with
    its syntax.

    >>> list(names_of("web1"))
    ['web1.cfg', 'web1', 'stubdom-web1', 'web1-dm']
    """
    return {f"{guest}.cfg": "xl", guest: "xm", f"stubdom-{guest}": "xm", f"{guest}-dm": "xm"}


def plan_file(path: Path, syntax: str, after: str | None) -> FilePlan:
    """Return the plan that gives the file the text ``after``, or removes it for None.

    Raise OSError, also for anything of that name that is not a plain file: a symbolic link is an operator's, and this
    collection does not read what it leads to.
    """
    try:
        found_at = path.lstat()
    except FileNotFoundError:
        return FilePlan(path, syntax, None, after)
    if not stat.S_ISREG(found_at.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found_at.st_mode), "a device, pipe or socket")
        raise OSError(errno.EINVAL, f"it is {kind}", str(path))
    mode = stat.S_IMODE(found_at.st_mode)
    found = FilePlan(path, syntax, read_text(path), after, mode, changed_at=found_at.st_mtime)
    if found.before is not None and not (is_ours(found.before) and is_untouched(found.before)):
        found.backup = _backup_of(path, found.before)
    return found


def refusal(found: FilePlan, guest: str, adopt: bool) -> Problem | None:
    """Return why the file is neither replaced nor removed; None when it may be."""
    if found.before is None:
        return None
    owner = owner_of(found.before)
    if owner not in ("", guest):
        reason = f"was written for guest {owner}"
        remedy = f"move it away, or remove guest {owner} first (state: absent)"
    elif found.is_foreign and not adopt:
        reason = "exists and was not written by this collection"
        remedy = ADOPT
    else:
        return None
    return Problem(reason, remedy, guest=guest, key="file", value=str(found.path))


def _shown(text: str | None) -> str:
    """Return the text for a difference, without the seal, from which a password could be guessed."""
    return redact(_SEAL_LINE.sub("", text or ""))


def _backup_of(path: Path, text: str) -> str:
    """Return a path that is named after the text, so that a second copy does not replace the first."""
    digits = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    if is_ours(text):
        return f"{path}.by-hand-{digits}"
    original = Path(f"{path}.orig")
    is_free = not os.path.lexists(original) or (original.is_file() and read_text(original) == text)
    return str(original) if is_free else f"{original}-{digits}"

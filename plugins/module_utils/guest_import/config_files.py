# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the configuration files of a host's guests, and read them whatever they are. Read only."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..common.errors import XenfleetError
from ..common.files import is_ours, owner_of

#: The most bytes that are read of a file: the longest known one has some kilobytes.
MOST_BYTES = 1 << 20

# Files of Xen's packages that are not guests'.
_OF_XEN = re.compile(r"xlexample.*|xmexample.*|README.*|cpupool|.*\.(conf|sxp|sh)|xend-.*|oxenstored.*")
# Copies, by what editors, packages and this collection call them.
_COPY = re.compile(
    r".*(~|\.(bak|old|save|swp|swo|orig|rej|rpmsave|rpmnew|rpmorig|dpkg-\w+|ucf-\w+)|\.orig-\w+|\.by-hand-\w+)|#.*#"
)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}
_WORDS = {
    errno.ELOOP: "is a symbolic link that leads in a circle",
    errno.ENOENT: "is a symbolic link to a file that does not exist",
    errno.EACCES: "cannot be read: permission denied",
}


class UnreadableFile(XenfleetError):
    """Report why a file is not read."""


@dataclass
class ConfigFile:
    """Hold a guest's file as it was found: ``links`` are its links for autostart, ``notes`` what is odd about its place."""

    path: Path
    text: str
    links: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """Return the guest that this collection wrote the file for, "" for a file of another origin."""
        return owner_of(self.text) if is_ours(self.text) else ""


@dataclass(frozen=True)
class Skipped:
    """Name a file that was not read, with the reason."""

    path: str
    reason: str


def find_files(config_dir: Path, autostart_dir: Path) -> tuple[list[ConfigFile], list[Skipped]]:
    """Return the files of guests in the configuration folder, and those that are started at boot, wherever they lie; then
    what was not read. Raise OSError for a folder that cannot be listed."""
    skipped: list[Skipped] = []
    found: dict[str, ConfigFile] = {}
    for path in _listed(config_dir):
        if _is_candidate(path, skipped):
            _add(path, found, skipped)
    for link in _listed(autostart_dir):
        target = _target(link)
        if target not in found and _is_named_as_guest(link.name):
            _add(Path(target), found, skipped, link)
        if target in found:
            found[target].links.append(link)
    return list(found.values()), skipped


def read_file(path: Path) -> str:
    """Return the text of a file. Raise UnreadableFile for anything but a plain file of text, of a size that a guest's has.

    Bytes that are not UTF-8 become halves of characters, as in ``common.files``. Nothing but a plain file is ever opened: to
    open a device or a pipe can do something, and can last for ever.
    """
    try:
        _require_plain(os.stat(path).st_mode)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(handle, "rb") as file:
            before = os.fstat(handle)
            _require_plain(before.st_mode)
            data = file.read(MOST_BYTES + 1)
            after = os.fstat(handle)
    except OSError as error:
        raise UnreadableFile(_WORDS.get(error.errno or 0, f"cannot be read: {error.strerror}")) from error
    if len(data) > MOST_BYTES:
        raise UnreadableFile(f"is larger than {MOST_BYTES >> 20} MiB")
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise UnreadableFile("was changed while it was read")
    if b"\0" in data:
        raise UnreadableFile("is not text: it contains NUL bytes")
    return data.decode("utf-8", "surrogateescape")


def _require_plain(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise UnreadableFile(f"is {_KINDS.get(stat.S_IFMT(mode), 'not a plain file')}")


def _add(path: Path, found: dict[str, ConfigFile], skipped: list[Skipped], link: Path | None = None) -> None:
    """Read a file, unless it was read under another name."""
    real = _target(path)
    if real in found:
        found[real].notes.append(f"{path} is another name of it")
        return
    try:
        found[real] = ConfigFile(path, read_file(path))
    except UnreadableFile as error:
        skipped.append(Skipped(str(link or path), str(error)))
        return
    if path.is_symlink():
        found[real].notes.append(f"{path} is a symbolic link to {real}")


def _is_candidate(path: Path, skipped: list[Skipped]) -> bool:
    """Return whether a file of the configuration folder may be a guest's. Copies are named, Xen's own files are not."""
    if not _is_named_as_guest(path.name):
        return False
    if _COPY.fullmatch(path.name):
        skipped.append(Skipped(str(path), "is a copy, by its name"))
        return False
    return path.name.endswith(".cfg") or not path.is_dir()


def _is_named_as_guest(name: str) -> bool:
    return not name.startswith(".") and not _OF_XEN.fullmatch(name)


def _listed(folder: Path) -> list[Path]:
    """Return what is in a folder, by name; nothing where there is none."""
    try:
        return [folder / name for name in sorted(os.listdir(folder))]
    except FileNotFoundError:
        return []


def _target(path: Path) -> str:
    """Return the path without symbolic links; that of the link itself where it leads nowhere."""
    try:
        return str(path.resolve())
    except (OSError, RuntimeError):
        return str(path)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace files and links as a whole or not at all, and recognise the files that this collection wrote."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from pathlib import Path

MARK = "Written by Ansible (xenfleet.stubdom)"
_STUB = "the stub domain of "
_HEAD = re.compile(rf"# {re.escape(MARK)} for (?:{_STUB})?guest (\S+)\.[ \t\r]*(?:\n|\Z)")
# The name of the temporary file is fixed, so that the next write of a file finds what an interrupted one left without a
# walk through the folder, which has a file for each guest.
_FILE, _LINK = "file", "link"
_UNFINISHED = re.compile(r"\.(.+)\.[a-z0-9_]+\.tmp")


def read_text(path: Path) -> str | None:
    """Return the file's text, or None when the file does not exist. Bytes that are not UTF-8 survive a round trip."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def is_ours(text: str) -> bool:
    """Return whether this collection wrote a file, which its first line states."""
    return text.startswith(f"# {MARK}")


def head_of(guest: str, second: bool = False) -> str:
    """Return the first line of a guest's file, which names the guest; ``second``: of the file of its stub domain.

    >>> head_of("web1")
    'Written by Ansible (xenfleet.stubdom) for guest web1.'
    """
    return f"{MARK} for {_STUB if second else ''}guest {guest}."


def owner_of(text: str) -> str:
    """Return the name of the guest that this collection wrote a file for, "" where its first line names none.

    >>> owner_of("# " + head_of("web1", second=True))
    'web1'
    """
    found = _HEAD.match(text)
    return found.group(1) if found else ""


def unfinished(name: str) -> str:
    """Return the final name of a temporary file that an interrupted run left, "" for the name of any other file.

    >>> unfinished(".web1.cfg.file.tmp"), unfinished("web1.cfg")
    ('web1.cfg', '')
    """
    found = _UNFINISHED.fullmatch(name)
    return found.group(1) if found else ""


def below(root: Path, name: str) -> Path:
    """Return the path of a file of the host, whose files lie below ``root``."""
    return root / name.lstrip("/")


def write_atomic(path: Path, content: str | bytes, mode: int) -> None:
    """Replace the file durably: a temporary file in the same folder, fsync, rename, fsync of the folder.

    Take over the temporary file that an interrupted run left. Raise OSError; the old file is unchanged then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = str(path.with_name(_temporary(path.name, _FILE)))
    with os.fdopen(_open_locked(temporary), "wb") as out:
        try:
            # An interrupted run can have left half of a file, and the mode of the whole one.
            os.fchmod(out.fileno(), 0o600)
            out.truncate()
            out.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
            # Before the descriptor, and with it the lock, is closed.
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    sync_folder(path.parent)


def link_atomic(path: Path, target: str) -> None:
    """Create or replace a symbolic link, without a moment in which there is none. Raise OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(str(path.parent), os.O_RDONLY)
    try:
        link_in(folder, path.name, target)
    finally:
        os.close(folder)


def link_in(folder: int, name: str, target: str) -> None:
    """Create or replace a symbolic link in an open folder, as ``link_atomic`` does. Raise OSError."""
    temporary = _temporary(name, _LINK)
    while True:
        try:
            os.symlink(target, temporary, dir_fd=folder)
        except FileExistsError:
            # An interrupted run left it, or another process is about to rename it: that one begins again, below.
            _unlink(folder, temporary)
            continue
        try:
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except FileNotFoundError:
            # Another process removed or renamed it between these two steps.
            continue
        except OSError:
            _unlink(folder, temporary)
            raise
        break
    os.fsync(folder)


def is_link_to(link: Path, path: Path) -> bool:
    """Return whether a symbolic link leads to the path, also by a target relative to its folder."""
    return link.is_symlink() and os.path.normpath(link.parent / os.readlink(link)) == os.path.normpath(path)


def file_problem(path: Path, is_program: bool = False) -> str:
    """Return why libxl and xend cannot use a file, "" for nothing. libxl takes no empty one (libxl__load_hvm_firmware_module)."""
    try:
        status = os.stat(path)
    except OSError:
        return "does not exist on the host"
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if is_program and not status.st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH):
        # root runs a file with one bit for execution; execvp fails for one without (libxl_aoutils.c).
        return "is not executable"
    # execvp has a shell run an empty program, which does nothing and succeeds.
    return "" if status.st_size else "is empty"


def settle(folder: Path) -> None:
    """Make a folder and its files readable for everybody, and durable. Raise OSError."""
    for path in folder.iterdir():
        path.chmod(0o644)
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    folder.chmod(0o755)


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder durable. Raise OSError."""
    handle = os.open(str(folder), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_there(handle: int, path: Path) -> bool:
    """Return whether the path leads to this open file, which another process may have renamed. Raise OSError."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _temporary(name: str, kind: str) -> str:
    return f".{name}.{kind}.tmp"


def _unlink(folder: int, name: str) -> None:
    """Remove a file that another process may remove at the same moment. Raise OSError."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass


def _open_locked(path: str) -> int:
    """Return a temporary file of this user alone, open and locked. Raise OSError.

    A process that writes the same file at this moment is waited for.
    """
    while True:
        try:
            handle, is_ours = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), True
        except FileExistsError:
            left = _open_left(path)
            if left is None:
                continue
            handle, is_ours = left, _is_own_file(left)
        try:
            # What another user made, in a folder that everybody may write to, could stay locked for ever.
            fcntl.flock(handle, fcntl.LOCK_EX if is_ours else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_there(handle, Path(path)):
                if is_ours:
                    return handle
                os.unlink(path)
        except BaseException:
            os.close(handle)
            raise
        # The process that held the lock has renamed or removed it.
        os.close(handle)


def _open_left(path: str) -> int | None:
    """Return the temporary file that is there, open; None when it is gone. Raise OSError."""
    try:
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    # No write leaves a symbolic link.
    os.unlink(path)
    return None


def _is_own_file(handle: int) -> bool:
    """Return whether an open file is a plain one of this user, without another name."""
    about = os.fstat(handle)
    return stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and about.st_uid == os.geteuid()

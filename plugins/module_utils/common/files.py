# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace files and links as a whole or not at all, and recognise the files that this collection wrote."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from pathlib import Path

MARK = "Written by Ansible (xenfleet.stubdom)"
_STUB = "the stub domain of "
_HEAD = re.compile(rf"# {re.escape(MARK)} for (?:{_STUB})?guest (\S+)\.[ \t\r]*(?:\n|\Z)")
# The names of temporary files of write_atomic and link_in.
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

    >>> unfinished(".web1.cfg.k3x_09ab.tmp"), unfinished("web1.cfg")
    ('web1.cfg', '')
    """
    found = _UNFINISHED.fullmatch(name)
    return found.group(1) if found else ""


def below(root: Path, name: str) -> Path:
    """Return the path of a file of the host, whose files lie below ``root``."""
    return root / name.lstrip("/")


def write_atomic(path: Path, content: str | bytes, mode: int) -> None:
    """Replace the file durably: a temporary file in the same folder, fsync, rename, fsync of the folder.

    Remove temporary files of it that interrupted runs left. Raise OSError; the old file is unchanged then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    handle, temporary = _temporary(path)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
            # Before the descriptor and with it the lock is closed: see _temporary.
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
    temporary = f".{name}.{os.getpid()}.tmp"
    for left in os.listdir(folder):
        found = re.fullmatch(rf"\.{re.escape(name)}\.(\d+)\.tmp", left)
        if found and (left == temporary or not os.path.exists(f"/proc/{found.group(1)}")):
            os.unlink(left, dir_fd=folder)
    os.symlink(target, temporary, dir_fd=folder)
    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def is_link_to(link: Path, path: Path) -> bool:
    """Return whether a symbolic link leads to the path, also by a target relative to its folder."""
    return link.is_symlink() and os.path.normpath(link.parent / os.readlink(link)) == os.path.normpath(path)


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


def _temporary(path: Path) -> tuple[int, str]:
    """Create a temporary file beside it, open and locked: an unlocked one is a leftover of an interrupted run. Raise OSError."""
    while True:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=str(path.parent))
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, temporary
        # Another process removed it between these two steps.
        os.close(handle)


def _sweep(path: Path) -> None:
    """Remove the temporary files of that file that no process has locked, as far as they can be removed."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}\.tmp")
    for name in filter(pattern.fullmatch, os.listdir(path.parent)):
        try:
            handle = os.open(path.parent / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path.parent / name)
        except OSError:
            continue
        finally:
            os.close(handle)

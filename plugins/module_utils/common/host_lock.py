# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take the lock of a host: one module at a time changes it, whichever run started it.

It is a flock, which ends with the process that holds it: an interrupted run leaves none. Programs that a module starts
do not inherit it, as xl leaves a process behind that lives as long as its guest.

The process that holds the lock may remove its file (``remove``). Another process that opened the file before that then
locks a file without a name, while the next one creates a new file. So each process that gets the lock checks that the
path still leads to the file that it locked.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

from .arguments import setting
from .errors import XenfleetError
from .files import is_there

_POLL_SECONDS = 0.5
_ANOTHER = "another run holds it"


class LockError(XenfleetError):
    """Report that the lock cannot be taken: which run holds it and since when, or why its file cannot be locked."""


@contextmanager
def hold_for_module(module: Any, name: str, is_host: bool = True) -> Iterator[None]:
    """Hold the lock during the work of the module ``name``. Raise LockError.

    Take none in check mode, which changes nothing, and for work that does not concern this host.
    """
    if module.check_mode or not is_host:
        yield
        return
    with hold(Path(module.params["lock"]), module.params["lock_timeout"], name):
        yield


@contextmanager
def hold(path: Path, timeout: int, name: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold the lock of that file for the module ``name``; wait ``timeout`` seconds for it. Raise LockError."""
    lock = _acquire(path, timeout, name, sleep)
    try:
        _write(lock, _owner(name))
        yield
    finally:
        try:
            # The next process must not report this run, even if this one has failed.
            _write(lock, {})
        finally:
            os.close(lock)


@contextmanager
def keep_out(path: Path) -> Iterator[bool]:
    """Keep every module from its work while something is observed; yield whether none was at work, and none can begin.

    There is nothing to keep out by a lock that no run has taken yet: the answer is False then, too.
    """
    try:
        lock = os.open(str(path), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            is_free = is_there(lock, path)
        except OSError:
            is_free = False
        yield is_free
    finally:
        os.close(lock)


def remove(path: Path) -> None:
    """Remove the file, once, while holding the lock: the next file may be that of another run. Raise OSError."""
    path.unlink()


def _acquire(path: Path, timeout: int, name: str, sleep: Callable[[float], None]) -> int:
    """Lock the file, and return it open. Raise LockError."""
    holder = ""
    for attempt in range(max(0, int(timeout / _POLL_SECONDS)) + 1):
        if attempt:
            sleep(_POLL_SECONDS)
        try:
            # Opened again each time, as the run that holds the lock may remove its file and folder.
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except FileNotFoundError:
            continue  # The folder was removed.
        except OSError as error:
            raise _refused(path, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_taken = is_there(lock, path)
        except BlockingIOError:
            is_taken = False
        except OSError as error:
            os.close(lock)
            raise _refused(path, error) from error
        if is_taken:
            return lock
        holder = _holder(lock)
        os.close(lock)
    raise LockError(
        f"lock = {str(path)!r}: {holder or _ANOTHER}, and this run has waited {timeout} seconds for it",
        f"let that run end, then run this again, or raise {setting(name, 'lock_timeout')}",
    )


def _refused(path: Path, error: OSError) -> LockError:
    remedy = "check that root may write there and that it is a plain file"
    return LockError(f"lock = {str(path)!r}: cannot be taken: {error.strerror}", remedy)


def _owner(name: str) -> dict[str, Any]:
    """Describe this process. ``from`` is the controller's address, if SSH set it and sudo did not remove it."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    return {
        "module": name,
        "pid": os.getpid(),
        "user": os.environ.get("SUDO_USER") or user,
        "from": (os.environ.get("SSH_CONNECTION") or "").partition(" ")[0],
        "since": int(time.time()),
    }


def _write(lock: int, owner: dict[str, Any]) -> None:
    os.ftruncate(lock, 0)
    if owner:
        os.pwrite(lock, (json.dumps(owner) + "\n").encode(), 0)


def _holder(lock: int) -> str:
    """Describe the process that holds the lock, from what it wrote into the file, if it did so already."""
    try:
        owner = json.loads(os.pread(lock, 4096, 0).decode("utf-8"))
        place = f" from {owner['from']}" if owner["from"] else ""
        age = max(0, int(time.time()) - int(owner["since"]))
        return f"{owner['module']}, process {owner['pid']} of user {owner['user']}{place}, has held it for {age} seconds"
    except (OSError, ValueError, LookupError, TypeError):
        return _ANOTHER

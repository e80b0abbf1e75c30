# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a host: one module at a time changes it, whoever started it.

It is a flock, which goes with the process that holds it: a run that was killed leaves none. Programs that a module
starts do not inherit it, as xl leaves a process behind that lives as long as its guest.

Its file can be removed by who holds it (``remove``). One that was opened before, and is had after that, is nobody's:
who comes next makes a new file. So each one that gets a lock looks whether it is that of the file which is there now.
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

from .errors import XenfleetError

_POLL_SECONDS = 0.5
_ANOTHER = "another run holds it"


class LockError(XenfleetError):
    """The lock cannot be had; the message says who has it, since when, and what to do."""


@contextmanager
def held(module: Any, name: str, is_host: bool = True) -> Iterator[None]:
    """The lock during the work of the module ``name``. None is taken in check mode, which changes nothing, and for work
    that is not about this host. Raises LockError."""
    if module.check_mode or not is_host:
        yield
        return
    with locked(Path(module.params["lock"]), module.params["lock_timeout"], name):
        yield


@contextmanager
def locked(path: Path, timeout: int, name: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """``timeout`` is in seconds. Raises LockError."""
    lock = _taken(path, timeout, sleep)
    try:
        _write(lock, _owner(name))
        yield
        # Who comes next must not be told of this run.
        _write(lock, {})
    finally:
        os.close(lock)


def remove(path: Path) -> None:
    """Takes the file away, once, and by who holds it: a second time it could be that of another run. Raises OSError."""
    path.unlink()


def is_there(lock: int, path: Path) -> bool:
    """Whether an open file is the one that is at the path now. Raises OSError."""
    try:
        return os.path.samestat(os.fstat(lock), path.lstat())
    except FileNotFoundError:
        return False


def _taken(path: Path, timeout: int, sleep: Callable[[float], None]) -> int:
    """The open file, of which this process has the lock. Raises LockError."""
    said = ""
    for attempt in range(max(0, int(timeout / _POLL_SECONDS)) + 1):
        if attempt:
            sleep(_POLL_SECONDS)
        try:
            # Anew each time: the file that another run holds goes with it where that run removes all of ours.
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except FileNotFoundError:
            continue  # So does its folder.
        except OSError as error:
            raise _refused(path, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_had = is_there(lock, path)
        except BlockingIOError:
            is_had = False
        except OSError as error:
            os.close(lock)
            raise _refused(path, error) from error
        if is_had:
            return lock
        said = _shown(lock)
        os.close(lock)
    raise LockError(
        f"lock = {str(path)!r}: {said or _ANOTHER}, and this run has waited {timeout} seconds for it. Remedy: let that run "
        "end, then run this again, or raise lock_timeout."
    )


def _refused(path: Path, error: OSError) -> LockError:
    remedy = "see that root may write there, and that it is a plain file"
    return LockError(f"lock = {str(path)!r}: cannot be taken: {error.strerror}. Remedy: {remedy}.")


def _owner(name: str) -> dict[str, Any]:
    """Who holds it now. ``from`` is the controller's address, as far as SSH tells it; sudo takes that away."""
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


def _shown(lock: int) -> str:
    """Who holds it, from what that process wrote; it may not have come to that."""
    try:
        said = json.loads(os.pread(lock, 4096, 0).decode("utf-8"))
        place = f" from {said['from']}" if said["from"] else ""
        age = max(0, int(time.time()) - int(said["since"]))
        return f"{said['module']}, process {said['pid']} of user {said['user']}{place}, has held it for {age} seconds"
    except (OSError, ValueError, LookupError, TypeError):
        return _ANOTHER

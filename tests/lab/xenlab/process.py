# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running commands so that nothing outlives a Ctrl-C, knowing our own processes, and locks."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import LabError, with_logs
from .progress import say

# mkfs and its like are in sbin, which a user's PATH may lack.
SEARCH_PATH = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"
GRACE = 20.0  # seconds that an interrupted command gets to clean up (mmdebstrap unmounts) before SIGKILL
PRIORITY = -10  # the "nice" value of what must not wait


def run(command: Sequence[str], log: Path, keep_open: Sequence[int] = ()) -> None:
    """Run a command with its output in `log` (appended); LabError with the log's end when it fails.

    `keep_open`: file descriptors the command inherits. A lock among them stays held while the command lives, even
    when the lab itself was killed.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(keep_open),
            env={**os.environ, "PATH": SEARCH_PATH, "LC_ALL": "C.UTF-8"},
        )
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            raise
    if code != 0:
        raise with_logs(f"{command[0]} failed with exit status {code}", log)


def favour(pid: int) -> None:
    """Let a process that leads its session have the processor before others, where we may (as root). An emulated host's
    clock goes on while the machine does something else, and with it every time limit in it, such as libxl's for a device
    model. Threads are weighed within their session, and sessions among each other by its own value (sched(7))."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.setpriority(os.PRIO_PROCESS, int(thread.name), PRIORITY)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(f"{PRIORITY}\n")


def is_ours(pid: int, folder: Path, proc: Path = Path("/proc")) -> bool:
    """Return whether that process is alive and has `folder` in its command line; a recycled pid has not."""
    try:
        arguments = (proc / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False
    return f"{folder}/".encode() in arguments  # a zombie's is empty, so it counts as dead


def stop(pid: int, folder: Path, grace: float = 5.0) -> None:
    """SIGTERM, then SIGKILL, for a process that is ours; others are left alone. LabError when it survives."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not is_ours(pid, folder):
            return
        os.kill(pid, number)
        if wait_gone(pid, folder, grace):
            return
    raise LabError(f"process {pid} of {folder} survives SIGKILL")


def kill(pid: int, folder: Path, grace: float = 20.0) -> None:
    """SIGKILL at once, for a process that is ours. LabError when it survives."""
    if is_ours(pid, folder):
        os.kill(pid, signal.SIGKILL)
    if not wait_gone(pid, folder, grace):
        raise LabError(f"process {pid} of {folder} survives SIGKILL")


def wait_gone(pid: int, folder: Path, seconds: float) -> bool:
    """Return whether the process is gone within that time."""
    deadline = time.monotonic() + seconds
    while is_ours(pid, folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold an exclusive lock on that file; yields its descriptor. Waits, and says so, while another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another lab process that holds {path.name}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of a playbook that can be interrupted with all that it has started on this machine.

Its processes are known by a word in their environment, which each hands to those that it starts: Ansible's workers, ssh
and local modules have sessions of their own, so that a signal to one process group would spare them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

CALLBACKS = Path(__file__).resolve().parent / "callbacks"
# Seconds between two looks.
_POLL = 0.01


def slow_writes(seconds: float) -> str:
    """Return a sitecustomize.py, which Python reads at its start: each fsync takes so long that a write can be cut in its
    midst, when all is written and nothing flushed."""
    return f"""import os, time
fsync = os.fsync
def slow(handle):
    time.sleep({seconds})
    fsync(handle)
os.fsync = slow
"""


class InterruptibleRun:
    """Hold a run; what it prints is in ``folder``/out. At the end of the block none of its processes is left."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._mark = f"XENFLEET_RUN={uuid.uuid4()}"
        self._noted = folder / "starts"
        self._noted.unlink(missing_ok=True)
        self.out = folder / "out"
        name, _equals, value = self._mark.partition("=")
        added = {name: value, "XENFLEET_STARTS": str(self._noted), "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
                 "ANSIBLE_CALLBACKS_ENABLED": "starts"}
        with self.out.open("w", encoding="utf-8") as out:
            self._process = subprocess.Popen(command, env={**env, **added}, cwd=folder, stdin=subprocess.DEVNULL,
                                             stdout=out, stderr=subprocess.STDOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def starts(self) -> list[str]:
        """Return the tasks that have started, in order."""
        try:
            return self._noted.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def until(self, what: Callable[[], bool], seconds: float) -> None:
        """Wait for that. Raise AssertionError, with the end of what was printed, when it does not come in time or the run ends before."""
        end = time.monotonic() + seconds
        while not what():
            assert not self.has_ended(), f"the run has ended\n{self.printed()}"
            assert time.monotonic() < end, f"it does not come in {seconds:.0f} seconds\n{self.printed()}"
            time.sleep(_POLL)

    def has_ended(self) -> bool:
        """Return whether it has ended, by itself or killed."""
        return self._process.poll() is not None

    def wait(self, seconds: float) -> int:
        """Wait for its exit status, so many seconds at most."""
        return self._process.wait(seconds)

    def printed(self) -> str:
        """Return the end of what was printed."""
        return self.out.read_text(encoding="utf-8", errors="replace")[-3000:]

    def kill(self) -> None:
        """Send SIGKILL to the controller first, which then starts nothing more, and to the rest until none is there."""
        if not self.has_ended():
            self._process.kill()
        while found := self._processes():
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(_POLL)
        self._process.wait()

    def _processes(self) -> list[int]:
        """Return the run's processes. One that has ended and waits to be seen by its parent has no environment any more."""
        wanted, found = self._mark.encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one part, and find out whether it passed."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from . import count
from .count import Count
from .parts import Part, inventory_of
from .places import LOGS, ROOT, environment

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Result:
    """Hold how a part ended."""

    name: str
    seconds: float
    count: Count
    note: str = ""
    log: Path | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """Return the result in one word."""
        if self.problems or self.count.failed:
            return "FAILED"
        return "passed" if self.count.passed else "skipped"


class Stopped(Exception):
    """Report that no part begins any more."""


class _Running:
    """Hold the processes of the parts that run now, so that another thread can end them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def start(self, command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(command, **options)
            self._processes.add(process)
        return process

    def ended(self, process: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._processes.discard(process)

    def stop(self) -> None:
        """End them all, whatever signals come: what is not ended would go on for minutes."""
        ignore_signals()
        with self._lock:
            self._stopped = True
            processes = list(self._processes)
        for process in processes:
            end(process)


_running = _Running()
stop = _running.stop


def skipped(name: str, reason: str) -> Result:
    """Return the result of a part that does not run."""
    one = Count()
    one.skip(reason)
    return Result(name, 0, one, reason)


def run(part: Part) -> Result:
    """Run a part to its end. It passes when its command does, it ran something, and nothing of it failed."""
    log = LOGS / f"{part.name}.log"
    start = time.monotonic()
    shutil.rmtree(part.junit, ignore_errors=True)
    part.junit.mkdir(parents=True)
    if part.report:
        part.report.parent.mkdir(parents=True, exist_ok=True)
        part.report.unlink(missing_ok=True)
    status = execute(part, log)
    problems = [f"ended with status {status}"] if status != 0 else []
    total = counted(part)
    if status == 0 and not total.passed + total.failed + total.skipped:
        problems.append("nothing ran")
    if problems and not total.failed:
        total.failed = 1
    return Result(part.name, time.monotonic() - start, total, problems[0] if problems else str(total), log, problems)


def counted(part: Part) -> Count:
    """Count the tests of a part; where it writes no JUnit files, nox's sessions or the command itself.

    A part whose tests were all skipped has proven nothing, unless nox says why it was not begun.
    """
    total = count.tests(part.junit)
    if any(part.junit.glob("*.xml")):
        return total if total.passed + total.failed else Count()
    return count.sessions(part.report) if part.report else Count(passed=1)


def execute(part: Part, log: Path) -> int:
    """Run the command in a process group of its own, so that none of it outlives the part."""
    env = environment(part.core, part.collections) | part.env | {
        "XENFLEET_LAB_INVENTORY": str(inventory_of(part.hosts)),
        "PYTEST_ADDOPTS": f"--junitxml={part.junit}/pytest.xml",
    }
    with log.open("wb") as output:
        process = _running.start(
            part.command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )
        try:
            return process.wait(part.limit)
        except subprocess.TimeoutExpired:
            output.write(f"\nstopped after {part.limit:.0f} seconds\n".encode())
            return -1
        finally:
            end(process)
            _running.ended(process)


def ignore_signals() -> None:
    """Ignore signals from now on; what is being taken down is taken down whole."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore signals for a while."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ignore_signals()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end(process: "subprocess.Popen[bytes]", patience: float = 20) -> None:
    """End a process group: by SIGTERM, then by SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue

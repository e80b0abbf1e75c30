# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one part and judges it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from .junit import Count, count
from .parts import Part
from .places import CHECKOUT_COPY, LOGS, environment

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Result:
    """How a part ended."""

    name: str
    seconds: float
    count: Count
    note: str = ""
    log: Path | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """In one word."""
        if self.problems or self.count.failed:
            return "FAILED"
        return "passed" if self.count.passed else "skipped"


class Stopped(Exception):
    """No part begins any more."""


class _Running:
    """The processes of the parts that run now, for who has to end them from another thread."""

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
        """A second signal does not keep it from this: what it does not end would go on for minutes."""
        ignore_signals()
        with self._lock:
            self._stopped = True
            processes = list(self._processes)
        for process in processes:
            end(process)


_running = _Running()
stop = _running.stop


def skipped(part: Part, reason: str) -> Result:
    """A part that does not run."""
    one = Count(skipped=1)
    one.reasons[reason] = 1
    return Result(part.name, 0, one, reason)


def run(part: Part) -> Result:
    """Run it to its end. It passes when its command does, it had something to run, and no test of it failed."""
    log = LOGS / f"{part.name}.log"
    start = time.monotonic()
    problems = [f"nothing to run: no {pattern}" for pattern in part.needs if not any(CHECKOUT_COPY.glob(pattern))]
    if problems:
        log.write_text("\n".join(problems) + "\n")
        return Result(part.name, 0, Count(failed=1), problems[0], log, problems)
    if part.results:
        for old in part.results[0].glob(part.results[1]):
            old.unlink()
    status = execute(part, log)
    text = log.read_text(errors="replace")
    if status != 0:
        problems.append(f"ended with status {status}")
    problems += [f"never said: {words}" for words in part.says if words not in text]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    note = next((line for line in lines for words in part.says[:1] if words in line), lines[-1] if lines else "")
    total = Count()
    if part.results:
        total = count(*part.results)
        note = str(total)
        if not total.passed + total.failed:
            problems.append("no test ran")
        if problems and not total.failed:
            total.failed = 1
    elif problems:
        total.failed = 1
    else:
        total.passed = 1
    return Result(part.name, time.monotonic() - start, total, problems[0] if problems else note, log, problems)


def execute(part: Part, log: Path) -> int:
    """Run the command in a process group of its own, so that none of it outlives the part."""
    with log.open("wb") as output:
        process = _running.start(
            part.command, cwd=part.cwd, env=environment(part.core, part.inventory) | part.env, stdin=subprocess.DEVNULL,
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
    """From now on; what is being taken down is taken down whole."""
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
    """End a process group: kindly, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue

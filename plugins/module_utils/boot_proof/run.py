# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boot a boot loader's image on this Xen host until it shows its prompt: the work of ``boot_proof``."""

from __future__ import annotations

import os
import select
import tempfile
import termios
import time
import tty
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Iterator

from ..common.errors import XenfleetError
from ..common.problem import Problem
from ..host.checks import check_arch
from ..images.store import sha256_of
from ..lifecycle.domains import Destroyer, Waiter
from ..toolstack.base import Domain, HostState, Toolstack, ToolstackError
from . import proofs
from .proofs import Proof
from .trial import BootProgress, BootTrial, config_of, guest_of, read_progress

# Seconds: the time that a destroyed domain has to end, and the time between two checks for a terminal.
_END = 30.0
_POLL = 0.5
# Bytes: of a long output the newest part is read, as a prompt is the last that is printed.
_NEWEST = 1 << 14


class NotProven(XenfleetError):
    """Report an image whose boot was not seen.

    ``lines`` are the last lines of its console, ``seconds`` is the time that the trial took.
    """

    def __init__(self, problem: Problem, lines: list[str], seconds: float) -> None:
        super().__init__(problem.text())
        self.lines = lines
        self.seconds = seconds


class BootVerifier:
    """Prove that images boot. ``records`` is the folder of the proofs; ``host`` is the name of this machine in messages."""

    def __init__(self, toolstack: Toolstack, records: Path, host: str) -> None:
        self._toolstack = toolstack
        self._records = records
        self._host = host
        self._waiter = Waiter(toolstack, time.sleep)
        self._destroyer = Destroyer(toolstack, self._waiter, _END)

    def check(self, trial: BootTrial, state: HostState) -> None:
        """Raise NotProven for an image that this host cannot try."""
        self._config(trial, Path("/"), state)

    def earlier_proof(self, trial: BootTrial, xen: str) -> Proof | None:
        """Return an earlier proof of the same bytes with this version of Xen, None for none."""
        proof = proofs.load(self._records, trial.sha256)
        wanted = (trial.name, trial.sha256, xen)
        return proof if proof and (proof.name, proof.sha256, proof.xen) == wanted else None

    def prove(self, trial: BootTrial, kernel: Path, state: HostState) -> Proof:
        """Boot the file ``kernel``, and record the proof. Raise NotProven, ToolstackError or OSError.

        Neither domain nor file is left in any case; the domain of an interrupted run is destroyed by the next one.
        """
        text = self._config(trial, kernel, state)
        if sha256_of(kernel) != trial.sha256:
            raise self._not_proven(trial, Problem(f"{kernel} has another sha256 than {trial.sha256}", "build it again"))
        # One at a time: a domain of a proof that exists under the lock was left by an interrupted run.
        with proofs.alone(self._records):
            started = time.monotonic()
            progress = self._boot(trial, text)
            seconds = round(time.monotonic() - started, 1)
            if not progress.ready:
                raise self._not_proven(trial, self._why(trial, progress), progress.lines, seconds)
            proof = Proof(trial.name, trial.sha256, state.version, progress.ready, seconds)
            proofs.save(self._records, proof)
        return proof

    def _config(self, trial: BootTrial, kernel: Path, state: HostState) -> str:
        """Return the text of the guest's configuration. Raise NotProven."""
        text = ""
        guest, problems = guest_of(trial)
        if guest:
            text, more = config_of(guest, str(kernel), state.release, state.toolstack)
            problems = [*check_arch(guest, state), *more]
        if problems:
            raise self._not_proven(trial, problems[0])
        return text

    def _boot(self, trial: BootTrial, text: str) -> BootProgress:
        self._destroy(trial.domain)
        with tempfile.TemporaryDirectory(prefix=f"{trial.domain}-") as folder:
            path = Path(folder) / f"{trial.domain}.cfg"
            path.write_text(text, encoding="utf-8")
            deadline = time.monotonic() + trial.timeout
            try:
                self._toolstack.create_paused(str(path))
                domain = self._waiter.named(trial.domain)
                if not domain:
                    return BootProgress("", "the domain ended before it ran", [])
                terminal = self._terminal(domain, deadline)
                if not terminal:
                    return BootProgress("", "its console has no terminal: check that xenconsoled runs", [])
                # The domain is paused until the console is open, so that no output is lost.
                with _opened(terminal) as console:
                    self._toolstack.unpause(domain)
                    return _listen(console, deadline)
            finally:
                self._destroy(trial.domain)

    def _destroy(self, name: str) -> None:
        domain = self._waiter.named(name)
        if not domain:
            return
        if domain.condition != "dying":
            self._destroyer.destroy(domain)
        if self._destroyer.wait(domain):
            raise ToolstackError(
                f"domain {domain.domid} ({name}) was destroyed and still exists",
                f"find out what holds it ({self._toolstack.name} dmesg), then run this again",
            )

    def _terminal(self, domain: Domain, deadline: float) -> str:
        """Return the terminal of a domain's console, "" for none in time: xenconsoled makes it a moment after the domain."""
        while True:
            found = self._toolstack.console_of(domain)
            if found or time.monotonic() > deadline:
                return found
            time.sleep(_POLL)

    def _why(self, trial: BootTrial, progress: BootProgress) -> Problem:
        reason = progress.failure or f"showed no prompt and no menu within {trial.timeout} seconds"
        output = f"; its console printed: {' | '.join(progress.lines)}" if progress.lines else "; its console printed nothing"
        remedy = f"read its output ({self._toolstack.name} dmesg may have more), then build the image again, or give it"
        return Problem(reason + output, f"{remedy} more time or memory")

    def _not_proven(
        self, trial: BootTrial, problem: Problem, lines: list[str] | None = None, seconds: float = 0.0
    ) -> NotProven:
        """Return the error, which names the host and the image in place of the guest that the image was tried in."""
        reason = f"{problem.key} = {problem.value!r}: {problem.reason}" if problem.key else problem.reason
        image = f"{trial.name} {trial.sha256[:16]}"
        named = replace(problem, reason=reason, guest="", host=self._host, key="image", value=image)
        return NotProven(named, lines or [], seconds)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """Open a terminal in raw mode, so that it does not echo what is printed. Raise OSError."""
    handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        try:
            tty.setraw(handle, termios.TCSANOW)
        except termios.error as error:
            raise OSError(f"{path} is not a terminal: {error}") from error
        yield handle
    finally:
        os.close(handle)


def _listen(console: int, deadline: float) -> BootProgress:
    """Read the console until the boot loader is ready, has failed, or the time is over."""
    output = b""
    progress = read_progress("")
    left = 1.0
    # After the end of the time, the output is read once more: on a slow host the start of the domain may have taken it all.
    while left > 0 and not (progress.ready or progress.failure):
        left = deadline - time.monotonic()
        if not select.select([console], [], [], max(left, 0.0))[0]:
            break
        try:
            piece = os.read(console, 4096)
        except OSError:
            piece = b""
        if not piece:
            # xenconsoled closes its end when the domain is gone.
            return replace(progress, failure="the domain ended")
        output = (output + piece)[-_NEWEST:]
        progress = read_progress(output.decode("utf-8", "replace"))
    return progress

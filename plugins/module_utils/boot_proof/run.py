# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boots a boot loader's image on this Xen host, to see whether it comes as far as its prompt: what ``boot_proof`` does."""

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
from .trial import Said, Tried, config, guest_of, judge

# Seconds: how long a destroyed domain may take to go, and how often a terminal is looked for.
_GOING = 30.0
_POLL = 0.5
# Of a console that talks on and on, the newest bytes are judged; a prompt is the last thing that is said.
_KEPT = 1 << 14


class Unproven(XenfleetError):
    """The image was not seen to boot. ``lines`` are the last ones of its console."""

    def __init__(self, problem: Problem, lines: list[str], seconds: float) -> None:
        super().__init__(problem.text())
        self.lines = lines
        self.seconds = seconds


class Prover:
    """``records`` is the folder in which proofs are kept; ``host`` is what messages call this machine."""

    def __init__(self, toolstack: Toolstack, records: Path, host: str) -> None:
        self._toolstack = toolstack
        self._records = records
        self._host = host
        self._waiter = Waiter(toolstack, time.sleep)
        self._destroyer = Destroyer(toolstack, self._waiter, _GOING)

    def check(self, tried: Tried, state: HostState) -> None:
        """Raises Unproven for an image that this host cannot try."""
        self._config(tried, Path("/"), state)

    def known(self, tried: Tried, xen: str) -> Proof | None:
        """An earlier proof of these very bytes, with this version of Xen."""
        proof = proofs.load(self._records, tried.sha256)
        wanted = (tried.name, tried.sha256, xen)
        return proof if proof and (proof.name, proof.sha256, proof.xen) == wanted else None

    def prove(self, tried: Tried, kernel: Path, state: HostState) -> Proof:
        """Boots the file, and remembers that it did. Raises Unproven, ToolstackError, OSError.

        Neither domain nor file is left, however this ends; of a run that was killed, the next one ends the domain.
        """
        text = self._config(tried, kernel, state)
        if sha256_of(kernel) != tried.sha256:
            raise self._unproven(tried, Problem(f"{kernel} has another sha256 than {tried.sha256}", "build it again"))
        # No two at a time: whatever domain of a proof is found under the lock was left by a run that was killed.
        with proofs.alone(self._records):
            started = time.monotonic()
            said = self._try(tried, text)
            seconds = round(time.monotonic() - started, 1)
            if not said.ready:
                raise self._unproven(tried, self._why(tried, said), said.lines, seconds)
            proof = Proof(tried.name, tried.sha256, state.version, said.ready, seconds)
            proofs.save(self._records, proof)
        return proof

    def _config(self, tried: Tried, kernel: Path, state: HostState) -> str:
        """The text of the guest's configuration. Raises Unproven."""
        text = ""
        guest, problems = guest_of(tried)
        if guest:
            text, faults = config(guest, str(kernel), state.release, state.toolstack)
            problems = [*check_arch(guest, state), *faults]
        if problems:
            raise self._unproven(tried, problems[0])
        return text

    def _try(self, tried: Tried, text: str) -> Said:
        self._destroy(tried.domain)
        with tempfile.TemporaryDirectory(prefix=f"{tried.domain}-") as folder:
            path = Path(folder) / f"{tried.domain}.cfg"
            path.write_text(text, encoding="utf-8")
            deadline = time.monotonic() + tried.timeout
            try:
                self._toolstack.create_paused(str(path))
                domain = self._waiter.named(tried.domain)
                if not domain:
                    return Said("", "the domain ended before it ran", [])
                terminal = self._terminal(domain, deadline)
                if not terminal:
                    return Said("", "no terminal came for its console: see that xenconsoled runs", [])
                # It was paused so that nothing is said before somebody listens, and nobody chose the terminal but dom0.
                with _opened(terminal) as console:
                    self._toolstack.unpause(domain)
                    return _listen(console, deadline)
            finally:
                self._destroy(tried.domain)

    def _destroy(self, name: str) -> None:
        domain = self._waiter.named(name)
        if not domain:
            return
        if domain.condition != "dying":
            self._destroyer.destroy(domain)
        if self._destroyer.wait(domain):
            raise ToolstackError(
                f"domain {domain.domid} ({name}) was destroyed and is still there. "
                f"Remedy: see what holds it ({self._toolstack.name} dmesg), then run this again."
            )

    def _terminal(self, domain: Domain, deadline: float) -> str:
        """xenconsoled makes it a moment after the domain."""
        while True:
            found = self._toolstack.console_of(domain)
            if found or time.monotonic() > deadline:
                return found
            time.sleep(_POLL)

    def _why(self, tried: Tried, said: Said) -> Problem:
        reason = said.fault or f"showed no prompt and no menu within {tried.timeout} seconds"
        spoken = f"; its console said: {' | '.join(said.lines)}" if said.lines else "; its console said nothing"
        remedy = f"read what it said ({self._toolstack.name} dmesg may say more), then build the image again, or give it"
        return Problem(reason + spoken, f"{remedy} more time or memory")

    def _unproven(self, tried: Tried, problem: Problem, lines: list[str] | None = None, seconds: float = 0.0) -> Unproven:
        """All of them name the host and the image; the name of the guest would tell nobody anything."""
        reason = f"{problem.key} = {problem.value!r}: {problem.reason}" if problem.key else problem.reason
        image = f"{tried.name} {tried.sha256[:16]}"
        named = replace(problem, reason=reason, guest="", host=self._host, key="image", value=image)
        return Unproven(named, lines or [], seconds)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """A terminal without any of a terminal's ways: what is said must not be echoed back. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        try:
            tty.setraw(handle, termios.TCSANOW)
        except termios.error as error:
            raise OSError(f"{path} is no terminal: {error}") from error
        yield handle
    finally:
        os.close(handle)


def _listen(console: int, deadline: float) -> Said:
    """Reads until the boot loader is ready, cannot be, or the time is over."""
    heard = b""
    said = judge("")
    left = 1.0
    # What is there when the time is over is still read, once: on a slow host the domain's making may have taken all of it.
    while left > 0 and not (said.ready or said.fault):
        left = deadline - time.monotonic()
        if not select.select([console], [], [], max(left, 0.0))[0]:
            break
        try:
            piece = os.read(console, 4096)
        except OSError:
            piece = b""
        if not piece:
            # xenconsoled closes its end when the domain is gone.
            return replace(said, fault="the domain ended")
        heard = (heard + piece)[-_KEPT:]
        said = judge(heard.decode("utf-8", "replace"))
    return said

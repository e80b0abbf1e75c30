# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot the lab's Xen hosts that parts need in the background, and take them down at the end whatever happens."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from .count import Count
from .places import LAB, LOGS, ROOT, environment
from .work import Result, end, undisturbed


class Hosts:
    """Hold hosts of the lab, which come up side by side."""

    def __init__(self, what: str, sources: Mapping[str, tuple[str, str]], inventory: Path) -> None:
        """Begin to boot. `what` names them in the results; `sources` are options of `lab up`, by the names of the hosts."""
        self.what = what
        self.sources = sources
        self.inventory = inventory
        self.log = LOGS / f"{what}.log"
        self.start = time.monotonic()
        self.log.write_bytes(b"")
        self.processes = [
            self._lab("up", *names, *source)
            for source, names in by_source(sources).items()
        ]

    def _lab(self, *words: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [LAB, *words], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )

    def wait(self) -> Result:
        """Wait until all are up, with their inventory written, or one has failed."""
        ended = [process.wait() for process in self.processes]
        problems = [f"lab up ended with status {status}" for status in ended if status != 0]
        if not problems:
            command = [str(LAB), "inventory", *self.sources]
            found = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
            self.inventory.parent.mkdir(parents=True, exist_ok=True)
            self.inventory.write_text(found.stdout)
            if found.returncode != 0:
                problems.append(f"lab inventory: {found.stderr.strip()}")
        seconds = time.monotonic() - self.start
        counted = Count(failed=1) if problems else Count(passed=1)
        up = "up: " + "; ".join(f"{', '.join(names)} ({source[1]})" for source, names in by_source(self.sources).items())
        return Result(self.what, seconds, counted, problems[0] if problems else up, self.log, problems)

    def down(self) -> None:
        """Take them down, also while they still come up. A Ctrl-C does not stop this: QEMU would stay."""
        with undisturbed():
            for process in self.processes:
                if process.poll() is None:
                    end(process, patience=60)
            self._lab("down", *self.sources).wait()


def by_source(sources: Mapping[str, tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """Return the names of the hosts of each source.

    >>> by_source({"a": ("--release", "bookworm"), "b": ("--release", "trixie"), "c": ("--release", "bookworm")})
    {('--release', 'bookworm'): ['a', 'c'], ('--release', 'trixie'): ['b']}
    """
    return {wanted: [name for name in sources if sources[name] == wanted] for wanted in sources.values()}

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Xen host: booted beside the fast parts, taken down at the end whatever happens."""

import subprocess
import time

from .junit import Count
from .places import LAB, LAB_INVENTORY, LOGS, ROOT, environment
from .work import Result, end, ignore_signals

NAME = "test"


class Host:
    """One host of the lab, coming up in the background."""

    def __init__(self, release: str) -> None:
        self.log = LOGS / "lab.log"
        self.start = time.monotonic()
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [LAB, "up", NAME, "--release", release], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )

    def wait(self) -> Result:
        """Until it is up, with its inventory written, or has failed."""
        status = self.process.wait()
        problems = [] if status == 0 else [f"lab up ended with status {status}"]
        if not problems:
            command = [str(LAB), "inventory", NAME]
            found = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
            LAB_INVENTORY.parent.mkdir(parents=True, exist_ok=True)
            LAB_INVENTORY.write_text(found.stdout)
            if found.returncode != 0:
                problems.append(f"lab inventory: {found.stderr.strip()}")
        seconds = time.monotonic() - self.start
        counted = Count(failed=1) if problems else Count(passed=1)
        return Result("lab-host", seconds, counted, problems[0] if problems else "up", self.log, problems)

    def down(self) -> None:
        """Take it down, also while it is still coming up. A second Ctrl-C does not stop this: QEMU would stay."""
        ignore_signals()
        if self.process.poll() is None:
            end(self.process, patience=60)
        with self.log.open("ab") as output:
            subprocess.run([LAB, "down", NAME], env=environment(), stdout=output, stderr=output, check=False)

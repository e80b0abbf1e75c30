# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH to a host of the lab."""

import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

USER = "root"
ADDRESS = "127.0.0.1"
# Hosts come and go on changing ports with one and the same host key: nothing worth remembering.
OPTIONS = (
    *("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"),
    *("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
)


def make_key(key: Path) -> None:
    """Make an SSH key pair without a passphrase, unless it is there."""
    if key.exists():
        return
    key.parent.mkdir(parents=True, exist_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "xenfleet-lab", "-f", str(key)]
    made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise LabError(f"ssh-keygen failed: {made.stderr.strip()}")


@dataclass(frozen=True)
class Ssh:
    """How to reach one host."""

    key: Path
    port: int

    def command(self, *words: str) -> list[str]:
        """Return the ssh command line that runs the words (quoted for the host's shell), or a login shell without any."""
        start = ["ssh", *OPTIONS, "-i", str(self.key), "-p", str(self.port), f"{USER}@{ADDRESS}"]
        return [*start, "--", shlex.join(words)] if words else start

    def run(self, script: str, *arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
        """Run a shell script on the host; subprocess.TimeoutExpired after that many seconds."""
        words = ("sh", "-s", "--", *arguments)
        return subprocess.run(
            self.command(*words), input=script, capture_output=True, text=True, timeout=seconds, check=False
        )

    def wait(self, script: Callable[[], str], seconds: float, alive: Callable[[], bool], attempt: float = 30.0) -> str:
        """Run a script again and again until it succeeds; its output.

        `script` gives the text at each attempt, so that it can hold the time. LabError after `seconds`, or at once
        when `alive` says that the host is gone.
        """
        deadline = time.monotonic() + seconds
        last = "no attempt ended"
        while time.monotonic() < deadline:
            if not alive():
                raise LabError("QEMU has ended")
            try:
                done = self.run(script(), seconds=attempt)
                if done.returncode == 0:
                    return done.stdout
                last = f"exit status {done.returncode}: {(done.stderr or done.stdout).strip()}"
            except subprocess.TimeoutExpired:
                last = f"no answer in {attempt:.0f} s"
            time.sleep(0.2)
        raise LabError(f"no success by SSH in {seconds:.0f} s; last: {last}")

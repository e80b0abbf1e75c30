# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does dom0 compute right while guests come and go? Asked once for each booted base, before its snapshot is kept."""

import hashlib
import os
import subprocess
from pathlib import Path

from .errors import LabError
from .ssh import Ssh

ROUNDS = 2
LIMIT = 1200.0  # seconds; idle, it takes 90
SCRIPT = Path(__file__).with_name("selfcheck.sh")
WRONG_SUM = 1
NO_GUEST = 3


def self_check(ssh: Ssh, file: Path, toolstack: str, *, must_start: bool) -> str:
    """Run the check; its summary. `file` is the lab's own copy of the file that is hashed on the host.

    LabError, with what came out, when a sum was wrong or when a PV guest with a disk and a network card did not come up; with
    must_start=False, the latter is only told: whoever has built a Xen wants to see what it does not do yet.
    """
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    script = SCRIPT.read_text()
    try:
        done = ssh.run(script, expected, str(ROUNDS), toolstack, seconds=LIMIT)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"the self check did not end in {LIMIT:.0f} s: this host is not to be trusted") from error
    if done.returncode != 0:
        told = "".join(f"    {line}\n" for line in (done.stdout + done.stderr).splitlines()[-60:])
        if done.returncode == NO_GUEST and not must_start:
            return f"{verdict(done.returncode)}\n{told}    The host is kept all the same."
        raise LabError(f"THE SELF CHECK FAILED: {verdict(done.returncode)}\n  The snapshot is not kept.\n{told}")
    return done.stdout.strip().splitlines()[-1]


def verdict(status: int) -> str:
    """Return what that exit status of the check says about the host."""
    if status == WRONG_SUM:
        return "this emulated host computes wrong things; nothing it says is to be trusted. See 'Self check' in the README."
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"no test guest came up, though all sums were right. Too busy a machine? Its load is {load}; try again later."
    )

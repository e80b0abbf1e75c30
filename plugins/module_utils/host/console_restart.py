# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restart xenconsoled alone, as what starts it on this host does.

A restart of the whole service of Debian would also end the QEMU that serves disks. xenconsoled can be replaced while guests
run: it finds them in xenstore.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from ..common.errors import XenfleetError
from ..common.files import below
from .console_daemon import DEBIAN_SCRIPT, Daemon, processes

# Seconds until a process that does not end is killed.
_END = 30
_STOP = ["start-stop-daemon", "--stop", "--quiet", "--oknodo", "--retry", f"TERM/{_END}/KILL/5"]
_REMEDY = "start xenconsoled by hand, or set stubdom_console_log: false"


def restart(daemon: Daemon, arguments: str, root: Path = Path("/")) -> None:
    """Restart xenconsoled with ``arguments``. Raise XenfleetError when it cannot be started."""
    if daemon.kind == "systemd":
        _run(["systemctl", "restart", "xenconsoled.service"])
    elif daemon.kind == "debian":
        _run([*_STOP, "--pidfile", "/run/xenconsoled.pid", "--name", "xenconsoled"])
        # The script starts only what is missing. The variable keeps it from passing the call to systemd, for which the
        # service has not stopped.
        _run(["env", "SYSTEMCTL_SKIP_REDIRECT=1", str(below(root, DEBIAN_SCRIPT)), "start"])
    else:
        found = processes(root / "proc")
        for pid in found:
            _end(pid, root / "proc")
        # The script of Xen would also write to xenstore anew. The daemon is started as it was, with other arguments.
        words = next(iter(found.values()), ["xenconsoled", "--pid-file=/var/run/xenconsoled.pid"])
        _run([*(word for word in words if not word.startswith("--log=")), *arguments.split()])


def _end(pid: int, proc: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        for _tenth in range(10 * _END):
            if not (proc / str(pid) / "cmdline").exists():
                return
            time.sleep(0.1)


def _run(argv: list[str]) -> None:
    """Run a program to its end. A daemon that it leaves keeps neither a pipe nor a terminal of this process open."""
    with tempfile.TemporaryFile() as errors:
        try:
            status = subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, timeout=120, check=False
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise XenfleetError(f"xenconsoled cannot be restarted: {error}", _REMEDY) from error
        errors.seek(0)
        words = errors.read(1000).decode("utf-8", "replace").split("\n")
    if status:
        reason = "; ".join(line.strip() for line in words if line.strip()) or f"{argv[0]} failed with exit code {status}"
        raise XenfleetError(f"xenconsoled cannot be restarted: {reason}", _REMEDY)

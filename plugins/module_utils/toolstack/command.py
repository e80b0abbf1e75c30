# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program without a shell, in the C locale and with a time limit."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import Callable, List

from ..common.secrets import hide_parts

# Seconds: several times as long as xl itself waits for anything (a hotplug script 40, a device model 60).
TIMEOUT = 600.0


@dataclass(frozen=True)
class Result:
    """Describe the end of a program; ``rc`` is 127 when it does not exist and 124 when it took too long."""

    argv: list[str]
    rc: int
    out: str
    err: str

    def summary(self) -> str:
        """Return the first lines of its output, for a message: libxl prints the cause before the effects. It prints targets of
        disks, which can hold passwords."""
        text = hide_parts(self.err.strip() or self.out.strip()).splitlines()
        return "; ".join(line.strip() for line in text[:4]) or "nothing"


Run = Callable[[List[str]], Result]


def run(argv: list[str], timeout: float = TIMEOUT) -> Result:
    """Run the program to its end. Never raise for what the program does."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C"},
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        return Result(argv, 127, "", f"{argv[0]}: command not found")
    except PermissionError:
        return Result(argv, 126, "", f"{argv[0]}: permission denied")
    except subprocess.TimeoutExpired:
        return Result(argv, 124, "", f"{argv[0]} took more than {timeout:.0f} seconds")
    return Result(argv, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

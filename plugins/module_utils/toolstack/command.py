# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one program of the toolstack, without a shell, in the C locale and with a time limit."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import Callable, List

# Longer than xl itself waits for anything (a hotplug script 40 s, a device model 60 s), several times over.
TIMEOUT = 600.0


@dataclass(frozen=True)
class Result:
    """What a program did; ``rc`` is 127 when it does not exist and 124 when it took too long."""

    argv: list[str]
    rc: int
    out: str
    err: str

    def said(self) -> str:
        """Its own words, for a message: the first lines of what it wrote, as libxl names the cause before the effects."""
        text = (self.err.strip() or self.out.strip()).splitlines()
        return "; ".join(line.strip() for line in text[:4]) or "nothing"


Run = Callable[[List[str]], Result]


def run(argv: list[str], timeout: float = TIMEOUT) -> Result:
    """Runs the program to its end; it never raises for what the program does."""
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

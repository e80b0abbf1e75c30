# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a build is that runs elsewhere: what its log ends with, and whether Ansible's job has ended."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from .run_log import said_by_us

# Of a longer line its two ends are shown: a call of the compiler begins with its name and ends with that of the file.
_BEGIN, _END = 30, 67


@dataclass(frozen=True)
class Progress:
    """``step`` is the line that a step began with, ``line`` the last one since."""

    ended: bool
    step: str = ""
    line: str = ""


def last_of(log: Path) -> tuple[str, str]:
    """The last step, and the last line of it; both "" without a log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "", ""
    last = ""
    # A step of a real tree writes up to 15,000 lines.
    for line in reversed(lines):
        step = said_by_us(line)
        if step:
            return step, _short(last)
        last = last or line.strip()
    return "", _short(last)


def wait(log: Path, job: Path, seconds: float) -> Progress:
    """Waits until the job has ended, but no longer than that."""
    until = time.monotonic() + seconds
    while not _has_ended(job):
        if time.monotonic() >= until:
            return Progress(False, *last_of(log))
        time.sleep(min(0.2, seconds))
    return Progress(True)


def _has_ended(job: Path) -> bool:
    """Ansible writes the job's file as JSON, first with ``started``, in the end with the module's answer."""
    try:
        said = json.loads(job.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return True  # Cleared away: there is nothing to wait for.
    except (OSError, ValueError):
        return False  # Just being written.
    return not isinstance(said, dict) or bool(said.get("finished")) or "started" not in said


def _short(line: str) -> str:
    return line if len(line) <= _BEGIN + _END + 3 else f"{line[:_BEGIN]}...{line[-_END:]}"

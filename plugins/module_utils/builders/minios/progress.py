# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report the progress of a build in another process: the end of its log, and whether Ansible's job has ended."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from .run_log import own_text

# A longer line is shortened to its two ends: a call of the compiler begins with its name and ends with the file's.
_BEGIN, _END = 30, 67


@dataclass(frozen=True)
class Progress:
    """Describe a build: whether it has ended, the line that its current step began with, and the last line since."""

    ended: bool
    step: str = ""
    line: str = ""


def step_and_line(log: Path) -> tuple[str, str]:
    """Return the last step of a log, and the last line of that step; both "" without a log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "", ""
    last = ""
    # A step of a real tree writes up to 15,000 lines.
    for line in reversed(lines):
        step = own_text(line)
        if step:
            return step, _short(last)
        last = last or line.strip()
    return "", _short(last)


def wait_for_job(log: Path, job: Path, seconds: float) -> Progress:
    """Wait until the job has ended, but no longer than ``seconds``."""
    until = time.monotonic() + seconds
    while not _has_ended(job):
        if time.monotonic() >= until:
            return Progress(False, *step_and_line(log))
        time.sleep(min(0.2, seconds))
    return Progress(True)


def _has_ended(job: Path) -> bool:
    """Return whether the job has ended: Ansible writes its file as JSON, first with ``started``, then the module's result."""
    try:
        content = json.loads(job.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return True  # Removed: there is nothing to wait for.
    except (OSError, ValueError):
        return False  # Incomplete: it is being written.
    return not isinstance(content, dict) or bool(content.get("finished")) or "started" not in content


def _short(line: str) -> str:
    return line if len(line) <= _BEGIN + _END + 3 else f"{line[:_BEGIN]}...{line[-_END:]}"

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a build is that runs elsewhere: what its log ends with, and whether Ansible's job has ended."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from .runlog import MARK

# Of a log of tens of thousands of lines the end is read; a step can be longer than that, and is looked for further up.
_TAIL = 1 << 16
_LONGEST = 100


@dataclass(frozen=True)
class Progress:
    """``step`` is the line that a step began with, ``line`` the last one since."""

    ended: bool
    step: str = ""
    line: str = ""


def last_of(log: Path) -> tuple[str, str]:
    """The last step, and the last line of it; both "" without a log."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _TAIL))
            lines = [line for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return "", ""
    step = next((line[len(MARK) :] for line in reversed(lines) if line.startswith(MARK)), "")
    line = lines[-1].strip() if lines and not lines[-1].startswith(MARK) else ""
    return step, line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


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

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a guest printed on its console, from the log that xenconsoled writes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .log_files import console_log_of
from .terminal import lines_in

# Bytes: a boot prints some 100 KiB; the output of days must not fill this program's memory.
_LIMIT = 4 << 20


@dataclass(frozen=True)
class ConsoleOutput:
    """Describe what a console printed: ``log`` is the file, "" for none; ``matched`` is the line that was waited for, and
    ``tail`` has the last lines."""

    log: str = ""
    matched: str = ""
    tail: list[str] = field(default_factory=list)


def lines_of(path: Path, offset: int) -> list[str] | None:
    """Return the lines of a log from ``offset`` bytes on, without control sequences of a terminal; None for no log."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            # A log that is shorter than before was rotated: all of it is new.
            stream.seek(offset if offset <= size else 0)
            text = stream.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return None
    return lines_in(text)


def read(folder: Path, name: str, offset: int, expect: str) -> ConsoleOutput:
    """Return what the guest printed from ``offset`` bytes on, with the first line that the pattern ``expect`` matches."""
    path = console_log_of(folder, name)
    lines = lines_of(path, offset)
    if lines is None:
        return ConsoleOutput()
    matched = next((line for line in lines if re.search(expect, line)), "")
    return ConsoleOutput(str(path), matched, lines[-5:])

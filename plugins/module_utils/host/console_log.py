# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guest said on its console, from the log that xenconsoled writes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .terminal import lines_in

# A boot's console is some 100 KiB; a guest that talks for days must not fill this program's memory.
_LIMIT = 4 << 20


@dataclass(frozen=True)
class Said:
    """``log`` is the file, "" when there is none; ``matched`` the line that was waited for."""

    log: str = ""
    matched: str = ""
    tail: list[str] = field(default_factory=list)


def log_of(folder: Path, name: str) -> Path:
    """Where xenconsoled --log=guest writes a guest's console."""
    return folder / f"guest-{name}.log"


def lines_of(path: Path, offset: int) -> list[str] | None:
    """The lines that a log has from ``offset`` bytes on, without a terminal's control sequences; None for no log."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            # A log that is shorter than before was rotated: all of it is newer.
            stream.seek(offset if offset <= size else 0)
            text = stream.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return None
    return lines_in(text)


def read(folder: Path, name: str, offset: int, expect: str) -> Said:
    """What the guest said from ``offset`` bytes on, and the first line that ``expect`` is found in."""
    path = log_of(folder, name)
    lines = lines_of(path, offset)
    if lines is None:
        return Said()
    matched = next((line for line in lines if re.search(expect, line)), "")
    return Said(str(path), matched, lines[-5:])

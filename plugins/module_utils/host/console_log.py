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
    """Describe what a console printed: ``log`` is the file, "" for none; ``matched`` is the line that was waited for,
    ``tail`` has the last lines, and ``echo`` is a line of the boot loader that matches where no other does."""

    log: str = ""
    matched: str = ""
    tail: list[str] = field(default_factory=list)
    echo: str = ""


def lines_of(path: Path, offset: int) -> list[str] | None:
    """Return the lines of a log from ``offset`` bytes on, without control sequences of a terminal; None for no log."""
    text = _text_of(path, offset)
    return None if text is None else lines_in(text)


def _text_of(path: Path, offset: int) -> str | None:
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            # A log that is shorter than before was rotated: all of it is new.
            stream.seek(offset if offset <= size else 0)
            return stream.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return None


def read(folder: Path, name: str, offset: int, expect: str, loader: str = "") -> ConsoleOutput:
    """Return what the guest printed from ``offset`` bytes on, with the first line that the pattern ``expect`` matches.

    ``loader`` is the boot loader that prints to the same console, ``pvgrub`` or ``pvgrub2``, "" for none: its lines do not
    count.
    """
    path = console_log_of(folder, name)
    text = _text_of(path, offset)
    if text is None:
        return ConsoleOutput()
    lines = lines_in(text)
    matched = _first(lines, expect)
    if not (matched and loader):
        return ConsoleOutput(str(path), matched, lines[-5:])
    # Only for guests with a boot loader of their own.
    from .loader_output import lines_of_the_kernel

    of_kernel = _first(lines_of_the_kernel(text, loader), expect)
    return ConsoleOutput(str(path), of_kernel, lines[-5:], "" if of_kernel else matched)


def _first(lines: list[str], expect: str) -> str:
    return next((line for line in lines if re.search(expect, line)), "")

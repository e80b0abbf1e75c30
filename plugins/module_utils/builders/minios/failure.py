# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the lines of a build's log that state why it failed (pure)."""

from __future__ import annotations

import re
from typing import Iterable

REFUSED = "refused: "

_MOST = 10  # lines
_LONGEST = 200  # characters
_CAUSE = re.compile(
    r"(?:^|[:\s])(?:fatal )?error: |^E: |undefined reference|cannot find -l|No such file or directory|: not found"
    r"|hunks? FAILED|No space left on device|Permission denied|cannot execute|Syntax[Ee]rror"
    r"|is missing on your system|" + REFUSED
)
_GAVE_UP = re.compile(r"^make(\[\d+\])?: \*\*\* ")
# Three of the old trees continue after a patch that failed, and build from its result.
_FAILED_PATCH = re.compile(r"^\d+ out of \d+ hunks? FAILED", re.MULTILINE)


def has_failed_patch(log: str) -> bool:
    """Return whether a patch failed, even if make succeeded.

    >>> has_failed_patch("1 out of 2 hunks FAILED -- saving rejects to file x.rej")
    True
    """
    return bool(_FAILED_PATCH.search(log))


def cause_lines(lines: Iterable[str]) -> list[str]:
    """Return the first lines that name a cause, and the first line where make gave up, which is the innermost.

    Without such lines, return the last ones.

    >>> cause_lines(["gcc -c a.c", "a.c:1:1: error: no", "make[1]: *** [a.o] Error 1", "make: *** [all] Error 2"])
    ['a.c:1:1: error: no', 'make[1]: *** [a.o] Error 1']
    """
    text = [line.rstrip() for line in lines if line.strip()]
    gave_up = [line for line in text if _GAVE_UP.search(line)]
    causes = [line for line in text if _CAUSE.search(line) and line not in gave_up]
    found = list(dict.fromkeys(causes))[:_MOST] + gave_up[:1]
    return [line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..." for line in found or text[-_MOST:]]

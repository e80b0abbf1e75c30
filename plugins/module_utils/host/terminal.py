# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the output of a terminal into lines (pure)."""

from __future__ import annotations

import re

# A menu moves the cursor where another text begins a new line.
MOVE = re.compile(r"\x1b\[[0-9;]*H")
_ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])")


def lines_in(text: str) -> list[str]:
    r"""Return the lines that are not empty, without control sequences.

    >>> lines_in("\x1b[2J\x1b[1;1HGNU GRUB\x1b[m\r\n\n\x1b[4;1Hgrub> ")
    ['GNU GRUB', 'grub>']
    """
    plain = _ESCAPE.sub("", MOVE.sub("\n", text))
    return [line.strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]

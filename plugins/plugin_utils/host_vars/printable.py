# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep what was found on a host within its line: a file's name can hold anything (pure)."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text as a part of one line, of a comment or of a report: a line end would begin another one.

    >>> printable("a\\nb: {{ c }}")
    'a?b: {{ c }}'
    """
    return "".join(char if char.isprintable() else "?" for char in text)

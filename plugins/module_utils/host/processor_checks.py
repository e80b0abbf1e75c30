# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the processors that a guest is bound to with those of the host (pure)."""

from __future__ import annotations

import re

from .findings import Findings

_RANGE = re.compile(r"([0-9]+)(?:-[0-9]+)?")


def check(found: Findings, cpus: int) -> None:
    """Add a note on a guest whose processors the host does not have.

    It is no problem: where some processors are off, such as the second threads with smt=0, the numbers of the others go
    beyond their count, which is what the toolstack prints.
    """
    for key in ("cpus", "cpus_soft"):
        value = found.values.get(key)
        sets = value if isinstance(value, list) else [value]
        lowest = [_lowest(item) for item in sets if isinstance(item, (str, int))]
        if any(number >= cpus for number in lowest):
            names = f"{found.place_of(key)} = {value!r} names processors from {max(lowest)} on"
            found.note(f"{names}, and the host has {cpus}, from 0 on")


def _lowest(text: str | int) -> int:
    """Return the lowest processor of a set such as ``2-5,^3``; -1 where it is not known, as of ``all`` and ``nodes:1``.

    >>> _lowest("4-7,2"), _lowest("all"), _lowest("^0,4"), _lowest(3)
    (2, -1, 4, 3)
    """
    parts = [part.strip() for part in str(text).split(",")]
    ranges = [_RANGE.fullmatch(part) for part in parts if not part.startswith("^")]
    return min((int(match.group(1)) if match else -1 for match in ranges), default=-1)

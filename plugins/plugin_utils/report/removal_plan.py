# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the removal plan of all hosts (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_INDENT = " " * 2


def removal_plan_text(plans: Mapping[str, Mapping[str, Any]], lost: Sequence[str] = ()) -> str:
    """Return the plans of all hosts as text; ``lost`` are the hosts that could not be reached."""
    lines: list[str] = []
    for host in sorted(plans):
        plan = plans[host]
        lines += [f"{host}:"]
        lines += [f"{_INDENT}removes {_one_line(line)}" for line in plan["going"]] or [f"{_INDENT}nothing to remove"]
        lines += [f"{_INDENT}leaves  {_one_line(line)}" for line in plan["left"]]
    lines += [f"{host}: could not be examined; nothing is removed there" for host in sorted(lost)]
    total = sum(len(plan["going"]) for plan in plans.values())
    if total:
        lines += ["", "Guests' disks, the logs of their consoles, and copies of files changed by hand stay."]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """Return a text as one printable line, as a file's name can hold anything.

    >>> _one_line("copy of\\nweb1")
    "'copy of\\\\nweb1'"
    """
    return text if text.isprintable() else repr(text)

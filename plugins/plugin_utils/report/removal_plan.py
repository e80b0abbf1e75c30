# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The removal plan of all hosts as a person reads it (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_INDENT = " " * 2


def removal_plan_text(plans: Mapping[str, Mapping[str, Any]], lost: Sequence[str] = ()) -> str:
    """The plans of all hosts as a person reads them; ``lost`` are hosts that could not be looked at."""
    lines: list[str] = []
    for host in sorted(plans):
        plan = plans[host]
        lines += [f"{host}:"]
        lines += [f"{_INDENT}removes {_one_line(line)}" for line in plan["going"]] or [f"{_INDENT}nothing to remove"]
        lines += [f"{_INDENT}leaves  {_one_line(line)}" for line in plan["left"]]
    lines += [f"{host}: could not be looked at; nothing is removed there" for host in sorted(lost)]
    total = sum(len(plan["going"]) for plan in plans.values())
    if total:
        lines += ["", "Guests' disks, the logs of their consoles, and copies of files changed by hand stay."]
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """A file's name can hold anything.

    >>> _one_line("copy of\\nweb1")
    "'copy of\\\\nweb1'"
    """
    return text if text.isprintable() else repr(text)

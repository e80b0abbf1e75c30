# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the report of an import: a table of the hosts, then what an operator has to decide (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils.common.problem import counted
from .fleet import ImportedGuest
from .printable import printable

_HEADS = ("HOST", "GUESTS", "UNDERSTOOD", "NOT USED", "MANAGED", "NOT READ", "FILE")


def import_report(
    results: Mapping[str, Any],
    guests: Mapping[str, Sequence[ImportedGuest]],
    files: Mapping[str, str],
    lost: Mapping[str, str],
) -> str:
    """Return the report. ``files`` has in words what became of each host's file; ``lost`` why a host was not read."""
    rows = [_HEADS, tuple("-" * len(head) for head in _HEADS)]
    for host in sorted(results):
        own, result = guests[host], results[host]
        used = sum(not guest.reasons for guest in own)
        numbers = (len(own), used, len(own) - used, len(result["managed"]), len(result["skipped"]))
        rows.append((host, *map(str, numbers), files.get(host, "-")))
    rows += [(host, "-", "-", "-", "-", "-", "-") for host in sorted(lost)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for host in sorted(results):
        details = [*_details(results[host], guests[host])]
        lines += ["", f"{host}:", *(f"  {printable(line)}" for line in details)] if details else []
    lines += ["", *(f"{host}: {printable(reason)}" for host, reason in sorted(lost.items()))] if lost else []
    all_guests = [guest for own in guests.values() for guest in own]
    used = sum(not guest.reasons for guest in all_guests)
    lines += ["", f"{counted(len(results), 'host')}, {counted(len(all_guests), 'guest')}: {used} fully understood."]
    return "\n".join(lines)


def _details(result: Mapping[str, Any], guests: Sequence[ImportedGuest]) -> list[str]:
    lines = [*result["problems"]]
    for guest in guests:
        if guest.reasons:
            lines += [f"guest {guest.name}: not used", *(f"  {reason}" for reason in guest.reasons)]
    for guest in guests:
        if not guest.reasons:
            lines += [f"guest {guest.name}: {note}" for note in guest.notes]
    lines += [f"managed already: {item['name']} ({item['path']})" for item in result["managed"]]
    lines += [f"not read: {item['path']}: {item['reason']}" for item in result["skipped"]]
    return lines

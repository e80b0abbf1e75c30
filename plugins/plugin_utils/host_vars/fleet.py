# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the guests that were found on all hosts with one another and with the inventory (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...module_utils.fleet.validate import read_fleet


@dataclass
class ImportedGuest:
    """Hold a guest that a host has by hand. ``reasons`` are why its definition must not be used, each as one line."""

    host: str
    name: str
    path: str
    definition: dict[str, Any]
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Return whether its domain ran."""
        return "state" not in self.definition


def imported_guests(results: Mapping[str, Any]) -> dict[str, list[ImportedGuest]]:
    """Return the guests by host, from what the module guest_import returned for each host."""
    return {
        host: [
            ImportedGuest(
                host, item["name"], item["path"], dict(item["definition"]), list(item["reasons"]), list(item["notes"])
            )
            for item in result.get("guests", [])
        ]
        for host, result in results.items()
    }


def compare(
    guests: Mapping[str, list[ImportedGuest]],
    managed: Mapping[str, list[str]],
    defined: Mapping[str, Any],
    declared: Mapping[str, Any],
) -> None:
    """Add the reasons that only the whole fleet shows.

    ``managed`` are the names of guests whose files this collection wrote, by host; ``defined`` and ``declared`` are what the
    inventory has in stubdom_guests and stubdom_host.
    """
    _compare_names(guests, managed, defined)
    # A guest that is taken out can be the only one that another collides with, so that one at a time would keep more; but
    # which of them is right, the operator decides, so that all are taken out.
    lists = {host: _list_of(defined.get(host), guests.get(host, [])) for host in {*guests, *defined}}
    for problem in read_fleet(lists, declared).problems:
        for guest in guests.get(problem.host, []):
            if guest.name == problem.guest and not guest.reasons:
                guest.reasons.append(problem.text())


def _compare_names(
    guests: Mapping[str, list[ImportedGuest]], managed: Mapping[str, list[str]], defined: Mapping[str, Any]
) -> None:
    """Refuse a guest that more than one host has: which of them it is to be on is not for this program to decide."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for host in {*guests, *managed, *defined}:
        for name in [*managed.get(host, []), *names_in(defined.get(host))]:
            places[name][host] = "managed there" if name in managed.get(host, []) else "in the inventory there"
        for guest in guests.get(host, []):
            places[guest.name][host] = f"there, and {'runs' if guest.runs else 'does not run'}"
    for host, own in guests.items():
        for guest in own:
            others = [f"on {other} ({what})" for other, what in sorted(places[guest.name].items()) if other != host]
            if others:
                guest.reasons.append(f"guest {guest.name} is also {', '.join(others)}: decide which host it belongs to")


def names_in(items: Any) -> list[str]:
    """Return the names of the guests of a list of definitions, whatever it is."""
    return [item["name"] for item in _listed(items) if isinstance(item, Mapping) and isinstance(item.get("name"), str)]


def _list_of(items: Any, guests: list[ImportedGuest]) -> list[Any]:
    """Return the definitions that a host would have: those of the inventory, and the found ones that it does not have."""
    found = {guest.name for guest in guests}
    others = [item for item in _listed(items) if not (isinstance(item, Mapping) and item.get("name") in found)]
    return [*others, *(guest.definition for guest in guests if not guest.reasons)]


def _listed(items: Any) -> list[Any]:
    return items if isinstance(items, list) else []

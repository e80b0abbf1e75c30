# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make hosts of an inventory of the running guests of the fleet: their names, variables and groups (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils.common.problem import Problem

ALL = "xenfleet_guests"
STALE = "xen_stale"
#: Names that mean something else to Ansible: a guest of such a name would be the controller, or every host.
RESERVED = frozenset({"localhost", "all", "ungrouped"})
# Between a guest's name and its host's. It can be in neither a guest's name nor one that resolves: with an @ here, ssh
# would log in on the Xen host, as a user of the guest's name.
_BETWEEN = "~"
_GROUPED = ("type", "device_model", "scheme", "state")


@dataclass(frozen=True)
class HostGuests:
    """Hold the guests of one host, as rows of ``running.guests_of``, and when they were seen, in seconds since 1970.

    ``is_old`` means that the host did not answer a later query.
    """

    guests: list[dict[str, Any]]
    seen: float
    is_old: bool = False


@dataclass(frozen=True)
class Entry:
    """Describe one host of the inventory.

    ``facts`` are its variables without their prefix; ``groups`` are not yet sanitized; ``address`` is "" where it is
    unknown.
    """

    name: str
    facts: dict[str, Any]
    groups: list[str]
    address: str


def entries(
    fleet: Mapping[str, HostGuests], unmanaged: bool = False, present: Collection[str] = ()
) -> tuple[list[Entry], list[Problem]]:
    """Return the guests of all hosts, in order, and the problems of their names.

    ``unmanaged`` includes domains that no definition names. ``present`` are the names that the inventory has already: a
    defined guest adds variables to that host, another domain must not.

    >>> row = {"name": "web1", "defined": True, "stale": True, "type": "pv"}
    >>> [(entry.name, entry.groups) for entry in entries({"xen1": HostGuests([row], 0.0)})[0]]
    [('web1', ['xenfleet_guests', 'xen_host_xen1', 'xen_type_pv', 'xen_stale'])]
    """
    listed = [
        (host, guests, row)
        for host, guests in sorted(fleet.items())
        for row in guests.guests
        if unmanaged or row.get("defined")
    ]
    uses = Counter(row["name"] for _host, _guests, row in listed)
    found, problems = [], []
    for host, guests, row in listed:
        name = row["name"]
        taken = _taken(name, uses[name], fleet, bool(row.get("defined")), present)
        if taken:
            full = f"{name}{_BETWEEN}{host}"
            remedy = f"rename the guest; until then it is {full} in the inventory"
            problems.append(Problem(taken, remedy, host=host, guest=name, key="name", value=name))
            name = full
        found.append(_entry(name, host, guests, row))
    return found, problems


def _taken(name: str, uses: int, fleet: Mapping[str, HostGuests], defined: bool, present: Collection[str]) -> str:
    """Return why the name alone does not identify a guest, "" when it does."""
    if uses > 1:
        return f"runs {uses} times in the fleet"
    if name in fleet or name in RESERVED:
        return "is the name of a Xen host" if name in fleet else "means something else to Ansible"
    if name in present and not defined:
        return "is the name of another host of the inventory, and no definition names this guest"
    return ""


def _entry(name: str, host: str, guests: HostGuests, row: Mapping[str, Any]) -> Entry:
    facts = {key: value for key, value in row.items() if key not in ("name", "address")}
    groups = [f"xen_{key}_{row[key]}" for key in _GROUPED if row.get(key)]
    return Entry(
        name=name,
        facts={**facts, "name": row["name"], "host": host, "seen": int(guests.seen), "stale_cache": guests.is_old},
        groups=[ALL, f"xen_host_{host}", *groups, *([STALE] if row.get("stale") else [])],
        address=str(row.get("address", "")),
    )

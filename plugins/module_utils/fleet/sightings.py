# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe what a host showed of its domains, or why it showed nothing (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from ..toolstack.base import MIGRATING_NAMES
from .shared_disks import same_disk

#: Of a host that nobody asked.
NOT_ASKED = "it was not asked"

_MIGRATING = [re.compile(form.format("(.+)")) for form in MIGRATING_NAMES]


@dataclass(frozen=True)
class Sighting:
    """Describe one domain on one host. ``guest`` is the name of the guest that it is a domain of, also while that is
    migrated; ``writes`` are the targets that it has open for writing. ``is_stub``: it has the name of a stub domain."""

    host: str
    name: str
    domid: int = 0
    condition: str = "running"
    uuid: str = ""
    writes: frozenset[str] = frozenset()
    is_stub: bool = False

    @property
    def guest(self) -> str:
        """Return the name of its guest."""
        found = (form.fullmatch(self.name) for form in _MIGRATING)
        return next((match.group(1) for match in found if match), self.name)

    @property
    def is_migrating(self) -> bool:
        """Return whether it is one of the two domains of a guest that is being migrated."""
        return self.guest != self.name

    @property
    def is_alive(self) -> bool:
        """Return whether its guest runs, or can run again: one that has shut down may be in the midst of its reboot."""
        return self.condition not in ("crashed", "dying")

    def where(self) -> str:
        """Return it in words."""
        return f"domain {self.domid} ({self.name}) on host {self.host}"


@dataclass(frozen=True)
class HostView:
    """Hold what is known of one host: the sightings, or in ``unknown`` why there are none. ``unidentified`` is why its
    domains are known by their names only."""

    sightings: tuple[Sighting, ...] = ()
    unknown: str = ""
    unidentified: str = ""
    toolstack: str = "xl"


def view_of(host: str, result: Mapping[str, Any] | None) -> HostView:
    """Return what a result of ``host_info`` shows; None for no result.

    >>> view_of("xen1", {"unreachable": True, "msg": "No route to host"}).unknown
    'it cannot be reached: No route to host'
    """
    if not result or result.get("skipped"):
        return HostView(unknown=NOT_ASKED)
    if "domains" not in result:
        reason = " ".join(str(result.get("msg") or "it did not answer").split())
        return HostView(unknown=f"it cannot be reached: {reason}" if result.get("unreachable") else reason)
    rows = result["domains"]
    alive = {row["domid"] for row in rows}
    found = [*_sightings(host, rows, alive)]
    # A guest in the midst of its own reboot has no domain for a moment, and runs all the same.
    seen = {sighting.guest for sighting in found}
    found += [Sighting(host, name, condition="rebooting") for name in result.get("unsettled") or {} if name not in seen]
    return HostView(tuple(found), "", str(result.get("unidentified", "")), str(result.get("xen", {}).get("toolstack", "xl")))


def _sightings(host: str, rows: Iterable[Mapping[str, Any]], alive: set[int]) -> Iterable[Sighting]:
    for row in rows:
        # The disks of a stub domain are those of the guest that it serves; one that outlives its guest has them alone.
        if row.get("serves") in alive:
            continue
        name = str(row["name"])
        yield Sighting(
            host=host,
            name=name,
            domid=int(row["domid"]),
            condition=str(row["state"]),
            uuid=str(row.get("uuid", "")),
            writes=frozenset(same_disk(target) for target in row.get("writes", [])),
            is_stub=name.endswith("-dm") or name.startswith("stubdom-"),
        )

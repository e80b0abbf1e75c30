# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold what is known of a fleet: its definitions, and the domains that its hosts showed (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Iterable, Mapping

from .guest_places import GuestPlaces
from .sightings import NOT_ASKED, HostView, Sighting


@dataclass(frozen=True)
class FleetView:
    """Hold the definitions, what every host of the fleet showed, which hosts are in the run, and which are declared off.

    ``failures`` are reason and remedy for guests that move and were not stopped, by old host and name; ``moved`` are the new
    hosts of those that were.
    """

    places: GuestPlaces
    hosts: Mapping[str, HostView]
    run: frozenset[str]
    off: frozenset[str] = frozenset()
    failures: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    moved: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def view(self, host: str) -> HostView:
        """Return what is known of a host."""
        return self.hosts.get(host, HostView(unknown=NOT_ASKED))

    def of(self, guest: str) -> list[Sighting]:
        """Return the domains of a guest on all hosts. One that moved is gone from its old host."""
        return self._by_guest.get(guest, [])

    def with_uuid(self, uuid: str) -> list[Sighting]:
        """Return the domains of all hosts with that uuid."""
        return self._by_uuid.get(uuid, [])

    def writing(self, target: str) -> list[Sighting]:
        """Return the domains of all hosts that have that target open for writing."""
        return self._by_target.get(target, [])

    @cached_property
    def uncertain(self) -> list[str]:
        """Return the hosts of which not all is known."""
        return [host for host in sorted(self.hosts) if self.hosts[host].unknown or self.hosts[host].unidentified]

    @cached_property
    def _sightings(self) -> list[Sighting]:
        every = [sighting for host in sorted(self.hosts) for sighting in self.hosts[host].sightings]
        return [sighting for sighting in every if (sighting.host, sighting.guest) not in self.moved]

    @cached_property
    def _by_guest(self) -> dict[str, list[Sighting]]:
        return _indexed((sighting.guest, sighting) for sighting in self._sightings)

    @cached_property
    def _by_uuid(self) -> dict[str, list[Sighting]]:
        return _indexed((sighting.uuid, sighting) for sighting in self._sightings if sighting.uuid)

    @cached_property
    def _by_target(self) -> dict[str, list[Sighting]]:
        return _indexed((target, sighting) for sighting in self._sightings for target in sorted(sighting.writes))


def _indexed(pairs: Iterable[tuple[str, Sighting]]) -> dict[str, list[Sighting]]:
    found: dict[str, list[Sighting]] = {}
    for key, sighting in pairs:
        found.setdefault(key, []).append(sighting)
    return found

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold where the definitions of a fleet place each guest, and what must exist only once: its uuid, its shared disks (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping

from ..common.secrets import hide_parts
from ..guest.model import Guest
from .shared_disks import same_disk
from .shared_names import same_uuid


@dataclass(frozen=True)
class HostGuests:
    """Hold the names of one host's list: ``running`` are to have a domain there, ``absent`` are to have none and no file."""

    running: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def names(self, guest: str) -> bool:
        """Return whether the list names the guest."""
        return guest in self.running or guest in self.absent or guest in self.others


@dataclass(frozen=True)
class Unique:
    """Describe what no two domains of a fleet may have in common. ``disks`` are the targets of shared disks, and
    ``writes``: the guest writes to one of them."""

    uuid: str = ""
    disks: frozenset[str] = frozenset()
    writes: bool = False


@dataclass(frozen=True)
class GuestPlaces:
    """Hold the definitions of a fleet: the names of each host, and ``unique`` by the names of the guests that have such."""

    hosts: Mapping[str, HostGuests] = field(default_factory=dict)
    unique: Mapping[str, Unique] = field(default_factory=dict)

    def of(self, host: str) -> HostGuests:
        """Return the names of a host's list."""
        return self.hosts.get(host, HostGuests())

    def targets(self) -> list[str]:
        """Return the targets of all shared disks."""
        return sorted(set().union(*(unique.disks for unique in self.unique.values())))

    def as_data(self) -> dict[str, Any]:
        """Return the same as data for a module's result. ``identify``: a guest has something that must exist only once."""
        return {
            "identify": bool(self.unique),
            "targets": self.targets(),
            "hosts": {
                host: {"running": list(names.running), "absent": sorted(names.absent), "others": sorted(names.others)}
                for host, names in self.hosts.items()
            },
            "unique": {
                name: {"uuid": unique.uuid, "disks": sorted(unique.disks), "writes": unique.writes}
                for name, unique in self.unique.items()
            },
        }


def of_guests(guests: Iterable[tuple[str, Guest]]) -> GuestPlaces:
    """Return the places of guests, each with the name of its host."""
    lists: dict[str, list[Guest]] = {}
    unique = {}
    for host, guest in guests:
        lists.setdefault(host, []).append(guest)
        shared = [disk for disk in guest.disks if disk.shared and disk.target]
        uuid = same_uuid(guest.settings.get("uuid") or "")
        if guest.has_domain and (shared or uuid):
            # The target of a volume of Ceph or iSCSI can have a password; what identifies it is the rest.
            targets = frozenset(same_disk(hide_parts(disk.target)) for disk in shared)
            unique[guest.name] = Unique(uuid, targets, any(disk.writable for disk in shared))
    return GuestPlaces({host: _names(own) for host, own in lists.items()}, unique)


def of_data(data: Mapping[str, Any]) -> GuestPlaces:
    """Return what ``GuestPlaces.as_data`` returned."""
    hosts = {
        host: HostGuests(tuple(names["running"]), frozenset(names["absent"]), frozenset(names["others"]))
        for host, names in data["hosts"].items()
    }
    unique = {
        name: Unique(found["uuid"], frozenset(found["disks"]), found["writes"]) for name, found in data["unique"].items()
    }
    return GuestPlaces(hosts, unique)


def _names(guests: list[Guest]) -> HostGuests:
    absent = frozenset(guest.name for guest in guests if guest.state == "absent")
    running = tuple(guest.name for guest in guests if guest.has_domain)
    return HostGuests(running, absent, frozenset(guest.name for guest in guests) - absent - {*running})

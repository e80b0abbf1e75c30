# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find domains that run where the fleet does not have them: on another host than the guest's, or twice (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.common.problem import Problem
from ...module_utils.fleet import refusals
from ...module_utils.fleet.sightings import HostView, Sighting, view_of

#: The texts of problems, by the host and the name of the domain.
Problems = dict[tuple[str, str], list[str]]


def problems(hosts: Mapping[str, Mapping[str, Any]], homes: Mapping[str, list[str]]) -> Problems:
    """Return the problems of all domains. ``hosts`` is the option of that name of the module ``status``; ``homes`` are the
    hosts that define a guest as present, by its name."""
    views = {host: view_of(host, about.get("host")) for host, about in hosts.items()}
    sightings = [found for host in sorted(views) for found in views[host].sightings if not found.is_migrating]
    alive: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        if sighting.is_alive:
            alive.setdefault(sighting.name, []).append(sighting)
    unique = {name: data for about in hosts.values() for name, data in (about.get("unique") or {}).items()}
    found: Problems = {}
    for sighting in sightings:
        texts = [problem.text() for problem in _of_place(sighting, alive, hosts, homes, views)]
        texts += [problem.text() for problem in _of_unique(sighting, unique)]
        if texts:
            found[sighting.host, sighting.name] = texts
    return found


def _of_place(
    sighting: Sighting,
    alive: Mapping[str, list[Sighting]],
    hosts: Mapping[str, Mapping[str, Any]],
    homes: Mapping[str, list[str]],
    views: Mapping[str, HostView],
) -> list[Problem]:
    """Return why a domain of a guest of the fleet should not run where it does."""
    name, host, own = sighting.name, sighting.host, homes.get(sighting.name, [])
    others = [other for other in alive.get(name, []) if other.host != host]
    # Two domains of one name that no list has are two guests that this collection does not manage.
    if own and others and sighting.is_alive:
        return [refusals.runs_twice(name, [sighting, *others], views[host].toolstack)]
    if not own or host in own:
        return []
    is_absent = any(str(guest) == name for guest, _type, _state in hosts[host].get("defined") or [])
    return [refusals.elsewhere(name, host, " and ".join(own), is_absent)]


def _of_unique(sighting: Sighting, unique: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Return the guests of other names whose uuid a domain has, or whose shared disk it has open for writing."""
    found = []
    for name, data in unique.items():
        if name == sighting.guest:
            continue
        if data["uuid"] and data["uuid"] == sighting.uuid:
            found.append(refusals.held(name, sighting, "uuid", data["uuid"]))
        found += [refusals.held(name, sighting, "disk", target) for target in data["disks"] if target in sighting.writes]
    return found

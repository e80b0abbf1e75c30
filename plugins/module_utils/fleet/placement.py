# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which guests of a fleet may be started where, and which move, from what runs on all of its hosts (pure).

A guest never has two domains: one that runs elsewhere is not started, unless it is stopped there first. That is a move:
the list of the new host has the guest, that of the old one has ``state: absent``, and both hosts are in the run. The
new host's turn does it; in its own turn, the old host leaves the guest alone, so that it is not down for a host that
does not take it over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping

from ..common.problem import Problem
from . import refusals
from .fleet_view import FleetView
from .guest_places import Unique
from .sightings import NOT_ASKED, Sighting


@dataclass
class HostPlacement:
    """Hold what is decided for one host.

    ``moves`` has the guests that this host takes over, by the hosts where they run. Nothing of the guests in ``leave``
    is touched. The start of a guest in ``elsewhere`` is refused; those in ``held`` were seen elsewhere. ``problems``
    are those of guests in ``leave``.
    """

    moves: dict[str, list[str]] = field(default_factory=dict)
    leave: list[str] = field(default_factory=list)
    elsewhere: dict[str, Problem] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def note(self, guest: str, text: str) -> None:
        """Add a note on a guest."""
        self.notes.setdefault(guest, []).append(f"guest {guest}: {text}")


def place(fleet: FleetView) -> dict[str, HostPlacement]:
    """Return what is decided for each host of the run that is to do anything else than its own list asks for."""
    found: dict[str, HostPlacement] = {host: HostPlacement() for host in sorted(fleet.run)}
    for host in sorted(fleet.run):
        for name in fleet.places.of(host).running:
            _place(fleet, host, name, found)
    for (old, name), host in fleet.moved.items():
        for place_of, text in ((old, f"moves to host {host}"), (host, f"moves here from host {old}")):
            if place_of in found:
                found[place_of].note(name, text)
    return {host: placement for host, placement in found.items() if placement != HostPlacement()}


def to_ask(fleet: FleetView) -> list[str]:
    """Return the hosts outside the run that have to be asked: all of them as soon as one guest is to be started."""
    outside = sorted(host for host, view in fleet.hosts.items() if host not in fleet.run | fleet.off and view.unknown == NOT_ASKED)
    if not outside:
        return []
    starts = (_is_start(fleet, host, name) for host in fleet.run for name in fleet.places.of(host).running)
    return outside if any(starts) else []


def _is_start(fleet: FleetView, host: str, name: str) -> bool:
    """Return whether the run could start the guest: it has no domain there, or one that a start may have left paused."""
    view = fleet.view(host)
    here = (found for found in fleet.of(name) if found.host == host)
    return not view.unknown and all(found.condition in ("dying", "paused") for found in here)


def _place(fleet: FleetView, host: str, name: str, found: Mapping[str, HostPlacement]) -> None:
    """Decide for one guest of a host's list that is to have a domain there."""
    here = [sighting for sighting in fleet.of(name) if sighting.host == host and sighting.condition != "dying"]
    others = [sighting for sighting in fleet.of(name) if sighting.host != host]
    alive = [sighting for sighting in [*here, *others] if sighting.is_alive]
    if len({sighting.host for sighting in alive}) > 1:
        _leave_twice(fleet, name, {host, *(sighting.host for sighting in alive)}, alive, found)
        return
    refusal = _refusal(fleet, host, name, others, found[host]) if _is_start(fleet, host, name) else None
    if refusal:
        found[host].elsewhere[name] = refusal
    if not any(sighting.is_alive for sighting in here):
        _leave_old(fleet, host, name, others, refusal, found)
        if not (refusal or here or fleet.view(host).unknown):
            _start(fleet, host, name, others, found[host])


def _leave_twice(
    fleet: FleetView, name: str, hosts: Iterable[str], twice: list[Sighting], found: Mapping[str, HostPlacement]
) -> None:
    problem = _of_several(fleet, name, twice)
    for host in sorted(fleet.run.intersection(hosts)):
        found[host].leave.append(name)
        found[host].problems.append(problem)


def _of_several(fleet: FleetView, name: str, sightings: list[Sighting]) -> Problem:
    """Return the problem of a guest with domains on several hosts: a migration has two, and neither may be destroyed."""
    migrating = next((sighting for sighting in sightings if sighting.is_migrating), None)
    if migrating:
        return refusals.migrating(migrating)
    return refusals.runs_twice(name, sightings, fleet.view(sightings[0].host).toolstack)


def _leave_old(
    fleet: FleetView,
    host: str,
    name: str,
    others: list[Sighting],
    refusal: Problem | None,
    found: Mapping[str, HostPlacement],
) -> None:
    """Let the hosts that the guest is to leave not stop it: only its new host does, when it is ready."""
    for old in sorted({sighting.host for sighting in others} & fleet.run):
        if name in fleet.places.of(old).absent:
            found[old].leave.append(name)
            why = f", which it does not do now: it {refusal.reason}" if refusal else ""
            found[old].note(name, f"stays here until host {host} takes it over{why}")


def _start(fleet: FleetView, host: str, name: str, others: list[Sighting], placement: HostPlacement) -> None:
    """Take over a guest that is to be started, and note which hosts could not be asked about it."""
    for old in sorted({sighting.host for sighting in others}):
        placement.moves.setdefault(old, []).append(name)
        placement.held.append(name)
        placement.note(name, f"moves here from host {old}")
    writes = fleet.places.unique.get(name, Unique()).writes
    for other in fleet.uncertain:
        if other != host and writes:
            placement.note(name, refusals.counts_as_off(name, other))
        elif other != host and name in fleet.places.of(other).absent and fleet.view(other).unknown:
            placement.note(name, f"may run on host {other}, too, which is to lose it: {fleet.view(other).unknown}")


def _refusal(
    fleet: FleetView, host: str, name: str, others: list[Sighting], placement: HostPlacement
) -> Problem | None:
    """Return why the guest is not started on the host, None where it may be, perhaps after it was stopped elsewhere."""
    seen = _seen_elsewhere(fleet, host, name, others)
    if seen:
        placement.held.append(name)
        return seen
    unique = fleet.places.unique.get(name, Unique())
    if unique.writes:
        for other in fleet.uncertain:
            view = fleet.view(other)
            if other not in fleet.off:
                why = view.unknown or view.unidentified
                return (refusals.unknown_host if view.unknown else refusals.unknown_disks)(name, other, why)
    return None


def _seen_elsewhere(fleet: FleetView, host: str, name: str, others: list[Sighting]) -> Problem | None:
    """Return why the guest is not started because of domains that were seen, None for none that keeps it from its start."""
    unique = fleet.places.unique.get(name, Unique())
    holder = next(iter(_holders(fleet, host, name, unique)), None)
    if holder:
        return refusals.held(name, *holder)
    if len({sighting.host for sighting in others}) > 1:
        return _of_several(fleet, name, others)
    reasons = (_of_old(fleet, host, sighting) for sighting in others)
    return next((reason for reason in reasons if reason), None)


def _of_old(fleet: FleetView, host: str, sighting: Sighting) -> Problem | None:
    """Return why a guest cannot be stopped where it runs, None where it can."""
    old, name = sighting.host, sighting.guest
    is_absent = name in fleet.places.of(old).absent
    if sighting.is_migrating:
        return refusals.migrating(sighting)
    if old not in fleet.run:
        return refusals.outside(name, old, host, is_absent)
    if not is_absent:
        return refusals.not_named(name, old)
    failure = fleet.failures.get((old, name))
    return refusals.not_stopped(name, old, *failure) if failure else None


def _holders(fleet: FleetView, host: str, name: str, unique: Unique) -> Iterable[tuple[Sighting, str, str]]:
    """Return the domains of other names that have the guest's uuid, or one of its shared disks open for writing, each with
    the key and the value. A stub domain that a failed start left on the host itself is removed before the start."""
    holders = [(found, "uuid", unique.uuid) for found in fleet.with_uuid(unique.uuid)]
    holders += [(found, "disk", target) for target in sorted(unique.disks) for found in fleet.writing(target)]
    for holder in holders:
        if holder[0].guest != name and not (holder[0].host == host and holder[0].is_stub):
            yield holder


def as_data(placements: Mapping[str, HostPlacement]) -> dict[str, Any]:
    """Return placements as data for a result, by host: ``moves`` in the form in which guest_state takes the guests,
    ``guests`` with the notes and problems of each guest, as the report takes them."""
    return {host: _as_data(placement) for host, placement in placements.items()}


def _as_data(placement: HostPlacement) -> dict[str, Any]:
    names = list(dict.fromkeys([*placement.leave, *placement.notes]))
    moving = {name: old for old, moved in placement.moves.items() for name in moved}
    # Until it is stopped there, a guest that moves is not started either.
    waiting = {name: refusals.not_stopped(name, old, "this was not tried", "run this again") for name, old in moving.items()}
    return {
        "moves": [
            {"host": old, "guests": [{"name": name, "state": "absent"} for name in names_there]}
            for old, names_there in placement.moves.items()
        ],
        "leave": placement.leave,
        "held": sorted(placement.held),
        "elsewhere": [
            {"name": name, "reason": problem.reason, "remedy": problem.remedy}
            for name, problem in {**placement.elsewhere, **waiting}.items()
        ],
        "guests": [
            {
                "name": name,
                "notes": placement.notes.get(name, []),
                "problems": [problem.as_dict() for problem in placement.problems if problem.guest == name],
            }
            for name in names
        ],
    }

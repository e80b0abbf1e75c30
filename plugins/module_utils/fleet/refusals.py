# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define why a guest is not started, as it runs elsewhere or may run there, with the remedies (pure)."""

from __future__ import annotations

from typing import Iterable

from ..common.paths import AUTOSTART_DIR
from ..common.problem import Problem
from .sightings import Sighting


def runs_twice(name: str, sightings: Iterable[Sighting], program: str) -> Problem:
    """Return the problem of a guest that has domains on several hosts: only an operator knows which one is to stay."""
    hosts = " and ".join(sorted({sighting.host for sighting in sightings}))
    remedy = f"decide which domain stays, and run {program} destroy {name} on the other host; check the guest's disks"
    return _problem(name, f"runs on {hosts} at the same time, and nothing of it is touched", remedy)


def held(name: str, holder: Sighting, key: str, value: str) -> Problem:
    """Return the problem of a guest whose uuid a domain of another name has, or whose shared disk that has open."""
    if key == "uuid":
        reason = f"its uuid {value} is that of {holder.where()}"
    else:
        reason = f"its shared disk {value} is open for writing in {holder.where()}"
    return _problem(name, reason, f"stop {holder.name} on host {holder.host}, or correct the definition, then run this again")


def outside(name: str, old: str, host: str, is_absent: bool) -> Problem:
    """Return the problem of a guest that runs on a host which is not in the run."""
    both = f"run this for both hosts (--limit {old},{host})"
    remedy = both if is_absent else f"{_add(name, old)}, then {both}"
    return _problem(name, f"runs on host {old}, which is not part of this run", remedy)


def not_named(name: str, old: str) -> Problem:
    """Return the problem of a guest that runs on a host whose list does not have it as absent."""
    remedy = f"{_add(name, old)}: the next run stops it there, then starts it here"
    return _problem(name, f"runs on host {old}, whose list does not say that it is to leave", remedy)


def elsewhere(name: str, host: str, home: str, is_absent: bool) -> Problem:
    """Return the problem of a guest that runs on a host which is not its own."""
    both = f"run deploy.yml for both hosts (--limit {host},{home}), which moves it"
    return _problem(name, f"runs on host {host}, and is defined on {home}", both if is_absent else f"{_add(name, host)}, then {both}")


def not_stopped(name: str, old: str, failure: str, remedy: str) -> Problem:
    """Return the problem of a guest that moves, and was not stopped; ``failure`` and ``remedy`` are those of the old host."""
    return _problem(name, f"runs on host {old}, and was not stopped there: {failure}", remedy)


def migrating(sighting: Sighting) -> Problem:
    """Return the problem of a guest that an operator migrates."""
    reason = f"is being migrated: {sighting.where()}"
    return _problem(sighting.guest, reason, "wait for the end of the migration, then run this again")


def unknown_host(name: str, host: str, why: str) -> Problem:
    """Return the problem of a guest with a shared disk that may run on a host of which nothing is known."""
    remedy = f"bring host {host} back, or name it in stubdom_hosts_off if its power is off"
    return _problem(name, f"has a shared disk, and may run on host {host}: {why}", remedy)


def unknown_disks(name: str, host: str, why: str) -> Problem:
    """Return the problem of a guest with a shared disk that a domain of a host may have open."""
    reason = f"has a shared disk, and it is unknown which disks the domains of host {host} have open: {why}"
    return _problem(name, reason, f"correct that on host {host}, then run this again")


def counts_as_off(name: str, host: str) -> str:
    """Return the note on a start that relies on a host being off."""
    return (
        f"host {host} was not asked, as stubdom_hosts_off names it; before it boots again, remove its link in "
        f"{AUTOSTART_DIR} to the file of {name}, so that it does not start the guest"
    )


def _add(name: str, old: str) -> str:
    return f"add {{name: {name}, state: absent}} to the stubdom_guests of host {old}"


def _problem(name: str, reason: str, remedy: str) -> Problem:
    return Problem(reason, remedy, guest=name)

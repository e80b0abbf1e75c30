# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of a fleet and of deploy.yml on it: the decisions are made by the code itself, the hosts are dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import guest_places, moves, placement
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.fleet_view import FleetView
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.sightings import view_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.decide import Policy, decide
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Observation
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition


class Killed(Exception):
    """The controller is gone."""


def disk_of(guest: str) -> str:
    """Return the shared disk of a guest."""
    return f"/dev/san/{guest}"


def defined(guest: str, state: str = "running") -> dict[str, Any]:
    """Return a definition; an absent guest has its name only."""
    if state == "absent":
        return {"name": guest, "state": state}
    return definition(guest, state=state, disks=[{"target": disk_of(guest), "vdev": "xvda", "shared": True}])


@dataclass
class World:
    """Hold the hosts: ``domains`` are the names of those that run, with the disk that each has open; ``lists`` are the
    definitions of each host."""

    domains: dict[str, dict[str, str]]
    lists: dict[str, list[dict[str, Any]]]

    def start(self, host: str, guest: str) -> None:
        """Start a guest, whatever runs elsewhere: Xen does not know."""
        self.domains[host][guest] = disk_of(guest)
        self.check()

    def check(self) -> None:
        """Require that no name and no disk is used twice."""
        names = [name for own in self.domains.values() for name in own]
        disks = [disk for own in self.domains.values() for disk in own.values()]
        assert len(names) == len(set(names)), self.domains
        assert len(disks) == len(set(disks)), self.domains

    def homes(self, guest: str) -> list[str]:
        """Return the hosts whose list has the guest running."""
        wanted = defined(guest)
        return [host for host, own in self.lists.items() if wanted in own]


@dataclass
class Run:
    """One run of deploy.yml.

    ``fails`` answers whether a step fails, by its name, its host and a guest; ``step`` is called before each step, and may
    raise Killed. ``down`` are hosts that do not answer at the beginning.
    """

    world: World
    hosts: list[str]
    waves: list[list[str]]
    down: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    fails: Callable[[str, str, str], bool] = lambda _step, _host, _guest: False
    step: Callable[[], None] = lambda: None
    seen: dict[str, Any] = field(default_factory=dict)
    attempts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: The guests that were stopped, with the host and the step that did it.
    stopped: list[tuple[str, str, str]] = field(default_factory=list)

    def deploy(self) -> None:
        """Do all of it. Raise Killed."""
        self.seen = {host: self._look(host) for host in self.hosts}
        for host in placement.to_ask(self._view()):
            self.seen[host] = self._look(host)
        for wave in self.waves:
            begun = [host for host in wave if host not in self.down]
            own = {host: self._own(host) for host in begun}
            written = {host: self._configure(host, own[host]) for host in begun}
            for host in begun:
                self._take_over(host, written[host])
            for host in begun:
                self._launch(host, own[host], written[host])

    def placed(self, host: str) -> dict[str, Any]:
        """Return what is decided for a host now."""
        found: dict[str, Any] = placement.as_data(placement.place(self._view())).get(host, {})
        return found

    def __post_init__(self) -> None:
        """Read the definitions once, as the validation of the fleet does."""
        self.guests = {host: [found.guest for found in read_guests(own) if found.guest] for host, own in self.world.lists.items()}
        every = [(host, guest) for host, own in self.guests.items() for guest in own]
        self.places = guest_places.of_data(guest_places.of_guests(every).as_data())

    def _view(self) -> FleetView:
        moved, failures = moves.outcome(self.attempts)
        hosts = {host: view_of(host, self.seen.get(host)) for host in self.world.domains}
        return FleetView(self.places, hosts, frozenset(self.hosts), self.off, failures, moved)

    def _look(self, host: str) -> dict[str, Any]:
        if host in self.down | self.off:
            return {"unreachable": True, "msg": "No route to host"}
        rows = [
            {"name": name, "domid": number, "state": "running", "serves": None, "writes": [disk]}
            for number, (name, disk) in enumerate(sorted(self.world.domains[host].items()), 1)
        ]
        unidentified = "xenstore-ls failed" if self.fails("identify", host, "") else ""
        return {"domains": [{**row, "writes": []} for row in rows] if unidentified else rows, "unidentified": unidentified}

    def _own(self, host: str) -> list[Guest]:
        left = self.placed(host).get("leave", [])
        return [guest for guest in self.guests[host] if guest.name not in left]

    def _configure(self, host: str, own: list[Guest]) -> set[str]:
        """Return the names of the guests whose files were written."""
        self.step()
        return {guest.name for guest in own if not self.fails("configure", host, guest.name)}

    def _take_over(self, host: str, written: set[str]) -> None:
        for move in self.placed(host).get("moves", []):
            names = [guest["name"] for guest in move["guests"] if guest["name"] in written]
            if names:
                rehearsed = self._there("rehearse", host, names)
                removed = self._there("remove", move["host"], _ready(rehearsed))
                stopped = self._there("stop", move["host"], _ready(removed))
                attempt = {"host": move["host"], "guests": [{"name": name} for name in names], "rehearsed": rehearsed}
                self.attempts.setdefault(host, []).append({**attempt, "removed": removed, "stopped": stopped})

    def _there(self, step: str, old: str, names: list[str]) -> dict[str, Any]:
        self.step()
        if self.fails("connect", old, step):
            return {"unreachable": True, "msg": "No route to host"}
        guests = []
        for name in names:
            failed = self.fails(step, old, name)
            if step == "stop" and not failed:
                self.world.domains[old].pop(name, None)
                self.stopped.append((old, name, "take over"))
            problems = [{"reason": "does not work", "remedy": "make it work"}] if failed else []
            guests.append({"name": name, "problems": problems, "state": "running" if failed else "off"})
        return {"guests": guests}

    def _launch(self, host: str, own: list[Guest], written: set[str]) -> None:
        elsewhere = {one["name"]: (one["reason"], one["remedy"]) for one in self.placed(host).get("elsewhere", [])}
        running = self.world.domains[host]
        for guest in own:
            self.step()
            if guest.name not in written:
                continue
            domain = Domain(1, guest.name, 256, 1, "-b----", 1.0) if guest.name in running else None
            decision = decide(guest, Observation(domain), Policy(elsewhere=elsewhere), "xl")
            if decision.action == "started" and not self.fails("start", host, guest.name):
                self.world.start(host, guest.name)
            elif decision.action == "stopped" and not self.fails("stop", host, guest.name):
                del running[guest.name]
                self.stopped.append((host, guest.name, "launch"))


def _ready(result: dict[str, Any]) -> list[str]:
    """Return the guests of a step that have no problem after it."""
    return [guest["name"] for guest in result.get("guests", []) if not guest["problems"]]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is defined, runs, fails or is interrupted: no two domains of a fleet have one name or one shared disk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.tests.unit.fleet_run import Killed, Run, World, defined, disk_of

HOSTS = ["xen1", "xen2", "xen3"]
GUESTS = ["web1", "web2"]


def _steps(number: int) -> Iterator[None]:
    """Go on for so many steps; the next one kills the run."""
    for _step in range(number):
        yield
    raise Killed


FEW_HOSTS = st.sampled_from([set[str](), set[str](), set[str](), *({host} for host in HOSTS)])
STEPS = ["identify", "configure", "connect", "rehearse", "remove", "stop", "start"]
FAULTS = [(step, host) for step in STEPS for host in HOSTS]


def worlds(draw: Any) -> World:
    """A fleet in which each guest runs at most once, perhaps under a name that an operator chose."""
    domains: dict[str, dict[str, str]] = {host: {} for host in HOSTS}
    for guest in GUESTS:
        host = draw(st.sampled_from([*HOSTS, None]))
        if host:
            domains[host][draw(st.sampled_from([guest] * 6 + [f"old-{guest}"]))] = disk_of(guest)
    return World(domains, definitions(draw, domains))


def definitions(draw: Any, domains: dict[str, dict[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """Lists that the validation of the fleet accepts: a guest is present on one host at most. Mostly the host where it runs
    lets it go."""
    lists: dict[str, list[dict[str, Any]]] = {host: [] for host in HOSTS}
    for guest in GUESTS:
        home = draw(st.sampled_from([*HOSTS, *HOSTS, None]))
        for host in HOSTS:
            if host == home:
                lists[host].append(defined(guest, draw(st.sampled_from(["running"] * 5 + ["stopped"]))))
            elif draw(st.integers(0, 4)) > 0 if guest in domains[host] else draw(st.booleans()):
                lists[host].append(defined(guest, "absent"))
    return lists


def waves(draw: Any, hosts: list[str]) -> list[list[str]]:
    order = draw(st.permutations(hosts))
    cut = draw(st.integers(0, len(order)))
    return [wave for wave in (order[:cut], order[cut:]) if wave]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_two_domains_have_one_disk(data: st.DataObject) -> None:
    draw = data.draw
    world = worlds(draw)
    world.check()
    for _number in range(draw(st.integers(1, 3))):
        # What has no power runs nothing; only such a host is declared off.
        off = frozenset(draw(FEW_HOSTS))
        for host in off:
            world.domains[host].clear()
        down = frozenset(draw(FEW_HOSTS)) | off
        hosts = draw(st.sampled_from([HOSTS, HOSTS, HOSTS, HOSTS[:2], HOSTS[1:], HOSTS[:1]]))
        faults = draw(st.booleans()) and draw(st.sets(st.sampled_from(FAULTS), max_size=2))
        steps = _steps(draw(st.one_of(st.just(99), st.integers(0, 9))))
        before = {host: dict(own) for host, own in world.domains.items()}
        declared = off if draw(st.booleans()) else frozenset()
        run = Run(world, hosts, waves(draw, hosts), down, declared,
                  lambda step, host, _guest, faults=faults: (step, host) in (faults or ()), partial(next, steps))
        try:
            run.deploy()
        except Killed:
            event("killed")
        world.check()
        check_stops(world, run, before)
        if draw(st.booleans()):
            world.lists = definitions(draw, world.domains)


def check_stops(world: World, run: Run, before: dict[str, dict[str, str]]) -> None:
    """Require that nothing was stopped for a host that did not take it over."""
    for host, guest, step in run.stopped:
        homes = [home for home in world.homes(guest) if home in run.hosts and home != host]
        if step == "launch":
            # In its own turn a host stops only what no other host of the run is to have.
            assert homes == [], (host, guest, before)
        else:
            event("moved")
            (home,) = homes
            assert home not in run.down
            refused = {one["name"] for one in run.placed(home).get("elsewhere", [])}
            # It was started there, or the start itself failed, or the run was killed before it.
            assert guest not in refused


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_run_without_failures_brings_every_guest_to_its_host(data: st.DataObject) -> None:
    """Unless it runs where no list lets it go, or under another name."""
    world = worlds(data.draw)
    before = {host: dict(own) for host, own in world.domains.items()}
    Run(world, HOSTS, waves(data.draw, HOSTS)).deploy()
    for guest in GUESTS:
        homes = world.homes(guest)
        places = [host for host, own in before.items() if disk_of(guest) in own.values()]
        free = all(defined(guest, "absent") in world.lists[host] and guest in before[host] for host in places if host not in homes)
        named = all(guest in before[host] for host in places)
        if homes and free and named:
            assert guest in world.domains[homes[0]]
        elif homes and places:
            # A guest that is refused runs on as before.
            assert world.domains[places[0]].get(guest) == before[places[0]].get(guest)

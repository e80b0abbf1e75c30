# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests may be started on which host of a fleet, and which move: a table of what runs where."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import guest_places, placement
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.fleet_view import FleetView
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.sightings import view_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition

DISK = "/dev/san/web1"
UUID = "6F0F4B9C-4B7E-4A53-9D0B-2F4B7F7F2A11"
ABSENT = {"name": "web1", "state": "absent"}
WEB1 = definition()
SHARED = definition(disks=[{"target": DISK, "vdev": "xvda", "shared": True}])
READ_ONLY = definition(disks=[{"target": DISK, "vdev": "xvda", "shared": True, "access": "ro"}])
CEPH = definition(disks=[{"target": "rbd:pool/web1:id=x:key=AQDabc==", "vdev": "xvda", "backendtype": "qdisk"}])
OWN_UUID = definition(settings={"uuid": UUID})
DOWN = {"unreachable": True, "msg": "No route to host"}
HALF = {"domains": [], "unidentified": "xenstore-ls failed"}


def row(name: str = "web1", domid: int = 1, **more: Any) -> dict[str, Any]:
    """A domain as host_info returns it."""
    return {"name": name, "domid": domid, "state": "running", "serves": None, "uuid": f"uuid-{domid}", "writes": [], **more}


def host(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"domains": list(rows), "unidentified": "", "xen": {"toolstack": "xl"}}


def view(lists: dict[str, list[Any]], seen: dict[str, Any], **more: Any) -> FleetView:
    """The fleet of these lists, whose hosts are all in the run unless ``run`` says otherwise."""
    guests = [(name, found.guest) for name, own in lists.items() for found in read_guests(own) if found.guest]
    places = guest_places.of_data(guest_places.of_guests(guests).as_data())
    hosts = {name: view_of(name, seen.get(name)) for name in {*lists, *seen}}
    return FleetView(places, hosts, **{"run": frozenset(hosts), **more})


def placed(lists: dict[str, list[Any]], seen: dict[str, Any], **more: Any) -> dict[str, Any]:
    return placement.as_data(placement.place(view(lists, seen, **more)))


def reason(found: dict[str, Any], name: str = "xen2") -> str:
    """Why the guest is not started there, with the remedy; "" where it is."""
    refused = found.get(name, {}).get("elsewhere", [])
    return " / ".join(f"{guest['reason']} | {guest['remedy']}" for guest in refused)


MOVE = {"xen1": [ABSENT], "xen2": [WEB1]}
NEW = {"xen2": [WEB1]}


@pytest.mark.parametrize("lists, seen, run", [
    # Nobody runs it.
    (MOVE, {"xen1": host(), "xen2": host()}, {"xen1", "xen2"}),
    # It runs where it is defined.
    (MOVE, {"xen1": host(), "xen2": host(row())}, {"xen1", "xen2"}),
    # Another guest of nearly the same name runs.
    (NEW, {"xen1": host(row("web11"), row("web1-data")), "xen2": host()}, {"xen2"}),
    # A stub domain of another guest.
    (NEW, {"xen1": host(row("app1"), row("app1-dm", 2, serves=1)), "xen2": host()}, {"xen1", "xen2"}),
    # It is not to run.
    ({"xen1": [], "xen2": [definition(state="stopped")]}, {"xen1": host(row()), "xen2": host()}, {"xen1", "xen2"}),
    ({"xen1": [], "xen2": [definition(state="defined")]}, {"xen1": host(row()), "xen2": host()}, {"xen1", "xen2"}),
    # The new host is not in the run: what its list says is done by its own run.
    (MOVE, {"xen1": host(row())}, {"xen1"}),
    # Only reads the disk, so that an unreachable host does no harm.
    ({"xen1": [], "xen2": [READ_ONLY]}, {"xen1": DOWN, "xen2": host()}, {"xen1", "xen2"}),
    ({"xen1": [], "xen2": [WEB1]}, {"xen1": DOWN, "xen2": host()}, {"xen1", "xen2"}),
    ({"xen1": [], "xen2": [SHARED]}, {"xen1": DOWN, "xen2": host(row())}, {"xen1", "xen2"}),
    # The stub domain of a failed start on the host itself is removed before the start.
    ({"xen2": [SHARED]}, {"xen2": host(row("web1-dm", 2, serves=1, writes=[DISK]))}, {"xen2"}),
    # A domain that has it open for reading does not count.
    ({"xen1": [], "xen2": [SHARED]}, {"xen1": host(row("backup")), "xen2": host()}, {"xen1", "xen2"}),
])
def test_nothing_is_decided(lists: dict[str, list[Any]], seen: dict[str, Any], run: set[str]) -> None:
    assert placed(lists, seen, run=frozenset(run)) == {}


def test_a_move() -> None:
    found = placed(MOVE, {"xen1": host(row()), "xen2": host()})
    assert found["xen1"] == {
        "moves": [], "leave": ["web1"], "held": [], "elsewhere": [],
        "guests": [{"name": "web1", "notes": ["guest web1: stays here until host xen2 takes it over"], "problems": []}]}
    assert found["xen2"]["moves"] == [{"host": "xen1", "guests": [ABSENT]}]
    assert found["xen2"]["held"] == ["web1"]
    # As long as it was not stopped, it is not started.
    assert reason(found) == "runs on host xen1, and was not stopped there: this was not tried | run this again"
    assert found["xen2"]["guests"][0]["notes"] == ["guest web1: moves here from host xen1"]


def test_a_move_that_was_made() -> None:
    found = placed(MOVE, {"xen1": host(row()), "xen2": host()}, moved={("xen1", "web1"): "xen2"})
    assert {name: (one["leave"], one["moves"], one["elsewhere"], one["held"]) for name, one in found.items()} == {
        "xen1": ([], [], [], []), "xen2": ([], [], [], [])}
    assert [one["guests"][0]["notes"] for one in found.values()] == [
        ["guest web1: moves to host xen2"], ["guest web1: moves here from host xen1"]]


def test_a_move_that_failed() -> None:
    failures = {("xen1", "web1"): ("did not shut down", "shut it down from inside")}
    found = placed(MOVE, {"xen1": host(row()), "xen2": host()}, failures=failures)
    assert (found["xen1"]["leave"], found["xen2"]["moves"]) == (["web1"], [])
    assert reason(found) == "runs on host xen1, and was not stopped there: did not shut down | shut it down from inside"


@pytest.mark.parametrize("state", ["running", "paused", "shutdown", "crashed", "dying"])
def test_whatever_its_domain_does_on_the_old_host(state: str) -> None:
    found = placed(MOVE, {"xen1": host(row(state=state)), "xen2": host()})
    assert (found["xen1"]["leave"], [move["host"] for move in found["xen2"]["moves"]]) == (["web1"], ["xen1"])


@pytest.mark.parametrize("here", ["crashed", "dying"])
def test_what_is_left_on_the_new_host_does_not_stop_the_guest_on_the_old_one(here: str) -> None:
    found = placed(MOVE, {"xen1": host(row()), "xen2": host(row(state=here))})
    assert found["xen1"]["leave"] == ["web1"]
    assert bool(found.get("xen2")) is (here == "dying")


REFUSALS: list[tuple[dict[str, list[Any]], dict[str, Any], set[str], str, str]] = [
    (NEW, {"xen1": host(row())}, {"xen2"}, "runs on host xen1, which is not part of this run",
     "add {name: web1, state: absent} to the stubdom_guests of host xen1, then run this for both hosts (--limit xen1,xen2)"),
    (MOVE, {"xen1": host(row())}, {"xen2"}, "runs on host xen1, which is not part of this run",
     "run this for both hosts (--limit xen1,xen2)"),
    (NEW, {"xen1": host(row())}, {"xen1", "xen2"}, "runs on host xen1, whose list does not say that it is to leave",
     "add {name: web1, state: absent} to the stubdom_guests of host xen1: the next run stops it there, then starts it here"),
    (MOVE, {"xen1": host(row("web1--incoming"))}, {"xen1", "xen2"},
     "is being migrated: domain 1 (web1--incoming) on host xen1", "wait for the end of the migration"),
    (MOVE, {"xen1": host(row("migrating-web1"))}, {"xen1", "xen2"}, "is being migrated: ", ""),
    (MOVE, {"xen1": host(row("web1--migratedaway", state="shutdown"))}, {"xen1", "xen2"}, "is being migrated: ", ""),
    ({"xen1": [ABSENT], "xen2": [SHARED]}, {"xen1": host(row("x", 3, writes=[DISK]))}, {"xen1", "xen2"},
     f"its shared disk {DISK} is open for writing in domain 3 (x) on host xen1", "stop x on host xen1"),
    ({"xen2": [SHARED]}, {"xen2": host(row("x", writes=["//dev//san/web1"]))}, {"xen2"},
     f"its shared disk {DISK} is open for writing in domain 1 (x) on host xen2", ""),
    # A stub domain that outlives its guest on another host.
    ({"xen2": [SHARED]}, {"xen1": host(row("web1-dm", 2, serves=1, writes=[DISK]))}, {"xen1", "xen2"},
     f"its shared disk {DISK} is open for writing in domain 2 (web1-dm) on host xen1", ""),
    # The same image with the name of another user, and with the key as host_info hides it.
    ({"xen2": [CEPH]}, {"xen1": host(row("x", writes=["rbd:pool/web1:id=y:key=********"]))}, {"xen1", "xen2"},
     "its shared disk rbd:pool/web1 is open for writing in domain 1 (x) on host xen1", ""),
    ({"xen2": [READ_ONLY]}, {"xen1": host(row("x", writes=[DISK]))}, {"xen1", "xen2"}, "its shared disk", ""),
    ({"xen2": [OWN_UUID]}, {"xen1": host(row("x", uuid=UUID.lower()))}, {"xen1", "xen2"},
     f"its uuid {UUID.lower()} is that of domain 1 (x) on host xen1", "stop x on host xen1"),
    # A move is not begun where the guest could not be started afterwards.
    ({"xen1": [ABSENT], "xen2": [SHARED], "xen3": []}, {"xen1": host(row()), "xen3": DOWN}, {"xen1", "xen2", "xen3"},
     "has a shared disk, and may run on host xen3: it cannot be reached: No route to host",
     "bring host xen3 back, or name it in stubdom_hosts_off if its power is off"),
    ({"xen2": [SHARED]}, {"xen1": None}, {"xen2"}, "has a shared disk, and may run on host xen1: it was not asked", ""),
    ({"xen2": [SHARED]}, {"xen1": {"failed": True, "msg": "xend does\nnot answer"}}, {"xen1", "xen2"},
     "has a shared disk, and may run on host xen1: xend does not answer", ""),
    ({"xen2": [SHARED]}, {"xen1": HALF}, {"xen1", "xen2"},
     "has a shared disk, and it is unknown which disks the domains of host xen1 have open: xenstore-ls failed",
     "correct that on host xen1"),
    ({"xen2": [SHARED]}, {"xen2": HALF}, {"xen2"}, "it is unknown which disks the domains of host xen2 have open", ""),
]


@pytest.mark.parametrize("lists, seen, run, words, remedy", REFUSALS)
def test_a_refusal(lists: dict[str, list[Any]], seen: dict[str, Any], run: set[str], words: str, remedy: str) -> None:
    found = placed(lists, {"xen2": host(), **seen}, run=frozenset(run))
    assert words in reason(found).partition(" | ")[0]
    assert remedy in reason(found).partition(" | ")[2]
    assert found["xen2"]["moves"] == []
    # A guest that runs is not down for a host that was refused.
    lost = [row for row in (seen.get("xen1") or {}).get("domains", []) if ABSENT in lists.get("xen1", []) and row["name"] != "x"]
    if lost and "xen1" in run:
        assert found["xen1"]["leave"] == ["web1"]


def test_two_hosts_that_do_not_define_it_run_it() -> None:
    found = placed({"xen2": [WEB1], "xen1": [ABSENT]}, {"xen1": host(row()), "xen2": host(), "xen3": host(row())})
    for name in ("xen1", "xen2", "xen3"):
        assert found[name]["leave"] == ["web1"]
        assert "runs on xen1 and xen3 at the same time" in found[name]["guests"][0]["problems"][0]["text"]


def test_a_guest_that_runs_twice() -> None:
    found = placed(MOVE, {"xen1": host(row()), "xen2": host(row(state="paused"))})
    assert {name: (one["leave"], one["moves"], one["elsewhere"]) for name, one in found.items()} == {
        "xen1": (["web1"], [], []), "xen2": (["web1"], [], [])}
    text = found["xen1"]["guests"][0]["problems"][0]["text"]
    assert text == found["xen2"]["guests"][0]["problems"][0]["text"] == (
        "guest web1: runs on xen1 and xen2 at the same time, and nothing of it is touched. Remedy: decide which domain stays, "
        "and run xl destroy web1 on the other host; check the guest's disks.")


@pytest.mark.parametrize("lists", [MOVE, NEW, {"xen1": [WEB1], "xen2": [ABSENT]}])
@pytest.mark.parametrize("source", ["web1", "web1--migratedaway"])
def test_the_two_domains_of_a_migration_are_not_a_guest_that_runs_twice(lists: dict[str, list[Any]], source: str) -> None:
    found = placed(lists, {"xen1": host(row(source)), "xen2": host(row("web1--incoming", state="paused"))})
    for name in ("xen1", "xen2"):
        (guest,) = found[name]["guests"]
        assert "is being migrated: " in guest["problems"][0]["text"]
        assert "destroy" not in guest["problems"][0]["text"]
        assert found[name]["leave"] == ["web1"]


@pytest.mark.parametrize("lists, words", [
    (NEW, "runs on host xen1, whose list does not say that it is to leave"), (MOVE, "was not stopped there: this was not tried"),
])
def test_a_guest_that_has_no_domain_for_a_moment_runs(lists: dict[str, list[Any]], words: str) -> None:
    found = placed(lists, {"xen1": {**host(), "unsettled": {"web1": "it has no domain, and process 7 of xl"}}, "xen2": host()})
    assert words in reason(found)
    # What has a domain is seen by that.
    seen = host(row("web1--incoming", state="paused"))
    found = placed(lists, {"xen1": {**seen, "unsettled": {"web1": "is being migrated"}}, "xen2": host()})
    assert "is being migrated: domain 1 (web1--incoming) on host xen1" in reason(found)


def test_a_host_that_is_off() -> None:
    lists = {"xen1": [ABSENT], "xen2": [SHARED]}
    found = placed(lists, {"xen1": DOWN, "xen2": host()}, off=frozenset({"xen1"}))
    assert (found["xen2"]["elsewhere"], found["xen2"]["moves"]) == ([], [])
    assert "host xen1 was not asked, as stubdom_hosts_off names it; before it boots again" in found["xen2"]["guests"][0]["notes"][0]
    # One that answers all the same counts.
    assert placed(lists, {"xen1": host(row()), "xen2": host()}, off=frozenset({"xen1"}))["xen2"]["moves"]


def test_an_old_host_that_is_down_without_a_shared_disk() -> None:
    found = placed(MOVE, {"xen1": DOWN, "xen2": host()})
    assert found["xen2"]["guests"][0]["notes"] == [
        "guest web1: may run on host xen1, too, which is to lose it: it cannot be reached: No route to host"]


def test_a_new_host_that_is_down_does_not_stop_the_guest_on_the_old_one() -> None:
    found = placed(MOVE, {"xen1": host(row()), "xen2": DOWN})
    assert (found["xen1"]["leave"], list(found)) == (["web1"], ["xen1"])


@pytest.mark.parametrize("here, asked", [
    ([], ["xen3"]), ([row()], []), ([row(state="crashed")], []), ([row(state="paused")], ["xen3"]), ([row(state="dying")], ["xen3"])])
def test_hosts_outside_the_run_are_asked_when_something_is_to_be_started(here: list[Any], asked: list[str]) -> None:
    seen = {"xen2": host(*here), "xen3": None, "xen4": None, "xen5": host()}
    fleet = view({"xen2": [WEB1]}, seen, run=frozenset({"xen2"}), off=frozenset({"xen4"}))
    assert placement.to_ask(fleet) == asked


def test_of_a_host_that_is_down_nothing_is_started() -> None:
    assert placement.to_ask(view({"xen2": [WEB1]}, {"xen2": DOWN, "xen3": None}, run=frozenset({"xen2"}))) == []


def test_a_fleet_without_shared_disks_needs_no_identities() -> None:
    guests = [("xen1", found.guest) for found in read_guests([WEB1]) if found.guest]
    assert guest_places.of_guests(guests).as_data()["identify"] is False
    assert view({"xen1": [OWN_UUID]}, {}).places.as_data() == {
        "identify": True, "targets": [], "hosts": {"xen1": {"running": ["web1"], "absent": [], "others": []}},
        "unique": {"web1": {"uuid": UUID.lower(), "disks": [], "writes": False}}}

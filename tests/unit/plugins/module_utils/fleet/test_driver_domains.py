# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import read_fleet
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, hvm

NET = definition("netdom")
WEB = definition("web", vifs=[{"backend": "netdom"}])
REASON = "is a guest of host y, and a driver domain must run on the host of its users"


def told(**hosts: Any) -> list[tuple[str, str, str, str]]:
    return [(found.host, found.guest, found.key, found.reason) for found in read_fleet(hosts).problems]


def notes(**hosts: Any) -> list[str]:
    return read_fleet(hosts).notes


def test_a_driver_domain_of_the_same_host() -> None:
    fleet = read_fleet({"x": [WEB, NET]})
    assert (fleet.problems, fleet.notes) == ([], [])


@pytest.mark.parametrize("backend", ["0", "Domain-0", "3"])
def test_dom0_and_numbers_need_no_guest(backend: str) -> None:
    fleet = read_fleet({"x": [definition("web", vifs=[{"backend": backend}])]})
    assert (fleet.problems, fleet.notes) == ([], [])


@pytest.mark.parametrize(
    "user, key",
    [
        ({"vifs": [{}, {"backend": "netdom"}]}, "vifs[1].backend"),
        ({"disks": [{"target": "/dev/vg/a", "vdev": "xvda", "backend": "netdom"}]}, "disks[0].backend"),
        ({"settings": {"vtpm": ["backend=netdom"]}}, "settings.vtpm"),
        ({"settings": {"p9": ["tag=t,path=/a,security_model=none,backend=netdom"]}}, "settings.p9"),
        ({"settings": {"pvcalls": ["backend=netdom"]}}, "settings.pvcalls"),
        ({"settings": {"channel": ["backend=netdom,name=n,connection=pty"]}}, "settings.channel"),
        ({"settings": {"vdispl": ["backend=netdom,connectors=a:1x1"]}}, "settings.vdispl"),
        ({"settings": {"vkb": ["backend=netdom,backend-type=linux"]}}, "settings.vkb"),
        ({"settings": {"virtio": ["type=virtio,device22,backend=netdom"]}}, "settings.virtio"),
        ({"settings": {"vsnd": [["card,backend=netdom", "pcm"]]}}, "settings.vsnd"),
        ({"settings": {"vscsi": ["/dev/sdx, 0:0:0:0, netdom"]}}, "settings.vscsi"),
    ],
)
def test_all_keys_that_name_one(user: dict[str, Any], key: str) -> None:
    web = definition("web", **user)
    for state in ("stopped", "defined", "absent", "paused"):
        reason = f"has the state {state}, so that it does not run when this guest starts"
        assert told(x=[web, definition("netdom", state=state)]) == [("x", "web", key, reason)]
    later = "has the order 5 and would start after this guest, which has the order 0"
    assert told(x=[web, definition("netdom", order=5)]) == [("x", "web", key, later)]
    assert told(x=[web], y=[NET]) == [("x", "web", key, REASON)]
    assert notes(x=[web]) == [
        f"driver domain netdom is not in the inventory; it must run before the guests that it serves: web on x ({key})"
    ]
    assert told(x=[web]) == []


@pytest.mark.parametrize("state", ["stopped", "defined", "absent"])
def test_a_guest_that_is_off_needs_no_driver_domain(state: str) -> None:
    off = {**WEB, "state": state}
    assert told(x=[off, definition("netdom", state="stopped")]) == told(x=[off], y=[NET]) == []
    assert notes(x=[off]) == []


def test_an_absent_guest_of_another_host_is_no_driver_domain() -> None:
    hosts = {"x": [WEB], "y": [definition("netdom", state="absent")]}
    assert told(**hosts) == [] and len(notes(**hosts)) == 1


def test_one_with_another_problem_is_still_in_the_list() -> None:
    fleet = read_fleet({"x": [WEB, definition("netdom", memory="much")]})
    assert [(found.guest, found.key) for found in fleet.problems] == [("netdom", "memory")] and fleet.notes == []


def test_one_with_another_problem_is_still_on_its_host() -> None:
    hosts = {"x": [definition("web", order="first", vifs=[{"backend": "netdom"}])], "y": [definition("netdom", memory="much")]}
    assert ("x", "web", "vifs[0].backend", REASON) in told(**hosts) and notes(**hosts) == []


def test_many_users_of_one_are_one_sentence() -> None:
    users = [definition(f"web{number}", vifs=[{"backend": "netdom"}]) for number in range(12)]
    ((host, guest, key, reason),) = told(x=users, y=[NET])
    assert (host, guest, key) == ("x", "web0", "vifs[0].backend")
    assert reason == f"{REASON}: 12 devices of web0, web1, web2, web3, web4 and 7 more"
    (note,) = notes(x=users)
    assert note.endswith("web4 on x (vifs[0].backend) and 7 more")


def test_a_driver_domain_that_does_not_start_with_its_host() -> None:
    (note,) = notes(x=[{**WEB, "autostart": True}, NET])
    assert "guest netdom, which it needs, does not" in note


DOM0 = {"scheme": "dom0"}


@pytest.mark.parametrize(
    "card, model, refused",
    [
        ({"backend": "netdom"}, DOM0, True),
        ({"backend": "netdom", "type": "ioemu"}, DOM0, True),
        ({"backend": "3"}, DOM0, True),
        ({"backend": "netdom", "type": "vif"}, DOM0, False),
        ({"backend": "netdom"}, {}, False),
        ({"backend": "netdom"}, {"scheme": "linux"}, False),
        ({"backend": "Domain-0"}, DOM0, False),
        ({}, DOM0, False),
    ],
)
@pytest.mark.parametrize("declared", [None, {"release": "4.17"}])
def test_an_emulated_card_of_a_guest_with_qemu_in_dom0(card: Any, model: Any, refused: bool, declared: Any) -> None:
    win = hvm("win", vifs=[{**card}], device_model=model)
    found = read_fleet({"x": [win, NET]}, {"x": declared} if declared else None).problems
    assert [(one.host, one.guest, one.key) for one in found] == ([("x", "win", "vifs[0].backend")] if refused else [])


def test_the_scheme_of_the_host_counts() -> None:
    win = hvm("win", vifs=[{"backend": "netdom"}])
    assert len(read_fleet({"x": [win, NET]}, {"x": {"scheme": "dom0"}}).problems) == 1
    assert read_fleet({"x": [win, NET]}, {"x": {"scheme": "dom0", "toolstack": "xm"}}).problems == []

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import read_fleet
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import DIRECT, definition

OWN = "give each guest its own"
MAC = "00:16:3e:00:00:01"


def told(hosts: Any) -> list[tuple[str, str, str, Any, str, str]]:
    return [
        (found.host, found.guest, found.key, found.value, found.reason, found.remedy)
        for found in read_fleet(hosts).problems
    ]


def test_a_fleet_in_order() -> None:
    fleet = read_fleet({"xen2": [definition("b")], "xen1": [definition("a"), definition("c", state="absent")], "xen3": []})
    assert [(host, guest.name) for host, guest in fleet.guests] == [("xen1", "a"), ("xen1", "c"), ("xen2", "b")]
    assert (fleet.problems, fleet.pvgrub2_archs()) == ([], [])


@pytest.mark.parametrize("value", [None, "web1", {"name": "web1"}, 7])
def test_what_is_no_list(value: Any) -> None:
    assert told({"xen1": value}) == [("xen1", "", "stubdom_guests", None, "must be a list", "write one '-' a guest")]


def test_a_name_that_is_used_on_two_hosts() -> None:
    hosts = {"xen1": [definition("a")], "xen2": [definition("a"), definition("b")], "xen3": [definition("a")]}
    assert told(hosts) == [
        ("xen1", "a", "name", "a", "is used also by a on xen2, a on xen3", OWN),
        ("xen2", "a", "name", "a", "is used also by a on xen1, a on xen3", OWN),
        ("xen3", "a", "name", "a", "is used also by a on xen1, a on xen2", OWN),
    ]


def test_a_guest_that_moves_is_absent_on_its_old_host() -> None:
    assert told({"xen1": [{"name": "a", "state": "absent"}], "xen2": [definition("a")]}) == []


def test_a_mac_that_is_used_twice_however_it_is_written() -> None:
    hosts = {
        "xen1": [definition("a", vifs=[{}, {"mac": MAC.upper()}])],
        "xen2": [definition("b", vifs=[{"mac": MAC}])],
    }
    assert told(hosts) == [
        ("xen1", "a", "vifs[1].mac", MAC, "is used also by b on xen2", OWN),
        ("xen2", "b", "vifs[0].mac", MAC, "is used also by a on xen1", OWN),
    ]


def test_a_mac_that_is_used_twice_by_one_guest() -> None:
    hosts = {"xen1": [definition("a", vifs=[{"mac": MAC}, {"mac": MAC}])]}
    assert [row[:3] for row in told(hosts)] == [("xen1", "a", "vifs[0].mac"), ("xen1", "a", "vifs[1].mac")]


def test_everything_is_told_at_once_with_its_host() -> None:
    hosts = {
        "xen1": [definition("a", memory=1), definition("b", memory=1)],
        "xen2": "x",
        "xen3": [definition("c"), definition("c")],
    }
    assert [row[:3] for row in told(hosts)] == [
        ("xen1", "a", "memory"), ("xen1", "b", "memory"), ("xen2", "", "stubdom_guests"), ("xen3", "c", "name"),
        ("xen3", "c", "name"),
    ]


@pytest.mark.parametrize(
    "definitions, archs",
    [
        ([definition("a", boot={"method": "pvgrub2"})], ["x86_64"]),
        ([definition("a", boot={"method": "pvgrub2", "arch": "i386"}), definition("b", boot=DIRECT)], ["i386"]),
        ([definition(name, boot={"method": "pvgrub2", "arch": arch}) for name, arch in
          (("a", "x86_64"), ("b", "i386"), ("c", "i386"))], ["i386", "x86_64"]),
        ([definition("a", boot={"method": "pvgrub2", "image": "own"})], []),
        ([definition("a", boot={"method": "pvgrub2"}, state="absent")], []),
        ([definition("a", boot={"method": "pvgrub2"}, state="stopped")], ["x86_64"]),
        ([definition("a", boot={"method": "pvgrub2"}, memory=1)], []),
    ],
)
def test_pvgrub2_archs(definitions: list[Any], archs: list[str]) -> None:
    assert read_fleet({"xen1": definitions}).pvgrub2_archs() == archs

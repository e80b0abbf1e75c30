# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.tests.unit.fleets import met, with_setting
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest


def vif(name: str, **keys: Any) -> Guest:
    return guest(name, vifs=[keys])


def hvm_vif(name: str, **keys: Any) -> Guest:
    return hvm_guest(name, vifs=[keys])


@pytest.mark.parametrize(
    "one, other, meets",
    [
        ({"vifname": "web1"}, {"vifname": "web1"}, True),
        ({"vifname": "web1"}, {"vifname": "web2"}, False),
        ({"vifname": "web1"}, {"vifname": "WEB1"}, False),
        ({"vifname": "web1", "backend": "Domain-0"}, {"vifname": "web1", "backend": "0"}, True),
        ({"vifname": "web1", "backend": "netdom"}, {"vifname": "web1"}, False),
        ({"vifname": "web1", "backend": "netdom"}, {"vifname": "web1", "backend": "netdom"}, True),
    ],
)
def test_names_of_interfaces(one: Any, other: Any, meets: bool) -> None:
    rows = met(("x", vif("a", **one)), ("x", vif("b", **other)))
    key = "vifs[0].vifname"
    assert rows == ([("x", "a", key, "b on x"), ("x", "b", key, "a on x")] if meets else [])
    assert met(("x", vif("a", **one)), ("y", vif("b", **other))) == []


@pytest.mark.parametrize("state", ["stopped", "defined", "absent"])
def test_guests_without_a_domain_have_no_interface(state: str) -> None:
    assert met(("x", vif("a", vifname="web")), ("x", guest("b", vifs=[{"vifname": "web"}], state=state))) == []


def test_a_name_twice_in_one_guest() -> None:
    rows = met(("x", guest("a", vifs=[{"vifname": "web"}, {}, {"vifname": "web"}])))
    assert [row[2:] for row in rows] == [
        ("vifs[0].vifname", "its own vifs[2].vifname"),
        ("vifs[2].vifname", "its own vifs[0].vifname"),
    ]


def test_the_second_interface_of_an_emulated_card() -> None:
    rows = met(("x", hvm_vif("a", vifname="web")), ("x", vif("b", vifname="web-emu")))
    assert rows == [
        ("x", "b", "vifs[0].vifname", "a on x (whose emulated card has web-emu)"),
        ("x", "a", "vifs[0].vifname", "b on x"),
    ]
    assert met(("x", vif("a", vifname="web")), ("x", vif("b", vifname="web-emu"))) == []


def test_two_emulated_cards_of_one_name_are_told_once() -> None:
    rows = met(("x", hvm_vif("a", vifname="web")), ("x", hvm_vif("b", vifname="web")))
    assert [row[1:] for row in rows] == [("a", "vifs[0].vifname", "b on x"), ("b", "vifs[0].vifname", "a on x")]


def test_the_name_of_a_bridge() -> None:
    rows = met(("x", vif("a", vifname="xenbr0")), ("x", vif("b", bridge="xenbr0")), ("x", vif("c", bridge="xenbr0")))
    assert rows == [("x", "a", "vifs[0].vifname", "b on x (as its bridge)")]
    assert met(("x", vif("a", vifname="xenbr0", backend="netdom")), ("x", vif("b", bridge="xenbr0"))) == []


def test_macs_of_the_second_kind_of_interface() -> None:
    one = with_setting("a", "vif2", ["bridge=b, mac=00:16:3E:00:00:01"])
    rows = met(("x", one), ("y", vif("b", mac="00:16:3e:00:00:01")))
    assert [row[1:] for row in rows] == [("a", "settings.vif2", "b on y"), ("b", "vifs[0].mac", "a on x")]

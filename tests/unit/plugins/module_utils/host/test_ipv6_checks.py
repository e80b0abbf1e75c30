# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.ipv6_checks import settings_to_change
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest

DEFAULT, BRIDGE = "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.xenbr0.disable_ipv6=1"


@pytest.fixture
def dom0(tmp_path: Path) -> Dom0:
    return Dom0(tmp_path)


def ipv6(dom0: Dom0, name: str, **settings: int) -> None:
    for key, value in {"disable_ipv6": 0, "addr_gen_mode": 0, "forwarding": 0, **settings}.items():
        dom0.file(f"/proc/sys/net/ipv6/conf/{name}/{key}", f"{value}\n")


def bridge(dom0: Dom0, name: str, carrier: str) -> None:
    dom0.interface(name, "bridge")
    dom0.file(f"/sys/class/net/{name}/carrier", carrier)


def test_a_host_without_ipv6(dom0: Dom0) -> None:
    bridge(dom0, "xenbr0", "0\n")
    assert settings_to_change(["xenbr0"], dom0.root) == []


@pytest.mark.parametrize(
    "settings, sends",
    [
        ({}, True),
        ({"disable_ipv6": 1}, False),
        ({"addr_gen_mode": 1}, False),
        ({"addr_gen_mode": 1, "forwarding": 1}, True),
        ({"addr_gen_mode": 3}, True),
    ],
)
def test_which_settings_of_new_interfaces_send_packets(settings: dict[str, int], sends: bool, dom0: Dom0) -> None:
    ipv6(dom0, "default", **settings)
    assert settings_to_change([], dom0.root) == ([DEFAULT] if sends else [])


@pytest.mark.parametrize(
    "carrier, disabled, names, found",
    [
        ("0\n", 0, ["xenbr0", "xenbr0"], [BRIDGE]),
        ("1\n", 0, ["xenbr0"], []),
        ("", 0, ["xenbr0"], []),
        ("0\n", 1, ["xenbr0"], []),
        ("0\n", 0, ["", "other", "../net/xenbr0"], []),
    ],
)
def test_a_bridge_that_waits_for_its_first_interface(
    carrier: str, disabled: int, names: list[str], found: list[str], dom0: Dom0
) -> None:
    ipv6(dom0, "default", disable_ipv6=1)
    ipv6(dom0, "xenbr0", disable_ipv6=disabled)
    bridge(dom0, "xenbr0", carrier)
    assert settings_to_change(names, dom0.root) == found


def test_a_name_with_a_dot_as_sysctl_reads_it(dom0: Dom0) -> None:
    ipv6(dom0, "br.100")
    bridge(dom0, "br.100", "0\n")
    assert settings_to_change(["br.100"], dom0.root) == ["net.ipv6.conf.br/100.disable_ipv6=1"]


VIF: dict[str, Any] = {"bridge": "xenbr0"}


@pytest.mark.parametrize(
    "scheme, vifs, noted",
    [
        ("minios", [VIF], True), ("generated", [VIF], True), ("paired", [{}], True),
        ("linux", [VIF], False), ("dom0", [VIF], False), ("", [VIF], False),
        ("minios", [], False), ("minios", [{"backend": "netdom"}], False), ("minios", [{"backend": "netdom"}, VIF], True),
    ],
)  # fmt: skip
def test_a_note_before_the_start_of_a_guest_with_a_mini_os_stub_domain(
    scheme: str, vifs: list[dict[str, Any]], noted: bool, dom0: Dom0
) -> None:
    ipv6(dom0, "default")
    made = guest("win1", type="hvm", boot={"method": "firmware"}, vifs=vifs)
    text = (
        "guest win1: a network card of a mini-OS stub domain can stay deaf, as dom0 sends IPv6 packets to an interface that "
        f"appears. Remedy: if it does, run sysctl -w {DEFAULT} and restart the guest."
    )
    assert dom0.needs().notes_before_start(made, scheme) == ([text] if noted else [])
    ipv6(dom0, "default", disable_ipv6=1)
    assert dom0.needs().notes_before_start(made, scheme) == []

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the bridges of a guest are there, as the script of each interface reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import OVS_STOCK, SCRIPTS, STOCK, Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest

GONE = "does not exist on the host"
NO_DEFAULT = "vifs[0]: names no bridge, and the host's default, {}, does not exist"
OVS = "vif-openvswitch"
NOT_ONE = "is {}, not a bridge, and vif-bridge cannot add an interface to it"
PERHAPS = (
    "* vifs[0].bridge = '{}' is not a bridge of Linux, to which vif-bridge adds interfaces: "
    "name a bridge of Linux; an Open vSwitch needs script: vif-openvswitch"
)
NOT_READ = "is not a bridge as vif-openvswitch reads it"


@pytest.fixture
def dom0(tmp_path: Path) -> Dom0:
    """A host with bridges of Linux and of Open vSwitch, and interfaces that are none."""
    made = Dom0(tmp_path).debian()
    made.script(OVS, OVS_STOCK)
    made.script("vif-route")
    made.interface("xenbr1", "bridge", uevent="DEVTYPE=bridge\nINTERFACE=xenbr1\n")
    made.interface("eth0", "device")
    made.interface("vlan7", uevent="DEVTYPE=vlan\nINTERFACE=vlan7\n")
    made.interface("tap0", "tun_flags")
    made.interface("bond0", "bonding", "device")
    made.interface("lo")
    made.interface("ovs0")
    made.interface("eth2", "bridge")
    return made


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"bridge": "xenbr1"}, []),
    ({"bridge": "br9"}, [f"vifs[0].bridge = 'br9': {GONE}"]),
    # Never another folder.
    ({"bridge": "../net"}, [f"vifs[0].bridge = '../net': {GONE}"]),
    ({"bridge": ".."}, [f"vifs[0].bridge = '..': {GONE}"]),
    # vif-bridge looks for eth2 where there is no xenbr2; the card eth0 is not a bridge.
    ({"bridge": "xenbr2"}, []),
    ({"bridge": "xenbr0"}, [f"vifs[0].bridge = 'xenbr0': {GONE}"]),
    ({}, [NO_DEFAULT.format("xenbr0")]),
    # Surely no bridge, and perhaps one.
    ({"bridge": "eth0"}, [f"vifs[0].bridge = 'eth0': {NOT_ONE.format('a network card')}"]),
    ({"bridge": "vlan7"}, [f"vifs[0].bridge = 'vlan7': {NOT_ONE.format('a VLAN')}"]),
    ({"bridge": "tap0"}, [f"vifs[0].bridge = 'tap0': {NOT_ONE.format('a tap device')}"]),
    ({"bridge": "lo"}, [f"vifs[0].bridge = 'lo': {NOT_ONE.format('the loopback interface')}"]),
    ({"bridge": "ovs0"}, [PERHAPS.format("ovs0")]),
    ({"bridge": "bond0"}, [PERHAPS.format("bond0")]),
    # The same script by its path.
    ({"bridge": "br9", "script": f"{SCRIPTS}/vif-bridge"}, [f"vifs[0].bridge = 'br9': {GONE}"]),
    # Open vSwitch: VLAN and trunks.
    ({"bridge": "ovs0", "script": OVS}, []),
    ({"bridge": "ovs0.100", "script": OVS}, []),
    ({"bridge": "ovs0.100:200:300", "script": OVS}, []),
    ({"bridge": "ovs0:200", "script": OVS}, []),
    ({"bridge": "ovs1.100:200", "script": OVS}, [f"vifs[0].bridge = 'ovs1.100:200': {GONE}"]),
    ({"bridge": "ovs0.x", "script": OVS}, [f"vifs[0].bridge = 'ovs0.x': {NOT_READ}"]),
    ({"bridge": "ovs0.1.2", "script": OVS}, [f"vifs[0].bridge = 'ovs0.1.2': {NOT_READ}"]),
    ({"bridge": "ovs0:", "script": OVS}, [f"vifs[0].bridge = 'ovs0:': {NOT_READ}"]),
    ({"bridge": ".100", "script": OVS}, [f"vifs[0].bridge = '.100': {NOT_READ}"]),
    ({"script": OVS}, [NO_DEFAULT.format("xenbr0")]),
    (
        {"bridge": "xenbr1", "script": OVS},
        ["* vifs[0].bridge = 'xenbr1' is a bridge of Linux, and vif-openvswitch adds interfaces to those of Open vSwitch"],
    ),
    # Only that script reads VLANs: for vif-bridge it is a name.
    ({"bridge": "xenbr1.100"}, [f"vifs[0].bridge = 'xenbr1.100': {GONE}"]),
    # Other scripts, and driver domains.
    ({"script": "vif-route", "gatewaydev": "eth0"}, []),
    ({"bridge": "br9", "script": "vif-route"}, []),
    ({"bridge": "br9", "backend": "netdom"}, []),
    ({"backend": "netdom"}, []),
    ({"bridge": "br9", "backend": "0"}, [f"vifs[0].bridge = 'br9': {GONE}"]),
    ({"bridge": "br9", "backend": "Domain-0"}, [f"vifs[0].bridge = 'br9': {GONE}"]),
]


@pytest.mark.parametrize(("vif", "found"), CASES, ids=[str(vif) for vif, _found in CASES])
def test_bridges(vif: dict[str, Any], found: list[str], dom0: Dom0) -> None:
    assert dom0.found(guest(vifs=[vif])) == found


def test_each_interface_is_checked(dom0: Dom0) -> None:
    vifs = [{"bridge": "xenbr1"}, {"bridge": "br9"}, {}]
    assert dom0.found(guest(vifs=vifs)) == [
        f"vifs[1].bridge = 'br9': {GONE}", NO_DEFAULT.format("xenbr0").replace("[0]", "[2]"),
    ]


def test_the_host_s_defaults(dom0: Dom0) -> None:
    """Those of xl.conf: a bridge, a script that reads it, a driver domain."""
    dom0.file("/etc/xen/xl.conf", 'vif.default.bridge="xenbr1"\n')
    assert dom0.found(guest(vifs=[{}])) == []
    dom0.file("/etc/xen/xl.conf", 'vif.default.bridge="br9"\n')
    assert dom0.found(guest(vifs=[{}, {"bridge": "xenbr1"}])) == [NO_DEFAULT.format("br9")]
    dom0.file("/etc/xen/xl.conf", 'vif.default.script="vif-openvswitch"\nvif.default.bridge="ovs0.5"\n')
    assert dom0.found(guest(vifs=[{}])) == []
    assert dom0.found(guest(vifs=[{"bridge": "ovs7.5"}])) == [f"vifs[0].bridge = 'ovs7.5': {GONE}"]
    dom0.file("/etc/xen/xl.conf", 'vif.default.backend="netdom"\nvif.default.bridge="br9"\n')
    assert dom0.found(guest(vifs=[{}])) == []


def test_defaults_that_cannot_be_read_refuse_nothing(dom0: Dom0) -> None:
    dom0.file("/etc/xen/xl.conf", 'vif.default.bridge="br9\n')
    # Its script may be another, and its back end too.
    (note,) = dom0.found(guest(vifs=[{}, {"bridge": "ovs0.100"}, {"bridge": "br9", "script": "vif-bridge"}]))
    assert note.startswith("* /etc/xen/xl.conf cannot be read, so its defaults are not checked: line 1: ")
    vif = {"bridge": "br9", "script": "vif-bridge", "backend": "Domain-0"}
    assert dom0.found(guest(vifs=[vif]))[0] == f"vifs[0].bridge = 'br9': {GONE}"
    assert dom0.found(guest()) == []


def test_a_script_that_somebody_changed_may_need_another_bridge(dom0: Dom0) -> None:
    dom0.script("vif-bridge", STOCK.replace("Could not find", "Made"))
    assert dom0.found(guest(vifs=[{"bridge": "br9"}, {}])) == []
    dom0.script(OVS, OVS_STOCK.replace("No valid", "A new"))
    assert dom0.found(guest(vifs=[{"bridge": "br9/5", "script": OVS}])) == []


def test_a_system_without_sysfs_decides_nothing(tmp_path: Path) -> None:
    dom0 = Dom0(tmp_path)
    (tmp_path / "sys/class/net").rmdir()
    assert dom0.found(guest(vifs=[{"bridge": "br9"}])) == []


def test_with_xm(tmp_path: Path) -> None:
    """xend has no default bridge: the script looks for one, unless the variable bridge is given to it."""
    dom0 = Dom0(tmp_path)
    dom0.script("vif-bridge", STOCK)
    dom0.hotplug_rules()
    assert dom0.found(guest(vifs=[{}, {"bridge": "br9"}]), "4.1", "xm") == [f"vifs[1].bridge = 'br9': {GONE}"]
    dom0.file("/etc/xen/xend-config.sxp", "# (vif-script vif-route)\n(vif-script 'vif-bridge bridge=br7')\n")
    assert dom0.found(guest(vifs=[{}]), "4.1", "xm") == [NO_DEFAULT.format("br7")]


def test_on_a_machine_without_xen_only_bridges_that_are_named_count(tmp_path: Path) -> None:
    assert Dom0(tmp_path).found(guest(vifs=[{}, {"script": "vif-own"}, {"bridge": "br9"}])) == [
        f"vifs[2].bridge = 'br9': {GONE}"
    ]

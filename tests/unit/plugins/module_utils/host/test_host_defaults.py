# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What xl.conf and xend-config.sxp say of guests whose definition says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import host_defaults
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.host_defaults import HostDefaults
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import Dom0

XL, XEND = "/etc/xen/xl.conf", "/etc/xen/xend-config.sxp"


def test_without_a_file(tmp_path: Path) -> None:
    assert host_defaults.read("xl", tmp_path) == HostDefaults(XL, "vif-bridge", "xenbr0")
    assert host_defaults.read("xm", tmp_path) == HostDefaults(XEND, "vif-bridge", "")


@pytest.mark.parametrize(
    ("text", "defaults"),
    [
        ("# autoballoon=\"off\"\n", HostDefaults(XL, bridge="xenbr0")),
        ('vif.default.bridge="br0"\nvif.default.script="vif-openvswitch"\n', HostDefaults(XL, "vif-openvswitch", "br0")),
        ('defaultbridge="br1"\nvifscript="vif-route"\n', HostDefaults(XL, "vif-route", "br1")),
        # The newer name counts, in any order.
        ('vif.default.bridge="br0"\ndefaultbridge="br1"\n', HostDefaults(XL, bridge="br0")),
        ('vif.default.backend="netdom"\n', HostDefaults(XL, bridge="xenbr0", backend="netdom")),
        ('autoballoon="off"\n', HostDefaults(XL, bridge="xenbr0", autoballoon="off")),
        ("autoballoon=0\n", HostDefaults(XL, bridge="xenbr0", autoballoon="off")),
        ("autoballoon=1\n", HostDefaults(XL, bridge="xenbr0", autoballoon="on")),
        # xl ignores another word, and a list.
        ('autoballoon="yes"\n', HostDefaults(XL, bridge="xenbr0")),
        ('vif.default.bridge=["br0"]\n', HostDefaults(XL, bridge="xenbr0")),
    ],
)
def test_xl_conf(text: str, defaults: HostDefaults, tmp_path: Path) -> None:
    Dom0(tmp_path).file(XL, text)
    assert host_defaults.read("xl", tmp_path) == defaults


@pytest.mark.parametrize(
    ("text", "script", "bridge"),
    [
        ("(vif-script vif-bridge)\n(network-script network-bridge)\n", "vif-bridge", ""),
        ("(vif-script 'vif-bridge bridge=xenbr1 netdev=eth1')\n", "vif-bridge", "xenbr1"),
        ("#(vif-script vif-route)\n(xend-http-server no)\n", "vif-bridge", ""),
        ("(vif-script vif-route)\n", "vif-route", ""),
        ("(vif-script)\n", "vif-bridge", ""),
        ("(vif-script vif-route)\n(vif-script 'vif-bridge bridge=br7')\n", "vif-route", ""),
        ("(vif-script '')\n", "vif-bridge", ""),
        ("(vif-script (a b))\n", "vif-bridge", ""),
    ],
)
def test_xend_config(text: str, script: str, bridge: str, tmp_path: Path) -> None:
    Dom0(tmp_path).file(XEND, text)
    assert host_defaults.read("xm", tmp_path) == HostDefaults(XEND, script, bridge)


@pytest.mark.parametrize(("toolstack", "path", "text"), [("xl", XL, "a = 'b\n"), ("xm", XEND, "(vif-script\n")])
def test_a_file_that_cannot_be_read(toolstack: str, path: str, text: str, tmp_path: Path) -> None:
    dom0 = Dom0(tmp_path)
    file = dom0.file(path, text)
    assert host_defaults.read(toolstack, tmp_path).unreadable
    file.unlink()
    os.mkdir(file)
    assert host_defaults.read(toolstack, tmp_path) == HostDefaults(path, unreadable="Is a directory")


@pytest.mark.parametrize(
    "config, parts, warned",
    [
        ("(network-script network-bridge)\n", ["eth0/device", "xenbr0/brif/eth0"], True),
        ("(network-script 'network-bridge netdev=eth0')\n", ["eth0/device", "xenbr0/brif/eth0"], True),
        ("(network-script /etc/xen/scripts/network-bridge)\n", ["eth0/device", "br0/brif/eth0"], True),
        # Of two lines xend reads the first.
        ("(network-script network-bridge)\n(network-script network-dummy)\n", ["eth0/device", "xenbr0/brif/eth0"], True),
        ("(network-script)\n(network-script network-bridge)\n", ["eth0/device", "xenbr0/brif/eth0"], False),
        # These set up forwarding.
        ("(network-script /etc/xen/scripts/network-route)\n", ["eth0/device", "br0/brif/eth0"], False),
        ("(network-script 'network-nat netdev=eth0')\n", ["eth0/device", "br0/brif/eth0"], False),
        # xend has made the bridge, or makes the only one.
        ("(network-script network-bridge)\n", ["peth0/device", "eth0/brif/peth0"], False),
        ("(network-script network-bridge)\n", ["eth0/device"], False),
        ("(network-script network-bridge)\n", ["eth0/device", "xenbr0/brif/vif1.0"], False),
        ("(network-script network-dummy)\n", ["eth0/device", "xenbr0/brif/eth0"], False),
        ("(network-script /bin/true)\n", ["eth0/device", "xenbr0/brif/eth0"], False),
        ("# (network-script network-bridge)\n(vif-script vif-bridge)\n", ["eth0/device", "xenbr0/brif/eth0"], False),
        ("(broken", ["eth0/device", "xenbr0/brif/eth0"], False),
    ],
)
def test_a_network_script_that_takes_the_host_from_its_network(config: str, parts: list[str], warned: bool, tmp_path: Path) -> None:
    (tmp_path / "etc/xen").mkdir(parents=True)
    (tmp_path / "etc/xen/xend-config.sxp").write_text(config, encoding="utf-8")
    for part in parts:
        (tmp_path / "sys/class/net" / part).mkdir(parents=True)
    found = host_defaults.xend_network(tmp_path)
    assert ("takes this host from its network when xend starts" in found) is warned
    assert ("Remedy:" in found) is warned


def test_a_host_without_xend_has_no_network_script(tmp_path: Path) -> None:
    assert host_defaults.xend_network(tmp_path) == ""

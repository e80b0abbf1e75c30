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

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks and interfaces as strings, for each toolstack, and what a release cannot say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes import devices
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xm import XM_DISK_FORMATS
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, guest, hvm_guest, told


@pytest.mark.parametrize(
    "disk, xl, xm",
    [
        ({"target": "/a", "vdev": "xvda"}, "format=raw,vdev=xvda,access=rw,target=/a", "file:/a,xvda,w"),
        # xl drops one comma at the end; xm refuses any.
        ({"target": "/a,,", "vdev": "xvda"}, "format=raw,vdev=xvda,access=rw,target=/a,,,", "file:/a,,,xvda,w"),
        ({"target": "/dev/a", "vdev": "xvda"}, "format=raw,vdev=xvda,access=rw,target=/dev/a", "phy:/dev/a,xvda,w"),
        ({"target": "/dev/a", "vdev": "sda1", "backend": "file", "access": "ro"},
         "format=raw,vdev=sda1,access=ro,target=/dev/a", "file:/dev/a,sda1,r"),
        ({"target": "/srv/a", "vdev": "hda", "backend": "phy"},
         "format=raw,vdev=hda,access=rw,target=/srv/a", "phy:/srv/a,hda,w"),
        ({"target": "/a", "vdev": "hda", "format": "qcow2"},
         "format=qcow2,vdev=hda,access=rw,target=/a", "tap:qcow2:/a,hda,w"),
        ({"target": "/a", "vdev": "hda", "format": "vhd", "backend": "file"},
         "format=vhd,vdev=hda,access=rw,target=/a", "tap2:vhd:/a,hda,w"),
        ({"target": "/a.iso", "vdev": "hdc", "cdrom": True},
         "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/a.iso", "file:/a.iso,hdc:cdrom,r"),
        ({"vdev": "hdc", "cdrom": True}, "vdev=hdc,access=ro,devtype=cdrom", ",hdc:cdrom,r"),
    ],
)  # fmt: skip
def test_a_disk(disk: dict[str, Any], xl: str, xm: str) -> None:
    made = hvm_guest(disks=[disk])
    assert (devices.disk_strings(made, "xl"), devices.disk_strings(made, "xm")) == ([xl], [xm])


def test_a_disk_with_a_script() -> None:
    made = guest(disks=[{"target": "iqn.2026-11.example:a,lun=1", "vdev": "xvda", "script": "block-iscsi"}])
    whole = "format=raw,vdev=xvda,access=rw,script=block-iscsi,target=iqn.2026-11.example:a,lun=1"
    assert devices.disk_strings(made, "xl") == [whole]
    assert devices.check(made, facts()) == []


@pytest.mark.parametrize(
    "vif, text",
    [
        ({}, ""),
        ({"mac": "00:16:3E:00:00:01", "ip": "10.0.0.1 fd00::1"}, "ip=10.0.0.1 fd00::1,mac=00:16:3e:00:00:01"),
        ({"devid": 0, "mtu": 9000, "vlan": "10p/20-29u", "bridge": "br0"}, "bridge=br0,devid=0,mtu=9000,vlan=10p/20-29u"),
        ({"trusted": True}, "trusted"),
        ({"trusted": False, "bridge": "br0"}, "bridge=br0,untrusted"),
        ({"type": "ioemu", "model": "e1000", "script": "vif-x", "vifname": "v1", "backend": "net", "gatewaydev": "eth0",
          "rate": "10Mb/s@20ms"},
         "type=ioemu,model=e1000,script=vif-x,vifname=v1,backend=net,gatewaydev=eth0,rate=10Mb/s@20ms"),
    ],
)  # fmt: skip
def test_a_vif(vif: dict[str, Any], text: str) -> None:
    assert devices.vif_strings(hvm_guest(vifs=[vif])) == [text]


@pytest.mark.parametrize(
    "key, value, older, first",
    [
        ("gatewaydev", "eth0", "4.2", "4.3"),  # stable-4.3:tools/libxl/xl_cmdimpl.c
        ("devid", 1, "4.8", "4.9"),  # stable-4.9:tools/xl/xl_parse.c, parse_nic_config
        ("mtu", 9000, "4.14", "4.15"),
        ("trusted", False, "4.16", "4.17"),
        ("vlan", "10p", "4.18", "4.19"),
    ],
)
def test_a_key_of_a_vif_that_xl_would_ignore(key: str, value: Any, older: str, first: str) -> None:
    made = guest(vifs=[{}, {key: value}])
    problems = devices.check(made, facts(older))
    reason = f"Xen {older} ignores this key"
    remedy = f"remove it, or move the guest to a host with Xen {first} or newer"
    assert told(problems) == [("web1", f"vifs[1].{key}", value, reason, remedy)]
    assert problems[0].release == f"Xen {first} on"
    assert devices.check(made, facts(first)) == []


@pytest.mark.parametrize("key, value", [("gatewaydev", "e"), ("devid", 0), ("mtu", 99), ("vlan", "1"), ("trusted", True)])
@pytest.mark.parametrize("release", ["3.3", "4.4"])
def test_a_key_of_a_vif_that_xm_does_not_have(key: str, value: Any, release: str) -> None:
    found = devices.check(guest(vifs=[{key: value}]), facts(release, "xm"))
    assert told(found) == [("web1", f"vifs[0].{key}", value, "xm has no such key", "remove it, or use a host with xl")]


@pytest.mark.parametrize("toolstack, release", [("xl", "4.17"), ("xm", "4.1")])
def test_no_value_of_a_vif_can_become_another_key(toolstack: str, release: str) -> None:
    """Not even an address with a zone, which Python from 3.9 on takes for one whatever it holds."""
    address = "fe80::1%x,script=evil"
    made = replace(guest(), vifs=[Vif(ip=address)])
    reason = "Xen splits an interface at its commas, and what follows would be another key"
    assert told(devices.check(made, facts(release, toolstack))) == [("web1", "vifs[0].ip", address, reason, "remove it")]


def test_what_xm_cannot_say_of_a_disk() -> None:
    made = guest(disks=[{"target": "/a,b", "vdev": "xvda"}, {"target": "/c", "vdev": "xvdb", "script": "block-x"}])
    assert told(devices.check(made, facts("4.1", "xm"))) == [
        ("web1", "disks[0].target", "/a,b", "xm splits a disk at its commas", "give the file a name without a comma"),
        ("web1", "disks[1].script", "block-x", "xm has no key for a block script", "use a host with xl"),
    ]
    assert devices.check(made, facts("4.1", "xl")) == []


@pytest.mark.parametrize("release, has", [("3.3", False), ("3.4", False), ("4.0", True), ("4.4", True)])
def test_vhd_needs_the_second_blktap(release: str, has: bool) -> None:
    problems = devices.check(guest(disks=[{"target": "/a", "vdev": "xvda", "format": "vhd"}]), facts(release, "xm"))
    reason = f"blktap of Xen {release} does not know the format"
    remedy = "use format: raw, or a host with Xen 4.0 or newer"
    assert told(problems) == ([] if has else [("web1", "disks[0].format", "vhd", reason, remedy)])


@pytest.mark.parametrize("form", ["raw", "qcow2", "vhd"])
@pytest.mark.parametrize("backend", ["", "phy", "file"])
@pytest.mark.parametrize("target", ["/a", "/dev/a"])
def test_each_prefix_is_one_that_xm_has(form: str, backend: str, target: str) -> None:
    disk = {"target": target, "vdev": "xvda", "backend": backend if form == "raw" else "", "format": form}
    text = devices.disk_strings(guest(disks=[{key: value for key, value in disk.items() if value}]), "xm")[0]
    assert text[: text.index("/")] in XM_DISK_FORMATS

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


FLAGS = {"discard": True, "direct-io-safe": True, "trusted": False}


@pytest.mark.parametrize(
    "disk, xl",
    [
        ({"target": "/a", **FLAGS}, "format=raw,vdev=xvda,access=rw,discard,direct-io-safe,untrusted,target=/a"),
        ({"target": "/a", "discard": False, "trusted": True, "grant_usage": False},
         "format=raw,vdev=xvda,access=rw,grant_usage=0,no-discard,trusted,target=/a"),
        ({"target": "/a", "backend": "dom", "backendtype": "qdisk", "specification": "xen", "options": {"colo": True, "x": 1}},
         "format=raw,vdev=xvda,access=rw,backend=dom,backendtype=qdisk,specification=xen,colo,x=1,target=/a"),
        # Without target= xl would take the option for the target.
        ({"cdrom": True, "options": {"new": True}}, "vdev=xvda,access=ro,devtype=cdrom,new,target="),
        ({"target": "drbd:r0", "access": "r"}, "format=raw,vdev=xvda,access=ro,script=block-drbd,target=r0"),
    ],
)  # fmt: skip
def test_a_disk_with_keys_of_xl(disk: dict[str, Any], xl: str) -> None:
    assert devices.disk_strings(hvm_guest(disks=[{"vdev": "xvda", **disk}]), "xl") == [xl]


NO_KEY = "does not know this key of a disk", "remove it"


@pytest.mark.parametrize(
    "key, value, older, first, words",
    [
        # libxlu_disk_l.c of the stable branches
        ("backend", "diskdom", "4.2", "4.3", NO_KEY),
        ("discard", False, "4.4", "4.5", NO_KEY),
        ("direct-io-safe", True, "4.4", "4.5", NO_KEY),
        ("specification", "virtio", "4.16", "4.17", NO_KEY),
        ("trusted", False, "4.18", "4.19", NO_KEY),
        ("grant_usage", True, "4.18", "4.19", NO_KEY),
        ("format", "qed", "4.8", "4.9", ("does not know the format", "use another format")),
    ],
)
def test_what_xl_of_an_older_release_does_not_know_of_a_disk(
    key: str, value: Any, older: str, first: str, words: tuple[str, str]
) -> None:
    made = guest(disks=[{"target": "/dev/a", "vdev": "xvda", key: value}])
    problems = devices.check(made, facts(older))
    remedy = f"{words[1]}, or move the guest to a host with Xen {first} or newer"
    assert told(problems) == [("web1", f"disks[0].{key}", value, f"Xen {older} {words[0]}", remedy)]
    assert problems[0].release == f"Xen {first} on"
    assert devices.check(made, facts(first)) == []


@pytest.mark.parametrize("release, has", [("4.2", True), ("4.12", True), ("4.13", False), ("4.18", False), ("4.19", True)])
def test_blktap_went_and_came_back(release: str, has: bool) -> None:
    made = guest(disks=[{"target": "/a", "vdev": "xvda", "backendtype": "tap"}])
    reason = f"Xen {release} does not have this back end"
    remedy = "remove it: xl then chooses one itself"
    assert told(devices.check(made, facts(release))) == (
        [] if has else [("web1", "disks[0].backendtype", "tap", reason, remedy)]
    )


def test_the_first_xl_requires_a_path() -> None:
    made = guest(disks=[{"target": "rbd:a/b", "vdev": "xvda", "backendtype": "qdisk"}])
    remedy = "give its path, or move the guest to a host with Xen 4.3 or newer"
    found = ("web1", "disks[0].target", "rbd:a/b", "Xen 4.2 requires a block device or a file", remedy)
    assert told(devices.check(made, facts("4.2"))) == [found]
    assert devices.check(made, facts("4.3")) == []


@pytest.mark.parametrize(
    "key, value",
    [("discard", False), ("direct-io-safe", True), ("backendtype", "phy"), ("specification", "xen"), ("trusted", True),
     ("grant_usage", False)],
)
def test_a_key_of_a_disk_that_xm_does_not_have(key: str, value: Any) -> None:
    made = guest(disks=[{"target": "/a", "vdev": "xvda", key: value}])
    assert told(devices.check(made, facts("4.1", "xm"))) == [
        ("web1", f"disks[0].{key}", value, "xm has no such key", "remove it, or use a host with xl")
    ]


def test_what_xm_does_not_know_of_devices() -> None:
    disks = [{"target": "/a", "vdev": "d1p0", "options": {"new": True}}, {"target": "/b", "vdev": 51712, "format": "qed"}]
    made = guest(disks=disks, vifs=[{"options": {"new": 1}}])
    assert told(devices.check(made, facts("4.1", "xm"))) == [
        ("web1", "vifs[0].options", ["new"], "xm takes no keys but its own", "remove it, or use a host with xl"),
        ("web1", "disks[0].vdev", "d1p0", "xm does not know this form", "give a name such as xvda, or a number"),
        ("web1", "disks[0].options", ["new"], "xm takes no keys but its own", "remove it, or use a host with xl"),
        ("web1", "disks[1].format", "qed", "no blktap of xm knows the format", "use format: raw, or a host with xl"),
    ]


def test_a_driver_domain_of_xm() -> None:
    made = guest(disks=[{"target": "/dev/a", "vdev": "xvda", "backend": "diskdom"}])
    assert devices.disk_strings(made, "xm") == ["phy:/dev/a,xvda,w,diskdom"]
    assert devices.check(made, facts("4.1", "xm")) == []


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

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks and network interfaces of a definition: each key's good values, its limits, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    BLANK,
    CHOICE,
    CONTROL,
    DIGITS,
    GONE,
    HALF,
    IN_RANGE,
    LIST,
    PAIRS,
    QUOTE,
    definition,
    guest,
    hvm,
    hvm_guest,
    refusals,
)

PROTOCOL = "add backendtype: qdisk where QEMU is to open it, or script where a block script is"
BACKEND = "phy, file or the name of a driver domain"
DISK = {"target": "/srv/web1.img", "vdev": "xvda"}
DRIVE = {"vdev": "hdc", "cdrom": True}
PVH = {"type": "pvh", "boot": {"method": "pvgrub2"}}

PATH = "is not an absolute path on the host", "give an absolute path on the host"
OF_XEN = "has the form of the names that Xen gives to interfaces by itself, by the numbers of domains"
VDEV_HINT = "a virtual device such as xvda, hda1, d0p0 or 51712"
VDEV = f"is not {VDEV_HINT}", f"give {VDEV_HINT}"
MAC = "is not a MAC address such as 00:16:3e:00:00:01", "give a MAC address such as 00:16:3e:00:00:01"
IP = "give addresses separated by blanks, no host names"
VLAN = "is not VLAN numbers such as 10p/20-29u", "give VLAN numbers such as 10p/20-29u"
BOOLEAN = "write true or false"


def disk_of(**changes: Any) -> Disk:
    return hvm_guest(disks=[{**DISK, **changes}]).disks[0]


def vif_of(**keys: Any) -> Vif:
    return hvm_guest(vifs=[keys]).vifs[0]


def outside(low: int, high: int = 2**31 - 1) -> str:
    return f"is outside {low} to {high}"


# --- disks


def test_disks_as_in_stubdom_readme() -> None:
    """disk = [  'file:/tmp/install.iso,hdc:cdrom,r', 'phy:/dev/sda6,hda,w', 'file:/tmp/test,hdb,r' ]"""
    disks = [
        {"target": "/tmp/install.iso", "vdev": "hdc", "access": "ro", "cdrom": True, "backend": "file"},
        {"target": "/dev/sda6", "vdev": "hda", "access": "rw", "backend": "phy"},
        {"target": "/tmp/test", "vdev": "hdb", "access": "ro", "backend": "file"},
    ]
    read = hvm_guest(disks=disks).disks
    assert read == [
        Disk("/tmp/install.iso", "hdc", access="ro", kind="file", cdrom=True),
        Disk("/dev/sda6", "hda", kind="phy"),
        Disk("/tmp/test", "hdb", access="ro", kind="file"),
    ]
    assert [disk.writable for disk in read] == [False, True, False]


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, Disk("/srv/web1.img", "xvda", "rw", "", "raw", "", False, False)),
        ({"target": "/srv/a,b c'\".img"}, Disk("/srv/a,b c'\".img", "xvda")),
        ({"access": "ro"}, Disk("/srv/web1.img", "xvda", access="ro")),
        ({"backend": "file", "format": "qcow2"}, Disk("/srv/web1.img", "xvda", kind="file", format="qcow2")),
        ({"format": "vhd"}, Disk("/srv/web1.img", "xvda", format="vhd")),
        ({"backend": "phy", "format": "raw"}, Disk("/srv/web1.img", "xvda", kind="phy")),
        ({"shared": "yes"}, Disk("/srv/web1.img", "xvda", shared=True)),
        ({"cdrom": False}, Disk("/srv/web1.img", "xvda")),
        ({"cdrom": None, "script": None, "backend": None}, Disk("/srv/web1.img", "xvda")),
        ({"script": "block-drbd"}, Disk("/srv/web1.img", "xvda", script="block-drbd")),
        ({"script": "/opt/block-x", "target": "iqn.2026-11.example:a,b"},
         Disk("iqn.2026-11.example:a,b", "xvda", script="/opt/block-x")),
        ({"access": "w"}, Disk("/srv/web1.img", "xvda")),
        ({"access": "r"}, Disk("/srv/web1.img", "xvda", access="ro")),
        ({"backend": "diskdom", "target": "data"}, Disk("data", "xvda", backend="diskdom")),
        ({"backend": 0}, Disk("/srv/web1.img", "xvda", backend="0")),
        ({"backendtype": "qdisk", "format": "qed"}, Disk("/srv/web1.img", "xvda", format="qed", backendtype="qdisk")),
        ({"backendtype": "tap", "backend": "file"}, Disk("/srv/web1.img", "xvda", kind="file", backendtype="tap")),
        ({"specification": "virtio"}, Disk("/srv/web1.img", "xvda", specification="virtio")),
        ({"specification": "virtio", "backendtype": "standalone", "grant_usage": "on"},
         Disk("/srv/web1.img", "xvda", specification="virtio", backendtype="standalone", grant_usage=True)),
        ({"discard": "off", "trusted": "no"}, Disk("/srv/web1.img", "xvda", discard=False, trusted=False)),
        ({"direct-io-safe": True}, Disk("/srv/web1.img", "xvda", direct_io_safe=True)),
        ({"direct_io_safe": "on"}, Disk("/srv/web1.img", "xvda", direct_io_safe=True)),
        ({"target": "drbd:db-data"}, Disk("db-data", "xvda", script="block-drbd")),
        ({"target": "nbd:h:1"}, Disk("h:1", "xvda", script="block-nbd")),
        ({"target": "iscsi:iqn=a,portal=b"}, Disk("iqn=a,portal=b", "xvda", script="block-iscsi")),
        ({"target": "nbd:h:1", "backendtype": "qdisk"}, Disk("nbd:h:1", "xvda", backendtype="qdisk", shared=True)),
        ({"target": "json:{\"driver\": \"rbd\"}", "backendtype": "qdisk"},
         Disk("json:{\"driver\": \"rbd\"}", "xvda", backendtype="qdisk")),
        ({"options": {"colo-host": None}}, Disk("/srv/web1.img", "xvda")),
        ({"options": {"colo": True, "colo-port": 9, "active-disk": "/a b"}},
         Disk("/srv/web1.img", "xvda", options=(("colo", ""), ("colo-port", "9"), ("active-disk", "/a b")))),
    ],
)
def test_what_a_disk_takes(changes: dict[str, Any], expected: Disk) -> None:
    assert disk_of(**changes) == expected


@pytest.mark.parametrize(
    "target, shared",
    [
        ("rbd:pool/a:id=x", True), ("nbd://10.0.0.1/a", True), ("iscsi://u%p@san/iqn/0", True), ("https://h/a.iso", True),
        ("gluster+tcp://h/v/a", True), ("nbd:10.0.0.1:10809", True), ("sheepdog:a", True), ("ssh://root@h/a", True),
        ("nbd:localhost:10809", False), ("nbd://127.0.0.1/a", False), ("http://u:p@localhost/a", False), ("nbd:unix:/run/a", False),
        ("nbd+unix:///a?socket=/run/a", False), ("nbd://[::1]:10809/a", False), ("fat:/srv", False), ("json:{}", False),
        ("/dev/vg0/a", False),
    ],
)  # fmt: skip
def test_what_is_reached_by_the_network_is_shared(target: str, shared: bool) -> None:
    assert disk_of(target=target, backendtype="qdisk").shared is shared
    assert disk_of(target=target, backendtype="qdisk", shared=not shared).shared is not shared


@pytest.mark.parametrize(
    "vdev",
    ["xvda", "xvdz", "xvdaa", "xvdzzz", "xvda1", "xvda255", "xvda99", "xvda100", "sda", "sdp", "sda1", "sdp15", "hda",
     "hdd", "hda1", "hdd63", "hdc59", "xvdaaaa", "d0p0", "d0x10p0X1", "d1048575p255", "51712", "0xCA00", "0X301", "0", "2147483647"],
)
def test_vdevs_that_xen_numbers(vdev: str) -> None:
    assert disk_of(vdev=vdev).vdev == vdev


@pytest.mark.parametrize(
    "vdev",
    ["xvd", "xvdA", "xvda0", "xvda01", "xvda256", "xvda1000", "xvdzzzzz", "sdq", "sdaa", "sda0", "sda16", "hde", "hdaa",
     "hda0", "hda64", "vda", "nvme0n1", "051712", "2147483648", "-1", "0x", "d0", "d0p", "d0p256", "d1048576p0", "d00p0",
     "d0p0x", "/dev/xvda", "XVDA", "xvda,w", "xvda:cdrom", "xvdä", "xvda٣"],
)
def test_vdevs_that_xen_does_not_number(vdev: str) -> None:
    assert refusals(hvm(disks=[{**DISK, "vdev": vdev}])) == [("win1", "disks[0].vdev", vdev, *VDEV)]


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, Disk("", "hdc", access="ro", cdrom=True)),
        ({"target": None}, Disk("", "hdc", access="ro", cdrom=True)),
        ({"target": ""}, Disk("", "hdc", access="ro", cdrom=True)),
        ({"cdrom": "yes", "access": "ro"}, Disk("", "hdc", access="ro", cdrom=True)),
        ({"target": "/a.iso"}, Disk("/a.iso", "hdc", access="ro", cdrom=True)),
        ({"format": "empty", "access": "r"}, Disk("", "hdc", access="ro", cdrom=True)),
        ({"target": "/dev/sr0", "backend": "phy"}, Disk("/dev/sr0", "hdc", access="ro", kind="phy", cdrom=True)),
    ],
)
def test_a_cd_drive(changes: dict[str, Any], expected: Disk) -> None:
    disk = hvm_guest(disks=[{**DRIVE, **changes}]).disks[0]
    assert (disk, disk.writable) == (expected, False)


@pytest.mark.parametrize(
    "disk, key, value, reason, remedy",
    [
        ("/srv/web1.img", "", "/srv/web1.img", *PAIRS),
        (None, "", None, *PAIRS),
        ([DISK], "", [DISK], *PAIRS),
        ({**DISK, "target": GONE}, ".target", None, "is missing", "give target"),
        ({**DISK, "target": None}, ".target", None, "is missing", "give target"),
        ({**DISK, "target": ""}, ".target", "", "must not be empty", "give an absolute path on the host"),
        ({**DISK, "target": "web1.img"}, ".target", "web1.img", *PATH),
        ({**DISK, "target": "phy:/dev/sda6"}, ".target", "phy:/dev/sda6",
         "begins with phy:, which is not a part of the path", "give the path alone; use backend: phy"),
        ({**DISK, "target": "tap:qcow2:/a"}, ".target", "tap:qcow2:/a",
         "begins with tap:, which is not a part of the path", "give the path alone; give the format with format"),
        ({**DISK, "target": "rbd:pool/a"}, ".target", "rbd:pool/a", PATH[0], PROTOCOL),
        ({**DISK, "target": "nbd://h/a"}, ".target", "nbd://h/a", PATH[0], PROTOCOL),
        ({**DISK, "target": "a.img", "backendtype": "qdisk"}, ".target", "a.img", *PATH),
        ({**DISK, "target": "drbd:"}, ".target", "drbd:", *PATH),
        ({**DISK, "target": 7}, ".target", 7, PATH[0], f"{PATH[1]}, in quotes"),
        ({**DISK, "target": "/a\nb"}, ".target", "/a\nb", *CONTROL),
        ({**DISK, "target": "/a\0"}, ".target", "/a\0", *CONTROL),
        ({**DISK, "target": "/a "}, ".target", "/a ", *BLANK),
        ({**DISK, "target": "/\ud800"}, ".target", "/\ud800", *HALF),
        ({**DISK, "target": ["/a"]}, ".target", ["/a"], "must be a string, not a list", "give one string"),
        ({**DISK, "vdev": GONE}, ".vdev", None, "is missing", "give vdev"),
        ({**DISK, "access": "w!"}, ".access", "w!", CHOICE, "use one of rw, ro, w, r"),
        ({**DISK, "access": True}, ".access", True, "must be a string, not true or false", "use one of rw, ro, w, r"),
        ({**DISK, "backend": "tap"}, ".backend", "tap", "is not what a target can be: phy or file", "use backendtype: tap"),
        ({**DISK, "backend": "a,b"}, ".backend", "a,b", f"is not {BACKEND}", f"give {BACKEND}"),
        ({**DISK, "format": "vmdk"}, ".format", "vmdk", CHOICE, "use one of raw, qcow, qcow2, qed, vhd"),
        ({**DISK, "format": "empty"}, ".format", "empty", CHOICE, "use one of raw, qcow, qcow2, qed, vhd"),
        ({**DRIVE, "target": "/a", "format": "empty"}, ".format", "empty", "a drive with a target is not empty",
         "remove format, or target"),
        ({**DISK, "backendtype": "file"}, ".backendtype", "file", CHOICE, "use one of phy, qdisk, tap, standalone"),
        ({**DISK, "backendtype": "phy", "format": "qed"}, ".format", "qed", "a block device given as phy is read as raw data",
         "use format: raw or remove backendtype"),
        ({**DISK, "backendtype": "phy", "backend": "file"}, ".backendtype", "phy",
         "serves block devices only, and backend: file requires a file", "remove one of the two"),
        ({**DISK, "backendtype": "qdisk", "script": "block-x"}, ".backendtype", "qdisk", "runs no block script",
         "use backendtype: phy, or remove script"),
        ({**DISK, "backendtype": "standalone"}, ".backendtype", "standalone", "serves virtio disks only",
         "add specification: virtio, or remove backendtype"),
        ({**DISK, "backendtype": "qdisk", "specification": "virtio"}, ".backendtype", "qdisk", "does not serve virtio disks",
         "use backendtype: standalone, or remove backendtype"),
        ({**DISK, "format": "qcow2", "specification": "virtio"}, ".format", "qcow2", "a virtio disk is read as raw data",
         "use format: raw, or remove specification"),
        ({**DISK, "script": "block-x", "specification": "virtio"}, ".specification", "virtio", "a virtio disk has no script",
         "remove script, or specification"),
        ({**DRIVE, "specification": "virtio"}, ".specification", "virtio", "a virtio disk has no cdrom",
         "remove cdrom, or specification"),
        ({**DISK, "specification": "scsi"}, ".specification", "scsi", CHOICE, "use one of xen, virtio"),
        ({**DISK, "discard": "maybe"}, ".discard", "maybe", "must be true or false, not a string", BOOLEAN),
        ({**DISK, "direct-io-safe": True, "direct_io_safe": True}, ".direct-io-safe", True, "is not a key of the definition",
         "did you mean direct_io_safe"),
        (
            {**DISK, "format": "qcow2", "backend": "phy"},
            ".format",
            "qcow2",
            "a block device given as phy is read as raw data",
            "use format: raw or backend: file",
        ),
        ({**DISK, "cdrom": 1}, ".cdrom", 1, "must be true or false, not a number", BOOLEAN),
        ({**DISK, "shared": "maybe"}, ".shared", "maybe", "must be true or false, not a string", BOOLEAN),
        (
            {**DISK, "script": "a,b"},
            ".script",
            "a,b",
            "is not the name of a block script",
            "give the name of a block script",
        ),
        (
            {**DISK, "script": ""},
            ".script",
            "",
            "is empty",
            "give the name of a block script, or leave it out",
        ),
        ({**DISK, "script": "block-x", "target": ""}, ".target", "", "must not be empty", "give a value"),
        ({**DISK, "traget": "/b"}, ".traget", "/b", "is not a key of the definition", "did you mean target"),
        (
            {**DRIVE, "access": "rw"},
            ".access",
            "rw",
            "a CD drive is read-only",
            "use access: ro, or remove access",
        ),
        ({**DRIVE, "target": "a.iso"}, ".target", "a.iso", *PATH),
    ],
)
def test_disks_that_are_refused(disk: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    item = {name: one for name, one in disk.items() if one is not GONE} if isinstance(disk, dict) else disk
    first = {"target": "/a", "vdev": "sda"}
    assert refusals(hvm(disks=[first, item])) == [("win1", f"disks[1]{key}", value, reason, remedy)]


@pytest.mark.parametrize("changes", [{}, PVH])
@pytest.mark.parametrize(
    "disk", [{**DISK, "cdrom": True}, {**DISK, "cdrom": True, "access": "rw"}, {**DISK, "cdrom": "yes", "access": "ro"}]
)
def test_a_guest_without_device_model_has_no_cd_drive(changes: dict[str, Any], disk: dict[str, Any]) -> None:
    kind = changes.get("type", "pv").upper()
    assert refusals(definition(**changes, disks=[disk])) == [
        ("web1", "disks[0].cdrom", disk["cdrom"], f"a {kind} guest has no emulated CD drive", "remove cdrom and use access: ro")
    ]


def test_an_empty_drive_of_a_guest_without_device_model_lacks_its_target_as_well() -> None:
    assert refusals(definition(disks=[DRIVE])) == [
        ("web1", "disks[0].cdrom", True, "a PV guest has no emulated CD drive", "remove cdrom and use access: ro"),
        ("web1", "disks[0].target", None, "is missing", "give target"),
    ]


@pytest.mark.parametrize(
    "disk, key, reason",
    [
        ({"vdev": "hdc", "cdrom": 1}, "cdrom", "must be true or false, not a number"),
        ({"vdev": "hda", "script": "a,b", "target": "iqn.example:a"}, "script", "is not the name of a block script"),
    ],
)
def test_one_wrong_key_of_a_disk_is_one_problem(disk: dict[str, Any], key: str, reason: str) -> None:
    assert [found[1:4] for found in refusals(hvm(disks=[disk]))] == [(f"disks[0].{key}", disk[key], reason)]


@pytest.mark.parametrize("value, kind", [({"target": "/a"}, "a mapping"), ("/a", "a string"), (7, "a number"), (False, "true or false")])
@pytest.mark.parametrize("key", ["disks", "vifs"])
def test_devices_that_are_not_a_list(key: str, value: Any, kind: str) -> None:
    assert refusals(definition(**{key: value})) == [("web1", key, value, f"must be a list, not {kind}", LIST)]


def test_a_vdev_is_used_once() -> None:
    disks = [{"target": f"/{number}", "vdev": vdev} for number, vdev in enumerate(["xvda", "hda", "xvda", "sda", "xvda", "sda"])]
    own = "give each disk a vdev of its own"
    assert refusals(definition(disks=disks)) == [
        ("web1", "disks", "xvda", "vdev xvda is used 3 times", own),
        ("web1", "disks", "sda", "vdev sda is used 2 times", own),
    ]


@pytest.mark.parametrize("one, other, number", [
    ("xvda", "d0p0", 51712), ("51712", "xvda", 51712), ("0xca01", "xvda1", 51713), ("d0x1p2", "xvdb2", 51730),
    ("hda", "768", 768), ("hdc1", "0x1601", 5633), ("sdp15", "2303", 2303), ("xvdq", "d16p0", 268439552), ("0", "0x0", 0),
])  # fmt: skip
def test_one_device_has_several_names(one: str, other: str, number: int) -> None:
    disks = [{"target": "/a", "vdev": one}, {"target": "/b", "vdev": other}]
    reason = f"vdev {other} is the same device as {one}: number {number}"
    assert refusals(definition(disks=disks)) == [("web1", "disks", other, reason, "give each disk a vdev of its own")]


def test_vdevs_that_are_wrong_are_not_the_same() -> None:
    assert [found[1] for found in refusals(definition(disks=[{"target": "/a"}, {"target": "/b"}]))] == [
        "disks[0].vdev", "disks[1].vdev"
    ]


# --- vifs


def test_a_vif_as_in_stubdom_readme() -> None:
    """vif = [ '', 'ip=10.0.1.1,mac=aa:00:00:12:23:34']; the first is the stub domain's own."""
    assert vif_of(ip="10.0.1.1", mac="aa:00:00:12:23:34") == Vif(ip="10.0.1.1", mac="aa:00:00:12:23:34")


@pytest.mark.parametrize(
    "keys, expected",
    [
        ({}, Vif()),
        ({"mac": "00:16:3E:0A:0B:0C"}, Vif(mac="00:16:3e:0a:0b:0c")),
        ({"mac": "00:00:00:00:00:01"}, Vif(mac="00:00:00:00:00:01")),
        ({"mac": "FE:FF:FF:FF:FF:FF"}, Vif(mac="fe:ff:ff:ff:ff:ff")),
        ({"ip": "10.0.1.1 fe80::1 10.0.0.0/24"}, Vif(ip="10.0.1.1 fe80::1 10.0.0.0/24")),
        ({"ip": ""}, Vif()),
        ({"ip": "10.0.1.1  ::1"}, Vif(ip="10.0.1.1  ::1")),
        ({"bridge": "br-int.7@x"}, Vif(bridge="br-int.7@x")),
        ({"type": "ioemu", "model": "e1000"}, Vif(type="ioemu", model="e1000")),
        ({"type": "vif"}, Vif(type="vif")),
        ({"model": "ne2k_pci"}, Vif(model="ne2k_pci")),
        ({"script": "/etc/xen/scripts/vif-route"}, Vif(script="/etc/xen/scripts/vif-route")),
        ({"vifname": "x" * 11}, Vif(vifname="x" * 11)),
        ({"backend": "net-domain"}, Vif(backend="net-domain")),
        ({"gatewaydev": "eth0"}, Vif(gatewaydev="eth0")),
        ({"rate": "10Mb/s"}, Vif(rate="10Mb/s")),
        ({"rate": "1000KB/s@20"}, Vif(rate="1000KB/s@20s")),
        ({"rate": "1000KB/s@20m"}, Vif(rate="1000KB/s@20ms")),
        ({"rate": "4294967295B/s@4294967295us"}, Vif(rate="4294967295B/s@4294967295us")),
        ({"type": "netfront"}, Vif(type="vif")),
        ({"mac": "0:16:3E:0:0:1"}, Vif(mac="00:16:3e:00:00:01")),
        ({"mac": "00-16-3e-00-00-0a"}, Vif(mac="00:16:3e:00:00:0a")),
        ({"options": {"forwarddev": "eth1"}}, Vif(options=(("forwarddev", "eth1"),))),
        ({"rate": "1GB/s@20ms"}, Vif(rate="1GB/s@20ms")),
        ({"rate": "5b/s@1s"}, Vif(rate="5b/s@1s")),
        ({"devid": 0}, Vif(devid=0)),
        ({"devid": "2147483647"}, Vif(devid=2**31 - 1)),
        ({"mtu": 68}, Vif(mtu=68)),
        ({"mtu": "65535"}, Vif(mtu=65535)),
        ({"trusted": True}, Vif(trusted=True)),
        ({"trusted": "no"}, Vif(trusted=False)),
        ({"trusted": None}, Vif()),
    ],
)
def test_what_a_vif_takes(keys: dict[str, Any], expected: Vif) -> None:
    assert vif_of(**keys) == expected


@pytest.mark.parametrize(
    "vlan, taken",
    [
        (10, "10"),
        ("1", "1"),
        ("4094", "4094"),
        ("10p", "10p"),
        ("10p/20", "10p/20"),
        ("20/10p/30u", "20/10p/30u"),
        ("10p/20-29u", "10p/20-29u"),
        ("10p/20-20", "10p/20-20"),
        ("10p/100+10x4", "10p/100+10x4"),
        ("1p/94+4x1000u", "1p/94+4x1000u"),
    ],
)
def test_vlans(vlan: Any, taken: str) -> None:
    assert vif_of(vlan=vlan).vlan == taken


ONE_PVID = "must mark one VLAN as that of untagged frames", "put a p behind one number, as in 10p/20"
TO_4094 = "give numbers from 1 to 4094"


@pytest.mark.parametrize(
    "vlan, reason, remedy",
    [
        *[(vlan, *VLAN) for vlan in ("0", "010", "10p/", "/10", "10 20", "10,20", "10P", "10-", "10-20p", "10+5", "trunk", "10up", "-1")],
        ("", "is empty", "give VLAN numbers such as 10p/20-29u, or leave it out"),
        ("4095", "4095 goes beyond 4094", TO_4094),
        ("10p/4000-4095", "4000-4095 goes beyond 4094", TO_4094),
        ("1p/95+4x1000", "95+4x1000 goes beyond 4094", TO_4094),
        ("9999p", "9999p goes beyond 4094", TO_4094),
        ("10000", *VLAN),
        ("10p/29-20", "29-20 ends before it begins", "give the lower number first"),
        ("10/20", *ONE_PVID),
        ("10u", *ONE_PVID),
        ("10-20", *ONE_PVID),
        ("10p/20p", *ONE_PVID),
        (True, "must be a string, not true or false", QUOTE),
    ],
)
def test_vlans_that_are_refused(vlan: Any, reason: str, remedy: str) -> None:
    assert refusals(hvm(vifs=[{"vlan": vlan}])) == [("win1", "vifs[0].vlan", vlan, reason, remedy)]


@pytest.mark.parametrize(
    "vif, key, value, reason, remedy",
    [
        ("bridge=xenbr0", "", "bridge=xenbr0", *PAIRS),
        (None, "", None, *PAIRS),
        *[
            ({"mac": mac}, ".mac", mac, *MAC)
            for mac in (
                "00:16:3e:00:00", "00:16:3e:00:00:01:02", "00.16.3e.00.00.01", "00:16:3e:00:00:0g", "random", "00163e000001",
                "00:16:3e:00:00:01,ip=1.1.1.1", "0:16:3e:0:0:", "000:16:3e:0:0:1", "٠٠:16:3e:00:00:01",
            )
        ],
        ({"mac": ""}, ".mac", "", "is empty", f"{MAC[1]}, or leave it out"),
        # Unquoted in YAML 1.1, a MAC of small digits is a number to the base of 60: this one is 52:54:00:12:34:56.
        ({"mac": 41135085296}, ".mac", 41135085296, MAC[0], f"{MAC[1]}, in quotes"),
        *[
            (
                {"mac": mac},
                ".mac",
                mac,
                "is a multicast address",
                "use a unicast one, such as one that begins with 00:16:3e",
            )
            for mac in ("01:00:5e:00:00:01", "FF:FF:FF:FF:FF:FF", "ab:00:00:00:00:00")
        ],
        (
            {"mac": "00:00:00:00:00:00"},
            ".mac",
            "00:00:00:00:00:00",
            "means no address to Xen, which invents another",
            "give an address, or remove mac",
        ),
        *[
            ({"ip": ip}, ".ip", ip, f"{ip.split()[-1]} is not an IP address", IP)
            for ip in (
                "web1.example.org", "10.0.0.256", "10.0.0.1 host", "10.0.0.1,bridge=br1", "1.2.3.4/33", "010.0.0.1",
                # Python 3.9 on takes this for an address with a zone; xl and xm take it for two keys.
                "fe80::1%,script=/tmp/evil", "10.0.0.1 fe80::1%,mac=00:16:3e:00:00:01", "fe80::1%eth0",
            )
        ],
        *[
            ({"ip": ip}, ".ip", ip, f"{ip} is not an IP address", IP)
            for ip in ("10.0.0.1\u00a010.0.0.2", "10.0.0.1\u202810.0.0.2", "10.0.0.1\x8510.0.0.2")
        ],
        ({"ip": "1" * 5000}, ".ip", "1" * 5000, "an item is not an IP address", IP),
        ({"ip": 167772161}, ".ip", 167772161, "167772161 is not an IP address", IP),
        ({"ip": 10.1}, ".ip", 10.1, "must be a string, not a decimal number", QUOTE),
        ({"ip": ["10.0.0.1"]}, ".ip", ["10.0.0.1"], "must be a string, not a list", "give one string"),
        *[
            ({key: "a,b"}, f".{key}", "a,b", f"is not {hint}", f"give {hint}")
            for key, hint in (
                ("bridge", "the name of a bridge"),
                ("script", "the name of a vif script"),
                ("vifname", "an interface name"),
                ("backend", "the name of a driver domain"),
                ("gatewaydev", "an interface name"),
                ("rate", "a rate such as 10Mb/s or 1MB/s@20ms"),
                ("model", "a network card such as e1000 or rtl8139"),
            )
        ],
        ({"bridge": "a b"}, ".bridge", "a b", "is not the name of a bridge", "give the name of a bridge"),
        *(
            ({"vifname": name}, ".vifname", name, OF_XEN, "give another name, such as the guest's")
            for name in ("vif7.0", "vif12.10", "vif7.0-emu", "tap7.0")
        ),
        ({"vifname": "x" * 12}, ".vifname", "x" * 12, "is longer than 11 characters, to which Xen adds -emu", "give a shorter name"),
        ({"vifname": "x" * 16}, ".vifname", "x" * 16, "is not an interface name", "give an interface name"),
        ({"type": "tap"}, ".type", "tap", CHOICE, "use one of ioemu, vif, netfront"),
        ({"options": {"accel": "x"}}, ".options.accel", "x", "is read by xl and not used", "remove it"),
        ({"options": {"netdev": "eth0"}}, ".options.netdev", "eth0", "is a key that the definition has",
         "use gatewaydev, beside options"),
        (
            {"type": "vif", "model": "e1000"},
            ".model",
            "e1000",
            "type: vif has no emulated network card",
            "remove model, or use type: ioemu",
        ),
        *[
            ({"rate": rate}, ".rate", rate, "is not a rate such as 10Mb/s or 1MB/s@20ms", "give a rate such as 10Mb/s or 1MB/s@20ms")
            for rate in ("10", "10mb/s", "10Mb", "Mb/s", "-1Mb/s", "10Mb/s@", "10Mb/s@20us@1",
                         "010Mb/s", "0Mb/s", "10kb/s", "10Mb/s@0ms", "10Mb/s@20h", "1.5Mb/s")
        ],
        ({"devid": -1}, ".devid", -1, outside(0), IN_RANGE),
        ({"devid": 2**31}, ".devid", 2**31, outside(0), IN_RANGE),
        ({"devid": False}, ".devid", False, "must be a whole number, not true or false", DIGITS),
        ({"mtu": 67}, ".mtu", 67, outside(68, 65535), IN_RANGE),
        ({"mtu": 65536}, ".mtu", 65536, outside(68, 65535), IN_RANGE),
        ({"mtu": 1500.0}, ".mtu", 1500.0, "must be a whole number, not a decimal number", DIGITS),
        ({"trusted": 1}, ".trusted", 1, "must be true or false, not a number", BOOLEAN),
        ({"untrusted": True}, ".untrusted", True, "is not a key of the definition", "did you mean trusted"),
    ],
)
def test_vifs_that_are_refused(vif: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    assert refusals(hvm(vifs=[{}, vif])) == [("win1", f"vifs[1]{key}", value, reason, remedy)]


def test_each_wrong_address_of_a_vif_is_named() -> None:
    assert refusals(hvm(vifs=[{"ip": "a 10.0.0.1 b"}])) == [
        ("win1", "vifs[0].ip", "a 10.0.0.1 b", "a is not an IP address", IP),
        ("win1", "vifs[0].ip", "a 10.0.0.1 b", "b is not an IP address", IP),
    ]


@pytest.mark.parametrize("changes", [{}, PVH])
@pytest.mark.parametrize("key, value", [("type", "ioemu"), ("type", "vif"), ("model", "e1000")])
def test_a_guest_without_device_model_has_no_emulated_card(changes: dict[str, Any], key: str, value: str) -> None:
    kind = changes.get("type", "pv").upper()
    assert refusals(definition(**changes, vifs=[{key: value}])) == [
        ("web1", f"vifs[0].{key}", value, f"a {kind} guest has no emulated network card", f"remove {key}")
    ]


@pytest.mark.parametrize("devids", [[0, 1], [1, 0], [None, None], [None, 7, 8], [5, None], [2, None, 0]])
def test_interfaces_with_numbers_of_their_own(devids: list[Any]) -> None:
    read = guest(vifs=[{"devid": devid} for devid in devids])
    assert [vif.devid for vif in read.vifs] == [-1 if devid is None else devid for devid in devids]


@pytest.mark.parametrize("devids, twice", [([0, 0], 0), ([7, None, 7], 7), ([1, None], 1), ([None, 0], 0), ([2, 1, None], 2)])
def test_interfaces_with_the_same_number(devids: list[Any], twice: int) -> None:
    remedy = "give each interface a devid of its own; one without has its place in the list, from 0"
    assert refusals(definition(vifs=[{"devid": devid} for devid in devids])) == [
        ("web1", "vifs", twice, f"devid {twice} is used 2 times", remedy)
    ]


# --- options: keys that only the host's xl knows


OPTION = "begin it with a lower-case letter; use lower-case letters, digits, - and _"


@pytest.mark.parametrize(
    "options, key, value, reason, remedy",
    [
        ("colo", "", "colo", "must be a mapping, not a string", "write the keys of xl and their values below it"),
        ({"Colo": 1}, ".Colo", 1, "is not a key that xl can read", OPTION),
        ({"a=b": 1}, ".a=b", 1, "is not a key that xl can read", OPTION),
        ({7: 1}, ".7", 1, "is not a key that xl can read", OPTION),
        ({"target": "/b"}, ".target", "/b", "is a key that the definition has", "use target, beside options"),
        ({"devtype": "cdrom"}, ".devtype", "cdrom", "is a key that the definition has", "use cdrom, beside options"),
        ({"no-discard": True}, ".no-discard", True, "is a key that the definition has", "use discard: false, beside options"),
        ({"colo": False}, ".colo", False, "cannot be turned off: xl reads the key alone, or with a value",
         "leave it out, or give no-colo: true where xl has that"),
        ({"colo-host": "a,target=/etc/shadow"}, ".colo-host", "a,target=/etc/shadow",
         "is empty, has a comma or a control character, or begins or ends with a blank", "write it without"),
        ({"colo-host": ""}, ".colo-host", "",
         "is empty, has a comma or a control character, or begins or ends with a blank", "write it without"),
        ({"colo-host": ["a"]}, ".colo-host", ["a"], "must be a string, a whole number or true, not a list",
         "write true for a key without a value"),
        ({"colo-port": 2**70}, ".colo-port", 2**70, "is too large", "write a smaller number"),
    ],
)  # fmt: skip
def test_options_that_are_refused(options: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    found = refusals(definition(disks=[{**DISK, "options": options}]))
    assert [(where, said, wrong) for _guest, where, _value, said, wrong in found] == [(f"disks[0].options{key}", reason, remedy)]

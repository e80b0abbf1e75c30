# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guest model: what it takes, and each of its refusals with guest, key, value, reason and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot import Boot
from ansible_collections.xenfleet.stubdom.plugins.module_utils.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest import Guest, read_guest, read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.settings import secrets_of
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import DIRECT, GONE, definition, guest, told

FIRST = "number 1 of the list"
DISK = {"target": "/srv/web1.img", "vdev": "xvda"}

A_NAME = "a name of letters, digits and . _ + -, at most 100 of them, the first a letter, a digit or _"
NOT_A_NAME = f"is not {A_NAME}", f"give {A_NAME}"
CONTROL = "holds a newline, NUL or another control character", "remove it"
BLANK = "begins or ends with a blank", "remove the blank"
NO_STRING = "quote the value"
DIGITS = "give digits only, without a unit"
IN_RANGE = "give a number in that range"
LIST = "write it as a list, one '-' an item"
PAIRS = "must be a mapping of keys and values", "write it as key: value pairs"
CHOICE = "is not one of the values it can have"
PV_ONLY = "this version of the collection runs PV guests only", "use type: pv"


def test_the_least_that_a_guest_needs() -> None:
    assert guest() == Guest("web1", memory=256, boot=Boot("direct", kernel="/boot/vmlinuz"))


def test_all_that_a_guest_can_have() -> None:
    read = guest(
        "a.b_c+d-1",
        memory="512",
        maxmem="1024",
        vcpus="2",
        boot={"method": "pvgrub2", "arch": "i386", "expect": "login:"},
        disks=[
            {"target": "/srv/a,b c.img", "vdev": "xvda1", "access": "ro", "backend": "file", "format": "qcow2"},
            {"target": "/dev/vg0/db1", "vdev": "sdaa15", "backend": "phy", "script": "block-drbd", "cdrom": False},
        ],
        vifs=[
            {},
            {
                "mac": "00:16:3E:0A:0B:0C",
                "bridge": "xenbr0",
                "ip": "10.0.1.1 fe80::1 10.0.0.0/24",
                "script": "vif-openvswitch",
                "vifname": "web1.0",
                "backend": "net-domain",
                "gatewaydev": "eth0",
                "rate": "10Mb/s@20ms",
                "mtu": "9000",
            },
        ],
        settings={"on_crash": "preserve", "cpus": ["0-1"], "nomigrate": True, "cpu_weight": 256},
        state="stopped",
        restart="on_change",
        autostart="yes",
    )
    assert read == Guest(
        "a.b_c+d-1",
        memory=512,
        maxmem=1024,
        vcpus=2,
        boot=Boot("pvgrub2", image="pvgrub2-i386", arch="i386", expect="login:"),
        disks=[
            Disk("/srv/a,b c.img", "xvda1", access="ro", backend="file", format="qcow2"),
            Disk("/dev/vg0/db1", "sdaa15", backend="phy", script="block-drbd"),
        ],
        vifs=[
            Vif(),
            Vif("00:16:3e:0a:0b:0c", "xenbr0", "10.0.1.1 fe80::1 10.0.0.0/24", "vif-openvswitch", "web1.0", "net-domain",
                "eth0", "10Mb/s@20ms", 9000),
        ],
        settings={"cpu_weight": 256, "cpus": ["0-1"], "nomigrate": True, "on_crash": "preserve"},
        state="stopped",
        restart="on_change",
        autostart=True,
    )
    assert [disk.writable for disk in read.disks] == [False, True]


def test_settings_are_in_the_order_of_their_names() -> None:
    assert list(guest(settings={"z": 1, "a": 2, "m": 3}).settings) == ["a", "m", "z"]


@pytest.mark.parametrize("name", ["a", "0a", "_x", "web1", "1.0", "1-2", "Domain-1", "x" * 100, "-dm"[1:]])
def test_names_that_are_taken(name: str) -> None:
    assert guest(name).name == name


@pytest.mark.parametrize(
    "name, label, reason, remedy",
    [
        (GONE, FIRST, "is missing", "give name"),
        (None, FIRST, "is missing", "give name"),
        ("", FIRST, *NOT_A_NAME),
        ("123", "123", "is all digits, which xl takes as a domain id", "add a letter"),
        ("0", "0", "is all digits, which xl takes as a domain id", "add a letter"),
        (123, FIRST, "is a number or a list, not a name", f"give {A_NAME}, in quotes"),
        (1.5, FIRST, "is a number or a list, not a name", f"give {A_NAME}, in quotes"),
        (True, FIRST, "is a number or a list, not a name", f"give {A_NAME}, in quotes"),
        (["web1"], FIRST, "is a number or a list, not a name", f"give {A_NAME}, in quotes"),
        ({"web1": 1}, FIRST, "is a number or a list, not a name", f"give {A_NAME}, in quotes"),
        ('we"b', FIRST, *NOT_A_NAME),
        ("we'b", FIRST, *NOT_A_NAME),
        ("we/b", FIRST, *NOT_A_NAME),
        ("../web1", FIRST, *NOT_A_NAME),
        ("we b", FIRST, *NOT_A_NAME),
        ("we;b", FIRST, *NOT_A_NAME),
        ("we,b", FIRST, *NOT_A_NAME),
        ("we=b", FIRST, *NOT_A_NAME),
        ("we#b", FIRST, *NOT_A_NAME),
        ("we\\b", FIRST, *NOT_A_NAME),
        ("web$(id)", FIRST, *NOT_A_NAME),
        ("wéb", FIRST, *NOT_A_NAME),
        ("web٣", FIRST, *NOT_A_NAME),
        ("-web", FIRST, *NOT_A_NAME),
        ("--help", FIRST, *NOT_A_NAME),
        (".", FIRST, *NOT_A_NAME),
        ("..", FIRST, *NOT_A_NAME),
        (".web", FIRST, *NOT_A_NAME),
        ("+web", FIRST, *NOT_A_NAME),
        ("x" * 101, FIRST, *NOT_A_NAME),
        ("we\nb", FIRST, *CONTROL),
        ("web\n", FIRST, *CONTROL),
        ("we\0b", FIRST, *CONTROL),
        ("we\rb", FIRST, *CONTROL),
        ("we\tb", FIRST, *CONTROL),
        (" web", FIRST, *BLANK),
        ("web\u2003", FIRST, *BLANK),
        ("Domain-0", "Domain-0", "is the name of dom0", "choose another name"),
    ],
)
def test_names_that_are_refused(name: Any, label: str, reason: str, remedy: str) -> None:
    read = read_guest(definition(name))
    shown = None if name is GONE else name
    assert (read.name, read.guest) == (label, None)
    assert told(read.problems) == [(label, "name", shown, reason, remedy)]


def test_the_rule_about_digits_names_its_release() -> None:
    assert read_guest(definition("123")).problems[0].release == "Xen 4.3 on"


def test_a_guest_without_a_usable_name_is_known_by_its_place() -> None:
    read = read_guests([definition("web1"), definition("we b"), definition("1")])
    assert [one.name for one in read] == ["web1", "number 2 of the list", "1"]


def outside(low: int, high: int = 2**24) -> str:
    return f"is outside {low} to {high}"


@pytest.mark.parametrize(
    "changes, key, value, reason, remedy",
    [
        ({"type": GONE}, "type", None, "is missing", "give type"),
        ({"type": "hvm"}, "type", "hvm", *PV_ONLY),
        ({"type": "pvh"}, "type", "pvh", *PV_ONLY),
        ({"type": "PV"}, "type", "PV", CHOICE, "use one of pv, hvm, pvh"),
        ({"type": ["pv"]}, "type", ["pv"], "must be a string, not a list", NO_STRING),
        ({"state": "paused"}, "state", "paused", CHOICE, "use one of running, stopped, defined, absent"),
        ({"state": True}, "state", True, "must be a string, not true or false", NO_STRING),
        ({"memory": GONE}, "memory", None, "is missing", "give memory"),
        ({"memory": 7}, "memory", 7, outside(8), IN_RANGE),
        ({"memory": 0}, "memory", 0, outside(8), IN_RANGE),
        ({"memory": -256}, "memory", -256, outside(8), IN_RANGE),
        ({"memory": 2**24 + 1}, "memory", 2**24 + 1, outside(8), IN_RANGE),
        ({"memory": 256.0}, "memory", 256.0, "must be a whole number, not a decimal number", DIGITS),
        ({"memory": True}, "memory", True, "must be a whole number, not true or false", DIGITS),
        ({"memory": "256M"}, "memory", "256M", "must be a whole number, not a string", DIGITS),
        ({"memory": [256]}, "memory", [256], "must be a whole number, not a list", DIGITS),
        ({"maxmem": 255}, "maxmem", 255, "is less than memory, which is 256 MiB", "raise maxmem or leave it out"),
        ({"maxmem": "255"}, "maxmem", "255", "is less than memory, which is 256 MiB", "raise maxmem or leave it out"),
        ({"maxmem": "lots"}, "maxmem", "lots", "must be a whole number, not a string", DIGITS),
        ({"vcpus": 0}, "vcpus", 0, outside(1, 512), IN_RANGE),
        ({"vcpus": 513}, "vcpus", 513, outside(1, 512), IN_RANGE),
        ({"vcpus": True}, "vcpus", True, "must be a whole number, not true or false", DIGITS),
        ({"restart": "always"}, "restart", "always", CHOICE, "use one of never, on_change"),
        ({"autostart": 1}, "autostart", 1, "must be true or false, not a number", "write true or false"),
        ({"memroy": 1}, "memroy", 1, "is not a key of the definition", "did you mean memory"),
        (
            {"display": {"type": "vnc"}},
            "display",
            {"type": "vnc"},
            "a PV guest has no device model",
            "remove display",
        ),
        (
            {"device_model": {"scheme": "auto"}},
            "device_model",
            {"scheme": "auto"},
            "a PV guest has no device model",
            "remove device_model",
        ),
        # boot
        ({"boot": GONE}, "boot", None, "is missing", "give boot"),
        ({"boot": "pvgrub2"}, "boot", "pvgrub2", *PAIRS),
        ({"boot": {"method": "pygrub"}}, "boot.method", "pygrub", CHOICE, "use one of pvgrub2, direct"),
        ({"boot": {}}, "boot.method", None, "is missing", "give method"),
        ({"boot": {"method": "direct"}}, "boot.kernel", None, "is missing", "give kernel"),
        (
            {"boot": {"method": "direct", "kernel": "vmlinuz"}},
            "boot.kernel",
            "vmlinuz",
            "is not an absolute path on the host",
            "give an absolute path on the host",
        ),
        (
            {"boot": {**DIRECT, "ramdisk": "initrd.img"}},
            "boot.ramdisk",
            "initrd.img",
            "is not an absolute path on the host",
            "give an absolute path on the host",
        ),
        ({"boot": {**DIRECT, "cmdline": "ro\nquiet"}}, "boot.cmdline", "ro\nquiet", *CONTROL),
        ({"boot": {**DIRECT, "cmdline": ["ro"]}}, "boot.cmdline", ["ro"], "must be a string, not a list", NO_STRING),
        (
            {"boot": {**DIRECT, "arch": "x86_64"}},
            "boot.arch",
            "x86_64",
            "is not a key of the definition",
            "the keys are cmdline, expect, kernel, method, ramdisk",
        ),
        (
            {"boot": {"method": "pvgrub2", "kernel": "/boot/vmlinuz"}},
            "boot.kernel",
            "/boot/vmlinuz",
            "is not a key of the definition",
            "the keys are arch, expect, image, method",
        ),
        ({"boot": {"method": "pvgrub2", "arch": "arm64"}}, "boot.arch", "arm64", CHOICE, "use one of x86_64, i386"),
        (
            {"boot": {"method": "pvgrub2", "image": "../evil"}},
            "boot.image",
            "../evil",
            "is not the name of an installed image",
            "give the name of an installed image",
        ),
        (
            {"boot": {**DIRECT, "expect": "(login"}},
            "boot.expect",
            "(login",
            "is not a regular expression: missing ), unterminated subpattern at position 0",
            "correct it, or leave it out",
        ),
        # disks
        ({"disks": DISK}, "disks", DISK, "must be a list, not a mapping", LIST),
        ({"disks": "/srv/web1.img"}, "disks", "/srv/web1.img", "must be a list, not a string", LIST),
        ({"disks": ["/srv/web1.img"]}, "disks[0]", "/srv/web1.img", *PAIRS),
        ({"disks": [DISK, {"vdev": "xvdb"}]}, "disks[1].target", None, "is missing", "give target"),
        ({"disks": [{"target": "/a"}]}, "disks[0].vdev", None, "is missing", "give vdev"),
        (
            {"disks": [{**DISK, "target": "web1.img"}]},
            "disks[0].target",
            "web1.img",
            "is not an absolute path on the host",
            "give an absolute path on the host",
        ),
        ({"disks": [{**DISK, "target": "/a\nb"}]}, "disks[0].target", "/a\nb", *CONTROL),
        ({"disks": [{**DISK, "target": "/a\0"}]}, "disks[0].target", "/a\0", *CONTROL),
        ({"disks": [{**DISK, "target": "/a "}]}, "disks[0].target", "/a ", *BLANK),
        (
            {"disks": [{**DISK, "vdev": "xvda,w"}]},
            "disks[0].vdev",
            "xvda,w",
            "is not a virtual device such as xvda or hda1",
            "give a virtual device such as xvda or hda1",
        ),
        ({"disks": [{**DISK, "access": "w"}]}, "disks[0].access", "w", CHOICE, "use one of rw, ro"),
        ({"disks": [{**DISK, "backend": "tap"}]}, "disks[0].backend", "tap", CHOICE, "use one of phy, file"),
        ({"disks": [{**DISK, "format": "vmdk"}]}, "disks[0].format", "vmdk", CHOICE, "use one of raw, qcow2, vhd"),
        (
            {"disks": [{**DISK, "format": "qcow2", "backend": "phy"}]},
            "disks[0].format",
            "qcow2",
            "a block device given as phy is read as raw data",
            "use format: raw or backend: file",
        ),
        (
            {"disks": [{**DISK, "cdrom": True}]},
            "disks[0].cdrom",
            True,
            "a PV guest has no emulated CD drive",
            "attach the image as a disk with access: ro",
        ),
        (
            {"disks": [{**DISK, "script": "a,b"}]},
            "disks[0].script",
            "a,b",
            "is not the name of a block script",
            "give the name of a block script",
        ),
        (
            {"disks": [{**DISK, "traget": "/b"}]},
            "disks[0].traget",
            "/b",
            "is not a key of the definition",
            "did you mean target",
        ),
        (
            {"disks": [DISK, {**DISK, "target": "/b"}, {**DISK, "target": "/c"}]},
            "disks",
            "xvda",
            "vdev xvda is used 3 times",
            "give each disk a vdev of its own",
        ),
        # vifs
        ({"vifs": {"bridge": "xenbr0"}}, "vifs", {"bridge": "xenbr0"}, "must be a list, not a mapping", LIST),
        (
            {"vifs": [{"mac": "01:00:5e:00:00:01"}]},
            "vifs[0].mac",
            "01:00:5e:00:00:01",
            "is a multicast address",
            "use a unicast one, such as one that begins with 00:16:3e",
        ),
        *[
            (
                {"vifs": [{"mac": mac}]},
                "vifs[0].mac",
                mac,
                "is not a MAC address such as 00:16:3e:00:00:01",
                "give a MAC address such as 00:16:3e:00:00:01",
            )
            for mac in ("00:16:3e:00:00", "00-16-3e-00-00-01", "00:16:3e:00:00:0g", "random", "00:16:3e:00:00:01,ip=1.1.1.1")
        ],
        # Unquoted in YAML 1.1, a MAC of small digits is a number to the base of 60.
        (
            {"vifs": [{"mac": 13842000001}]},
            "vifs[0].mac",
            13842000001,
            "is not a MAC address such as 00:16:3e:00:00:01",
            "give a MAC address such as 00:16:3e:00:00:01",
        ),
        *[
            (
                {"vifs": [{}, {"ip": address}]},
                "vifs[1].ip",
                address,
                f"{address.split()[-1]} is not an IP address",
                "give addresses, blank-separated, no host names",
            )
            for address in ("web1.example.org", "10.0.0.256", "10.0.0.1 host", "10.0.0.1,bridge=br1", "1.2.3.4/33")
        ],
        *[
            ({"vifs": [{key: "a,b"}]}, f"vifs[0].{key}", "a,b", f"is not {hint}", f"give {hint}")
            for key, hint in (
                ("bridge", "the name of a bridge"),
                ("script", "the name of a vif script"),
                ("vifname", "an interface name"),
                ("backend", "the name of a driver domain"),
                ("gatewaydev", "an interface name"),
                ("rate", "a rate such as 10Mb/s or 1MB/s@20ms"),
            )
        ],
        (
            {"vifs": [{"vifname": "x" * 16}]},
            "vifs[0].vifname",
            "x" * 16,
            "is not an interface name",
            "give an interface name",
        ),
        ({"vifs": [{"mtu": 67}]}, "vifs[0].mtu", 67, outside(68, 65535), IN_RANGE),
        ({"vifs": [{"mtu": 65536}]}, "vifs[0].mtu", 65536, outside(68, 65535), IN_RANGE),
        (
            {"vifs": [{"model": "e1000"}]},
            "vifs[0].model",
            "e1000",
            "is not a key of the definition",
            "the keys are backend, bridge, gatewaydev, ip, mac, mtu, rate, script, vifname",
        ),
        # settings
        ({"settings": ["a"]}, "settings", ["a"], "must be a mapping", "write Xen's keys and their values below it"),
        ({"settings": "a=1"}, "settings", "a=1", "must be a mapping", "write Xen's keys and their values below it"),
        *[
            ({"settings": {key: "x"}}, f"settings.{key}", "x", "is set by the definition itself", f"use {instead}")
            for key, instead in {
                "name": "name",
                "type": "type",
                "builder": "type",
                "memory": "memory",
                "maxmem": "maxmem",
                "vcpus": "vcpus",
                "disk": "disks",
                "vif": "vifs",
                "kernel": "boot",
                "ramdisk": "boot",
                "extra": "boot.cmdline",
                "cmdline": "boot.cmdline",
                "root": "boot.cmdline",
                "firmware": "boot",
                "bootloader": "boot",
                "bootloader_args": "boot",
            }.items()
        ],
        *[
            (
                {"settings": {key: "x"}},
                f"settings.{key}",
                key,
                "is no key that Xen's parser reads",
                "use lower-case letters, digits, dots and underscores",
            )
            for key in ("On_crash", "1a", "a b", "a\nb", 'a"', "a=1;b", "", "_a", "käse", "a-b", 7, True)
        ],
        *[
            (
                {"settings": {"on_crash": value}},
                "settings.on_crash",
                value,
                reason,
                "give a string, a whole number, true or false, or a list of them",
            )
            for value, reason in (
                (1.5, "a decimal number is no value of Xen configuration"),
                ([1, [2.5]], "a decimal number is no value of Xen configuration"),
                ({"a": 1}, "is no value of Xen configuration"),
                ([{"a": 1}], "is no value of Xen configuration"),
                (b"x", "is no value of Xen configuration"),
                ("a\0b", "holds a character that Xen's syntax cannot express"),
                ("a\x1b", "holds a character that Xen's syntax cannot express"),
                (["a", "\ud800"], "holds a character that Xen's syntax cannot express"),
            )
        ],
    ],
)
def test_what_is_refused(changes: dict[str, Any], key: str, value: Any, reason: str, remedy: str) -> None:
    read = read_guest(definition(**changes))
    assert (read.name, read.guest) == ("web1", None)
    assert told(read.problems) == [("web1", key, value, reason, remedy)]


def test_a_setting_that_is_null_is_told() -> None:
    read = read_guest(definition(settings={"on_crash": None}))
    assert read.guest is None
    assert [(found.key, found.reason) for found in read.problems] == [
        ("settings.on_crash", "is no value of Xen configuration")
    ]


@pytest.mark.parametrize("item", ["web1", 7, None, ["web1"], True, 1.5])
def test_a_definition_that_is_no_mapping(item: Any) -> None:
    read = read_guest(item, 4)
    label = "number 5 of the list"
    assert (read.name, read.guest) == (label, None)
    assert told(read.problems) == [(label, "guest", item, *PAIRS)]


def test_all_faults_are_told_at_once() -> None:
    read = read_guest(definition("we b", memory="x", boot={"method": "x"}, disks=[{}], colour="red"))
    assert [found.key for found in read.problems] == [
        "name", "memory", "disks[0].target", "disks[0].vdev", "boot.method", "colour"
    ]


def test_a_name_that_is_used_twice_spoils_each_of_its_users_and_nobody_else() -> None:
    read = read_guests([definition("a"), definition("b"), definition("a", memory=1)])
    duplicate = ("a", "name", "a", "is used by more than one guest of this host", "give each guest a name of its own")
    assert [one.guest is not None for one in read] == [False, True, False]
    assert told(read[0].problems) == [duplicate]
    assert told(read[2].problems) == [("a", "memory", 1, outside(8), IN_RANGE), duplicate]


def test_an_absent_guest_needs_only_its_name() -> None:
    read = read_guest({"name": "web1", "state": "absent"})
    assert read.problems == []
    assert read.guest == Guest("web1", memory=0, boot=Boot(""), state="absent")


def test_what_is_left_in_place_of_an_absent_guest_is_not_judged() -> None:
    left = definition(state="absent", type="hvm", memory="x", boot=7, disks="y", settings=1.5, display={}, vcpus=-1)
    assert read_guest(left).problems == []


@pytest.mark.parametrize(
    "changes, key, reason",
    [
        ({"name": "a/b"}, "name", "is not a name of letters, digits and . _ + -, at most 100 of them, the first a letter, a digit or _"),
        ({"name": "Domain-0"}, "name", "is the name of dom0"),
        ({"colour": "red"}, "colour", "is not a key of the definition"),
    ],
)
def test_what_an_absent_guest_is_refused_for(changes: dict[str, Any], key: str, reason: str) -> None:
    read = read_guest({"name": "web1", "state": "absent", **changes})
    assert read.guest is None
    assert [(found.key, found.reason) for found in read.problems] == [(key, reason)]


@pytest.mark.parametrize(
    "settings, found",
    [
        ({"vncpasswd": "abc"}, ["abc"]),
        ({"vncpasswd": 123}, ["123"]),
        ({"spicepasswd": ["a", "b"]}, ["a", "b"]),
        ({"vfb": ["vnc=1,vncpasswd=abc,sdl=0", "type=vnc"]}, ["abc"]),
        ({"vfb": "vncpasswd=abc"}, ["abc"]),
        ({"vncpasswd": "", "on_crash": "destroy"}, []),
        ({}, []),
    ],
)
def test_secrets_of(settings: dict[str, Any], found: list[str]) -> None:
    assert secrets_of(definition(settings=settings)) == found


@pytest.mark.parametrize("item", [None, "web1", {"name": "web1"}, {"settings": "vncpasswd=abc"}, {"settings": ["a"]}])
def test_a_definition_without_settings_has_no_secrets(item: Any) -> None:
    assert secrets_of(item) == []

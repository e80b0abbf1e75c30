# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guest model: what it takes, each of its refusals with guest, key, value, reason and remedy, and all at once."""

from __future__ import annotations

import copy
import json
from types import MappingProxyType
from typing import Any, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import DeviceModel
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.display import NONE, Display
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest, read_guest, read_guests
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    BLANK,
    CHOICE,
    CONTROL,
    DIGITS,
    GONE,
    HALF,
    IN_RANGE,
    PAIRS,
    definition,
    guest,
    hvm,
    hvm_guest,
    refusals,
    told,
)

FIRST = "number 1 of the list"
PVH = {"type": "pvh", "boot": {"method": "pvgrub2"}}

A_NAME = "a name of letters, digits and . _ + -, at most 100 of them, the first a letter, a digit or _"
NOT_A_NAME = f"is not {A_NAME}", f"give {A_NAME}"
TYPES = "use one of hvm, pv, pvh"
STATES = "use one of running, paused, stopped, defined, absent"
BOOLEAN = "write true or false"
KEYS = "the keys are " + ", ".join(
    "autostart boot device_model disks display extra_settings maxmem memory name needs order restart settings start_delay state type vcpus vifs".split()
) + "; other keys of Xen go below settings"
MAXMEM = "raise maxmem or leave it out"

# The example of stubdom/README: an HVM guest with its device model, its screen and its devices in a stub domain.
HVMCONFIG = {
    "name": "hvmconfig",
    "type": "hvm",
    "memory": 512,
    "disks": [
        {"target": "/tmp/install.iso", "vdev": "hdc", "access": "ro", "cdrom": True},
        {"target": "/dev/sda6", "vdev": "hda", "access": "rw", "backend": "phy"},
    ],
    "vifs": [{"ip": "10.0.1.1", "mac": "aa:00:00:12:23:34", "bridge": "xenbr0"}],
    "display": {"type": "vnc", "where": "stubdom", "listen": "172.30.206.1"},
    "device_model": {"scheme": "paired"},
}
# All keys of each type, in order.
FULL_PV = definition(
    "a.b_c+d-1",
    memory="512",
    maxmem="1024",
    vcpus="2",
    boot={"method": "pvgrub", "menu": "(hd0,0)/menu.lst", "arch": "i386", "kernel_arch": "i386", "image": "x", "expect": "login:"},
    disks=[
        {"target": "/srv/a,b c.img", "vdev": "xvda1", "access": "ro", "backend": "file", "format": "qcow2"},
        {"target": "/dev/vg0/db1", "vdev": "sda15", "backend": "phy", "script": "block-drbd", "cdrom": False, "shared": True},
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
            "devid": 5,
            "mtu": "9000",
            "vlan": "10p/20",
            "trusted": False,
        },
    ],
    settings={"on_crash": "preserve", "cpus": ["0-1"], "nomigrate": True, "cpu_weight": 256},
    state="stopped",
    restart="on_change",
    autostart="yes",
)
FULL_HVM = hvm(
    maxmem=512,
    boot={"method": "firmware", "order": "dc", "bios": "ovmf", "expect": ""},
    disks=[{"vdev": "hdc", "cdrom": True}, {"target": "/b", "vdev": "hda", "format": "vhd"}],
    vifs=[{"type": "ioemu", "model": "e1000"}],
    display={**HVMCONFIG["display"], "display": 1, "passwd": "s3cret", "keymap": "de", "viewers": ["172.30.0.0/16"]},  # type: ignore[dict-item]
    device_model={"scheme": "linux", "memory": 128, "kernel": "/k", "ramdisk": "/r", "cmdline": "quiet"},
    settings={"serial": "pty", "usbdevice": ["tablet"]},
    state="defined",
)
FULL_PVH = definition("small1", type="pvh", boot={"method": "pvgrub2", "kernel_arch": "i386"}, disks=[{"target": "/a", "vdev": "xvda"}])


@pytest.mark.parametrize(
    "data, expected",
    [
        (definition(), Guest("web1", memory=256, boot=Boot("direct", kernel="/boot/vmlinuz"), type="pv")),
        (definition(**PVH), Guest("web1", memory=256, boot=Boot("pvgrub2", "pvgrub2-pvh", "pvh"), type="pvh")),
        (hvm(), Guest("win1", memory=256, boot=Boot("firmware", expect=""), type="hvm")),
    ],
)
def test_the_least_that_a_guest_needs(data: dict[str, Any], expected: Guest) -> None:
    assert read_guest(data).guest == expected
    assert (expected.maxmem, expected.vcpus, expected.disks, expected.vifs, expected.settings) == (0, 1, [], [], {})
    assert (expected.display, expected.device_model) == (NONE, DeviceModel())
    assert (expected.state, expected.restart, expected.autostart) == ("running", "never", False)


def test_all_that_a_pv_guest_can_have() -> None:
    assert read_guest(FULL_PV).guest == Guest(
        "a.b_c+d-1",
        memory=512,
        maxmem=1024,
        vcpus=2,
        boot=Boot("pvgrub", "x", "i386", "i386", "(hd0,0)/menu.lst", expect="login:"),
        disks=[
            Disk("/srv/a,b c.img", "xvda1", access="ro", kind="file", format="qcow2"),
            Disk("/dev/vg0/db1", "sda15", kind="phy", script="block-drbd", shared=True),
        ],
        vifs=[
            Vif(),
            Vif(
                ip="10.0.1.1 fe80::1 10.0.0.0/24",
                mac="00:16:3e:0a:0b:0c",
                bridge="xenbr0",
                script="vif-openvswitch",
                vifname="web1.0",
                backend="net-domain",
                gatewaydev="eth0",
                rate="10Mb/s@20ms",
                devid=5,
                mtu=9000,
                vlan="10p/20",
                trusted=False,
            ),
        ],
        settings={"cpu_weight": 256, "cpus": ["0-1"], "nomigrate": True, "on_crash": "preserve"},
        state="stopped",
        restart="on_change",
        autostart=True,
    )


def test_all_that_an_hvm_guest_can_have() -> None:
    assert read_guest(FULL_HVM).guest == Guest(
        "win1",
        memory=256,
        maxmem=512,
        boot=Boot("firmware", order="dc", bios="ovmf", expect=""),
        type="hvm",
        disks=[Disk("", "hdc", "ro", cdrom=True), Disk("/b", "hda", format="vhd")],
        vifs=[Vif(type="ioemu", model="e1000")],
        display=Display("vnc", "stubdom", "172.30.206.1", 1, "s3cret", "de", viewers=("172.30.0.0/16",)),
        device_model=DeviceModel("linux", 128, "/k", "/r", "quiet"),
        settings={"serial": "pty", "usbdevice": ["tablet"]},
        state="defined",
    )


def test_the_example_of_stubdom_readme() -> None:
    assert read_guest(HVMCONFIG).guest == Guest(
        "hvmconfig",
        memory=512,
        boot=Boot("firmware", expect=""),
        type="hvm",
        disks=[Disk("/tmp/install.iso", "hdc", access="ro", cdrom=True), Disk("/dev/sda6", "hda", kind="phy")],
        vifs=[Vif(ip="10.0.1.1", mac="aa:00:00:12:23:34", bridge="xenbr0")],
        display=Display("vnc", "stubdom", "172.30.206.1"),
        device_model=DeviceModel("paired"),
    )


@pytest.mark.parametrize("key", ["memory", "maxmem"])
@pytest.mark.parametrize("value", [8, 2**24, "8", "16777216"])
def test_limits_of_memory(key: str, value: Any) -> None:
    changes = {"memory": 8, "maxmem": 2**24, key: value}
    assert getattr(guest(**changes), key) == int(value)


@pytest.mark.parametrize("kind, most", [("pv", 512), ("pvh", 128), ("hvm", 128)])
def test_limits_of_vcpus(kind: str, most: int) -> None:
    """HVM_MAX_VCPUS of Xen's public/hvm/hvm_info_table.h is 128."""
    data = hvm("web1") if kind == "hvm" else definition(**(PVH if kind == "pvh" else {}))
    for value in (1, most, str(most)):
        assert read_guest({**data, "vcpus": value}).guest is not None
    for value in (0, most + 1):
        assert refusals({**data, "vcpus": value}) == [("web1", "vcpus", value, outside(1, most), IN_RANGE)]


def test_maxmem_may_be_memory() -> None:
    assert guest(memory=256, maxmem=256).maxmem == 256


@pytest.mark.parametrize("state", ["running", "paused", "stopped", "defined"])
@pytest.mark.parametrize("restart", ["never", "on_change"])
def test_states_and_restarts(state: str, restart: str) -> None:
    read = hvm_guest(state=state, restart=restart, autostart=False)
    assert (read.state, read.restart, read.autostart) == (state, restart, False)
    assert read.has_domain is (state in ("running", "paused"))


@pytest.mark.parametrize("order, delay", [(-1000, 0), (1000, 3600), ("7", "30")])
def test_order_and_delay(order: Any, delay: Any) -> None:
    read = guest(order=order, start_delay=delay)
    assert (read.order, read.start_delay) == (int(order), int(delay))


@pytest.mark.parametrize(
    "key",
    ["maxmem", "vcpus", "disks", "vifs", "settings", "state", "restart", "autostart", "order", "start_delay", "display",
     "device_model"],
)
def test_null_is_an_absent_key(key: str) -> None:
    assert guest(**{key: None}) == guest()


@pytest.mark.parametrize("name", ["a", "0a", "_x", "web1", "1.0", "1-2", "Domain-1", "dom0", "x" * 100, "web1.", "win1-dm"])
def test_names_that_are_taken(name: str) -> None:
    assert guest(name).name == name


@pytest.mark.parametrize(
    "name, label, reason, remedy",
    [
        (GONE, FIRST, "is missing", "give name"),
        (None, FIRST, "is missing", "give name"),
        ("", FIRST, "must not be empty", f"give {A_NAME}"),
        ("123", "123", "consists of digits only, which xl takes for a domain id", "add a letter"),
        ("0", "0", "consists of digits only, which xl takes for a domain id", "add a letter"),
        (123, FIRST, "is a number, not a name", f"give {A_NAME}, in quotes"),
        (1.5, FIRST, "is a decimal number, not a name", f"give {A_NAME}, in quotes"),
        (True, FIRST, "is true or false, not a name", f"give {A_NAME}, in quotes"),
        (["web1"], FIRST, "is a list, not a name", f"give {A_NAME}, in quotes"),
        ({"web1": 1}, FIRST, "is a mapping, not a name", f"give {A_NAME}, in quotes"),
        (False, FIRST, "is true or false, not a name", f"give {A_NAME}, in quotes"),
        (float("inf"), FIRST, "is a decimal number, not a name", f"give {A_NAME}, in quotes"),
        (b"web1", FIRST, "is bytes, not a name", f"give {A_NAME}, in quotes"),
        (("web1",), FIRST, "is tuple, not a name", f"give {A_NAME}, in quotes"),
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
        ("we\x85b", FIRST, *NOT_A_NAME),
        ("we\u2028b", FIRST, *NOT_A_NAME),
        ("we\ud800b", FIRST, *HALF),
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
        ({"type": None}, "type", None, "is missing", "give type"),
        ({"type": "PV"}, "type", "PV", CHOICE, TYPES),
        ({"type": "lxc", "memory": "x", "colour": "red"}, "type", "lxc", CHOICE, TYPES),
        ({"type": ["pv"]}, "type", ["pv"], "must be a string, not a list", TYPES),
        ({"state": "pasued"}, "state", "pasued", CHOICE, STATES),
        ({"state": True}, "state", True, "must be a string, not true or false", STATES),
        # What might have been meant as absent needs no type.
        ({"state": "absnet", "type": GONE}, "state", "absnet", CHOICE, STATES),
        ({"memory": GONE}, "memory", None, "is missing", "give memory"),
        ({"memory": 7}, "memory", 7, outside(8), IN_RANGE),
        ({"memory": 0}, "memory", 0, outside(8), IN_RANGE),
        ({"memory": -256}, "memory", -256, outside(8), IN_RANGE),
        ({"memory": 2**24 + 1}, "memory", 2**24 + 1, outside(8), IN_RANGE),
        ({"memory": 256.0}, "memory", 256.0, "must be a whole number, not a decimal number", DIGITS),
        ({"memory": True}, "memory", True, "must be a whole number, not true or false", DIGITS),
        ({"memory": "256M"}, "memory", "256M", "must be a whole number, not a string", DIGITS),
        ({"memory": ""}, "memory", "", "must be a whole number, not a string", DIGITS),
        ({"memory": [256]}, "memory", [256], "must be a whole number, not a list", DIGITS),
        # A wrong memory says nothing of maxmem.
        ({"memory": "x", "maxmem": 8}, "memory", "x", "must be a whole number, not a string", DIGITS),
        ({"maxmem": 255}, "maxmem", 255, "is less than memory, which is 256 MiB", MAXMEM),
        ({"maxmem": "255"}, "maxmem", "255", "is less than memory, which is 256 MiB", MAXMEM),
        ({"maxmem": 7}, "maxmem", 7, outside(8), IN_RANGE),
        ({"maxmem": 2**24 + 1}, "maxmem", 2**24 + 1, outside(8), IN_RANGE),
        ({"maxmem": "lots"}, "maxmem", "lots", "must be a whole number, not a string", DIGITS),
        ({"vcpus": True}, "vcpus", True, "must be a whole number, not true or false", DIGITS),
        ({"vcpus": "two"}, "vcpus", "two", "must be a whole number, not a string", DIGITS),
        ({"restart": "always"}, "restart", "always", CHOICE, "use one of never, on_change"),
        ({"restart": False}, "restart", False, "must be a string, not true or false", "use one of never, on_change"),
        ({"order": -1001}, "order", -1001, outside(-1000, 1000), IN_RANGE),
        ({"order": "first"}, "order", "first", "must be a whole number, not a string", DIGITS),
        ({"start_delay": -1}, "start_delay", -1, outside(0, 3600), IN_RANGE),
        ({"start_delay": 3601}, "start_delay", 3601, outside(0, 3600), IN_RANGE),
        ({"start_delay": "5s"}, "start_delay", "5s", "must be a whole number, not a string", DIGITS),
        ({"autostart": 1}, "autostart", 1, "must be true or false, not a number", BOOLEAN),
        ({"autostart": "sometimes"}, "autostart", "sometimes", "must be true or false, not a string", BOOLEAN),
        ({"memroy": 1}, "memroy", 1, "is not a key of the definition", "did you mean memory"),
        ({"disk": []}, "disk", [], "is not a key of the definition", "did you mean disks"),
        ({"name ": "x"}, "name ", "x", "is not a key of the definition", "did you mean name"),
        ({"passwd": "s3cret"}, "passwd", "********", "is not a key of the definition", KEYS),
        ({None: "x"}, "None", "x", "is not a key of the definition", KEYS),
        ({"": "x"}, "''", "x", "is not a key of the definition", KEYS),
        ({7: "x"}, "7", "x", "is not a key of the definition", KEYS),
        ({("a", "b\n"): "x"}, r"('a', 'b\n')", "x", "is not a key of the definition", KEYS),
        # YAML 1.1 reads the key "on" as true.
        ({True: "x"}, "True", "x", "is not a key of the definition", KEYS),
    ],
)
def test_what_is_refused(changes: dict[Any, Any], key: str, value: Any, reason: str, remedy: str) -> None:
    data = {**definition(), **changes}
    found = [("web1", key, value, reason, remedy)]
    assert refusals({name: one for name, one in data.items() if one is not GONE}) == found


@pytest.mark.parametrize("item", ["web1", 7, None, ["web1"], True, 1.5, float("nan"), b"web1", ("name", "web1"), {"name"}, ""])
def test_a_definition_that_is_not_a_mapping(item: Any) -> None:
    read = read_guest(item, 4)
    label = "number 5 of the list"
    assert (read.name, read.guest) == (label, None)
    # As texts: nan is not nan.
    assert [str(found) for found in told(read.problems)] == [str((label, "guest", item, *PAIRS))]


def test_a_mapping_of_another_class_is_a_definition() -> None:
    """A guest that is neither taken nor refused would be lost without a word."""
    assert read_guest(MappingProxyType(definition())).guest == guest()


def test_twenty_problems_are_reported_at_once() -> None:
    data = {
        "name": "we b",
        "type": "hvm",
        "state": "asleep",
        "memory": "x",
        "maxmem": 1,
        "vcpus": 129,
        "boot": {"method": "firmware", "order": "cc", "bios": "uefi", "menu": "(hd0)/a"},
        "disks": [{}, {"target": "/a", "vdev": "hda"}, {"target": "/b", "vdev": "hda"}],
        "vifs": [{"mac": "01:00:5e:00:00:01", "ip": "web1"}, {"type": "vif", "model": "e1000"}],
        "display": {"type": "vnc", "where": "stubdom", "listen": "xenhost", "display": -1, "passwd": 7, "opengl": True},
        "device_model": {"scheme": "qemu", "memory": 1, "kernel": "k"},
        "settings": {"memory": 1, "On_crash": "x", "cpus": 1.5},
        "restart": "always",
        "autostart": 2,
        "colour": "red",
        7: "x",
    }
    read = read_guest(data)
    assert read.guest is None
    assert [found.key for found in read.problems] == [
        "name", "state", "memory", "maxmem", "disks[0].target", "disks[0].vdev", "disks", "vifs[0].mac", "vifs[0].ip",
        "vifs[1].model", "vcpus", "boot.order", "boot.bios", "boot.menu", "display.display", "display.passwd",
        "display.listen", "display.opengl", "device_model.scheme", "device_model.memory", "device_model.kernel",
        "settings.On_crash", "settings.cpus", "settings.memory", "restart", "autostart", "colour", "7",
    ]
    assert {found.guest for found in read.problems} == {FIRST}
    assert len({found.text() for found in read.problems}) == len(read.problems)


DUPLICATE = "is used by more than one guest of this host", "give each guest a name of its own"


def test_a_name_that_is_used_twice_is_a_problem_of_each_of_its_users_only() -> None:
    read = read_guests([definition("a"), definition("b"), definition("a", memory=1), hvm("a"), {"name": "a", "state": "absent"}])
    duplicate = ("a", "name", "a", *DUPLICATE)
    assert [one.guest is not None for one in read] == [False, True, False, False, False]
    assert [told(one.problems) for one in read] == [
        [duplicate], [], [("a", "memory", 1, outside(8), IN_RANGE), duplicate], [duplicate], [duplicate]
    ]


def test_guests_without_a_usable_name_have_no_name_in_common() -> None:
    read = read_guests([definition("a b"), definition("a b"), 7, 7])
    assert [[found.key for found in one.problems] for one in read] == [["name"], ["name"], ["guest"], ["guest"]]


@pytest.mark.parametrize("items", [[], (), iter([])])
def test_no_guests(items: Any) -> None:
    assert read_guests(items) == []


def of_stub_domain(name: str, owner: str = "win1") -> tuple[str, str, str, str, str]:
    reason = f"is the name that Xen gives to the stub domain of guest {owner}"
    return name, "name", name, reason, "choose another name for one of the two"


@pytest.mark.parametrize("name", ["win1-dm", "stubdom-win1"])
@pytest.mark.parametrize(
    "owner, other",
    [
        (hvm(), {}),
        (hvm(state="stopped"), {"type": "hvm", "boot": GONE}),
        # What would be destroyed is the stub domain.
        (hvm(), {"state": "absent"}),
        # It has one as soon as its own fault is mended.
        (hvm(memory="x"), {}),
        (hvm(state="absnet"), {}),
        (hvm(device_model={"scheme": "dom0"}), {}),
    ],
)
def test_a_guest_cannot_be_called_as_a_stub_domain_of_the_host(name: str, owner: dict[str, Any], other: dict[str, Any]) -> None:
    for items in ([owner, definition(name, **other)], [definition(name, **other), owner]):
        read = {one.name: one for one in read_guests(items)}
        assert read[name].guest is None
        assert told(read[name].problems) == [of_stub_domain(name)]
        assert read["win1"].problems == read_guest(owner).problems


@pytest.mark.parametrize(
    "owner",
    [definition("win1"), definition("win1", **PVH), hvm(state="absent"), {"name": "win1", "state": "absent"}, hvm("Win1"), hvm("win")],
)
@pytest.mark.parametrize("name", ["win1-dm", "stubdom-win1"])
def test_names_that_no_stub_domain_has(owner: dict[str, Any], name: str) -> None:
    assert [one.problems for one in read_guests([owner, definition(name)])] == [[], []]


def test_stub_domains_of_guests_that_are_called_as_stub_domains() -> None:
    read = read_guests([hvm("a"), hvm("a-dm"), hvm("stubdom-a-dm"), definition("a-dm-dm"), definition("b")])
    assert [told(one.problems) for one in read] == [
        [], [of_stub_domain("a-dm", "a")], [of_stub_domain("stubdom-a-dm", "a-dm")], [of_stub_domain("a-dm-dm", "a-dm")], []
    ]


def test_a_name_that_is_a_stub_domain_s_and_used_twice_has_both_problems() -> None:
    read = read_guests([hvm("a"), definition("a-dm"), definition("a-dm")])
    assert [told(one.problems) for one in read[1:]] == [[("a-dm", "name", "a-dm", *DUPLICATE), of_stub_domain("a-dm", "a")]] * 2


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
        ({"name": "a/b"}, "name", f"is not {A_NAME}"),
        ({"name": "Domain-0"}, "name", "is the name of dom0"),
        ({"colour": "red"}, "colour", "is not a key of the definition"),
    ],
)
def test_what_an_absent_guest_is_refused_for(changes: dict[str, Any], key: str, reason: str) -> None:
    read = read_guest({"name": "web1", "state": "absent", **changes})
    assert read.guest is None
    assert [(found.key, found.reason) for found in read.problems] == [(key, reason)]


@pytest.mark.parametrize("kind", ["hvm", "pv", "pvh"])
def test_an_absent_guest_keeps_its_type(kind: str) -> None:
    read = read_guest({"name": "web1", "state": "absent", "type": kind}).guest
    assert read == Guest("web1", memory=0, boot=Boot(""), type=kind, state="absent")


def test_an_absent_guest_of_no_known_type_is_refused() -> None:
    assert refusals({"name": "web1", "state": "absent", "type": "lxc"}) == [("web1", "type", "lxc", CHOICE, TYPES)]


# --- whatever it is, nothing is raised, and no guest is lost

DEEP: Any = []
for _level in range(20_000):
    DEEP = [DEEP]
HOSTILE: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**64, 10**400, 10**5000, 0.0, 1.5, float("nan"), float("inf"), "", " ", "a", "0", "-1",
    "true", "a\nb", "a\0b", "\ud800", "\u2028", "x" * 10_000, "%", "fe80::1%,script=x", b"", b"a", (), ("a",), {1, 2}, [], [[]],
    [None], [0], ["a"], [{}], {}, {"a": 1}, {None: None}, {7: 7}, {(): ()}, {"type": 7}, {"method": []}, {"target": {}}, DEEP,
    object(), Guest, range(3), MappingProxyType({"type": "vnc"}), 1j, "((((", "[", "*", "9" * 5000,
]
VALID = [FULL_PV, FULL_HVM, FULL_PVH, HVMCONFIG, {"name": "old1", "state": "absent"}]


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a definition, its own first."""
    yield path
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of the definition with another value at the path."""
    if not path:
        return value
    changed = copy.copy(data)
    changed[path[0]] = replaced(data[path[0]], path[1:], value)
    return changed


def check(items: list[Any]) -> None:
    """Each definition is a guest, or has a problem that says whose it is, what is wrong, and what to do."""
    read = read_guests(items)
    assert len(read) == len(items)
    for one, item in zip(read, items):
        assert (one.guest is None) == bool(one.problems)
        for found in one.problems:
            assert found.guest == one.name and found.reason and found.remedy and found.key
            text = found.text()
            assert text.startswith(f"guest {one.name}: ") and "\n" not in text and "s3cret" not in text
            assert found.as_dict()["text"] == text
        if one.guest:
            assert one.guest.name == one.name == item["name"]


ALL_PLACES = [(number, path) for number, data in enumerate(VALID) for path in places(data)]


@pytest.mark.parametrize("number, path", ALL_PLACES)
def test_no_value_in_any_place_raises(number: int, path: tuple[Any, ...]) -> None:
    for value in HOSTILE:
        check([replaced(VALID[number], path, value)])
    if path and isinstance(path[-1], str):
        for key in (None, 7, 1.5, (), b"", "", "\n", "\ud800", 10**5000):
            holder = VALID[number]
            for step in path[:-1]:
                holder = holder[step]
            check([replaced(VALID[number], path[:-1], {**holder, key: "x"})])


def test_the_list_of_hostile_values_is_whole() -> None:
    assert all(read_guest(data).problems == [] for data in VALID)
    assert len(ALL_PLACES) > 100


words = st.sampled_from(
    "name type memory maxmem vcpus boot disks vifs display device_model settings state restart autostart order start_delay needs paused "
    "method menu tftp dhcp arch "
    "kernel_arch image kernel ramdisk cmdline order bios expect target vdev access backend format script cdrom shared ip mac bridge "
    "model vifname gatewaydev rate devid mtu vlan trusted where listen passwd keymap opengl viewers scheme hvm pv pvh absent running "
    "pvgrub pvgrub2 direct firmware vnc sdl none stubdom dom0 linux web1 win1 win1-dm stubdom-win1 /a xvda hda 10.0.0.1 ::1".split()
)
leaves = st.one_of(words, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.text("0123456789.:/%-, \n", max_size=12))
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(words, st.text(max_size=3)), inner, max_size=6)),
    max_leaves=25,
)


@given(st.lists(anything, max_size=4))
def test_any_data_is_a_guest_or_has_problems(items: list[Any]) -> None:
    check(items)
    # As it comes to a module, by way of JSON.
    try:
        again = json.loads(json.dumps(items))
    except UnicodeEncodeError:
        return
    assert [one.name for one in read_guests(again)] == [one.name for one in read_guests(items)]


@given(st.sampled_from(ALL_PLACES), st.sampled_from(ALL_PLACES), anything, anything)
@example(ALL_PLACES[0], ALL_PLACES[0], {"name": "web1", "type": "pv"}, None)
def test_any_two_changes_of_a_definition_leave_a_guest_or_problems(
    first: tuple[int, tuple[Any, ...]], second: tuple[int, tuple[Any, ...]], value: Any, other: Any
) -> None:
    data = list(VALID)
    data[first[0]] = replaced(data[first[0]], first[1], value)
    if second[0] != first[0]:
        data[second[0]] = replaced(data[second[0]], second[1], other)
    check(data)


@given(st.one_of(st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}\Z"), st.text(max_size=12)), anything)
def test_the_label_is_the_name_when_the_name_is_fine(name: str, rest: Any) -> None:
    data = {**(rest if isinstance(rest, dict) else {"memory": rest}), "name": name}
    read = read_guest(data, 6)
    wrong = [found for found in read.problems if found.key == "name" and found.guest != name]
    assert read.name == ("number 7 of the list" if wrong else name)
    assert wrong or all(found.guest == name for found in read.problems)

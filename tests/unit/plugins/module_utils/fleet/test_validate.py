# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import LINES, message, read_fleet
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.memory import needed_mib
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import parse_release
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    DIRECT,
    GONE,
    ROOT,
    definition,
    guest,
    hvm,
    hvm_guest,
)

OWN = "give each guest its own"
MAC = "00:16:3e:00:00:01"


def told(hosts: Any, declared: Any = None) -> list[tuple[str, str, str, Any, str, str]]:
    return [
        (found.host, found.guest, found.key, found.value, found.reason, found.remedy)
        for found in read_fleet(hosts, declared).problems
    ]


def keys(hosts: Any, declared: Any = None) -> list[tuple[str, str, str]]:
    return [row[:3] for row in told(hosts, declared)]


def test_a_fleet_in_order() -> None:
    fleet = read_fleet({"xen2": [definition("b")], "xen1": [definition("a"), definition("c", state="absent")], "xen3": []})
    assert [(host, guest.name) for host, guest in fleet.guests] == [("xen1", "a"), ("xen1", "c"), ("xen2", "b")]
    assert (fleet.problems, fleet.pvgrub2_archs()) == ([], [])


@pytest.mark.parametrize("value", [None, "web1", {"name": "web1"}, 7])
def test_what_is_not_a_list(value: Any) -> None:
    assert told({"xen1": value}) == [("xen1", "", "stubdom_guests", value, "must be a list", "write one item, beginning with '-', for each guest")]


def test_a_name_that_is_used_on_two_hosts() -> None:
    hosts = {"xen1": [definition("a")], "xen2": [definition("a"), definition("b")], "xen3": [definition("a")]}
    assert told(hosts) == [
        ("xen1", "a", "name", "a", "is used also by a on xen2, a on xen3", OWN),
        ("xen2", "a", "name", "a", "is used also by a on xen1, a on xen3", OWN),
        ("xen3", "a", "name", "a", "is used also by a on xen1, a on xen2", OWN),
    ]


def test_a_guest_that_moves_is_absent_on_its_old_host() -> None:
    assert told({"xen1": [{"name": "a", "state": "absent"}], "xen2": [definition("a")]}) == []


def test_a_mac_that_is_used_twice_however_it_is_written() -> None:
    hosts = {
        "xen1": [definition("a", vifs=[{}, {"mac": MAC.upper()}])],
        "xen2": [definition("b", vifs=[{"mac": MAC}])],
    }
    assert told(hosts) == [
        ("xen1", "a", "vifs[1].mac", MAC, "is used also by b on xen2", OWN),
        ("xen2", "b", "vifs[0].mac", MAC, "is used also by a on xen1", OWN),
    ]


def test_a_mac_that_is_used_twice_by_one_guest() -> None:
    hosts = {"xen1": [definition("a", vifs=[{"mac": MAC}, {"mac": MAC}])]}
    assert [row[:3] for row in told(hosts)] == [("xen1", "a", "vifs[0].mac"), ("xen1", "a", "vifs[1].mac")]


def test_everything_is_reported_at_once_with_its_host() -> None:
    hosts = {
        "xen1": [definition("a", memory=1), definition("b", memory=1)],
        "xen2": "x",
        "xen3": [definition("c"), definition("c")],
    }
    assert [row[:3] for row in told(hosts)] == [
        ("xen1", "a", "memory"), ("xen1", "b", "memory"), ("xen2", "", "stubdom_guests"), ("xen3", "c", "name"),
        ("xen3", "c", "name"),
    ]


@pytest.mark.parametrize(
    "definitions, archs",
    [
        ([definition("a", boot={"method": "pvgrub2"})], ["x86_64"]),
        ([definition("a", boot={"method": "pvgrub2", "arch": "i386"}), definition("b", boot=DIRECT)], ["i386"]),
        ([definition(name, boot={"method": "pvgrub2", "arch": arch}) for name, arch in
          (("a", "x86_64"), ("b", "i386"), ("c", "i386"))], ["i386", "x86_64"]),
        ([definition("a", boot={"method": "pvgrub2", "image": "own"})], []),
        ([definition("a", boot={"method": "pvgrub2"}, state="absent")], []),
        ([definition("a", boot={"method": "pvgrub2"}, state="stopped")], ["x86_64"]),
        ([definition("a", boot={"method": "pvgrub2"}, memory=1)], []),
    ],
)
def test_pvgrub2_archs(definitions: list[Any], archs: list[str]) -> None:
    assert read_fleet({"xen1": definitions}).pvgrub2_archs() == archs


HVM = {"type": "hvm", "boot": {"method": "firmware"}, "display": {"type": "none"}}


@pytest.mark.parametrize(
    "change, declared, suites",
    [
        ({}, {}, ["bookworm"]),
        ({}, {"release": "4.17"}, ["bookworm"]),
        ({}, {"release": "4.20"}, ["trixie"]),
        ({}, {"release": "4.13", "scheme": "minios"}, []),
        ({}, {"release": "4.13"}, []),
        ({}, {"release": "4.18"}, []),
        ({}, {"release": "4.4", "toolstack": "xm"}, []),
        ({}, {"scheme": "dom0"}, []),
        ({"device_model": {"scheme": "linux"}}, {"scheme": "dom0"}, ["bookworm"]),
        ({"device_model": {"scheme": "dom0"}}, {}, []),
        ({"device_model": {"scheme": "linux", "kernel": "/k"}}, {}, ["bookworm"]),
        ({"device_model": {"scheme": "linux", "kernel": "/k", "ramdisk": "/r"}}, {}, []),
        ({"state": "absent"}, {}, []),
        ({"state": "stopped"}, {}, ["bookworm"]),
        ({"type": "pv", "boot": DIRECT, "display": None}, {}, []),
    ],
)
def test_linux_suites(change: Any, declared: Any, suites: list[str]) -> None:
    guest = {key: value for key, value in definition("a", **{**HVM, **change}).items() if value is not None}
    assert read_fleet({"xen1": [guest]}, {"xen1": declared}).linux_suites() == suites


def test_linux_suites_of_a_fleet() -> None:
    hosts = {host: [definition(f"{host}-a", **HVM)] for host in ("xen1", "xen2", "xen3")}
    assert read_fleet(hosts, {"xen1": {"release": "4.20"}, "xen2": {"release": "4.17"}}).linux_suites() == [
        "bookworm", "trixie",
    ]


# Names, also of definitions that are wrong


def test_a_name_of_two_definitions_with_other_problems() -> None:
    hosts = {"xen1": [definition("a", memory=1)], "xen2": [definition("a", typo=1)], "xen3": [definition("a")]}
    rows = [row for row in keys(hosts) if row[2] == "name"]
    assert rows == [(host, "a", "name") for host in ("xen1", "xen2", "xen3")]


def test_a_name_twice_on_one_host_and_once_on_another() -> None:
    rows = told({"xen1": [definition("a"), definition("a")], "xen2": [definition("a")]})
    assert [(row[0], row[4]) for row in rows] == [
        ("xen1", "is used by more than one guest of this host"),
        ("xen1", "is used by more than one guest of this host"),
        ("xen1", "is used also by a on xen2"),
        ("xen2", "is used also by a on xen1"),
    ]


def test_an_absent_definition_with_a_problem_does_not_occupy_its_name() -> None:
    hosts = {"xen1": [{"name": "a", "state": "absent", "typo": 1}], "xen2": [definition("a")]}
    assert keys(hosts) == [("xen1", "a", "typo")]


@pytest.mark.parametrize("state", ["stopped", "defined"])
def test_a_guest_that_does_not_run_holds_its_name(state: str) -> None:
    assert len(told({"xen1": [definition("a", state=state)], "xen2": [definition("a")]})) == 2


def test_guests_without_a_name_have_none_in_common() -> None:
    hosts = {"xen1": [definition(GONE), 7], "xen2": [definition("a b"), definition(5)]}
    assert all("also" not in row[4] for row in told(hosts))


def test_hosts_are_read_in_the_order_of_their_names() -> None:
    hosts = {name: [definition("a", memory=1)] for name in ("b", "c", "a")}
    assert [row[0] for row in told(hosts)] == ["a", "b", "c", "a", "b", "c"]
    assert read_fleet(hosts) == read_fleet(dict(sorted(hosts.items())))


# What a host declares


def test_a_wrong_declaration_is_reported_with_its_host() -> None:
    declared = {"xen1": {"release": 4.2}, "xen9": "x"}
    assert keys({"xen1": []}, declared) == [("xen1", "", "stubdom_host.release"), ("xen9", "", "stubdom_host")]


@pytest.mark.parametrize(
    "release, toolstack, item, key",
    [
        ("4.21", "xl", hvm(device_model={"scheme": "minios"}), "device_model.scheme"),
        ("4.13", "xl", hvm(device_model={"scheme": "linux"}), "device_model.scheme"),
        ("4.4", "xl", hvm(device_model={"scheme": "generated"}), "device_model.scheme"),
        ("4.20", "xl", hvm(display={"type": "vnc"}, device_model={"scheme": "linux"}), "display.type"),
        ("4.9", "xl", definition(type="pvh"), "type"),
        ("4.1", "xm", definition(vifs=[{"mtu": 1500}]), "vifs[0].mtu"),
        ("4.17", "xl", definition(settings={"on_crahs": "destroy"}), "settings.on_crahs"),
    ],
)
def test_a_guest_that_the_declared_host_cannot_run(release: str, toolstack: str, item: dict[str, Any], key: str) -> None:
    declared = {"xen1": {"release": release, "toolstack": toolstack}}
    assert keys({"xen1": [item]}, declared) == [("xen1", item["name"], key)]
    assert keys({"xen1": [item]}) == []
    assert keys({"xen1": [item]}, {"xen2": declared["xen1"]}) == []
    assert keys({"xen1": [{**item, "state": "absent"}]}, declared) == []
    assert keys({"xen1": [{**item, "state": "defined"}]}, declared) == [("xen1", item["name"], key)]


def test_the_hosts_scheme_holds_for_guests_that_leave_theirs() -> None:
    items = [hvm("a"), hvm("b", device_model={"scheme": "dom0"})]
    declared = {"xen1": {"release": "4.20", "scheme": "minios"}}
    hosts = {"xen1": [{**item, "boot": {"method": "firmware", "bios": "ovmf"}} for item in items]}
    assert keys(hosts, declared) == [("xen1", "a", "boot.bios")]


def test_a_host_that_cannot_be_is_reported_once_and_not_for_each_guest() -> None:
    hosts = {"xen1": [hvm(f"g{number}") for number in range(50)]}
    assert keys(hosts, {"xen1": {"release": "4.1"}}) == [("xen1", "", "stubdom_host.toolstack")]
    assert keys(hosts, {"xen1": {"release": "4.21", "scheme": "minios"}}) == [("xen1", "", "stubdom_host.scheme")]


def test_notes() -> None:
    item = hvm("a", settings={"serial": "pty"})
    fleet = read_fleet({"xen1": [item]}, {"xen1": {"release": "3.3", "toolstack": "xm"}})
    assert fleet.notes == [
        "host xen1: guest a: serial is left out of its file: its stub domain cannot reach a serial port of dom0"
    ]
    assert read_fleet({"xen1": [item]}).notes == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "guests").glob("*.yml")), ids=str)
def test_the_examples(path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    fleet = read_fleet({"xen1": said["stubdom_guests"]}, {"xen1": said["stubdom_host"]})
    assert [found.text() for found in fleet.problems] == []
    assert len(fleet.guests) == len(said["stubdom_guests"])


# Memory


def host(memory: int, dom0: int = 0, **more: Any) -> dict[str, Any]:
    return {"xen1": {"memory": memory, "dom0_memory": dom0, **more}}


def test_memory_fits_to_the_last_mib() -> None:
    items = [definition("a"), definition("b", vcpus=4)]
    need = needed_mib(guest("a")) + needed_mib(guest("b", vcpus=4)) + 1024
    assert told({"xen1": items}, host(need, 1024)) == []
    assert told({"xen1": items}, host(need - 1, 1024)) == [
        ("xen1", "", "stubdom_host.memory", need - 1,
         f"is 1 MiB less than the {need} MiB that are needed (2 running guests {need - 1024} MiB, dom0 1024 MiB)",
         "move guests to another host, or lower their memory"),
    ]


@pytest.mark.parametrize("state", ["stopped", "defined", "absent"])
def test_guests_that_do_not_run_take_none(state: str) -> None:
    assert told({"xen1": [definition("a", memory=10_000, state=state)]}, host(128)) == []


def test_a_host_that_declares_no_memory_has_enough() -> None:
    assert told({"xen1": [definition("a", memory=2**24)]}, {"xen1": {"dom0_memory": 4096}}) == []


@pytest.mark.parametrize(
    "release, item, stub",
    [
        # 160 MiB of Linux, no graphics card; its own; with a card.
        ("4.20", hvm(device_model={"scheme": "linux"}), 160),
        ("4.20", hvm(device_model={"scheme": "linux", "memory": 192}), 192),
        ("4.20", hvm(device_model={"scheme": "linux"}, settings={"vga": "stdvga"}), 160 + 16),
        ("4.20", hvm(device_model={"scheme": "linux"}, settings={"videoram": 32}), 160 + 32),
        # 28 MiB of mini-OS, and a graphics card of 4 MiB.
        ("4.14", hvm(device_model={"scheme": "minios"}), 28 + 4),
        ("4.17", hvm(device_model={"scheme": "dom0"}), 0),
    ],
)
def test_stub_domains_and_video_memory_are_counted(release: str, item: dict[str, Any], stub: int) -> None:
    own = needed_mib(hvm_guest(), release=parse_release(release))
    ((_host, _guest, key, _value, reason, _remedy),) = told({"xen1": [item]}, host(128, release=release))
    parts = [f"1 running guest {own} MiB"] + ([f"stub domains {stub} MiB"] if stub else [])
    assert key == "stubdom_host.memory"
    assert reason == f"is {own + stub - 128} MiB less than the {own + stub} MiB that are needed ({', '.join(parts)})"


def test_stub_domains_that_cannot_be_counted_are_a_note() -> None:
    words = "host xen1: the memory of stub domains is not counted, as stubdom_host declares no usable release"
    assert read_fleet({"xen1": [hvm("a"), hvm("b")]}, host(8192)).notes == [words]
    assert read_fleet({"xen1": [hvm("a", state="stopped"), definition("b")]}, host(8192)).notes == []
    assert read_fleet({"xen1": [hvm("a")]}, host(8192, release="4.20")).notes == []


# Passwords


@pytest.mark.parametrize(
    "changes",
    [
        {"display": {"type": "vnc", "passwd": ["hunter2"]}},
        {"display": {"type": "vnc", "passwd": "hunter2\n"}},
        {"display": {"type": "vnc", "password": "hunter2"}},
        {"display": {"type": "vnc", "PASSWD": "hunter2"}},
        {"display": [{"passwd": "hunter2"}]},
        {"disply": {"type": "vnc", "passwd": "hunter2"}},
        {"vncpasswd": "hunter2"},
        {"settings": {"vncpasswd": {"a": "hunter2"}}},
        {"settings": {"vnc": {"vncpasswd": "hunter2"}}},
        {"settings": {"vncpasswd=hunter2": 1}},
        {"settings": ["vncpasswd=hunter2"]},
        {"settings": "vncpasswd: hunter2"},
        {"settings": {"vfb": {"a": "vnc=1,vncpasswd=hunter2"}}},
        # The sentence quotes these, and cuts what is long: neither may make of a password what is not found again.
        {"display": {"type": "vnc", "passwd": "it's \"hunter2\" ", "listen": "x"}},
        {"disply": {"a": "x" * 62, "passwd": "hunter2" * 9}},
        # The same word elsewhere in the definition.
        {"display": {"type": "vnc", "passwd": "hunter2"}, "memory": "hunter2"},
        {"display": {"type": "vnc", "passwd": "hunter2"}, "vifs": [{"ip": "hunter2"}]},
    ],
)
def test_no_password_is_shown(changes: dict[str, Any]) -> None:
    found = read_fleet({"xen1": [hvm("a", **changes)]}).problems
    assert found
    assert "hunter" not in json.dumps([problem.as_dict() for problem in found]) + message(found)


def test_no_password_of_what_a_declared_host_refuses() -> None:
    items = [definition("a", settings={"vncpaswd": "hunter2"}), definition("b", settings={"vfb": "vncpasswd=hunter2"})]
    found = read_fleet({"xen1": items, "xen2": {"passwd": "hunter2"}}, {"xen1": {"release": "4.17", "passwd": "hunter2"}})
    assert [problem.key for problem in found.problems] == [
        "stubdom_host.passwd", "settings.vncpaswd", "settings.vfb", "stubdom_guests",
    ]
    assert "hunter2" not in message(found.problems)


def test_a_number_as_a_password() -> None:
    (found,) = read_fleet({"xen1": [hvm("a", disply={"passwd": 12345, "other": 12345, "none": None, "on": True})]}).problems
    assert found.value == {"passwd": "********", "other": "********", "none": None, "on": True}


def test_what_is_not_a_password_is_shown() -> None:
    items = [hvm("a", memory="1G", display={"type": "vnc", "passwd": ""}, settings={"vncpasswd": True, "x": None})]
    assert {row[2]: row[3] for row in told({"xen1": items})}["memory"] == "1G"


# Messages


def lines(*problems: tuple[str, str]) -> list[str]:
    return message([Problem("is wrong", "mend it", host=host, key=key) for host, key in problems]).splitlines()


def test_few_problems_are_a_line_each() -> None:
    assert len(lines(*[("x", f"vifs[{number}].mac") for number in range(LINES)])) == LINES
    assert message([]) == ""


def test_many_problems_are_counted() -> None:
    found = lines(*[("x", f"vifs[{number}].mac") for number in range(3000)], ("y", "name"), ("y", ""))
    assert found[0] == "3002 problems on 2 hosts: 3000 of vifs.mac, 1 of name, 1 of others."
    assert found[1:2] == ["host x: vifs[0].mac: is wrong. Remedy: mend it."]
    assert found[LINES + 1 : -1] == ["host y: name: is wrong. Remedy: mend it.", "host y: is wrong. Remedy: mend it."]
    assert found[-1] == "... and 2980 more of vifs.mac, in the result's list of problems."


def test_a_host_whose_list_was_copied_to_another() -> None:
    """The operator reads what it is, not four hundred lines."""
    items = [definition(f"g{number}", vifs=[{"mac": f"00:16:3e:00:00:{number:02x}"}]) for number in range(100)]
    said = message(read_fleet({"xen1": items, "xen2": items}).problems).splitlines()
    assert said[0] == "400 problems on 2 hosts: 200 of name, 200 of vifs.mac."
    assert len(said) == 1 + 2 * LINES + 2


def test_ten_thousand_guests_with_everything_in_common_are_a_few_problems() -> None:
    def one(number: int) -> dict[str, Any]:
        vif = {"mac": MAC, "ip": "172.30.0.1"}
        screen = {"type": "vnc", "where": "stubdom", "listen": "172.30.0.1"}
        return hvm(f"g{number}", disks=[{"target": "/a", "vdev": "hda", "shared": True}], vifs=[vif], display=screen)

    hosts = {f"xen{number}": [one(100 * number + index) for index in range(100)] for number in range(100)}
    assert keys(hosts) == [
        ("xen0", "g0", "vifs[0].mac"), ("xen0", "g0", "display.listen"), ("xen0", "g0", "disks[0].target"),
    ]


# Whatever is given


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["hvm", "pv", "absent", "running", "vnc", "stubdom", "172.30.0.1", MAC, "/a", "²"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    "name type memory boot disks vifs display device_model settings state target vdev mac ip listen where vfb".split()
)
ITEM = st.builds(
    lambda base, changes: {**base, **changes},
    st.sampled_from([definition("a"), hvm("a"), {}, {"name": "a", "state": "absent"}]),
    st.dictionaries(KEYS, HOSTILE, max_size=4),
)
DECLARED = HOSTILE | st.fixed_dictionaries(
    {"release": st.sampled_from(["3.3", "4.1", "4.4", "4.17", "4.21", "9.9", 4.2])},
    optional={"toolstack": st.sampled_from(["xl", "xm"]), "scheme": st.sampled_from(["auto", "linux", "paired", "minios"]),
              "memory": st.just(200), "dom0_memory": HOSTILE},
)


@given(
    st.dictionaries(st.sampled_from("xyz"), st.lists(ITEM | HOSTILE, max_size=4) | HOSTILE, max_size=3),
    st.dictionaries(st.sampled_from("xyz"), DECLARED, max_size=3),
)
def test_nothing_raises_and_every_problem_is_whole(hosts: Any, declared: Any) -> None:
    fleet = read_fleet(hosts, declared)
    for found in fleet.problems:
        assert found.host in {*hosts, *declared}
        assert found.key and found.reason and found.remedy
        assert found.guest or found.key.startswith(("stubdom_guests", "stubdom_host"))
    assert message(fleet.problems).count("\n") + 1 >= min(1, len(fleet.problems))
    assert read_fleet(dict(reversed(list(hosts.items()))), declared).problems == fleet.problems or "nan" in repr(hosts)
    told_once = [repr(found) for found in fleet.problems if "used also" in found.reason and found.key != "settings.vfb"]
    assert len(told_once) == len(set(told_once))


def test_what_libxl_refuses_at_every_start_is_refused_before_any_host_is_touched() -> None:
    item = hvm("app1", maxmem=1024, settings={"pci": ["03:00.0"]}, device_model={"scheme": "linux"})
    (problem,) = read_fleet({"xen1": [item]}, {"xen1": {"release": "4.17", "toolstack": "xl"}}).problems
    assert problem.text() == (
        "host xen1: guest app1: maxmem = 1024: is more than memory, and a guest with passed-through devices must have all "
        "of its memory at its start (Xen 4.14 on, libxl_create.c, libxl__domain_config_setdefault). Remedy: give maxmem "
        "the value of memory, or leave it out."
    )


def test_a_guest_with_another_problem_shares_what_could_be_read() -> None:
    mac, target = {"mac": MAC}, {"target": "/srv/a.img", "vdev": "xvda"}
    hosts = {
        "x": [definition("a", memory="much", vifs=[mac], disks=[target])],
        "y": [definition("b", vifs=[mac], order="first", disks=[{"target": "a.img", "vdev": "xvda"}])],
    }
    assert keys(hosts) == [
        ("x", "a", "memory"),
        ("y", "b", "disks[0].target"),
        ("y", "b", "order"),
        ("x", "a", "vifs[0].mac"),
        ("y", "b", "vifs[0].mac"),
    ]


def test_what_is_wrong_itself_meets_nothing() -> None:
    hosts = {"x": [definition(name, vifs=[{"mac": "no mac", "vifname": "no name"}]) for name in ("a", "b")]}
    assert {row[1:3] for row in keys(hosts)} == {
        (name, f"vifs[0].{key}") for name in ("a", "b") for key in ("mac", "vifname")
    }
    assert len(keys(hosts)) == 4


def test_two_guests_of_one_name_are_told_of_their_name_only() -> None:
    hosts = {"x": [definition("a", vifs=[{"mac": MAC}]), definition("a", vifs=[{"mac": MAC}])]}
    assert {row[2] for row in keys(hosts)} == {"name"}

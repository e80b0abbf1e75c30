# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.collision_report import CROWD
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.collisions import find
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest

MAC = "00:16:3e:00:00:01"
SAME = "/srv/a.img"


def met(*guests: tuple[str, Guest]) -> list[tuple[str, str, str, str]]:
    """Host, guest and key of each problem, and whom it meets."""
    return [
        (found.host, found.guest, found.key, found.reason.replace("is used also by ", "")) for found in find(list(guests))
    ]


def disk(name: str, target: str = SAME, **changes: Any) -> Guest:
    state = changes.pop("state", "running")
    return guest(name, state=state, disks=[{"target": target, "vdev": "xvda", **changes}])


def stub_vnc(name: str, listen: str = "172.30.0.1", **changes: Any) -> Guest:
    return hvm_guest(name, display={"type": "vnc", "where": "stubdom", "listen": listen}, **changes)


def vnc(name: str, number: Any = 1, listen: str = "", **changes: Any) -> Guest:
    screen = {"type": "vnc", "display": number, **({"listen": listen} if listen else {})}
    return hvm_guest(name, display=screen, **changes)


def vfb(name: str, *buffers: str, **changes: Any) -> Guest:
    return guest(name, settings={"vfb": list(buffers)}, **changes)


def both(first: str, second: str, key: str, host: str = "x") -> list[tuple[str, str, str, str]]:
    """Two guests of one host that meet."""
    return [(host, first, key, f"{second} on {host}"), (host, second, key, f"{first} on {host}")]


# MAC addresses


def test_macs() -> None:
    one, two = guest("a", vifs=[{}, {"mac": "00:16:3E:00:00:AB"}]), guest("b", vifs=[{"mac": "00:16:3e:00:00:ab"}])
    assert met(("x", one), ("y", two)) == [("x", "a", "vifs[1].mac", "b on y"), ("y", "b", "vifs[0].mac", "a on x")]


def test_a_mac_twice_in_one_guest() -> None:
    assert met(("x", guest("a", vifs=[{"mac": MAC}, {"mac": MAC}]))) == [
        ("x", "a", "vifs[0].mac", "its own vifs[1].mac"),
        ("x", "a", "vifs[1].mac", "its own vifs[0].mac"),
    ]


def test_a_guest_that_has_it_twice_is_named_once() -> None:
    rows = met(("x", guest("a", vifs=[{"mac": MAC}, {"mac": MAC}])), ("x", guest("b", vifs=[{"mac": MAC}])))
    assert rows[2] == ("x", "b", "vifs[0].mac", "a on x")


@pytest.mark.parametrize("state, count", [("running", 2), ("stopped", 2), ("defined", 2), ("absent", 0)])
def test_which_states_count_for_addresses(state: str, count: int) -> None:
    vifs = [{"mac": MAC, "ip": "172.30.0.1"}]
    assert len(met(("x", guest("a", vifs=[{"mac": MAC}])), ("y", guest("b", vifs=vifs, state=state)))) == count
    assert len(met(("x", stub_vnc("c")), ("y", guest("b", vifs=vifs, state=state)))) == count
    assert len(met(("x", stub_vnc("c", state=state)), ("y", stub_vnc("d")))) == count


# Disks


@pytest.mark.parametrize(
    "one, two, where, meets",
    [
        ({}, {}, "x", True),
        ({}, {}, "y", False),
        ({"access": "ro"}, {"access": "ro"}, "x", False),
        ({"access": "ro"}, {}, "x", True),
        ({}, {"access": "ro"}, "x", True),
        ({"shared": True}, {"shared": True}, "y", True),
        ({"shared": True, "access": "ro"}, {"shared": True, "access": "ro"}, "y", False),
        ({"shared": True, "access": "ro"}, {"shared": True}, "y", True),
        ({"shared": True}, {}, "x", True),
        ({}, {"shared": True}, "x", True),
        ({"shared": True, "access": "ro"}, {}, "x", True),
        ({"shared": True}, {"access": "ro"}, "x", True),
        ({"shared": True, "access": "ro"}, {"access": "ro"}, "x", False),
        # Nobody on y says that it is the shared one.
        ({"shared": True}, {}, "y", False),
        ({}, {"target": "/srv//a.img"}, "x", True),
        ({}, {"target": "//srv/a.img"}, "x", True),
        ({}, {"target": "///srv/a.img"}, "x", True),
        ({}, {"target": "/srv/x/../a.img"}, "x", True),
        ({}, {"target": "/srv/./a.img"}, "x", True),
        ({}, {"target": "/../srv/a.img"}, "x", True),
        ({}, {"target": "/srv/A.img"}, "x", False),
        ({}, {"state": "stopped"}, "x", False),
        ({}, {"state": "defined"}, "x", False),
        ({}, {"state": "absent"}, "x", False),
        # What a script makes of its target is its own affair.
        ({"script": "block-iscsi", "target": "iqn:a"}, {"script": "block-iscsi", "target": "iqn:a"}, "x", True),
        ({"script": "block-iscsi", "target": "iqn:a"}, {"script": "block-drbd", "target": "iqn:a"}, "x", False),
        ({"script": "block-iscsi", "target": "a//b"}, {"script": "block-iscsi", "target": "a/b"}, "x", False),
        ({"script": "block-iscsi"}, {}, "x", False),
    ],
)
def test_disks(one: dict[str, Any], two: dict[str, Any], where: str, meets: bool) -> None:
    rows = met(("x", disk("a", **one)), (where, disk("b", **two)))
    key = "disks[0].target"
    assert rows == ([("x", "a", key, f"b on {where}"), (where, "b", key, "a on x")] if meets else [])


def test_a_target_that_is_shared_for_one_guest_of_a_host_is_so_for_all_of_them() -> None:
    guests = [("x", disk("a")), ("x", disk("b", shared=True)), ("y", disk("c", shared=True)), ("z", disk("d"))]
    key = "disks[0].target"
    assert met(*guests) == [
        ("x", "a", key, "b on x, c on y"), ("x", "b", key, "a on x, c on y"), ("y", "c", key, "a on x, b on x"),
    ]


def test_a_disk_twice_in_one_guest() -> None:
    disks = [{"target": SAME, "vdev": "xvda"}, {"target": "/srv//a.img", "vdev": "xvdb", "access": "ro"}]
    found = find([("x", guest("a", disks=disks))])
    assert [(row.key, row.value, row.reason) for row in found] == [
        ("disks[0].target", SAME, "is used also by its own disks[1].target"),
        ("disks[1].target", "/srv//a.img", "is used also by its own disks[0].target"),
    ]


def test_empty_drives_do_not_meet() -> None:
    drive = [{"vdev": "hdc", "cdrom": True}]
    assert met(("x", hvm_guest("a", disks=drive)), ("x", hvm_guest("b", disks=drive))) == []


# VNC servers of stub domains


def test_the_same_address_of_two_servers_anywhere() -> None:
    assert met(("x", stub_vnc("a")), ("y", stub_vnc("b"))) == [
        ("x", "a", "display.listen", "b on y"), ("y", "b", "display.listen", "a on x"),
    ]


@pytest.mark.parametrize("address", ["172.30.0.1", "172.30.0.1/16", "10.0.0.1 172.30.0.1", "172.30.0.1 172.30.0.1/8"])
def test_the_address_of_a_server_and_of_a_vif(address: str) -> None:
    assert met(("x", stub_vnc("a")), ("y", guest("b", vifs=[{}, {"ip": address}]))) == [
        ("x", "a", "display.listen", "b on y"), ("y", "b", "vifs[1].ip", "a on x"),
    ]


def test_the_address_of_a_server_and_of_its_own_guest() -> None:
    rows = met(("x", stub_vnc("a", vifs=[{"ip": "172.30.0.1"}])))
    assert [row[2:] for row in rows] == [
        ("display.listen", "its own vifs[0].ip"), ("vifs[0].ip", "its own display.listen"),
    ]


def test_addresses_of_vifs_are_not_checked_without_a_server() -> None:
    vifs = [{"ip": "172.30.0.9"}]
    assert met(("x", stub_vnc("c")), ("x", guest("a", vifs=vifs)), ("y", guest("b", vifs=vifs))) == []


def test_the_order_does_not_depend_on_hashes() -> None:
    addresses = [f"172.30.0.{number}" for number in range(1, 9)]
    guests = [("x", guest("b", vifs=[{"ip": " ".join(addresses)}]))]
    guests += [("y", stub_vnc(f"s{number}", address)) for number, address in enumerate(addresses)]
    assert [row[3] for row in met(*guests) if row[1] == "b"] == [f"s{number} on y" for number in range(8)]


# VNC servers of dom0


@pytest.mark.parametrize(
    "one, two, meets",
    [
        ("", "", True),
        ("", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("0.0.0.0", "", True),
        ("10.0.0.1", "0.0.0.0", True),
    ],
)
def test_ports(one: str, two: str, meets: bool) -> None:
    guests = [("x", vnc("a", 1, one)), ("x", vnc("b", 1, two))]
    assert sorted(met(*guests)) == (both("a", "b", "display.display") if meets else [])
    assert met(guests[0], ("y", guests[1][1])) == []
    assert met(guests[0], ("x", vnc("b", 2, two))) == []
    assert met(guests[0], ("x", vnc("b", 1, two, state="stopped"))) == []


def test_a_server_on_all_addresses_does_not_make_the_others_meet() -> None:
    guests = [("x", vnc("a", 1, "10.0.0.1")), ("x", vnc("b", 1, "10.0.0.2")), ("x", vnc("c", 1, "0.0.0.0"))]
    assert sorted(met(*guests)) == [
        ("x", "a", "display.display", "c on x"),
        ("x", "b", "display.display", "c on x"),
        ("x", "c", "display.display", "a on x, b on x"),
    ]


def test_servers_with_the_first_free_number_do_not_meet() -> None:
    screen = {"type": "vnc"}
    assert met(("x", hvm_guest("a", display=screen)), ("x", hvm_guest("b", display=screen))) == []


@pytest.mark.parametrize(
    "buffer, meets",
    [
        ("vnc=1,vncdisplay=1,vncunused=0", True),
        ("vncdisplay=1,vncunused=0", True),
        ("type=vnc, vncdisplay=1,vncunused=0", True),
        ("vncdisplay=01,vncunused=0", True),
        ("vnc=1,vnclisten=localhost,vncdisplay=1,vncunused=0", True),
        ("vnc=1,vnclisten=127.0.0.1:1,vncunused=0", True),
        ("vnc=1,vnclisten=0.0.0.0:1,vncdisplay=5,vncunused=0", True),
        ("vnc=1,vnclisten=*,vncdisplay=1,vncunused=0", True),
        ("vnc=1,vncunused=0,vncdisplay=1", True),
        ("vnc=1,vncunused=1,vncdisplay=1", False),
        # Without vncunused, libxl has it take the first free number from this on.
        ("vnc=1,vncdisplay=1", False),
        ("vnc=0,vncdisplay=1,vncunused=0", False),
        ("type=sdl,vncdisplay=1,vncunused=0", False),
        ("vnc=1,vnclisten=10.0.0.1,vncdisplay=1,vncunused=0", False),
        ("vnc=1,vnclisten=myhost,vncdisplay=1,vncunused=0", False),
        ("vnc=1,vncdisplay=2,vncunused=0", False),
        ("vnc=1,vncunused=0", False),
        ("vnc=1,vncdisplay=,vncunused=0", False),
        ("vnc=1,vncdisplay=x,vncunused=0", False),
        # These are digits to str.isdigit, and no number to int.
        ("vnc=1,vncdisplay=²,vncunused=0", False),
        (f"vnc=1,vncdisplay={'1' * 5000},vncunused=0", False),
        ("", False),
    ],
)
def test_frame_buffers(buffer: str, meets: bool) -> None:
    rows = [("x", "a", "display.display", "b on x"), ("x", "b", "settings.vfb", "a on x")]
    assert sorted(met(("x", vnc("a")), ("x", vfb("b", buffer)))) == (rows if meets else [])


def test_no_password_of_a_frame_buffer_is_shown() -> None:
    guests = [("x", vfb(name, "vncdisplay=1,vncunused=0,vncpasswd=hunter2")) for name in "ab"]
    assert [found.value for found in find(guests)] == [1, 1]


def test_two_frame_buffers_of_one_guest() -> None:
    rows = met(("x", vfb("a", "vncdisplay=1,vncunused=0", "vncunused=0,vncdisplay=1")))
    assert rows == [("x", "a", "settings.vfb", "its own settings.vfb")] * 2


def test_a_frame_buffer_that_is_not_a_list() -> None:
    one = guest("a", settings={"vfb": "vncdisplay=1,vncunused=0"})
    assert met(("x", one), ("x", vfb("b", "vncdisplay=1,vncunused=0"))) == []


# Crowds


def test_a_crowd_is_reported_once() -> None:
    guests = [(f"x{number % 3}", guest(f"g{number}", vifs=[{"mac": MAC}])) for number in range(3000)]
    (found,) = find(guests)
    assert (found.host, found.guest, found.key, found.value) == ("x0", "g0", "vifs[0].mac", MAC)
    assert found.reason == (
        "is used 3000 times, by 3000 guests on 3 hosts: g0 on x0, g1 on x1, g2 on x2, g3 on x0, g4 on x1 and 2995 more"
    )
    assert found.remedy == "give each guest its own; check for a copied line, or a variable that all of them have"


def test_just_no_crowd() -> None:
    guests = [("x", guest(f"g{number}", vifs=[{"mac": MAC}])) for number in range(CROWD)]
    assert len(find(guests)) == CROWD
    assert len(find([*guests, ("x", guest("more", vifs=[{"mac": MAC}]))])) == 1


def test_a_crowd_of_one() -> None:
    (found,) = find([("x", guest("a", vifs=[{"mac": MAC}] * 11))])
    assert found.reason == "is used 11 times, by 1 guest on 1 host: a on x"


def test_a_crowd_of_servers() -> None:
    """One sentence, and not one for each address."""
    few = [("x", vnc(f"g{number}", 1, f"10.0.0.{number}")) for number in range(1, CROWD + 1)]
    assert find(few) == []
    (found,) = find([*few, ("x", vnc("all", 1, "0.0.0.0"))])
    assert (found.guest, found.reason[:40]) == ("all", "is used 11 times, by 11 guests on 1 host")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.collision_report import CROWD
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.collisions import find
from ansible_collections.xenfleet.stubdom.tests.unit.fleets import meet, met, pair, with_setting


@pytest.mark.parametrize(
    "key, one, other, meets",
    [
        ("pci", ["03:00.0"], ["0000:03:00.0"], True),
        ("pci", ["03:00.0"], ["0000:3:0.0"], True),
        ("pci", ["0A:00.0"], ["a:0.0"], True),
        ("pci", ["03:00.0@5"], ["03:00.0,permissive=1"], True),
        ("pci", ["03:00.0,msitranslate=1,rdm_policy=strict"], ["bdf=03:00.0,vslot=6"], True),
        ("pci", ["03:00.*"], ["03:00.5"], True),
        ("pci", ["03:00.*"], ["0000:03:00.*@7"], True),
        ("pci", ["name=nic1"], ["name=nic1,seize=1"], True),
        ("pci", ["03:00.0-3"], ["03:00.2"], True),
        ("pci", ["00,03,00.0"], ["0000:00:03.0"], False),
        ("pci", ["04:00.0", "03:00.0"], ["05:00.0", "03:00.0"], True),
        ("pci", ["03:00.0"], ["03:00.1"], False),
        ("pci", ["03:00.0"], ["0001:03:00.0"], False),
        ("pci", ["03:00.0"], ["03:01.0"], False),
        ("pci", ["03:00.0"], ["30:00.0"], False),
        ("pci", ["03:00.*"], ["03:01.0"], False),
        ("pci", ["name=nic1"], ["name=nic2"], False),
        ("pci", ["name=nic1"], ["03:00.0"], False),
        ("pci", ["nonsense"], ["nonsense"], False),
        ("usbdev", ["type=hostdev,hostbus=1,hostaddr=3"], ["hostaddr=0x3, hostbus=01,controller=1"], True),
        ("usbdev", ["hostbus=1,hostaddr=3"], ["hostbus=1,hostaddr=4"], False),
        ("usbdev", ["hostbus=1,hostaddr=3"], ["hostbus=2,hostaddr=3"], False),
        ("usbdevice", "host:1.3", ["tablet", "host:001.003"], True),
        ("usbdevice", "host:0430:100e", "host:430:100E", True),
        ("usbdevice", "host:0430:100e", "host:0430:100f", False),
        ("usbdevice", "tablet", "tablet", False),
        ("usbdevice", ["tablet", "mouse"], ["tablet"], False),
        ("vusb", ["usbver=2, numports=8, port_1=1-8"], ["usbver=2, port_4=1-8"], True),
        ("vusb", ["usbver=2, numports=8, port_1=1-8"], ["usbver=2, port_1=1-7"], False),
        ("vscsi", ["/dev/sdx, 0:0:0:0"], ["/dev/sdx,0:0:0:1,disks"], True),
        ("vscsi", ["/dev/sdx, 0:0:0:0"], ["/dev/sdy, 0:0:0:0"], False),
        ("dtdev", ["/soc/mmc@1"], ["/soc/uart@1", "/soc/mmc@1"], True),
        ("dtdev", ["/soc/mmc@1"], ["/soc/mmc@2"], False),
        ("ioports", ["3f8-3ff"], ["3fa"], True),
        ("ioports", ["3f8-3ff"], ["0x3ff-0x400"], True),
        ("ioports", ["3f8-3ff"], ["400-407"], False),
        ("ioports", ["nonsense"], ["nonsense"], False),
        ("iomem", ["fe000,2"], ["fe001,1@0"], True),
        ("iomem", ["fe000,2@0"], ["fe002,1@0"], False),
        ("irqs", [4], ["4"], True),
        ("irqs", [4], [5], False),
        ("irq", [4], [4], True),
    ],
)
def test_devices(key: str, one: Any, other: Any, meets: bool) -> None:
    assert all(meet(key, *users) == meets for users in ((one, other), (other, one)))
    assert pair(key, one, other, host="y") == pair(key, one, other, state="stopped") == []


def test_a_device_twice_in_one_guest() -> None:
    found = find([("x", with_setting("a", "pci", ["03:00.0", "0000:03:00.0,permissive=1"]))])
    assert [(row.value, row.reason) for row in found] == [
        ("03:00.0", "is used also by its own settings.pci (0000:03:00.0,permissive=1)"),
        ("0000:03:00.0,permissive=1", "is used also by its own settings.pci (03:00.0)"),
    ]


def test_both_keys_of_a_usb_device() -> None:
    one, other = with_setting("a", "usbdev", ["hostbus=1,hostaddr=3"]), with_setting("b", "usbdevice", "host:1.3")
    assert [row[1:3] for row in met(("x", one), ("x", other))] == [("a", "settings.usbdev"), ("b", "settings.usbdevice")]


def test_all_functions_meet_each_one_and_these_do_not_meet() -> None:
    guests = [("x", with_setting(name, "pci", [f"03:00.{function}"])) for name, function in zip("abc", "*01")]
    assert [row[1::2] for row in met(*guests)] == [
        ("a", "b on x (03:00.0), c on x (03:00.1)"),
        ("b", "a on x (03:00.*)"),
        ("c", "a on x (03:00.*)"),
    ]


@pytest.mark.parametrize("key, value", [("pci", "03:00.*"), ("ioports", "3f8"), ("usbdev", "hostbus=1,hostaddr=2")])
def test_a_crowd_is_told_once(key: str, value: str) -> None:
    guests = [("x", with_setting(f"g{number}", key, [value])) for number in range(CROWD + 1)]
    (found,) = find(guests)
    assert (found.guest, found.key) == ("g0", f"settings.{key}")
    assert found.reason.startswith(f"is used {CROWD + 1} times, by {CROWD + 1} guests on 1 host: g0 on x")


def test_who_meets_nobody_is_not_in_the_crowd() -> None:
    guests = [("x", with_setting(f"g{number}", "pci", ["03:00.0"])) for number in range(CROWD)]
    guests += [("x", with_setting("other", "pci", ["03:00.7"]))]
    assert "other" not in {row[1] for row in met(*guests)} and len(met(*guests)) == CROWD


def test_a_chain_of_ranges() -> None:
    guests = [("x", with_setting(name, "ioports", [ports])) for name, ports in zip("abc", ("10-20", "18-30", "2f-40"))]
    assert [row[1::2] for row in met(*guests)] == [
        ("a", "b on x (18-30)"),
        ("b", "a on x (10-20), c on x (2f-40)"),
        ("c", "b on x (18-30)"),
    ]


ranges = st.tuples(st.integers(0, 60), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(ranges, max_size=CROWD))
def test_ranges_meet_where_they_overlap(found: list[tuple[int, int]]) -> None:
    guests = [("x", with_setting(f"g{number}", "ioports", [f"{one:x}-{end:x}"])) for number, (one, end) in enumerate(found)]
    expected = {
        f"g{number}"
        for number, (one, end) in enumerate(found)
        if any(other != number and one <= last and first <= end for other, (first, last) in enumerate(found))
    }
    assert {row[1] for row in met(*guests)} == expected

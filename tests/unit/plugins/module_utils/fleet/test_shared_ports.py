# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.collisions import find
from ansible_collections.xenfleet.stubdom.tests.unit.fleets import met, pair, with_setting
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest

SPICE = {"spice": 1, "spicedisable_ticketing": 1}


def both(*rows: tuple[str, str]) -> list[tuple[str, str, str, str]]:
    """What is told of guests a and b of host x: key and other."""
    return [("x", name, *row) for name, row in zip("ab", rows)]


def spice(name: str, **keys: object) -> tuple[str, object]:
    return ("x", hvm_guest(name, settings={**SPICE, **keys}))


@pytest.mark.parametrize(
    "one, other, meets",
    [
        ({"spiceport": 6000}, {"spiceport": 6000}, True),
        ({"spiceport": 6000}, {"spicetls_port": 6000}, True),
        ({"spicetls_port": 6000}, {"spicetls_port": 6000}, True),
        ({"spiceport": "0x1770"}, {"spiceport": "6000"}, True),
        ({"spiceport": 6000}, {"spiceport": 6001}, False),
        # Without an address, Spice listens on all of them.
        ({"spiceport": 6000}, {"spiceport": 6000, "spicehost": "127.0.0.1"}, True),
        ({"spiceport": 6000, "spicehost": "127.0.0.1"}, {"spiceport": 6000, "spicehost": "localhost"}, True),
        ({"spiceport": 6000, "spicehost": "127.0.0.1"}, {"spiceport": 6000, "spicehost": "10.0.0.1"}, False),
        ({"spiceport": 6000, "spicehost": "10.0.0.1"}, {"spiceport": 6000, "spicehost": "0.0.0.0"}, True),
        ({"spiceport": 6000, "spicehost": "fe80::1"}, {"spiceport": 6000, "spicehost": "FE80:0::1"}, True),
        ({"spiceport": 6000}, {"spiceport": 6000, "spice": 0}, False),
        ({"spiceport": 0}, {"spiceport": 0}, False),
    ],
)
def test_spice(one: dict[str, object], other: dict[str, object], meets: bool) -> None:
    assert bool(met(spice("a", **one), spice("b", **other))) == meets


def test_both_ports_of_one_guest() -> None:
    rows = met(spice("a", spiceport=6000, spicetls_port=6000))
    assert [row[2:] for row in rows] == [
        ("settings.spiceport", "its own settings.spicetls_port"),
        ("settings.spicetls_port", "its own settings.spiceport"),
    ]


def test_spice_and_vnc() -> None:
    screen = ("x", hvm_guest("a", display={"type": "vnc", "display": 7}))
    assert sorted(met(screen, spice("b", spiceport=5907))) == both(
        ("display.display", "b on x (port 5907)"), ("settings.spiceport", "a on x (display 7)")
    )
    assert met(screen, spice("b", spiceport=5907, spicehost="10.0.0.1")) == met(screen, spice("b", spiceport=7)) == []


@pytest.mark.parametrize("keys, meets", [
    ({"vnc": 1, "vncdisplay": 7, "vncunused": 0}, True),
    ({"vnc": 1, "vncdisplay": "7", "vncunused": "0"}, True),
    ({"vnc": 1, "vnclisten": "0.0.0.0:7", "vncunused": False}, True),
    ({"vnc": 0, "vncdisplay": 7, "vncunused": 0}, False),
    ({"vncdisplay": 7, "vncunused": 0}, False),
    ({"vnc": 1, "vncdisplay": 7, "vncunused": 1}, False),
    # It takes the first free one from this on.
    ({"vnc": 1, "vncdisplay": 7}, False),
    ({"vnc": 1}, False),
])
def test_a_frame_buffer_in_keys_of_its_own(keys: dict[str, object], meets: bool) -> None:
    screen = ("x", hvm_guest("a", display={"type": "vnc", "display": 7}))
    rows = both(("display.display", "b on x"), ("settings.vncdisplay", "a on x"))
    assert sorted(met(screen, ("x", guest("b", settings=keys)))) == (rows if meets else [])


@pytest.mark.parametrize(
    "one, other, meets",
    [
        ("tcp::4444,server", "tcp:0.0.0.0:4444,server,nowait", True),
        ("tcp::4444,server", "tcp:127.0.0.1:4444,server=on,wait=off", True),
        ("tcp:127.0.0.1:4444,server", "telnet:localhost:4444,server", True),
        ("tcp::4444,server", "mon:telnet::4444,server,nowait", True),
        ("tcp:10.0.0.1:4444,server", "tcp:10.0.0.2:4444,server", False),
        ("tcp::4444,server", "tcp::4445,server", False),
        # A client of a server elsewhere has no port that it chooses.
        ("tcp:log:4444", "tcp:log:4444", False),
        ("udp::4444@:4444", "udp::4555@:4444", True),
        ("udp::4444@:4444", "tcp::4444,server", False),
        ("pty", "pty", False),
    ],
)
def test_serial_ports(one: str, other: str, meets: bool) -> None:
    assert bool(pair("serial", one, other)) == bool(pair("serial", [one], other)) == meets


def test_a_monitor_and_a_display() -> None:
    monitor = with_setting("b", "device_model_args", ["-monitor", "tcp:127.0.0.1:5907,server,nowait"])
    screen = ("x", hvm_guest("a", display={"type": "vnc", "display": 7}))
    assert [row[1:] for row in met(screen, ("x", monitor))] == [
        ("a", "display.display", "b on x (port 5907)"),
        ("b", "settings.device_model_args", "a on x (display 7)"),
    ]


def test_a_problem_shows_the_device_but_not_the_arguments_of_qemu() -> None:
    arguments = ["-vnc", "127.0.0.1:7,password-secret=x", "-serial", "tcp::4444,server"]
    one, other = with_setting("a", "serial", "tcp::4444,server"), with_setting("b", "device_model_args", arguments)
    assert [found.value for found in find([("x", one), ("x", other)])] == ["tcp::4444,server", 4444]


def test_no_password_of_a_target_is_shown() -> None:
    disks = [{"target": "nbd:host:1,password=secret", "vdev": "xvda", "backendtype": "qdisk"}]
    found = find([("x", guest(name, disks=disks)) for name in "ab"])
    assert [row.value for row in found] == ["nbd:host:1,password=********"] * 2

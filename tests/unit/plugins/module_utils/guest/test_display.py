# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a screen is to be seen, as in stubdom/README: what is taken, what is refused, and what mini-OS can reach."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.display import (
    NONE,
    Display,
    classful_network,
    unreachable_viewers,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    BLANK,
    CHOICE,
    CONTROL,
    DIGITS,
    GONE,
    HALF,
    IN_RANGE,
    PAIRS,
    QUOTE,
    definition,
    hvm,
    hvm_guest,
    refusals,
)

VNC = {"type": "vnc"}
IN_STUBDOM = {"type": "vnc", "where": "stubdom", "listen": "172.30.206.1"}

NO_KEY = "is not a key of the definition"
A_KEYMAP = "a keyboard layout of QEMU such as en-us"
NO_NAME = "is not an IP address, and mini-OS cannot resolve a name", "give an address such as 172.30.206.1"
NO_ADDRESS = "is not an IP address", "give an address such as 127.0.0.1"
NOBODYS = "is not an address that a machine can have", "give a unicast address"
IPV6 = ("is an IPv6 address, which Xen cannot distinguish from a display number", "give an IPv4 address")
LOOPBACK = (
    "is a loopback address, which cannot be reached from outside the stub domain",
    "give an address of the guests' network that no other machine has",
)
VIEWERS = "must be a list of strings, none of them empty, with blanks around it, or with control characters"


@pytest.mark.parametrize(
    "display, expected",
    [
        (GONE, NONE),
        (None, NONE),
        ({"type": "none"}, Display("none", "", "", -1, "", "", None, ())),
        ({"type": ["vnc", "sdl"], "opengl": False}, Display("vnc", "dom0", sdl=True, opengl=False)),
        ({"type": ["sdl", "vnc"]}, Display("vnc", "dom0", sdl=True)),
        ({"type": ["sdl"]}, Display("sdl")),
        # Spice has QEMU's keyboard, too.
        ({"type": "none", "keymap": "de"}, Display(keymap="de")),
        ({"type": "vnc", "display": 5, "unused": True}, Display("vnc", "dom0", display=5, unused=True)),
        ({"type": "sdl"}, Display("sdl")),
        ({**VNC, "listen": "localhost"}, Display("vnc", "dom0", "localhost")),
        ({"type": "sdl", "opengl": True, "keymap": "de"}, Display("sdl", opengl=True, keymap="de")),
        ({"type": "sdl", "opengl": "no"}, Display("sdl", opengl=False)),
        (VNC, Display("vnc", "dom0")),
        ({**VNC, "where": "dom0", "display": 0}, Display("vnc", "dom0", display=0)),
        ({**VNC, "display": "59635"}, Display("vnc", "dom0", display=59635)),
        ({**VNC, "passwd": "s3cret, \"x'"}, Display("vnc", "dom0", passwd="s3cret, \"x'")),
        ({**VNC, "passwd": "0123"}, Display("vnc", "dom0", passwd="0123")),
        *[({**VNC, "keymap": name}, Display("vnc", "dom0", keymap=name)) for name in ("no", "en-us", "bepo", "pt-br")],
        (IN_STUBDOM, Display("vnc", "stubdom", "172.30.206.1")),
        (
            {**IN_STUBDOM, "display": 3, "passwd": "x", "keymap": "fr", "viewers": ["172.30.0.0/16", "10.0.0.1"]},
            Display("vnc", "stubdom", "172.30.206.1", 3, "x", "fr", viewers=("172.30.0.0/16", "10.0.0.1")),
        ),
        ({**IN_STUBDOM, "viewers": "172.30.7.9/16"}, Display("vnc", "stubdom", "172.30.206.1", viewers=("172.30.7.9/16",))),
        ({**IN_STUBDOM, "viewers": []}, Display("vnc", "stubdom", "172.30.206.1")),
    ],
)
def test_what_a_display_takes(display: Any, expected: Display) -> None:
    assert hvm_guest(display=display).display == expected


@pytest.mark.parametrize(
    "display, expected", [(NONE, False), (Display("sdl"), False), (Display("vnc", "dom0"), False), (Display("vnc", "stubdom"), True)]
)
def test_in_stubdom(display: Display, expected: bool) -> None:
    assert display.in_stubdom is expected


@pytest.mark.parametrize("listen", ["::", "::1", "fe80::1"])
def test_a_server_of_dom0_has_no_address_of_ipv6(listen: str) -> None:
    assert refusals(hvm(display={**VNC, "listen": listen})) == [("win1", "display.listen", listen, *IPV6)]


@pytest.mark.parametrize(
    "listen",
    ["127.0.0.1", "127.255.255.255", "0.0.0.0", "10.0.0.1", "192.168.1.255", "224.0.0.1", "255.255.255.255"],
)
def test_a_server_of_dom0_may_listen_on_any_address(listen: str) -> None:
    assert hvm_guest(display={**VNC, "listen": listen}).display.listen == listen


@pytest.mark.parametrize(
    "listen",
    [
        # Class A, B and C; the first and the last machine of each, and the limits between the classes.
        "1.0.0.1", "10.0.0.1", "10.0.0.255", "10.255.255.254", "126.255.255.254", "128.0.0.1", "172.30.206.1", "172.30.1.0",
        "172.30.1.255", "191.255.255.254", "192.0.0.1", "192.168.7.1", "192.168.7.254", "223.255.255.254", "169.254.1.1",
    ],
)
def test_what_a_server_in_a_stub_domain_may_listen_on(listen: str) -> None:
    assert hvm_guest(display={**IN_STUBDOM, "listen": listen}).display.listen == listen


@pytest.mark.parametrize(
    "listen, reason, remedy",
    [
        ("xenhost", *NO_NAME),
        ("localhost", *NO_NAME),
        ("172.30.206.1:1", *NO_NAME),
        ("172.30.206.1/16", *NO_NAME),
        ("172.30.206", *NO_NAME),
        ("172.30.206.01", *NO_NAME),
        ("*", *NO_NAME),
        (2887700993, *NO_NAME),
        ("127.0.0.1", *LOOPBACK),
        ("127.0.0.0", *LOOPBACK),
        ("127.255.255.255", *LOOPBACK),
        *[(listen, *IPV6) for listen in ("::1", "::", "2001:db8::1", "::ffff:172.30.206.1")],
        *[
            (listen, *NOBODYS)
            for listen in (
                "0.0.0.0", "0.0.0.1", "0.255.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.1", "255.255.255.254", "255.255.255.255",
                # The network itself and its broadcast, as the address's class says.
                "10.0.0.0", "10.255.255.255", "126.255.255.255", "128.0.0.0", "172.30.0.0", "172.30.255.255", "192.168.7.0",
                "192.168.7.255", "223.255.255.255",
            )
        ],
        ("", "must not be empty", "give a value"),
        (GONE, "is missing", "give listen"),
        (None, "is missing", "give listen"),
        ("172.30.206.1\n", *CONTROL),
        (["172.30.206.1"], "must be a string, not a list", "give one string"),
    ],
)
def test_what_a_server_in_a_stub_domain_may_not_listen_on(listen: Any, reason: str, remedy: str) -> None:
    display = {**IN_STUBDOM, "listen": listen}
    shown = None if listen is GONE else listen
    data = hvm(display={key: value for key, value in display.items() if value is not GONE})
    assert refusals(data) == [("win1", "display.listen", shown, reason, remedy)]


@pytest.mark.parametrize("listen", ["xenhost", "127.0.0.1", "224.0.0.1"])
def test_the_rules_of_mini_os_name_their_source(listen: str) -> None:
    assert [found.release for found in read_guest(hvm(display={**IN_STUBDOM, "listen": listen})).problems] == ["stubdom/README"]


@pytest.mark.parametrize(
    "display, key, value, reason, remedy",
    [
        ("vnc", "", "vnc", *PAIRS),
        (["vnc"], "", ["vnc"], *PAIRS),
        (False, "", False, *PAIRS),
        # Without a type nobody can say which keys go with it.
        ({}, ".type", None, "is missing", "give type"),
        ({"listen": "xenhost"}, ".type", None, "is missing", "give type"),
        ({"type": "spice", "port": 1}, ".type", "spice", CHOICE, "use one of none, sdl, vnc"),
        ({"type": True}, ".type", True, "must be a string, not true or false", "use one of none, sdl, vnc"),
        # dom0
        *[({**VNC, "listen": listen}, ".listen", listen, *NO_ADDRESS) for listen in (
            "myhost", "0.0.0.0:1", "10.0.0.0/8", "::1%lo", "*",
            # Python 3.9 on takes this for an address with a zone, and xm for another key of the frame buffer.
            "fe80::1%,vncpasswd=",
        )],
        ({**VNC, "where": "stub", "viewers": ["10.0.0.0/8"]}, ".where", "stub", CHOICE, "use one of dom0, stubdom"),
        ({**VNC, "where": 0}, ".where", 0, CHOICE, "use one of dom0, stubdom"),
        ({**VNC, "display": -1}, ".display", -1, "is outside 0 to 59635", IN_RANGE),
        ({**VNC, "display": 59636}, ".display", 59636, "is outside 0 to 59635", IN_RANGE),
        ({**VNC, "display": ":1"}, ".display", ":1", "must be a whole number, not a string", DIGITS),
        ({**VNC, "display": True}, ".display", True, "must be a whole number, not true or false", DIGITS),
        *[
            ({"type": kind, "keymap": keymap}, ".keymap", keymap, f"is not {A_KEYMAP}", f"give {A_KEYMAP}")
            for kind in ("vnc", "sdl")
            for keymap in ("a", "DE", "deutsch", "../x", "de-CH", "de,vnc=1")
        ],
        # Norwegian, which YAML 1.1 takes for false.
        ({**VNC, "keymap": False}, ".keymap", False, "must be a string, not true or false", QUOTE),
        ({"type": "sdl", "opengl": 1}, ".opengl", 1, "must be true or false, not a number", "write true or false"),
        # keys of another display
        *[
            ({"type": "none", key: "x"}, f".{key}", "x", f"goes with {what}, not with type: none", f"remove {key}")
            for key, what in {
                "where": "type: vnc",
                "listen": "type: vnc",
                "display": "type: vnc",
                "opengl": "type: sdl",
                "viewers": "type: vnc and where: stubdom",
            }.items()
        ],
        ({"type": "sdl", "display": 1}, ".display", 1, "goes with type: vnc, not with type: sdl", "remove display"),
        ({**VNC, "opengl": True}, ".opengl", True, "goes with type: sdl, not with where: dom0", "remove opengl"),
        (
            {**VNC, "viewers": ["10.0.0.0/8"]},
            ".viewers",
            ["10.0.0.0/8"],
            "goes with type: vnc and where: stubdom, not with where: dom0",
            "remove viewers",
        ),
        ({**VNC, "lisen": "::1"}, ".lisen", "::1", NO_KEY, "did you mean listen"),
        # viewers
        *[
            (
                {**IN_STUBDOM, "viewers": ["10.0.0.0/8", viewer]},
                ".viewers",
                ["10.0.0.0/8", viewer],
                f"{viewer} is not an IPv4 address or network",
                "give one such as 192.168.7.0/24",
            )
            for viewer in ("desk1", "10.0.0.0/33", "2001:db8::/32", "10.0.0.256", "010.0.0.0/8", "10.0.0.1 10.0.0.2")
        ],
        *[
            ({**IN_STUBDOM, "viewers": viewers}, ".viewers", viewers, VIEWERS, "write one '-' a string, in quotes")
            for viewers in ("", [7], [""], {"a": 1}, [["10.0.0.0/8"]], 7)
        ],
    ],
)
def test_what_is_refused(display: Any, key: str, value: Any, reason: str, remedy: str) -> None:
    assert refusals(hvm(display=display)) == [("win1", f"display{key}", value, reason, remedy)]


@pytest.mark.parametrize(
    "display, key, reason, remedy",
    [
        ({"type": "sdl", "passwd": "s3cret"}, ".passwd", "goes with type: vnc, not with type: sdl", "remove passwd"),
        ({"type": "none", "passwd": "s3cret"}, ".passwd", "goes with type: vnc, not with type: none", "remove passwd"),
        ({**VNC, "passwd": "s3cret\n"}, ".passwd", *CONTROL),
        ({**VNC, "passwd": " s3cret"}, ".passwd", *BLANK),
        ({**VNC, "passwd": "s3cret\ud800"}, ".passwd", *HALF),
        ({**VNC, "passwd": ["s3cret"]}, ".passwd", "must be a string, not a list", "give one string"),
        ({**VNC, "passwd": {"a": "s3cret"}}, ".passwd", "must be a string, not a mapping", "give one string"),
        ({**VNC, "passwd": 83}, ".passwd", "must be a string: YAML reads 0123 as the number 83", QUOTE),
        ({**VNC, "passwd": True}, ".passwd", "must be a string, not true or false", QUOTE),
        ({**VNC, "passwd": 1.5}, ".passwd", "must be a string, not a decimal number", QUOTE),
        ({**VNC, "passwd": ""}, ".passwd", "must not be empty: anyone could connect", "give a password, or remove passwd"),
        ({**VNC, "password": "s3cret"}, ".password", NO_KEY, "did you mean passwd"),
        ({**VNC, "pasword": "s3cret"}, ".pasword", NO_KEY, "did you mean passwd"),
    ],
)
def test_no_problem_shows_a_password(display: dict[str, Any], key: str, reason: str, remedy: str) -> None:
    assert refusals(hvm(display=display)) == [("win1", f"display{key}", "********", reason, remedy)]


@pytest.mark.parametrize(
    "display, seen",
    [
        ([{"type": "vnc", "passwd": "s3cret"}], [{"type": "vnc", "passwd": "********"}]),
        ("type=vnc,passwd=s3cret", "type=vnc,passwd=********"),
        ("type: vnc, passwd: s3cret", "type: vnc, passwd: ********"),
    ],
)
def test_no_password_is_shown_of_a_display_that_is_not_a_mapping(display: Any, seen: Any) -> None:
    assert refusals(hvm(display=display)) == [("win1", "display", seen, *PAIRS)]


@pytest.mark.parametrize("kind", ["pv", "pvh"])
@pytest.mark.parametrize(
    "display, seen",
    [
        ({}, {}),
        ({"type": "vnc", "passwd": "s3cret"}, {"type": "vnc", "passwd": "********"}),
        ({"type": "x"}, {"type": "x"}),
        ("vnc", "vnc"),
    ],
)
def test_other_guests_have_no_display(kind: str, display: Any, seen: Any) -> None:
    found = ("web1", "display", seen, f"a {kind.upper()} guest has no device model", "remove display")
    assert refusals(definition(type=kind, display=display)) == [found]


@pytest.mark.parametrize(
    "address, network",
    [
        ("1.2.3.4", "1.0.0.0/8"),
        ("127.255.255.255", "127.0.0.0/8"),
        ("128.0.0.0", "128.0.0.0/16"),
        ("172.30.206.1", "172.30.0.0/16"),
        ("191.255.255.255", "191.255.0.0/16"),
        ("192.0.0.0", "192.0.0.0/24"),
        ("192.168.7.9", "192.168.7.0/24"),
        ("223.255.255.255", "223.255.255.0/24"),
    ],
)
def test_classful_network(address: str, network: str) -> None:
    assert classful_network(address) == IPv4Network(network)


@given(st.integers(1 << 24, (224 << 24) - 1).map(IPv4Address))
def test_an_address_is_in_the_network_of_its_class(address: IPv4Address) -> None:
    network = classful_network(str(address))
    assert address in network
    # What a class is.
    leading = next(bits for bits in ("0", "10", "110") if f"{int(address):032b}".startswith(bits))
    assert network.prefixlen == {"0": 8, "10": 16, "110": 24}[leading]


@pytest.mark.parametrize(
    "listen, viewers, out",
    [
        ("172.30.206.1", [], []),
        ("172.30.206.1", ["172.30.0.0/16", "172.30.255.255", "172.30.1.0/24"], []),
        ("172.30.206.1", ["172.31.0.0/16", "172.30.0.0/15", "10.0.0.1", "0.0.0.0/0"], ["172.31.0.0/16", "172.30.0.0/15", "10.0.0.1", "0.0.0.0/0"]),
        ("192.168.7.1", ["192.168.7.0/24", "192.168.8.0/24", "192.168.7.99/25"], ["192.168.8.0/24"]),
        ("10.0.0.1", ["10.200.0.0/16", "11.0.0.1"], ["11.0.0.1"]),
    ],
)
def test_unreachable_viewers(listen: str, viewers: list[str], out: list[str]) -> None:
    display = hvm_guest(display={**IN_STUBDOM, "listen": listen, "viewers": viewers}).display
    assert unreachable_viewers(display) == out

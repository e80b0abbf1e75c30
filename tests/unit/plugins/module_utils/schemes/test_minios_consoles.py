# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serial ports, parallel ports and monitors of a guest whose QEMU runs in a mini-OS stub domain, by release and toolstack."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, written

XL = [f"4.{minor}" for minor in (2, 4, 5, 13, 14, 17, 20)]
XM = ["3.4", "4.0", "4.1", "4.2", "4.3", "4.4"]

# Every kind of character device that qemu-xen-traditional opens and a stub domain has not.
FOREIGN = [
    "file:/var/log/xen/x.log",
    "file:/var/lib/xen/x",
    "file:/srv/x",
    "stdio",
    "tcp::4444,server",
    "telnet::4444,server",
    "udp::4444",
    "unix:/run/x",
    "pipe:/run/x",
    "/dev/ttyS0",
    "/dev/parport0",
    "mon:pty",
    "mon:stdio",
    "braille",
]
OWN = ["null", "none", "vc", "vc:80Cx24C"]


def refused(where: Facts, **settings: Any) -> list[tuple[str, str]]:
    """The keys that are refused, each with its remedy."""
    made = hvm_guest(display={"type": "vnc"}, settings=settings)
    scheme = "minios" if where.toolstack == "xl" else "auto"
    return [(problem.key, problem.remedy) for problem in render_guest(made, where, scheme).problems]


@pytest.mark.parametrize("serial", FOREIGN)
@pytest.mark.parametrize("release", XL)
def test_what_the_stub_domain_cannot_open_is_refused_with_xl(release: str, serial: str) -> None:
    assert refused(facts(release), serial=serial) == [
        ("settings.serial", "use pty, which xl console shows, or vc or null")
    ]


@pytest.mark.parametrize("serial", FOREIGN)
@pytest.mark.parametrize("release", XM[1:])
def test_what_the_stub_domain_cannot_open_is_refused_with_xm(release: str, serial: str) -> None:
    assert [key for key, _remedy in refused(facts(release, "xm"), serial=serial)] == ["settings.serial"]


@pytest.mark.parametrize("serial", [*OWN, "pty"])
@pytest.mark.parametrize("release", XL)
def test_what_it_opens_with_xl(release: str, serial: str) -> None:
    made = hvm_guest(display={"type": "vnc"}, settings={"serial": serial})
    rendered = written(made, facts(release), "minios")
    assert (rendered.files[0].values["serial"], rendered.notes) == (serial, [])


@pytest.mark.parametrize("release", XM)
def test_a_pty_with_xm(release: str) -> None:
    """mini-OS of 4.0 opens the console that xend makes for it; from 4.1 on it opens one that does not exist."""
    expected = [("settings.serial", "use vc, which the display shows, or null")] if release > "4.0" else []
    assert refused(facts(release, "xm"), serial="pty") == expected


@pytest.mark.parametrize("release", XM)
@pytest.mark.parametrize("serial", OWN)
def test_what_it_opens_with_xm(release: str, serial: str) -> None:
    assert refused(facts(release, "xm"), serial=serial) == []


@pytest.mark.parametrize(
    "ports, fits",
    [
        (["pty"], True),
        (["pty", "null"], True),
        (["pty", "pty", "vc"], True),
        (["null", "null"], True),
        # The first pty would get console 3, which is that of the first port.
        (["null", "pty"], False),
        (["vc", "pty"], False),
        (["pty", "null", "pty"], False),
        (["pty", "file:/srv/x"], False),
        (["pty"] * 5, False),
    ],
)
def test_lists_with_xl(ports: list[str], fits: bool) -> None:
    assert [key for key, _remedy in refused(facts("4.17"), serial=ports)] == ([] if fits else ["settings.serial"])


@pytest.mark.parametrize(
    "ports, fits", [(["pty"], True), (["", "pty"], True), (["null", "null"], True), (["null", "pty"], False)]
)
def test_lists_with_xm_of_4_0(ports: list[str], fits: bool) -> None:
    """stubdom-dm keeps the last port only."""
    assert [key for key, _remedy in refused(facts("4.0", "xm"), serial=ports)] == ([] if fits else ["settings.serial"])


@pytest.mark.parametrize("release", XM)
@pytest.mark.parametrize("settings", [{"monitor": True}, {"monitor": 1}, {"monitor_path": "/srv/x"}])
def test_a_monitor_with_xm(release: str, settings: dict[str, Any]) -> None:
    """xend makes a pty of it from 4.0 on, which is one more console."""
    if release == "3.4" and "monitor_path" in settings:
        return  # 4.0 has that key first.
    expected = [(f"settings.{key}", "remove it") for key in settings] if release > "4.0" else []
    assert refused(facts(release, "xm"), **settings) == expected


@pytest.mark.parametrize("release", XM)
def test_a_monitor_that_is_off(release: str) -> None:
    assert refused(facts(release, "xm"), monitor=False) == []


@pytest.mark.parametrize(
    "settings, key",
    [
        ({"usbdevice": "serial::pty"}, "usbdevice"),
        ({"usbdevice": ["tablet", "serial:vendorid=1:file:/srv/x"]}, "usbdevice"),
        ({"usbdevice": "braille"}, "usbdevice"),
        ({"device_model_args": ["-serial", "pty"]}, "device_model_args"),
        ({"device_model_args_hvm": ["-monitor", "tcp:127.0.0.1:4444,server"]}, "device_model_args_hvm"),
        ({"device_model_args": ["-m", "1", "-parallel", "/dev/parport0"]}, "device_model_args"),
        # As QEMU and mini-OS read them: two dashes, and several words in one.
        ({"device_model_args": ["--serial", "file:/srv/log"]}, "device_model_args"),
        ({"device_model_args": ["-serial  file:/srv/log"]}, "device_model_args"),
        ({"device_model_args": ["-m 1 -monitor", " stdio"]}, "device_model_args"),
        ({"device_model_args": ["-virtioconsole", "pty"]}, "device_model_args"),
        ({"device_model_args": ["-usbdevice", "serial::/dev/ttyS0"]}, "device_model_args"),
        ({"device_model_args_hvm": ["-usbdevice", "braille"]}, "device_model_args_hvm"),
    ],
)
def test_other_places_of_such_devices(settings: dict[str, Any], key: str) -> None:
    assert refused(facts("4.17"), **settings) == [(f"settings.{key}", "use vc or null, or remove it")]


@pytest.mark.parametrize("value, fits", [("pty", False), ("/dev/parport0", False), ("null", True), ("none", True)])
def test_a_parallel_port_with_xm(value: str, fits: bool) -> None:
    assert (refused(facts("4.0", "xm"), parallel=value) == []) is fits


@pytest.mark.parametrize(
    "settings",
    [
        {"usbdevice": "tablet"}, {"usbdevice": "serial::null"}, {"device_model_args": ["-serial", "null"]},
        {"device_model_args": ["-usbdevice", "tablet", "-serial vc:80Cx24C"]},
    ],
)  # fmt: skip
def test_places_that_are_in_order(settings: dict[str, Any]) -> None:
    assert refused(facts("4.17"), **settings) == []


@pytest.mark.parametrize("scheme", ["linux", "dom0"])
def test_other_schemes_open_files(scheme: str) -> None:
    made = hvm_guest(display={"type": "none"}, settings={"serial": "file:/var/log/xen/x.log"})
    assert written(made, facts("4.17"), scheme).files[0].values["serial"] == "file:/var/log/xen/x.log"


def test_what_no_display_shows_is_noted() -> None:
    made = hvm_guest(display={"type": "none"}, settings={"serial": "vc"})
    assert written(made, facts("4.17"), "minios").notes == [
        "guest win1: the output of serial: vc is shown nowhere, as the guest has no display"
    ]


@given(st.lists(st.sampled_from([*OWN, "pty", *FOREIGN]), max_size=6))
def test_each_accepted_pty_gets_its_own_console(ports: list[str]) -> None:
    """What is accepted: the n-th pty that QEMU opens in the stub domain is console 3 + n, which libxl connects with port n."""
    accepted = refused(facts("4.17"), serial=ports) == []
    opened = [number for number, port in enumerate(ports) if port == "pty"]
    assert accepted == (len(ports) <= 4 and not set(ports) & set(FOREIGN) and opened == list(range(len(opened))))

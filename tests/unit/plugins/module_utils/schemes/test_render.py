# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way in: every scheme on every release of its span, and what no file can hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import Facts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import (
    SCHEMES,
    TOOLSTACKS,
    Release,
    Span,
    shown,
    within,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.setting_check import check_settings
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, guest, hvm_guest, told, written

# No definition can hold half of a character; whoever makes a guest without one is refused all the same.
HALF = replace(guest(), boot=Boot("direct", kernel="/\ud800"))

ALL: list[Release] = [(3, 3), (3, 4), *[(4, minor) for minor in range(23)]]
SPANS: list[tuple[str, str, Span]] = [
    *[(scheme, toolstack, span) for scheme, (toolstack, span) in SCHEMES.items()],
    *[("dom0", toolstack, span) for toolstack, span in TOOLSTACKS.items()],
]


def hosts(toolstack: str, span: Span, scheme: str) -> Iterator[Facts]:
    for release in ALL:
        if within(release, span):
            yield facts(shown(release), toolstack, dm_config="{}-dm" if scheme == "paired" else "")


def whole(scheme: str, toolstack: str, release: Release) -> list[Any]:
    """Guests that between them have every key that the scheme writes itself."""
    firmware = {"minios": "rombios"}.get(scheme, "seabios") if toolstack == "xl" else None
    boot = {"method": "firmware", "order": "dc", **({"bios": firmware} if firmware else {})}
    body = {"maxmem": 512, "disks": [{"target": "/a", "vdev": "hda"}], "vifs": [{"mac": "00:16:3e:00:00:01", "bridge": "br0"}]}
    model: dict[str, Any] = {"scheme": scheme}
    if scheme in ("linux", "minios", "paired") and (toolstack == "xm" or release >= (4, 14)):
        model["kernel"] = "/k"
    if scheme == "linux":
        model.update(memory=192, ramdisk="/r", **({"cmdline": "quiet"} if release >= (4, 16) else {}))
    vnc = {"type": "vnc", "listen": "10.0.0.9", "display": 1, "passwd": "p", "keymap": "de"}
    screens = [{"type": "none"}, {"type": "sdl", "opengl": True}, vnc, {**vnc, "where": "stubdom"}]
    count = {"linux": 1, "paired": 4}.get(scheme, 3)
    found = [hvm_guest(boot=boot, device_model=model, display=screen, **body) for screen in screens[:count]]
    if toolstack == "xl" and release >= (4, 5) and scheme != "minios":
        direct = {"method": "direct", "kernel": "/k", "ramdisk": "/r", "cmdline": "c"}
        found.append(hvm_guest(boot=direct, device_model=model))
    return found


@pytest.mark.parametrize("scheme, toolstack, span", SPANS)
def test_each_release_reads_every_key_that_the_scheme_writes(scheme: str, toolstack: str, span: Span) -> None:
    """The tables of Xen's keys, read by another hand, know each of them, and its value is of a kind that is read."""
    count = 0
    for host in hosts(toolstack, span, scheme):
        for made in whole(scheme, toolstack, host.release):
            rendered = written(made, host)
            assert rendered.scheme == scheme
            assert len(rendered.files) == (2 if scheme == "paired" else 1)
            for file in rendered.files:
                found = check_settings(file.values, toolstack, host.release, made.name)
                assert [problem.text() for problem in found] == []
                count += len(file.values)
    assert count > 50


@pytest.mark.parametrize("toolstack", ["xl", "xm"])
def test_each_release_reads_every_key_of_a_pv_guest(toolstack: str) -> None:
    direct = {"method": "direct", "kernel": "/k", "ramdisk": "/r", "cmdline": "c"}
    for host in hosts(toolstack, TOOLSTACKS[toolstack], ""):
        for boot in (direct, {"method": "pvgrub", "dhcp": True}, {"method": "pvgrub2"}):
            made = guest(maxmem=512, boot=boot, disks=[{"target": "/a", "vdev": "xvda"}], vifs=[{}])
            values = written(made, host).files[0].values
            assert [problem.text() for problem in check_settings(values, toolstack, host.release, "web1")] == []


@pytest.mark.parametrize(
    "release, toolstack, span",
    [
        ("4.5", "xm", "for xm of Xen 3.3 to 4.4, and the host has 4.5"),
        ("3.2", "xm", "for xm of Xen 3.3 to 4.4, and the host has 3.2"),
        ("4.1", "xl", "for xl of Xen 4.2 on, and the host has 4.1"),
    ],
)
@pytest.mark.parametrize("made", [guest(), hvm_guest(), hvm_guest(device_model={"scheme": "dom0"})])
def test_a_toolstack_that_the_release_does_not_have(release: str, toolstack: str, span: str, made: Any) -> None:
    rendered = render_guest(made, facts(release, toolstack))
    reason, remedy = f"this collection writes files {span}", "use the other toolstack, or another host"
    assert told(rendered.problems) == [(made.name, "toolstack", toolstack, reason, remedy)]
    assert rendered.files == []


@pytest.mark.parametrize("made", [guest(settings={"nonsense": 1}), hvm_guest(settings={"nonsense": 1})])
def test_settings_are_checked_for_every_type(made: Any) -> None:
    found = render_guest(made, facts()).problems
    assert [(problem.key, problem.reason) for problem in found] == [
        ("settings.nonsense", "is not a key of xl, which would ignore it silently")
    ]


def test_devices_are_checked_for_every_type() -> None:
    for made in (guest(vifs=[{"vlan": "1"}]), hvm_guest(vifs=[{"vlan": "1"}])):
        assert [problem.key for problem in render_guest(made, facts()).problems] == ["vifs[0].vlan"]


@pytest.mark.parametrize(
    "made, toolstack, release, key, value, reason",
    [
        (HALF, "xl", "4.17", "boot.kernel", "/\ud800",
         "holds a character that Xen's syntax cannot express"),
        (HALF, "xm", "4.1", "boot.kernel", "/\ud800",
         "holds a character that Xen's syntax cannot express"),
        (guest(disks=[{"target": "/srv/ü.img", "vdev": "xvda"}]), "xm", "4.4", "disks", ["file:/srv/ü.img,xvda,w"],
         "xend takes no characters beyond ASCII"),
        (guest(settings={"cpu_weight": 2**31}), "xm", "4.1", "settings.cpu_weight", 2**31,
         "a number beyond 32 bits is not a value of xm"),
    ],
)  # fmt: skip
def test_what_the_syntax_cannot_hold(made: Any, toolstack: str, release: str, key: str, value: Any, reason: str) -> None:
    remedy = f"give a value that a file of {toolstack} can express"
    assert ("web1", key, value, reason, remedy) in told(render_guest(made, facts(release, toolstack)).problems)


@pytest.mark.parametrize(
    "made, host",
    [
        (hvm_guest(display={"type": "vnc", "passwd": "S3CR3T"}), facts("4.13")),
        (hvm_guest(display={"type": "vnc", "passwd": "S3CR3T"}), facts("4.1", "xm")),
        (hvm_guest(display={"type": "vnc", "passwd": "S3CR3T"}), facts("3.3", "xm")),
        (guest(settings={"vfb": ["vncpasswd=S3CR3T"]}), facts()),
    ],
)
def test_a_password_is_in_no_problem(made: Any, host: Facts) -> None:
    """It cannot be written here for the half character in it, wherever it was to stand."""
    bad = "S3CR3T,\ud800"
    if made.type == "hvm":
        made = replace(made, display=replace(made.display, passwd=bad))
    else:
        made = replace(made, settings={"vfb": [f"vncpasswd={bad}"]})
    problems = render_guest(made, host).problems
    assert problems
    assert [problem for problem in problems if "S3CR3T" in repr(problem)] == []


PCI = {"pci": ["0000:03:00.0"]}
LINUX = {"scheme": "linux"}


@pytest.mark.parametrize("made, where, key, value", [
    (hvm_guest(maxmem=1024, settings=PCI, device_model=LINUX), facts("4.17"), "maxmem", 1024),
    (hvm_guest(maxmem=1024, settings={"altp2m": "mixed"}, device_model=LINUX), facts("4.14"), "maxmem", 1024),
    (guest(type="pvh", settings=PCI), facts("4.22"), "settings.pci", PCI["pci"]),
    (guest(settings={"uuid": "web1"}), facts("4.17"), "settings.uuid", "web1"),
    (guest(settings={"vfb": ["vnc=1,vnclisten=::1,vncdisplay=5"]}), facts("4.17"), "settings.vfb", "vnclisten=::1"),
    (hvm_guest(disks=[{"target": "/a", "vdev": "hda", "access": "ro"}], device_model=LINUX), facts("4.20"), "disks", "vdev=hda"),
])  # fmt: skip
def test_what_libxl_refuses_at_every_start(made: Any, where: Facts, key: str, value: Any) -> None:
    """The problem names the definition's key, in stub domains and in dom0, on each release from 4.14 on."""
    (problem,) = render_guest(made, where).problems
    assert (problem.guest, problem.key, problem.value) == (made.name, key, value)
    assert problem.reason and problem.remedy and problem.release.startswith("Xen 4.")


@pytest.mark.parametrize("release, toolstack", [("4.13", "xl"), ("4.4", "xl"), ("4.1", "xm")])
def test_older_releases_have_no_table_of_refusals(release: str, toolstack: str) -> None:
    made = hvm_guest(maxmem=1024, settings=PCI, device_model={"scheme": "dom0"})
    assert render_guest(made, facts(release, toolstack)).problems == []


def test_a_key_that_has_a_problem_is_not_refused_twice() -> None:
    """The scheme says more exactly what to do about it."""
    made = hvm_guest(boot={"method": "firmware", "bios": "rombios"}, device_model=LINUX)
    assert [problem.key for problem in render_guest(made, facts("4.17")).problems] == ["boot.bios"]

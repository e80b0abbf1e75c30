# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two files for a guest of Xen 3.3 to 3.4.0-rc2; what the README says of them is in test_readme.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, told, written

HOST = facts("3.3", "xm")
MAC = "00:16:3e:00:00:01"
STUB = {"type": "vnc", "where": "stubdom", "listen": "10.0.0.9"}


@pytest.mark.parametrize("release", ["3.3", "3.4"])
def test_both_files_whole(release: str) -> None:
    made = hvm_guest(
        memory=512,
        maxmem=1024,
        vcpus=2,
        boot={"method": "firmware", "order": "dc"},
        disks=[{"target": "/a.img", "vdev": "hda"}, {"vdev": "hdc", "cdrom": True}],
        vifs=[{"mac": MAC, "bridge": "br0", "type": "ioemu", "model": "e1000"}, {"mac": MAC[:-1] + "2"}],
        settings={"acpi": True, "serial": "null"},
    )
    rendered = written(made, facts(release, "xm", dm_config="{}-dm"))
    assert (rendered.scheme, rendered.kernel, rendered.stub_mib, rendered.notes) == ("paired", "", 32, [])
    own, stub = rendered.files
    assert (own.name, list(own.values.items()), own.commented) == (
        "win1",
        [
            ("name", "win1"),
            ("builder", "hvm"),
            ("kernel", "/boot/hvmloader"),
            ("memory", 512),
            ("maxmem", 1024),
            ("vcpus", 2),
            ("boot", "dc"),
            ("device_model", "/usr/lib/xen/bin/stubdom-dm"),
            ("vif", [f"mac={MAC},bridge=br0,type=ioemu,model=e1000", f"mac={MAC[:-1]}2"]),
            ("vnc", 0),
            ("sdl", 0),
            ("acpi", True),
            ("serial", "null"),
        ],
        {"disk": ["file:/a.img,hda,w", ",hdc:cdrom,r"]},
    )
    # No name and no memory: stubdom-dm waits for a domain that is named as the file, and says how much it gets.
    assert (stub.name, list(stub.values.items()), stub.commented) == (
        "win1-dm",
        [
            ("kernel", "/boot/ioemu-stubdom.gz"),
            ("vif", ["", f"mac={MAC},bridge=br0,type=ioemu,model=e1000", f"mac={MAC[:-1]}2"]),
            ("disk", ["file:/a.img,hda,w", ",hdc:cdrom,r"]),
        ],
        {},
    )


@pytest.mark.parametrize(
    "screen, own, stub",
    [
        ({"type": "none"}, {"vnc": 0, "sdl": 0}, None),
        ({"type": "sdl", "opengl": False, "keymap": "de"}, {"vnc": 0, "sdl": 0}, "type=sdl,opengl=0,keymap=de"),
        ({"type": "sdl", "opengl": True}, {"vnc": 0, "sdl": 0}, "type=sdl,opengl=1"),
        ({"type": "vnc", "display": 0}, {"vnc": 0, "sdl": 0}, "type=vnc,vncdisplay=0,vncunused=0"),
        ({"type": "vnc", "display": 4, "unused": True}, {"vnc": 0, "sdl": 0}, "type=vnc,vncdisplay=4,vncunused=1"),
        ({"type": "vnc", "unused": False}, {"vnc": 0, "sdl": 0}, "type=vnc,vncunused=0"),
        (
            {**STUB, "display": 1, "passwd": "a,b", "keymap": "fr-ch"},
            {"vnc": 1, "vnclisten": "10.0.0.9", "vncdisplay": 1, "vncunused": 0, "vncpasswd": "a,b", "keymap": "fr-ch"},
            None,
        ),
    ],
)
def test_displays(screen: dict[str, Any], own: dict[str, Any], stub: str | None) -> None:
    first, second = written(hvm_guest(display=screen), HOST).files
    keys = ("vnc", "sdl", "opengl", "vnclisten", "vncdisplay", "vncunused", "vncpasswd", "keymap")
    assert {key: first.values[key] for key in keys if key in first.values} == own
    assert second.values.get("vfb") == (None if stub is None else [stub])


def test_a_frame_buffer_of_xm_has_one_type() -> None:
    reason, remedy = "a frame buffer of this release has one type only", "use type: vnc or type: sdl"
    made = hvm_guest(display={"type": ["vnc", "sdl"]}, device_model={"scheme": "paired"})
    assert ("win1", "display.type", ["vnc", "sdl"], reason, remedy) in told(render_guest(made, HOST).problems)


def test_a_keyboard_without_a_display_has_no_place() -> None:
    made = hvm_guest(display={"type": "none", "keymap": "de"}, device_model={"scheme": "paired"})
    reason = "goes with type: sdl or vnc in this scheme"
    assert told(render_guest(made, HOST).problems) == [("win1", "display.keymap", "de", reason, "remove keymap")]


def test_the_users_own_image() -> None:
    model = {"kernel": "/srv/my.gz"}
    rendered = written(hvm_guest(device_model=model), facts("3.3", "xm", images={"hvmloader": "/h"}))
    assert rendered.files[1].values["kernel"] == "/srv/my.gz"


def test_memory_of_the_stub_domain_is_the_scripts_to_say() -> None:
    rendered = written(hvm_guest(device_model={"memory": 64}), HOST)
    assert rendered.notes == [
        "guest win1: device_model.memory is not used: stubdom-dm gives its stub domain 32 MiB"
    ]
    assert rendered.stub_mib == 32
    assert all(file.values.get("memory") != 64 for file in rendered.files)


def test_keys_that_the_scheme_does_not_have() -> None:
    made = hvm_guest(device_model={"ramdisk": "/r", "cmdline": "quiet"}, boot={"method": "firmware", "bios": "ovmf"})
    assert told(render_guest(made, HOST).problems) == [
        ("win1", "boot.bios", "ovmf", "this device model does not have that firmware", "leave it out"),
        ("win1", "device_model.ramdisk", "/r", "the scheme paired has no such key", "remove ramdisk"),
        ("win1", "device_model.cmdline", "quiet", "the scheme paired has no such key", "remove cmdline"),
    ]


def test_a_part_of_a_frame_buffer_cannot_become_another() -> None:
    made = hvm_guest(display={"type": "vnc", "passwd": "a,vnclisten=0.0.0.0"})
    # An address with a zone, as Python from 3.9 on reads it, can hold a comma.
    hostile = replace(made, display=replace(made.display, listen="fe80::1%a,type=sdl"))
    reason = "xm splits a frame buffer's keys at commas, and what follows would be another key"
    remedy = "give one without a comma"
    assert told(render_guest(hostile, HOST).problems) == [
        ("win1", "display.listen", "fe80::1%a,type=sdl", reason, remedy),
        ("win1", "display.passwd", "********", reason, remedy),
    ]


@pytest.mark.parametrize(
    "listen, viewers, notes",
    [
        ("10.0.0.9", [], ["its VNC server answers 10.0.0.0/8 only: mini-OS derives its network from the address's class and has no gateway"]),
        ("10.0.0.9", ["10.7.0.0/16"], []),
        ("172.30.206.1", ["172.30.0.0/16", "172.31.0.7"], [
            "viewers in 172.31.0.7 cannot reach its VNC server, which answers 172.30.0.0/16 only",
        ]),
        ("192.168.1.2", ["192.168.0.0/16"], [
            "viewers in 192.168.0.0/16 cannot reach its VNC server, which answers 192.168.1.0/24 only",
        ]),
    ],
)
def test_who_reaches_a_server_in_the_stub_domain(listen: str, viewers: list[str], notes: list[str]) -> None:
    """mini-OS has no gateway, and takes its netmask from the class of its address (3.3: extras/mini-os/lwip-net.c)."""
    rendered = written(hvm_guest(display={**STUB, "listen": listen, "viewers": viewers}), HOST)
    assert rendered.notes == [f"guest win1: {note}" for note in notes]


def test_both_files_must_have_the_same_mac() -> None:
    made = hvm_guest(vifs=[{"mac": "00:16:3e:00:00:01"}, {"bridge": "xenbr0"}])
    reason = "is missing, and Xen would invent a different address for each of the guest's two files"
    remedy = "give it, such as 00:16:3e:00:00:01"
    assert told(render_guest(made, facts("3.3", "xm")).problems) == [("win1", "vifs[1].mac", None, reason, remedy)]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file for a guest of xm of Xen 3.4.0-rc3 to 4.4: stubdom-dm writes the second from what it finds in xenstore."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, own_keys, told, written

HOST = facts("4.1", "xm")


@pytest.mark.parametrize(
    "release, folder",
    [
        ("3.4", "/usr/lib/xen"), ("4.0", "/usr/lib/xen"), ("4.1", "/usr/lib/xen"), ("4.2", "/usr/lib/xen"),
        ("4.3", "/usr/local/lib/xen"), ("4.4", "/usr/local/lib/xen"),
    ],
)
def test_the_whole_file(release: str, folder: str) -> None:
    made = hvm_guest(
        vcpus=2,
        boot={"method": "firmware", "order": "dc"},
        disks=[{"target": "/dev/vg0/a", "vdev": "hda", "backend": "phy"}, {"target": "/b.iso", "vdev": "hdc", "cdrom": True}],
        vifs=[{"mac": "00:16:3e:00:00:01", "bridge": "br0"}],
        display={"type": "vnc", "listen": "0.0.0.0", "display": 1, "passwd": "se cret", "keymap": "de"},
        settings={"usb": True},
    )
    rendered = written(made, facts(release, "xm"))
    assert (rendered.scheme, rendered.stub_mib, len(rendered.files)) == ("generated", 32, 1)
    assert rendered.files[0].name == "win1"
    assert rendered.files[0].commented == {}
    assert list(rendered.files[0].values.items()) == [
        ("name", "win1"),
        ("builder", "hvm"),
        ("kernel", "/boot/hvmloader"),
        ("memory", 256),
        ("vcpus", 2),
        ("boot", "dc"),
        ("device_model", f"{folder}/bin/stubdom-dm"),
        ("disk", ["phy:/dev/vg0/a,hda,w", "file:/b.iso,hdc:cdrom,r"]),
        ("vif", ["mac=00:16:3e:00:00:01,bridge=br0"]),
        ("vnc", 1),
        ("vnclisten", "0.0.0.0"),
        ("vncdisplay", 1),
        ("vncunused", 0),
        ("vncpasswd", "se cret"),
        ("keymap", "de"),
        ("usb", True),
    ]


def test_the_serial_port_is_handed_on_from_4_0() -> None:
    made = hvm_guest(settings={"serial": "pty"})
    assert own_keys(made, facts("4.0", "xm"))["serial"] == "pty"
    older = written(made, facts("3.4", "xm"))
    assert "serial" not in older.files[0].values
    assert older.notes == ["guest win1: serial is left out of its file: its stub domain cannot reach a serial port of dom0"]


def test_what_the_scheme_does_not_have() -> None:
    made = hvm_guest(
        device_model={"memory": 64, "kernel": "/k", "ramdisk": "/r", "cmdline": "c"},
        display={"type": "vnc", "where": "stubdom", "listen": "10.0.0.9"},
    )
    rendered = render_guest(made, HOST)
    nothing = "the scheme generated has no such key"
    assert told(rendered.problems) == [
        ("win1", "device_model.kernel", "/k", nothing, "remove kernel"),
        ("win1", "device_model.ramdisk", "/r", nothing, "remove ramdisk"),
        ("win1", "device_model.cmdline", "c", nothing, "remove cmdline"),
        ("win1", "display.where", "stubdom", "this stub domain has no network of its own for a VNC server", "use where: dom0"),
    ]
    assert rendered.notes == ["guest win1: device_model.memory is not used: stubdom-dm gives its stub domain 32 MiB"]


@pytest.mark.parametrize("target", ["/it's", "/back\\slash", "/grün"])
def test_a_target_that_would_break_the_scripts_file(target: str) -> None:
    """stubdom-dm echoes it between single quotes into a file that xm executes."""
    made = hvm_guest(disks=[{"target": "/a b\"[#;$(x)`", "vdev": "hda"}, {"target": target, "vdev": "hdb"}])
    reason = "stubdom-dm copies it unchanged into a Python file, which ', \\ and characters beyond ASCII break"
    assert told(render_guest(made, HOST).problems) == [("win1", "disks[1].target", target, reason, "give the file a plain name")]


def test_an_empty_cd_drive() -> None:
    made = hvm_guest(disks=[{"vdev": "hdc", "cdrom": True}])
    reason = "stubdom-dm cannot pass an empty CD drive on, and the stub domain would not start"
    remedy = "give it a medium, or remove the drive"
    assert told(render_guest(made, HOST).problems) == [("win1", "disks[0].target", None, reason, remedy)]


@pytest.mark.parametrize("hostile", ["a'b", "a,vnclisten=0.0.0.0", "a\\", "é", "a']\nkernel='evil"])
def test_what_would_break_the_string_of_its_frame_buffer(hostile: str) -> None:
    made = hvm_guest(display={"type": "vnc"}, settings={"serial": hostile, "monitor_path": "ok"})
    made = replace(made, display=replace(made.display, passwd=hostile))
    reason = "stubdom-dm copies it unchanged into a Python string, which ', \\, a comma and characters beyond ASCII break"
    remedy = "give a value without them"
    assert told(render_guest(made, facts("4.0", "xm")).problems) == [
        ("win1", "display.passwd", "********", reason, remedy),
        ("win1", "settings.serial", hostile, reason, remedy),
    ]


@pytest.mark.parametrize("release, copied", [("3.4", False), ("4.0", True), ("4.4", True)])
def test_a_serial_port_is_copied_from_4_0_on(release: str, copied: bool) -> None:
    found = render_guest(hvm_guest(settings={"serial": "tcp::1,server"}), facts(release, "xm")).problems
    assert [problem.key for problem in found] == (["settings.serial"] if copied else [])


@pytest.mark.parametrize(
    "screen, keys",
    [
        ({"type": "none"}, {"vnc": 0, "sdl": 0}),
        ({"type": "sdl", "opengl": False}, {"vnc": 0, "sdl": 1, "opengl": False}),
        ({"type": "vnc"}, {"vnc": 1}),
    ],
)
def test_displays(screen: dict[str, Any], keys: dict[str, Any]) -> None:
    found = own_keys(hvm_guest(display=screen), HOST)
    assert {key: found[key] for key in found if key in ("vnc", "sdl", "opengl")} == keys


@pytest.mark.parametrize("release, keys", [("3.4", ["script", "bridge"]), ("4.0", ["script"])])
def test_what_stubdom_dm_does_not_hand_on_of_an_interface(release: str, keys: list[str]) -> None:
    made = hvm_guest(vifs=[{"mac": "00:16:3e:00:00:01", "bridge": "xenbr0", "script": "vif-route"}])
    rendered = render_guest(made, facts(release, "xm"))
    assert rendered.problems == []
    assert rendered.notes == [
        f"guest win1: vifs[0].{key} is not set for its stub domain: stubdom-dm does not pass it on" for key in keys
    ]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qemu-xen in a Linux stub domain: Xen 4.14 on with xl."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import LINUX_CMDLINE
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, own_keys, told, written

RELEASES = [f"4.{minor}" for minor in (14, 15, 16, 17, 19, 20, 21, 22)]


@pytest.mark.parametrize("release", RELEASES)
def test_the_whole_file(release: str) -> None:
    made = hvm_guest(
        maxmem=512,
        boot={"method": "firmware", "order": "c", "bios": "ovmf"},
        disks=[{"target": "/dev/vg0/a", "vdev": "hda", "backend": "phy"}, {"target": "/b.qcow2", "vdev": "hdb", "format": "qcow2"}],
        vifs=[{"mac": "00:16:3e:00:00:01", "model": "e1000"}],
        settings={"serial": "pty", "tsc_mode": "native"},
    )
    rendered = written(made, facts(release))
    assert (rendered.scheme, rendered.kernel, rendered.stub_mib, rendered.notes) == ("linux", "", 161, [])
    assert [file.name for file in rendered.files] == ["win1.cfg"]
    assert list(rendered.files[0].values.items()) == [
        ("name", "win1"),
        ("type", "hvm"),
        ("memory", 256),
        ("maxmem", 512),
        ("vcpus", 1),
        ("boot", "c"),
        ("bios", "ovmf"),
        ("device_model_version", "qemu-xen"),
        ("device_model_stubdomain_override", 1),
        ("stubdomain_kernel", "/boot/qemu-stubdom-linux-kernel"),
        ("stubdomain_ramdisk", "/boot/qemu-stubdom-linux-rootfs"),
        ("stubdomain_memory", 161),
        *([("stubdomain_cmdline", LINUX_CMDLINE)] if RELEASES.index(release) >= 2 else []),
        ("disk", ["format=raw,vdev=hda,access=rw,target=/dev/vg0/a", "format=qcow2,vdev=hdb,access=rw,target=/b.qcow2"]),
        ("vif", ["mac=00:16:3e:00:00:01,model=e1000"]),
        ("vnc", 0),
        ("sdl", 0),
        ("vga", "none"),
        ("vkb_device", 0),
        ("serial", "pty"),
        ("tsc_mode", "native"),
    ]


def test_the_file_that_was_seen_to_work() -> None:
    """The same keys as in the one of a real Xen 4.17 host (s3 of reference/linux-stubdom.md), whose extra was cmdline."""
    cmdline = "console=hvc0 rootfstype=ramfs ipv6.disable=1 mitigations=off quiet"
    made = hvm_guest(
        "s3",
        memory=160,
        boot={"method": "direct", "kernel": "/srv/lab/guest-vmlinuz", "ramdisk": "/srv/lab/i.gz", "cmdline": "quiet"},
        disks=[{"target": "/srv/lab/boot.img", "vdev": "hda"}],
        vifs=[{"bridge": "xenbr0", "model": "e1000", "mac": "00:16:3e:00:00:03"}],
        device_model={"memory": 300, "kernel": "/srv/lab/k", "ramdisk": "/srv/lab/r", "cmdline": cmdline},
        settings={"on_poweroff": "destroy", "serial": "file:/var/log/xen/s3.serial"},
    )
    rendered = written(made, facts("4.17", images={}))
    assert rendered.stub_mib == 300
    assert dict(rendered.files[0].values) == {
        "name": "s3",
        "type": "hvm",
        "memory": 160,
        "vcpus": 1,
        "kernel": "/srv/lab/guest-vmlinuz",
        "ramdisk": "/srv/lab/i.gz",
        "extra": "quiet",
        "device_model_version": "qemu-xen",
        "device_model_stubdomain_override": 1,
        "stubdomain_kernel": "/srv/lab/k",
        "stubdomain_ramdisk": "/srv/lab/r",
        "stubdomain_memory": 300,
        "stubdomain_cmdline": cmdline,
        "disk": ["format=raw,vdev=hda,access=rw,target=/srv/lab/boot.img"],
        "vif": ["mac=00:16:3e:00:00:03,bridge=xenbr0,model=e1000"],
        "vnc": 0,
        "sdl": 0,
        "vga": "none",
        "vkb_device": 0,
        "on_poweroff": "destroy",
        "serial": "file:/var/log/xen/s3.serial",
    }
    assert rendered.unchecked_notes == [
        "guest s3: its kernel and ramdisk must lie at the same paths inside the stub domain's image"
    ]


@pytest.mark.parametrize("release, has", [("4.14", False), ("4.15", False), ("4.16", True), ("4.22", True)])
def test_the_command_line_of_the_stub_domain(release: str, has: bool) -> None:
    rendered = render_guest(hvm_guest(device_model={"cmdline": "quiet"}), facts(release))
    if has:
        assert rendered.problems == []
        assert rendered.files[0].values["stubdomain_cmdline"] == "quiet"
        return
    reason = f"Xen {release} ignores this key"
    remedy = "remove it, or move the guest to a host with Xen 4.16 or newer"
    assert told(rendered.problems) == [("win1", "device_model.cmdline", "quiet", reason, remedy)]


@pytest.mark.parametrize(
    "settings, vga, stub_mib",
    [
        ({}, "none", 160),
        ({"vga": "stdvga"}, "stdvga", 160 + 16),
        ({"vga": "cirrus", "videoram": 32}, "cirrus", 160 + 32),
        # vga = "none" would hide it.
        ({"stdvga": True}, None, 160 + 16),
        ({"stdvga": False}, None, 160 + 8),
    ],
)
def test_a_graphics_card_is_there_for_who_asks_for_one(settings: dict[str, Any], vga: str | None, stub_mib: int) -> None:
    rendered = written(hvm_guest(settings=settings), facts())
    assert rendered.files[0].values.get("vga") == vga
    assert rendered.stub_mib == stub_mib


@pytest.mark.parametrize("asked", [True, False])
def test_the_keyboard_that_nobody_serves_is_there_for_who_asks_for_it(asked: bool) -> None:
    assert written(hvm_guest(settings={"vkb_device": asked}), facts()).files[0].values["vkb_device"] is asked


@pytest.mark.parametrize("screen", [{"type": "sdl"}, {"type": "vnc"}])
def test_displays_are_refused(screen: dict[str, Any]) -> None:
    problems = render_guest(hvm_guest(display=screen), facts()).problems
    reason = "a Linux stub domain has no graphics output: neither SDL nor VNC"
    remedy = "use type: none and settings.serial: pty for xl console, or scheme: minios or dom0"
    assert told(problems) == [("win1", "display.type", screen["type"], reason, remedy)]
    assert problems[0].release == "Xen 4.14 on, docs/misc/stubdom.txt"


def test_a_keyboard_without_a_display_is_refused() -> None:
    problems = render_guest(hvm_guest(display={"type": "none", "keymap": "de"}), facts()).problems
    reason = "a Linux stub domain has no graphics output, and so no keyboard beside it"
    assert told(problems) == [("win1", "display.keymap", "de", reason, "remove keymap")]


def test_every_network_interface_is_written() -> None:
    made = hvm_guest(vifs=[{"bridge": "xenbr0"}, {"bridge": "xenbr1"}])
    assert [vif.rpartition("bridge=")[2] for vif in own_keys(made, facts())["vif"]] == ["xenbr0", "xenbr1"]


def test_the_firmware_of_the_other_device_model_is_refused() -> None:
    made = hvm_guest(boot={"method": "firmware", "bios": "rombios"})
    reason, remedy = "this device model does not have that firmware", "use seabios or ovmf, or leave it out"
    assert told(render_guest(made, facts()).problems) == [("win1", "boot.bios", "rombios", reason, remedy)]


def test_one_image_of_the_user_and_one_of_the_host() -> None:
    made = hvm_guest(device_model={"kernel": "/srv/vmlinuz"})
    found = own_keys(made, facts("4.21", images={"qemu-stubdom-linux-rootfs": "/store/rootfs"}))
    assert (found["stubdomain_kernel"], found["stubdomain_ramdisk"]) == ("/srv/vmlinuz", "/store/rootfs")


@pytest.mark.parametrize("spice, refused", [(True, True), (False, False)])
def test_spice_is_a_display_too(spice: bool, refused: bool) -> None:
    found = told(render_guest(hvm_guest(settings={"spice": spice}), facts()).problems)
    reason = "a Linux stub domain has no graphics output, and Spice is one"
    assert found == ([("win1", "settings.spice", True, reason, "remove it")] if refused else [])


def test_what_the_host_is_checked_for() -> None:
    boot = {"method": "direct", "kernel": "/srv/k", "ramdisk": "/srv/r"}
    checks = written(hvm_guest(boot=boot), facts("4.17"), "linux").checks
    files = [("kernel", "/boot/qemu-stubdom-linux-kernel"), ("ramdisk", "/boot/qemu-stubdom-linux-rootfs")]
    assert [(check.subject, check.path) for check in checks] == [*files, ("boot files", files[1][1])]
    assert [check.subject for check in written(hvm_guest(), facts("4.17"), "linux").checks if check.note] == []


@pytest.mark.parametrize("scheme, release, toolstack, subjects", [
    ("minios", "4.17", "xl", []), ("dom0", "4.17", "xl", []), ("paired", "3.3", "xm", []),
    ("generated", "4.4", "xm", []),
])  # fmt: skip
def test_what_the_host_is_checked_for_in_other_schemes(
    scheme: str, release: str, toolstack: str, subjects: list[str]
) -> None:
    made = hvm_guest(vifs=[{"mac": "00:16:3e:00:00:01"}])
    assert [check.subject for check in written(made, facts(release, toolstack), scheme).checks] == subjects

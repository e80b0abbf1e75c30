# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qemu-xen-traditional in a mini-OS stub domain that libxl makes: Xen 4.2 to 4.20 with xl."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, own_keys, told, written

IMAGE = ("stubdomain_kernel", "/boot/ioemu-stubdom.gz")


@pytest.mark.parametrize(
    "release, type_key, stub_keys",
    [
        *[(f"4.{minor}", "builder", []) for minor in (2, 3, 4, 5, 6, 9)],
        *[(f"4.{minor}", "type", []) for minor in (10, 13)],
        *[(f"4.{minor}", "type", [IMAGE]) for minor in (14, 15, 16, 17, 19, 20)],
    ],
)
def test_the_whole_file(release: str, type_key: str, stub_keys: list[tuple[str, Any]]) -> None:
    made = hvm_guest(
        vcpus=2,
        boot={"method": "firmware", "order": "dc", "bios": "rombios"},
        disks=[{"target": "/a,b.img", "vdev": "hda"}, {"vdev": "hdc", "cdrom": True}],
        vifs=[{"mac": "00:16:3e:00:00:01", "bridge": "br0", "model": "e1000"}],
        display={"type": "vnc", "listen": "127.0.0.1", "display": 2, "passwd": "x", "keymap": "de"},
        settings={"on_crash": "restart"},
    )
    rendered = written(made, facts(release), "minios")
    assert (rendered.scheme, rendered.kernel, rendered.notes, len(rendered.files)) == ("minios", "", [], 1)
    assert (rendered.files[0].name, rendered.files[0].commented) == ("win1.cfg", {})
    assert list(rendered.files[0].values.items()) == [
        ("name", "win1"),
        (type_key, "hvm"),
        ("memory", 256),
        ("vcpus", 2),
        ("boot", "dc"),
        ("bios", "rombios"),
        ("device_model_version", "qemu-xen-traditional"),
        ("device_model_stubdomain_override", 1),
        *stub_keys,
        ("disk", ["format=raw,vdev=hda,access=rw,target=/a,b.img", "vdev=hdc,access=ro,devtype=cdrom"]),
        ("vif", ["mac=00:16:3e:00:00:01,bridge=br0,model=e1000"]),
        ("vnc", 1),
        ("vnclisten", "127.0.0.1"),
        ("vncdisplay", 2),
        ("vncunused", 0),
        ("vncpasswd", "x"),
        ("keymap", "de"),
        *([("vkb_device", 0)] if int(release.split(".")[1]) >= 13 else []),
        ("on_crash", "restart"),
    ]


@pytest.mark.parametrize(
    "release, asked, written_mib, stub_mib",
    [
        ("4.2", 0, None, 32),  # stable-4.2:tools/libxl/libxl.c, libxl_domain_need_memory
        ("4.5", 0, None, 32),
        ("4.6", 0, None, 28 + 4),  # d727bfcd0b
        ("4.13", 0, None, 28 + 4),
        ("4.14", 0, None, 28 + 4),
        ("4.14", 48, 48, 48 + 4),
        ("4.20", 48, 48, 48 + 4),
    ],
)
def test_memory_of_the_stub_domain(release: str, asked: int, written_mib: int | None, stub_mib: int) -> None:
    rendered = written(hvm_guest(device_model={"memory": asked} if asked else {}), facts(release), "minios")
    assert rendered.files[0].values.get("stubdomain_memory") == written_mib
    assert rendered.stub_mib == stub_mib


@pytest.mark.parametrize("release, stub_mib", [("4.5", 32), ("4.6", 28 + 64), ("4.13", 28 + 64), ("4.20", 28 + 64)])
def test_graphics_memory_counts_from_4_6_on(release: str, stub_mib: int) -> None:
    assert written(hvm_guest(settings={"videoram": 64}), facts(release), "minios").stub_mib == stub_mib


@pytest.mark.parametrize("release, mib", [("4.5", 32), ("4.6", 32), ("4.13", 32)])
def test_memory_that_the_release_does_not_use_is_a_note(release: str, mib: int) -> None:
    rendered = written(hvm_guest(device_model={"memory": 64}), facts(release))
    assert "stubdomain_memory" not in rendered.files[0].values
    assert rendered.notes == [f"guest win1: device_model.memory is not used before Xen 4.14: libxl gives {mib} MiB"]


def test_the_users_own_image() -> None:
    made = hvm_guest(device_model={"kernel": "/srv/my.gz"})
    assert own_keys(made, facts("4.14", images={}))["stubdomain_kernel"] == "/srv/my.gz"
    reason, remedy = "Xen 4.13 starts only its own ioemu-stubdom.gz", "remove kernel"
    problems = render_guest(made, facts("4.13")).problems
    assert told(problems) == [("win1", "device_model.kernel", "/srv/my.gz", reason, remedy)]
    assert problems[0].release == "Xen 4.14 on"


def test_what_the_scheme_does_not_have() -> None:
    made = hvm_guest(
        boot={"method": "firmware", "bios": "seabios"},
        device_model={"scheme": "minios", "ramdisk": "/r", "cmdline": "c"},
        display={"type": "vnc", "where": "stubdom", "listen": "10.0.0.9"},
    )
    nothing = "the scheme minios has no such key"
    assert told(render_guest(made, facts("4.17")).problems) == [
        ("win1", "boot.bios", "seabios", "this device model does not have that firmware", "use rombios, or leave it out"),
        ("win1", "device_model.ramdisk", "/r", nothing, "remove ramdisk"),
        ("win1", "device_model.cmdline", "c", nothing, "remove cmdline"),
        ("win1", "display.where", "stubdom", "this stub domain has no network of its own for a VNC server", "use where: dom0"),
    ]


@pytest.mark.parametrize(
    "release, key, value, reason, remedy",
    [
        ("4.4", "boot.kernel", "/k", "Xen 4.4 ignores the kernel of an HVM guest",
         "use method: firmware, or a host with Xen 4.5 or newer"),
        ("4.5", "boot.method", "direct", "qemu-xen-traditional does not boot a kernel of the host",
         "use method: firmware, or scheme: linux"),
        ("4.17", "boot.method", "direct", "qemu-xen-traditional does not boot a kernel of the host",
         "use method: firmware, or scheme: linux"),
    ],
)  # fmt: skip
def test_a_direct_boot_is_refused_once(release: str, key: str, value: str, reason: str, remedy: str) -> None:
    made = hvm_guest(boot={"method": "direct", "kernel": "/k"})
    assert told(render_guest(made, facts(release), "minios").problems) == [("win1", key, value, reason, remedy)]


@pytest.mark.parametrize(
    "screen, keys",
    [
        ({"type": "none"}, {"vnc": 0, "sdl": 0}),
        ({"type": "sdl", "opengl": True, "keymap": "de"}, {"vnc": 0, "sdl": 1, "opengl": True, "keymap": "de"}),
        ({"type": "vnc"}, {"vnc": 1}),
    ],
)
def test_displays_are_in_dom0(screen: dict[str, Any], keys: dict[str, Any]) -> None:
    """libxl turns VNC on if nobody turns it off."""
    found = own_keys(hvm_guest(display=screen), facts("4.2"))
    assert {key: found[key] for key in found if key in ("vnc", "sdl", "opengl", "keymap", "vfb")} == keys

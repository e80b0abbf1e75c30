# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QEMU in dom0: every release, both toolstacks."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, hvm_guest, own_keys, told, written


def whole(**changes: Any) -> Any:
    return hvm_guest(
        disks=[{"target": "/a.img", "vdev": "hda"}],
        vifs=[{"bridge": "br0"}],
        display={"type": "sdl", "opengl": False},
        settings={"serial": "pty"},
        **changes,
    )


@pytest.mark.parametrize(
    "release, type_key",
    [*[(f"4.{minor}", "builder") for minor in (2, 4, 5, 9)], *[(f"4.{minor}", "type") for minor in (10, 14, 17, 20, 21, 22)]],
)
def test_the_whole_file_for_xl(release: str, type_key: str) -> None:
    rendered = written(whole(), facts(release, images={}), "dom0")
    assert (rendered.scheme, rendered.stub_mib, [file.name for file in rendered.files]) == ("dom0", 0, ["win1.cfg"])
    assert list(rendered.files[0].values.items()) == [
        ("name", "win1"),
        (type_key, "hvm"),
        ("memory", 256),
        ("vcpus", 1),
        ("device_model_version", "qemu-xen"),
        ("disk", ["format=raw,vdev=hda,access=rw,target=/a.img"]),
        ("vif", ["bridge=br0"]),
        ("vnc", 0),
        ("sdl", 1),
        ("opengl", False),
        ("serial", "pty"),
    ]


@pytest.mark.parametrize("release", ["3.3", "3.4", "4.0", "4.1", "4.4"])
def test_the_whole_file_for_xm(release: str) -> None:
    rendered = written(whole(), facts(release, "xm", images={"hvmloader": "/h"}), "dom0")
    assert [file.name for file in rendered.files] == ["win1"]
    assert list(rendered.files[0].values.items()) == [
        ("name", "win1"),
        ("builder", "hvm"),
        ("kernel", "/h"),
        ("memory", 256),
        ("vcpus", 1),
        ("disk", ["file:/a.img,hda,w"]),
        ("vif", ["bridge=br0"]),
        ("vnc", 0),
        ("sdl", 1),
        ("opengl", False),
        ("serial", "pty"),
    ]


@pytest.mark.parametrize("release, has", [("4.4", False), ("4.5", True), ("4.22", True)])
def test_a_direct_boot(release: str, has: bool) -> None:
    made = hvm_guest(boot={"method": "direct", "kernel": "/k", "ramdisk": "/r", "cmdline": "c"})
    rendered = render_guest(made, facts(release), "dom0")
    if has:
        assert rendered.problems == []
        assert {key: rendered.files[0].values[key] for key in ("kernel", "ramdisk", "extra")} == {
            "kernel": "/k",
            "ramdisk": "/r",
            "extra": "c",
        }
        return
    reason = "Xen 4.4 ignores the kernel of an HVM guest"
    remedy = "use method: firmware, or a host with Xen 4.5 or newer"
    assert told(rendered.problems) == [("win1", "boot.kernel", "/k", reason, remedy)]
    assert rendered.problems[0].release == "Xen 4.5 on"


@pytest.mark.parametrize("bios", ["seabios", "ovmf"])
def test_firmware_of_xl(bios: str) -> None:
    assert own_keys(hvm_guest(boot={"method": "firmware", "bios": bios}), facts(), "dom0")["bios"] == bios


def test_what_the_scheme_does_not_have() -> None:
    made = hvm_guest(
        device_model={"scheme": "dom0", "memory": 64, "kernel": "/k", "ramdisk": "/r", "cmdline": "c"},
        display={"type": "vnc", "where": "stubdom", "listen": "10.0.0.9"},
    )
    nothing = "the scheme dom0 has no such key"
    assert told(render_guest(made, facts()).problems) == [
        ("win1", "device_model.memory", 64, nothing, "remove memory"),
        ("win1", "device_model.kernel", "/k", nothing, "remove kernel"),
        ("win1", "device_model.ramdisk", "/r", nothing, "remove ramdisk"),
        ("win1", "device_model.cmdline", "c", nothing, "remove cmdline"),
        ("win1", "display.where", "stubdom", "this stub domain has no network of its own for a VNC server", "use where: dom0"),
    ]


def test_the_older_qemu() -> None:
    made = whole(device_model={"scheme": "dom0", "version": "qemu-xen-traditional"}, boot={"method": "firmware", "bios": "rombios"})
    assert written(made, facts("4.17")).files[0].values["device_model_version"] == "qemu-xen-traditional"


@pytest.mark.parametrize(
    "release, toolstack, model, boot, expected",
    [
        ("4.21", "xl", "qemu-xen-traditional", None, ("device_model.version", "Xen has it from 4.2 to 4.20", "use qemu-xen")),
        ("4.1", "xm", "qemu-xen", None, ("device_model.version", "xm has one QEMU only", "remove version")),
        ("4.17", "xl", "qemu-xen-traditional", {"method": "direct", "kernel": "/k"},
         ("boot.method", "qemu-xen-traditional does not boot a kernel of the host", "use method: firmware, or version: qemu-xen")),
    ],
)  # fmt: skip
def test_where_the_older_qemu_is_refused(release: str, toolstack: str, model: str, boot: Any, expected: tuple[str, str, str]) -> None:
    made = hvm_guest(device_model={"scheme": "dom0", "version": model}, **({"boot": boot} if boot else {}))
    problems = render_guest(made, facts(release, toolstack, images={"hvmloader": "/h"})).problems
    assert [(problem.key, problem.reason, problem.remedy) for problem in problems] == [expected]


@pytest.mark.parametrize("scheme", ["linux", "minios"])
def test_other_schemes_have_a_qemu_of_their_own(scheme: str) -> None:
    images = {name: f"/{name}" for name in ("qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs", "ioemu-stubdom.gz")}
    made = hvm_guest(device_model={"scheme": scheme, "version": "qemu-xen"})
    problems = render_guest(made, facts(images=images)).problems
    assert [problem.key for problem in problems] == ["device_model.version"]

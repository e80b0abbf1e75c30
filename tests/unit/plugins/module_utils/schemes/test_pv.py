# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for a PV or PVH guest, release by release."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import MINIOS_REMEDY
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, guest, own_keys, told, written


@pytest.mark.parametrize(
    "toolstack, release, has_type",
    [
        ("xm", "3.3", False), ("xm", "4.4", False),
        ("xl", "4.2", False), ("xl", "4.9", False), ("xl", "4.10", True), ("xl", "4.22", True),
    ],
)
def test_the_whole_file(toolstack: str, release: str, has_type: bool) -> None:
    made = guest(
        maxmem=512,
        boot={"method": "direct", "kernel": "/k", "ramdisk": "/r", "cmdline": "ro quiet"},
        disks=[{"target": "/dev/a", "vdev": "xvda", "access": "ro"}],
        vifs=[{"bridge": "br0"}, {}],
        settings={"on_crash": "restart", "cpu_weight": 512},
    )
    rendered = written(made, facts(release, toolstack))
    assert (rendered.scheme, rendered.kernel, rendered.stub_mib, rendered.notes) == ("", "/k", 0, [])
    assert [file.name for file in rendered.files] == ["web1" if toolstack == "xm" else "web1.cfg"]
    assert list(rendered.files[0].values.items()) == [
        ("name", "web1"),
        *([("type", "pv")] if has_type else []),
        ("memory", 256),
        ("maxmem", 512),
        ("vcpus", 1),
        ("kernel", "/k"),
        ("ramdisk", "/r"),
        ("extra", "ro quiet"),
        ("disk", ["phy:/dev/a,xvda,r" if toolstack == "xm" else "format=raw,vdev=xvda,access=ro,target=/dev/a"]),
        ("vif", ["bridge=br0", ""]),
        ("cpu_weight", 512),
        ("on_crash", "restart"),
    ]


@pytest.mark.parametrize("kind, image", [("pv", "pvgrub2-x86_64"), ("pvh", "pvgrub2-pvh")])
def test_a_boot_through_grub_2_has_the_image_as_its_kernel_and_nothing_else(kind: str, image: str) -> None:
    made = guest(type=kind, boot={"method": "pvgrub2"})
    assert own_keys(made, facts()) == {
        "name": "web1", "type": kind, "memory": 256, "vcpus": 1, "kernel": f"/boot/{image}", "disk": [], "vif": [],
    }


@pytest.mark.parametrize(
    "arch, images, kernel",
    [
        ("x86_64", {"pv-grub-x86_64.gz": "/64", "pv-grub.gz": "/old"}, "/64"),
        ("i386", {"pv-grub-x86_32.gz": "/32", "pv-grub-x86_64.gz": "/64"}, "/32"),
        # 3.3.0-rc1 to rc4 had one name only.
        ("x86_64", {"pv-grub.gz": "/old"}, "/old"),
    ],
)
def test_the_image_of_pv_grub(arch: str, images: dict[str, str], kernel: str) -> None:
    made = guest(boot={"method": "pvgrub", "menu": "(hd0)/m", "arch": arch})
    rendered = written(made, facts("3.3", "xm", images=images))
    assert rendered.kernel == rendered.files[0].values["kernel"] == kernel
    assert rendered.files[0].values["extra"] == "(hd0)/m"


@pytest.mark.parametrize(
    "boot, missing, remedy",
    [
        ({"method": "pvgrub", "dhcp": True}, "pv-grub-x86_64.gz",
         f"{MINIOS_REMEDY} (off by default since Xen 4.16: --enable-pv-grub), or use method: pvgrub2"),
        ({"method": "pvgrub", "dhcp": True, "image": "mine"}, "mine",
         f"{MINIOS_REMEDY} (off by default since Xen 4.16: --enable-pv-grub), or use method: pvgrub2"),
        ({"method": "pvgrub2", "image": "other"}, "other",
         "install it with the role xenfleet.stubdom.images, or run the playbook deploy.yml"),
    ],
)  # fmt: skip
def test_an_image_that_the_host_does_not_have(boot: dict[str, Any], missing: str, remedy: str) -> None:
    reason = "no such image is installed on the host"
    rendered = render_guest(guest(boot=boot), facts(images={"pv-grub-x86_32.gz": "/32"}))
    assert told(rendered.problems) == [("web1", "boot.image", missing, reason, remedy)]


@pytest.mark.parametrize("release, toolstack", [("4.4", "xm"), ("4.2", "xl"), ("4.9", "xl")])
def test_pvh_came_later(release: str, toolstack: str) -> None:
    problems = render_guest(guest(type="pvh"), facts(release, toolstack)).problems
    remedy = "use type: pv, or a host with xl of Xen 4.10 or newer"
    assert told(problems) == [("web1", "type", "pvh", "this host cannot run PVH guests", remedy)]
    assert problems[0].release == "Xen 4.10 on"


def test_a_frame_buffer_without_pv_grub_needs_no_note() -> None:
    assert written(guest(settings={"vfb": ["vnc=1"]}), facts()).notes == []


@pytest.mark.parametrize(
    "boot, release, toolstack, noted",
    [
        ({"menu": "(hd0)/boot/grub/menu.lst"}, "3.3", "xm", True),
        ({"menu": "(hd1)/menu,1)lst"}, "3.3", "xm", True),
        ({"menu": "(hd0,0)/boot/grub/menu.lst"}, "3.3", "xm", False),
        ({"menu": "(hd0)/boot/grub/menu.lst"}, "3.4", "xm", False),
        ({"menu": "(hd0)/boot/grub/menu.lst"}, "4.17", "xl", False),
        ({"tftp": "/menu.lst"}, "3.3", "xm", False),
        ({"dhcp": True}, "3.3", "xm", False),
    ],
)
def test_pv_grub_of_3_3_wants_a_partition_table(boot: dict[str, Any], release: str, toolstack: str, noted: bool) -> None:
    rendered = render_guest(guest(boot={"method": "pvgrub", **boot}), facts(release, toolstack))
    assert rendered.problems == []
    text = (
        "guest web1: PV-GRUB of Xen 3.3 reads ext2, ext3, FAT, UFS and Minix in partitions only, such as (hd0,0), and "
        f"{boot.get('menu')} is on a disk without one; ReiserFS, JFS, XFS and ISO 9660 are read there"
    )
    assert rendered.notes == ([text] if noted else [])


BOOTLOADER = {"method": "bootloader", "bootloader": "pygrub", "kernel": "boot/vmlinuz", "cmdline": "ro"}


def test_a_boot_loader_of_dom0_takes_the_kernel_from_the_guests_disk() -> None:
    disks = [{"target": "/dev/vg0/web1", "vdev": "xvda"}]
    made = guest(boot={**BOOTLOADER, "ramdisk": "boot/initrd", "bootloader_args": ["--quiet", "--args=a b"]}, disks=disks)
    rendered = written(made, facts())
    assert rendered.kernel == ""
    own = rendered.files[0].values
    assert {key: own[key] for key in ("bootloader", "bootloader_args", "kernel", "ramdisk", "extra")} == {
        "bootloader": "pygrub", "bootloader_args": ["--quiet", "--args=a b"], "kernel": "boot/vmlinuz", "ramdisk": "boot/initrd",
        "extra": "ro",
    }  # fmt: skip
    assert "kernel" not in written(guest(boot={"method": "bootloader", "bootloader": "pygrub"}, disks=disks), facts()).files[0].values


def test_the_arguments_of_a_boot_loader_are_one_string_to_xm() -> None:
    made = guest(boot={**BOOTLOADER, "bootloader_args": ["-q"]})
    reason = "xm takes the arguments of a boot loader as one string"
    assert told(render_guest(made, facts("4.1", "xm")).problems) == [
        ("web1", "boot.bootloader_args", ["-q"], reason, "use settings.bootargs")
    ]
    assert written(guest(boot=BOOTLOADER), facts("4.1", "xm")).files[0].values["bootloader"] == "pygrub"

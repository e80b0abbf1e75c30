# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firmware of an image."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    firmware,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    Machine,
)


def test_firmware() -> None:
    named = b"\0linuxboot.bin\0efi-e1000.rom\0efi-rtl8139.rom\0pvh.bin\0vgabios.bin\0pxe-e1000.rom\0linuxboot_dma.bin\0"
    paths = [
        "usr/share/qemu/pvh.bin",
        "usr/share/qemu/linuxboot.bin",
        "usr/share/qemu/multiboot.bin",
        "usr/share/seabios/vgabios.bin",
        "usr/lib/ipxe/qemu/efi-e1000.rom",
        "usr/lib/ipxe/qemu/efi-virtio.rom",
        "usr/lib/ipxe/qemu/pxe-e1000.rom",
        "usr/share/doc/linuxboot.bin.gz",
    ]
    assert firmware.rom_paths(paths, named) == [
        "usr/lib/ipxe/qemu/efi-e1000.rom",
        "usr/share/qemu/linuxboot.bin",
        "usr/share/qemu/pvh.bin",
    ]


@pytest.mark.parametrize(
    "paths, qemu", [([], b"linuxboot.bin"), (["usr/share/qemu/linuxboot.bin"], b"linuxboot_dma.bin")]
)
def test_without_linuxboot_no_guest_boots_a_kernel(paths: list[str], qemu: bytes) -> None:
    with pytest.raises(BuildError, match=r"linuxboot.bin, without which .* Remedy: .*qemu-system-data"):
        firmware.rom_paths(paths, qemu)


def test_no_linuxboot(machine: Machine, dest: Path) -> None:
    del machine.packages["qemu-system-data"]
    assert refused(machine, dest).startswith("linuxboot.bin, without which no guest boots a kernel of the host")

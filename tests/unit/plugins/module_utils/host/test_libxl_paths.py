# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which paths are found in the host's own libxl."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import libxl_paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.libxl_paths import LibxlPaths
from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import BOOT, DEBIAN, SCRIPTS, XL, Dom0

FOUND = LibxlPaths(
    boot=(BOOT,),
    bin=("/usr/lib/xen-4.17/bin",),
    scripts=(SCRIPTS,),
    seabios=("/usr/share/seabios/bios-256k.bin",),
    ovmf=("/usr/share/ovmf/OVMF.fd",),
    qemu=("/usr/libexec/xen-qemu-system-i386",),
    proxy=("/usr/bin/vchan-socket-proxy",),
)


@pytest.mark.parametrize(
    ("library", "program"),
    [
        ("/usr/lib/x86_64-linux-gnu/libxenlight.so.4.17.0", XL),
        ("/usr/lib/x86_64-linux-gnu/libxenlight.so.4.17.0", "/usr/bin/xl"),
        ("/usr/lib64/libxenlight.so.4.17", XL),
        ("/usr/lib/xen-4.17/lib/x86_64-linux-gnu/libxenlight-4.17.so", XL),
        ("/usr/local/lib/libxenlight.so.4.17.0", "/usr/local/sbin/xl"),
        ("/nix/store/x-xen-4.17/lib/libxenlight.so.4.17.0", "/nix/store/x-xen-4.17/bin/xl"),
        ("/lib/x86_64-linux-gnu/libxenlight.so.4.17.0", "/sbin/xl"),
    ],
)
def test_the_library_beside_the_program(library: str, program: str, tmp_path: Path) -> None:
    Dom0(tmp_path).library(DEBIAN, library)
    assert libxl_paths.find((4, 17), tmp_path, program) == FOUND
    assert libxl_paths.find((4, 20), tmp_path, program) == LibxlPaths()


def test_the_library_of_another_prefix_does_not_count(tmp_path: Path) -> None:
    Dom0(tmp_path).library(DEBIAN)
    for program in ("/usr/local/sbin/xl", "/opt/xen/sbin/xl", "/root/bin/xl"):
        assert libxl_paths.find((4, 17), tmp_path, program) == LibxlPaths()


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("/usr/share/edk2/xen/OVMF.fd", "ovmf"),
        ("/usr/share/qemu/ovmf-x86_64-xen-4m.bin", "ovmf"),
        ("/usr/share/edk2-ovmf/OVMF_CODE.fd", "ovmf"),
        ("/usr/share/ovmf/bios.bin", "ovmf"),
        ("/nix/store/x-OVMF-202211/FV/OVMF.fd", "ovmf"),
        ("/usr/local/lib/xen/boot/ovmf.bin", "ovmf"),
        ("/usr/share/qemu/bios-256k.bin", "seabios"),
        ("/usr/share/seabios/bios.bin", "seabios"),
        ("/usr/local/lib/xen/boot/seabios.bin", "seabios"),
        ("/nix/store/x-seabios-1.16/Csm16.bin", "seabios"),
        ("/usr/local/lib/xen/bin/qemu-system-i386", "qemu"),
        ("/usr/bin/qemu-system-x86_64", "qemu"),
        ("/usr/libexec/xen/boot", "boot"),
        ("/usr/libexec/xen/bin", "bin"),
        ("/usr/local/lib/xen/bin", "bin"),
        ("/sys/bus/pci/drivers/pciback/bind", ""),
        ("/var/lib/xen/qemu-save.%d", ""),
        ("/local/domain/%d/hvmloader", ""),
    ],
)
def test_what_a_string_is(path: str, use: str, tmp_path: Path) -> None:
    Dom0(tmp_path).library((path,))
    expected = {use: (path,)} if use else {}
    assert libxl_paths.find((4, 17), tmp_path, XL) == LibxlPaths(**expected)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel of an image."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    kernel,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import run
from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    NAMES,
    image,
    made,
    overlay,
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    CONFIG,
    RELEASE,
    Machine,
)

KERNEL_PACKAGE = "build_linux_stubdom_kernel_package (option kernel_package of linux_stubdom_image)"
KERNEL_RELEASE = "build_linux_stubdom_kernel_release (option kernel_release of linux_stubdom_image)"


def test_all_that_a_kernel_lacks(machine: Machine, dest: Path) -> None:
    files = machine.packages[f"linux-image-{RELEASE}"]["files"]
    files[f"boot/config-{RELEASE}"] = CONFIG.replace("CONFIG_XEN_PV=y", "CONFIG_XEN_PV=n")
    for name in ("xen-gntalloc", "loop"):
        del files[f"lib/modules/{RELEASE}/kernel/{name}.ko"]
    remedy = f"Remedy: give another kernel, by {KERNEL_PACKAGE} or overlay."
    assert refused(machine, dest).splitlines() == [
        f"kernel {RELEASE} was built without CONFIG_XEN_PV=y. {remedy}",
        f"kernel {RELEASE} has no module loop, neither built in nor to load. {remedy}",
        f"kernel {RELEASE} has no module xen-gntalloc, neither built in nor to load. {remedy}",
    ]


def test_no_kernel_and_several(machine: Machine, dest: Path) -> None:
    machine.packages["linux-image-2"] = {"version": "2", "files": {"boot/vmlinuz-2": "two"}}
    assert refused(machine, dest) == f"there are several kernels: 2, {RELEASE}. Remedy: choose one by {KERNEL_RELEASE}."
    assert refused(machine, dest, kernel_release="3") == (
        f"no package and no overlay has the kernel boot/vmlinuz-3; there is: 2, {RELEASE}. "
        f"Remedy: set {KERNEL_PACKAGE} or {KERNEL_RELEASE}."
    )
    assert made(machine, dest, kernel_release=RELEASE).manifest["kernel"] == RELEASE
    del machine.packages["linux-image-2"], machine.packages[f"linux-image-{RELEASE}"]
    assert "boot/vmlinuz-RELEASE; there is: none." in refused(machine, dest)


def test_a_kernel_of_ones_own(machine: Machine, dest: Path, tmp_path: Path) -> None:
    modules = {
        f"lib/modules/9-own/kernel/{name}.ko.zst": "packed" for name in "loop squashfs xen-privcmd xen-gntdev".split()
    }
    names = "xen-evtchn xen-gntalloc xen-blkfront xen-netfront tun bridge".split()
    modules.update({f"lib/modules/9-own/kernel/{name}.builtin": "" for name in names})
    own = overlay(tmp_path / "own", {"boot/vmlinuz-9-own": "own kernel", **modules})
    built = made(machine, dest, overlay=[own], kernel_release="9-own")
    assert image(dest)[NAMES[0]] == b"own kernel"
    assert built.manifest["kernel"] == "9-own"
    assert machine.root["usr/lib/modules/order"] == "644 xen-privcmd.ko unrestricted=1\nxen-gntdev.ko\n"
    assert machine.root["usr/lib/modules/xen-gntdev.ko"] == "644 unpacked by zstd"


def test_a_module_that_is_compressed(tmp_path: Path) -> None:
    module, into = tmp_path / "a.ko.xz", tmp_path / "a.ko"
    module.write_bytes(lzma.compress(b"module"))
    kernel.write_module(module, into, run)
    assert into.read_bytes() == b"module"
    module.write_bytes(b"damaged")
    with pytest.raises(BuildError, match="a.ko.xz cannot be unpacked: .* Remedy: give a complete kernel."):
        kernel.write_module(module, into, run)


def test_a_module_that_zstd_cannot_unpack(machine: Machine, tmp_path: Path) -> None:
    machine.fails["zstd"] = "zstd: No space left on device"
    with pytest.raises(BuildError, match="a.ko.zst cannot be unpacked: zstd: No space left on device. Remedy:"):
        kernel.write_module(tmp_path / "a.ko.zst", tmp_path / "a.ko", machine)

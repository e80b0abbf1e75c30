# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The libraries of an image."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    LIBS,
    QEMU,
    Machine,
    elf,
)


def test_all_libraries_that_are_missing(machine: Machine, dest: Path) -> None:
    del machine.packages["libpixman-1-0"]
    machine.packages["xenstore-utils"]["files"]["usr/bin/xenstore"] = elf(
        "libxenstore.so.4,../x86_64-linux-gnu/libc.so.6", loader="/lib/ld.so"
    )
    remedy = "Remedy: name its package in packages, or put it into the overlay's /usr/lib."
    absent = "which no package and no overlay has."
    assert refused(machine, dest).splitlines() == [
        f"/usr/bin/xenstore needs the library ../x86_64-linux-gnu/libc.so.6, {absent} {remedy}",
        f"/usr/bin/xenstore needs the library libxenstore.so.4, {absent} {remedy}",
        "/usr/bin/xenstore needs the loader /lib/ld.so, which no package has. Remedy: name its package in packages.",
        f"/{QEMU} needs the library libpixman-1.so.0, {absent} {remedy}",
    ]


def test_a_library_that_is_a_link_to_nothing_is_missing(machine: Machine, dest: Path) -> None:
    machine.packages["libpixman-1-0"]["files"] = {f"usr/{LIBS}/libpixman-1.so.0": "-> /etc/passwd"}
    assert "needs the library libpixman-1.so.0" in refused(machine, dest), "the link leads to no file of this machine"


def test_a_qemu_that_is_a_script(machine: Machine, dest: Path) -> None:
    machine.packages["qemu-system-xen"]["files"][QEMU] = "#!/bin/sh\n"
    assert refused(machine, dest).startswith(
        f"/{QEMU} is neither a program nor a library: readelf: Error: Not an ELF file"
    )

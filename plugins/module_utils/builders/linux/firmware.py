# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the firmware files that a QEMU may read inside a stub domain (pure)."""

from __future__ import annotations

import posixpath
import re
from typing import Iterable

from ...common.errors import BuildError

# Option ROMs of network cards, and those that boot a kernel which the guest's file names. The BIOS and hvmloader come
# from dom0, and without a graphics card there is no VGA BIOS. Of a network card's two forms QEMU names one, by machine
# type: efi-*.rom, which hold a BIOS's ROM as well; pxe-*.rom are for machine types that Xen does not have.
_ROM = re.compile(r"efi-[\w.-]+\.rom|linuxboot\w*\.bin|multiboot\w*\.bin|pvh\.bin")

_LINUXBOOT = "linuxboot.bin"


def rom_paths(paths: Iterable[str], qemu: bytes) -> list[str]:
    """Return the paths of a tree that this QEMU names. Raise BuildError without the ROM for direct kernel boot.

    Without it, a guest that names a kernel would boot its disk instead, with no message.
    """
    found = [
        path
        for path in sorted(paths)
        if _ROM.fullmatch(posixpath.basename(path)) and posixpath.basename(path).encode() in qemu
    ]
    if _LINUXBOOT not in [posixpath.basename(path) for path in found]:
        raise BuildError(
            f"{_LINUXBOOT}, without which no guest boots a kernel of the host, is in no package, or QEMU does not name it",
            "name the package of QEMU's firmware in packages (Debian: qemu-system-data)",
        )
    return found

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run QEMU in dom0, for comparison and for guests that cannot have a stub domain (pure)."""

from __future__ import annotations

from ..guest.model import Guest
from ..xen.facts import Facts
from . import hvm
from .files import GuestFile, GuestFiles, file_name


def files_of(guest: Guest, facts: Facts) -> GuestFiles:
    """Return the guest's one file."""
    result = GuestFiles("dom0")
    hvm.check(guest, facts, result, firmware=("seabios", "ovmf") if facts.toolstack == "xl" else ())
    hvm.refuse_model_keys(guest, result, "memory", "kernel", "ramdisk", "cmdline")
    hvm.refuse_stubdom_vnc(guest, result, "use where: dom0")
    values = hvm.head(guest, facts)
    if facts.toolstack == "xl":
        # Xen 4.2, and a host without qemu-xen, would take qemu-xen-traditional (stable-4.17: libxl_create.c).
        values["device_model_version"] = "qemu-xen"
    values.update(hvm.devices(guest, facts))
    values.update(hvm.display(guest))
    values.update(guest.settings)
    result.files.append(GuestFile(file_name(guest, facts.toolstack), values))
    return result

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run QEMU in dom0, for comparison and for guests that cannot have a stub domain (pure)."""

from __future__ import annotations

from ..common.problem import Problem
from ..guest.device_model import TRADITIONAL
from ..guest.device_strings import server_of
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.releases import SCHEMES, from_to, within
from . import hvm
from .files import GuestFile, GuestFiles, file_name


def files_of(guest: Guest, facts: Facts) -> GuestFiles:
    """Return the guest's one file."""
    result = GuestFiles("dom0")
    version = guest.device_model.version
    is_old = version == TRADITIONAL
    bios = ("rombios",) if is_old else ("seabios", "ovmf")
    hvm.check(guest, facts, result, firmware=bios if facts.toolstack == "xl" else ())
    hvm.refuse_model_keys(guest, result, "memory", "kernel", "ramdisk", "cmdline")
    _check_version(guest, facts, result)
    hvm.refuse_stubdom_vnc(guest, result, "use where: dom0")
    if facts.toolstack == "xl":
        result.problems += check_emulated_cards(guest)
    values = hvm.head(guest, facts)
    if facts.toolstack == "xl":
        # Xen 4.2, and a host without qemu-xen, would take qemu-xen-traditional (stable-4.17: libxl_create.c).
        values["device_model_version"] = version or "qemu-xen"
    values.update(hvm.devices(guest, facts))
    values.update(hvm.display(guest))
    values.update(guest.settings)
    result.files.append(GuestFile(file_name(guest, facts.toolstack), values))
    return result


def _check_version(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    """Refuse a QEMU that the toolstack or release does not have, and what qemu-xen-traditional cannot do."""
    version = guest.device_model.version
    # It went with the stub domain that it runs in.
    span = SCHEMES["minios"][1]
    if version and facts.toolstack == "xm":
        result.refuse(guest, "device_model.version", "xm has one QEMU only", "remove version", version)
    elif version == TRADITIONAL and not within(facts.release, span):
        reason = f"Xen has it from {from_to(span)}"
        result.refuse(guest, "device_model.version", reason, "use qemu-xen", version)
    elif version == TRADITIONAL and guest.boot.method == "direct":
        reason = "qemu-xen-traditional does not boot a kernel of the host"
        result.refuse(guest, "boot.method", reason, "use method: firmware, or version: qemu-xen", "direct")


def check_emulated_cards(guest: Guest) -> list[Problem]:
    """Return a problem for each emulated card that a driver domain serves: QEMU's end of it is an interface of dom0, which no
    script connects there (libxl_device.c, device_hotplug)."""
    return [
        Problem(
            "is a driver domain, and QEMU in dom0 emulates the card, which then has no connection",
            "use type: vif, which the guest's own driver serves, or run the device model in a stub domain",
            guest=guest.name,
            key=f"vifs[{number}].backend",
            value=vif.backend,
            release="libxl_device.c, device_hotplug",
        )
        for number, vif in enumerate(guest.vifs)
        if vif.type != "vif" and server_of(vif.backend)
    ]

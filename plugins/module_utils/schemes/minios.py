# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run qemu-xen-traditional in a mini-OS stub domain that libxl makes: Xen 4.2 to 4.20, with xl (pure).

Source: xen: docs/misc/stubdom.txt; tools/libs/light/libxl_create.c and libxl_dm.c of 4.17.
"""

from __future__ import annotations

from ..guest.device_model import TRADITIONAL, DeviceModel
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.memory import video_mib
from ..xen.releases import MINIOS_IMAGE, MINIOS_MEMORY, MINIOS_MEMORY_4_6, knows, shown
from . import hvm, minios_consoles
from .files import MINIOS_REMEDY, GuestFile, GuestFiles, file_name


def refusal(facts: Facts, model: DeviceModel) -> tuple[str, str] | None:
    """Return why this host cannot run the scheme, and the remedy; None when it can."""
    images = facts.images if knows("stubdomain_kernel", facts.release) else facts.own
    if not model.kernel and MINIOS_IMAGE not in images:
        return f"{MINIOS_IMAGE} is not installed", f"{MINIOS_REMEDY} (off by default since Xen 4.16: --enable-qemu-traditional)"
    return None


def files_of(guest: Guest, facts: Facts) -> GuestFiles:
    """Return the guest's one file, and what the host must have."""
    model, release = guest.device_model, facts.release
    result = GuestFiles("minios", stub_mib=_memory(guest, facts))
    hvm.check(guest, facts, result, firmware=("rombios",))
    hvm.refuse_model_keys(guest, result, "ramdisk", "cmdline", "version")
    hvm.refuse_stubdom_vnc(guest, result, "use where: dom0")
    minios_consoles.check(guest, facts, result)
    if guest.boot.method == "direct" and knows("kernel of an HVM guest", release):
        reason = "qemu-xen-traditional does not boot a kernel of the host"
        remedy = "use method: firmware, or scheme: linux"
        result.refuse(guest, "boot.method", reason, remedy, "direct", "Xen 4.5 on, libxl_dm.c")
    values = hvm.head(guest, facts)
    values["device_model_version"] = TRADITIONAL
    values["device_model_stubdomain_override"] = 1
    if knows("stubdomain_kernel", release):
        # libxl's default is an image in Xen's own folder; an image of the store has another path.
        values["stubdomain_kernel"] = model.kernel or facts.images[MINIOS_IMAGE]
        if model.memory:
            values["stubdomain_memory"] = model.memory
    else:
        _check_old(guest, result, facts)
    values.update(hvm.devices(guest, facts))
    values.update(hvm.display(guest))
    values.update(hvm.no_keyboard(facts))
    values.update(guest.settings)
    result.files.append(GuestFile(file_name(guest, "xl"), values))
    return result


def _check_old(guest: Guest, result: GuestFiles, facts: Facts) -> None:
    """Refuse keys of 4.14: before, libxl starts the image, and gives the memory, that it was built with."""
    model = guest.device_model
    if model.kernel:
        reason = f"Xen {shown(facts.release)} starts only its own {MINIOS_IMAGE}"
        result.refuse(guest, "device_model.kernel", reason, "remove kernel", model.kernel, "Xen 4.14 on")
    if model.memory:
        result.note(guest, f"device_model.memory is not used before Xen 4.14: libxl gives {_memory(guest, facts)} MiB")


def _memory(guest: Guest, facts: Facts) -> int:
    if knows("stubdomain_memory", facts.release) and guest.device_model.memory:
        return guest.device_model.memory + video_mib(guest, "minios")
    return MINIOS_MEMORY if facts.release < (4, 6) else MINIOS_MEMORY_4_6 + video_mib(guest, "minios")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run qemu-xen in a Linux stub domain: Xen 4.14 on, with xl (pure).

Source: xen: docs/misc/stubdom.txt, the chapter on Linux stub domains; tools/libs/light/libxl_dm.c of 4.17.
"""

from __future__ import annotations

from ..guest.device_model import DeviceModel
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.memory import linux_mib, video_mib
from ..xen.releases import LINUX_CMDLINE, knows, too_new
from . import hvm
from .files import GuestFile, GuestFiles, file_name

KERNEL = "qemu-stubdom-linux-kernel"
ROOTFS = "qemu-stubdom-linux-rootfs"


def refusal(facts: Facts, model: DeviceModel) -> tuple[str, str] | None:
    """Return why this host cannot run the scheme, and the remedy; None when it can."""
    named = ((KERNEL, model.kernel), (ROOTFS, model.ramdisk))
    missing = [name for name, path in named if not path and name not in facts.images]
    if missing:
        remedy = "build them (role build_linux_stubdom), or name files in device_model.kernel and device_model.ramdisk"
        return f"the host has no {' and no '.join(missing)} (Xen ships none)", remedy
    return None


def files_of(guest: Guest, facts: Facts) -> GuestFiles:
    """Return the guest's one file, and what the host must have."""
    model = guest.device_model
    memory = model.memory or linux_mib(guest)
    result = GuestFiles("linux", stub_mib=memory + video_mib(guest, "linux"))
    hvm.check(guest, facts, result, firmware=("seabios", "ovmf"))
    hvm.refuse_model_keys(guest, result, "version")
    _check(guest, facts, result)
    values = hvm.head(guest, facts)
    # The default from 4.21 on; before, a stub domain without this key is mini-OS.
    values["device_model_version"] = "qemu-xen"
    values["device_model_stubdomain_override"] = 1
    values["stubdomain_kernel"] = model.kernel or facts.images[KERNEL]
    values["stubdomain_ramdisk"] = model.ramdisk or facts.images[ROOTFS]
    values["stubdomain_memory"] = memory
    if model.cmdline:
        values["stubdomain_cmdline"] = model.cmdline
    elif knows("stubdomain_cmdline", facts.release):
        values["stubdomain_cmdline"] = LINUX_CMDLINE
    values.update(hvm.devices(guest, facts))
    values.update(vnc=0, sdl=0)
    # Without a display a graphics card has no use, and libxl would count its memory. A definition that sets stdvga keeps
    # its card, as vga would hide stdvga (stable-4.17:tools/xl/xl_parse.c).
    if "stdvga" not in guest.settings:
        values["vga"] = "none"
    values.update(hvm.no_keyboard(facts))
    values.update(guest.settings)
    result.files.append(GuestFile(file_name(guest, "xl"), values))
    _needs_in_dom0(guest, result, kernel=str(values["stubdomain_kernel"]), ramdisk=str(values["stubdomain_ramdisk"]))
    return result


def _needs_in_dom0(guest: Guest, result: GuestFiles, kernel: str, ramdisk: str) -> None:
    """Add what the host must have; without it libxl waits 30 seconds for the stub domain, and does not name the cause."""
    result.check(guest, "kernel", kernel)
    result.check(guest, "ramdisk", ramdisk)
    if guest.boot.method == "direct":
        note = "its kernel and ramdisk must lie at the same paths inside the stub domain's image"
        result.check(guest, "boot files", ramdisk, note)


def _check(guest: Guest, facts: Facts, result: GuestFiles) -> None:
    model = guest.device_model
    if guest.display.type != "none":
        reason = "a Linux stub domain has no graphics output: neither SDL nor VNC"
        remedy = "use type: none and settings.serial: pty for xl console, or scheme: minios or dom0"
        result.refuse(guest, "display.type", reason, remedy, guest.display.type, "Xen 4.14 on, docs/misc/stubdom.txt")
    elif guest.display.keymap:
        reason = "a Linux stub domain has no graphics output, and so no keyboard beside it"
        result.refuse(guest, "display.keymap", reason, "remove keymap", guest.display.keymap, "docs/misc/stubdom.txt")
    if guest.settings.get("spice"):
        reason = "a Linux stub domain has no graphics output, and Spice is one"
        result.refuse(guest, "settings.spice", reason, "remove it", guest.settings["spice"], "docs/misc/stubdom.txt")
    if model.cmdline:
        late = too_new("stubdomain_cmdline", facts.release, guest.name, model.cmdline, "device_model.cmdline")
        result.problems += [late] if late else []

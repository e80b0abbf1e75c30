# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the file of a PV or PVH guest: which of Xen's keys it has, and in which order (pure)."""

from __future__ import annotations

from ..guest.boot import Boot
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.releases import FIRST_RELEASE, PVGRUB_IMAGES, PVGRUB_WHOLE_DISK, knows, shown
from ..xencfg.values import Value
from .devices import disk_strings, vif_strings
from .files import MINIOS_REMEDY, GuestFile, GuestFiles, file_name


def files_of(guest: Guest, facts: Facts) -> GuestFiles:
    """Return the guest's one file. Its kernel is the installed PV-GRUB image, or the file that a direct boot names."""
    result = GuestFiles()
    if guest.type == "pvh" and not (facts.toolstack == "xl" and knows("type", facts.release)):
        first = shown(FIRST_RELEASE["type"])
        remedy = f"use type: pv, or a host with xl of Xen {first} or newer"
        result.refuse(guest, "type", "this host cannot run PVH guests", remedy, guest.type, f"Xen {first} on")
    # What a boot loader takes from the guest's disk lies in a temporary file.
    by_loader = guest.boot.method == "bootloader"
    result.kernel = "" if by_loader else guest.boot.kernel or _image(guest, facts, result)
    if guest.boot.method == "pvgrub" and "vfb" in guest.settings:
        result.note(guest, "PV-GRUB shows a boot splash, but the frame buffer does not start again for the kernel")
    if guest.boot.menu and "," not in guest.boot.menu.partition(")")[0] and facts.release < PVGRUB_WHOLE_DISK:
        result.note(
            guest,
            f"PV-GRUB of Xen {shown(facts.release)} reads ext2, ext3, FAT, UFS and Minix in partitions only, such as (hd0,0), and "
            f"{guest.boot.menu} is on a disk without one; ReiserFS, JFS, XFS and ISO 9660 are read there",
        )
    values: dict[str, Value] = {"name": guest.name}
    if facts.toolstack == "xl" and knows("type", facts.release):
        values["type"] = guest.type
    values["memory"] = guest.memory
    if guest.maxmem:
        values["maxmem"] = guest.maxmem
    values["vcpus"] = guest.vcpus
    if by_loader:
        values.update(_bootloader_values(guest, facts, result))
    else:
        values["kernel"] = result.kernel
    values.update(_boot_values(guest.boot))
    values["disk"] = disk_strings(guest, facts.toolstack)
    values["vif"] = vif_strings(guest)
    values.update(guest.settings)
    result.files.append(GuestFile(file_name(guest, facts.toolstack), values))
    return result


def _image(guest: Guest, facts: Facts, result: GuestFiles) -> str:
    """Return the path of the image; "" and a problem when the host has none."""
    boot = guest.boot
    names = (boot.image,) if boot.image else PVGRUB_IMAGES[boot.arch]
    found = next((facts.images[name] for name in names if name in facts.images), "")
    if found:
        return found
    remedy = "install it with the role xenfleet.stubdom.images, or run the playbook deploy.yml"
    if boot.method == "pvgrub":
        remedy = f"{MINIOS_REMEDY} (off by default since Xen 4.16: --enable-pv-grub), or use method: pvgrub2"
    result.refuse(guest, "boot.image", "no such image is installed on the host", remedy, names[0])
    return ""


def _bootloader_values(guest: Guest, facts: Facts, result: GuestFiles) -> dict[str, Value]:
    """Return the keys of a program of dom0 that takes the kernel from the guest's disk."""
    boot = guest.boot
    values: dict[str, Value] = {"bootloader": boot.bootloader}
    if boot.bootloader_args and facts.toolstack == "xm":
        reason = "xm takes the arguments of a boot loader as one string"
        result.refuse(guest, "boot.bootloader_args", reason, "use settings.bootargs", list(boot.bootloader_args))
    elif boot.bootloader_args:
        values["bootloader_args"] = list(boot.bootloader_args)
    if boot.kernel:
        values["kernel"] = boot.kernel
    return values


def _boot_values(boot: Boot) -> dict[str, Value]:
    """Return the keys of the boot: ``extra``, not ``cmdline``, as every release reads it as the whole command line."""
    if boot.method == "pvgrub":
        # With an empty command line PV-GRUB asks DHCP; option 150 has the path of the menu.
        return {"extra": boot.menu or (f"(nd){boot.tftp}" if boot.tftp else "")}
    values: dict[str, Value] = {}
    if boot.ramdisk:
        values["ramdisk"] = boot.ramdisk
    if boot.cmdline:
        values["extra"] = boot.cmdline
    return values

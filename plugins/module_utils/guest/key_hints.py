# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say where in the definition a key belongs that stands at another place, or has another name elsewhere (pure).

Keys are Xen's own, and those of other tools. A typing error needs no table: common/fields.py finds the nearest key.
It is loaded only where a key is not known.
"""

from __future__ import annotations

from typing import Mapping

from .settings import owned_keys

# Places of names that are neither keys of the definition nor Xen's, whatever they stand in.
_ELSEWHERE = {
    "vcpus": "cpu cpu_count vcpu nr_vcpus",
    "memory": "mem ram memory_mb",
    "maxmem": "max_mem max_memory maxmemory memory_max",
    "disks": "disk drives hdd images storage volumes",
    "vifs": "interfaces networks nic nics",
    "boot.bios": "efi firmware ovmf uefi",
    "boot.bootloader": "loader pygrub",
    "boot.cmdline": "append kernel_args kernel_cmdline",
    "boot.ramdisk": "initramfs initrd",
    "device_model.scheme": "stubdom stubdomain",
    "device_model.version": "device_model_version",
    "autostart": "auto auto_start onboot start_on_boot",
    "restart": "restart_policy",
    "state": "ensure status",
}
# Xen's keys that have no other place than settings. They are those that look like another key, or that every operator
# knows; xl's other keys are not listed, as keys_xl.py lists them.
_SETTINGS = (
    "acpi cap channel cpu_weight cpuid cpus cpus_soft device_model_args device_model_args_hvm device_model_args_pv "
    "device_model_override device_model_user device_tree dm_restrict extratime firmware_override hdtype hpet localtime "
    "maxvcpus nestedhvm nomigrate on_crash on_poweroff on_reboot on_soft_reset on_watchdog oos pae passthrough pci period "
    "pool rtc_timeoffset serial shadow_memory smbios soundhw spice spicepasswd tsc_mode usb usbctrl usbdev usbdevice "
    "usbversion uuid vdispl vfb vga videoram viridian virtio vkb vnuma vpmu vtpm"
)
# A PV guest has its display in a frame buffer, whose string holds these keys.
_FRAME_BUFFER = "keymap opengl sdl vnc vncdisplay vnclisten vncpasswd vncunused"
# Names of keys of one place that other tools have, and keys of another place that are often put there.
_NAMES: Mapping[str, Mapping[str, str]] = {
    "boot": {
        "bios": "firmware",
        "cmdline": "append args extra kernel_args root",
        "order": "boot boot_order devices",
        "ramdisk": "initramfs initrd",
    },
    "disks[N]": {
        "access": "mode readonly ro",
        "cdrom": "devtype",
        "discard": "trim unmap",
        "target": "file image path source",
        "vdev": "target_dev",
    },
    "vifs[N]": {
        "ip": "address ip_address ipaddr",
        "mac": "hwaddr mac_address macaddr macaddress",
        "bridge": "network",
        "vifname": "ifname",
    },
    "display": {
        "type": "sdl vnc",
        "listen": "vnclisten",
        "display": "vncdisplay",
        "passwd": "vncpasswd",
    },
    "device_model": {"memory": "mem ram", "scheme": "device_model_stubdomain_override stubdom", "version": "device_model_version"},
}
# Keys of a place that are put beside it, as where its indentation is lost.
_BESIDE: Mapping[str, str] = {
    "boot": "expect method order",
    "disks[N]": "access cdrom format target vdev",
    "vifs[N]": "bridge ip mac model rate vifname",
    "display": "listen passwd viewers",
    "device_model": "scheme",
}
# Places that only some types of guests have.
_HVM_ONLY = ("display", "device_model", "boot.bios", "boot.order", "disks[N].cdrom")
_NOT_HVM = ("boot.bootloader",)


def hint(place: str, kind: str, key: str) -> str:
    """Return where a key belongs that stands in ``place`` and is not known there, for a guest of the type ``kind``; "" where
    that is not known. ``place`` is a name of ``_NAMES``, "" for the definition itself.

    >>> hint("", "hvm", "initrd"), hint("disks[N]", "pv", "path"), hint("boot", "pv", "on_crash"), hint("", "pv", "zoom")
    ('boot.ramdisk', 'disks[N].target', 'settings.on_crash', '')
    """
    own = _named(_NAMES.get(place, {})).get(key)
    found = f"{place}.{own}" if own else _named(_ELSEWHERE).get(key) or owned_keys(kind).get(key, "")
    if kind == "pv" and key in _FRAME_BUFFER.split():
        found = "settings.vfb"
    if not found and key in _SETTINGS.split():
        found = f"settings.{key}"
    if not found and not place:
        found = next((f"{name}.{key}" for name, keys in _BESIDE.items() if key in keys.split()), "")
    without = _NOT_HVM if kind == "hvm" else _HVM_ONLY if kind in ("pv", "pvh") else ()
    return "" if found.startswith(without) else found


def _named(names: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of a table by each of their other names."""
    return {name: key for key, others in names.items() for name in others.split()}

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List Xen's own configuration keys as ``xm`` reads them, Xen 3.3 to 4.4, and its disks' prefixes (pure).

Source: tools/python/xen/xm/create.py of 3.3.0-rc7, 3.4.0-rc1, 3.4.0-rc3 and stable-4.0 to stable-4.4. A file of xm
is Python, and its values reach xend as they are: xm's own conversions serve its command line only. The kinds are
those that xend makes of them (xen/xend/XendConfig.py). What create.py declares and nothing reads is left out.
"""

from __future__ import annotations

from typing import Any, Mapping

from .keys_xl import FRAME_BUFFER, Groups, Key, TypeGroups, table, words
from .releases import Release

OLDEST_XM: Release = (3, 3)

_XM: Groups = (
    # 3.3.0-rc7
    ((3, 3), "string", "boot bootargs bootloader builder device_model dhcp display extra fda fdb features gateway"),
    ((3, 3), "string", "guest_os_type hostname interface ip kernel keymap loader name netmask nfs_root nfs_server"),
    ((3, 3), "string", "on_crash on_poweroff on_reboot on_xend_start on_xend_stop ramdisk restart root serial"),
    ((3, 3), "string", "soundhw usbdevice uuid vnclisten vncpasswd xauthority"),
    ((3, 3), "number", "cpu cpu_cap cpu_weight machine_address_size maxmem memory nics rtc_timeoffset"),
    ((3, 3), "number", "shadow_memory target timer_mode vcpu_avail vcpus vhpt vncdisplay"),
    ((3, 3), "boolean", "acpi apic blkif hap hpet isa localtime monitor netif nographic opengl pae sdl stdvga tpmif"),
    ((3, 3), "boolean", "usb vnc vncconsole vncunused vncviewer"),
    ((3, 3), "list", "access_control cpuid cpuid_check disk ioports irq pci vfb vif vscsi vtpm"),
    ((3, 3), "string list", "cpus"),
    # 3.4.0-rc1; 3.3 declares videoram, and reads it nowhere
    ((3, 4), "number", "videoram xen_extended_power_mgmt"),
    ((3, 4), "boolean", "pci_msitranslate pci_power_mgmt s3_integrity suppress_spurious_page_faults viridian"),
    ((3, 4), "boolean", "vpt_align xen_platform_pci"),
    # stable-4.0; maxvcpus is not declared, and read
    ((4, 0), "string", "description monitor_path parallel"),
    ((4, 0), "number", "gfx_passthru maxvcpus tsc_mode"),
    ((4, 0), "boolean", "memory_sharing nomigrate oos superpages"),
    ((4, 0), "list", "vif2 vusb"),
    # stable-4.1, stable-4.2
    ((4, 1), "string", "pool"),
    ((4, 2), "boolean", "nestedhvm"),
)

# XendConfig.py, CONFIG_RESTART_MODES: any other word is an error.
_ACTIONS = {"choices": words("destroy restart rename-restart preserve coredump-destroy coredump-restart", OLDEST_XM)}

_XM_DETAILS: Mapping[str, Mapping[str, Any]] = {
    **{name: {"instead": "vfb"} for name in FRAME_BUFFER if name != "keymap"},
    "vncviewer": {"last": (3, 3)},
    "vcpu_avail": {"last": (3, 4), "instead": "maxvcpus"},
    "tpmif": {"last": (4, 2)},
    "vtpm": {"last": (4, 2)},
    "serial": {"later": {"list": (4, 0)}},  # xen/xend/image.py, HVMImageHandler
    "on_crash": _ACTIONS,
    "on_poweroff": _ACTIONS,
    "on_reboot": _ACTIONS,
    "on_xend_start": {"choices": words("ignore start", OLDEST_XM)},  # XendDomain.py
    "on_xend_stop": {"choices": words("ignore shutdown suspend", OLDEST_XM)},
}

# create.py: the list of configure_hvm, which configure_image calls where builder is hvm, less what is read elsewhere,
# too: cpuid, cpuid_check, keymap (for vfb), localtime, oos, pci, vcpus.
_XM_TYPES: TypeGroups = (
    (words("hvm", OLDEST_XM), "acpi apic boot device_model display fda fdb gfx_passthru guest_os_type hap hpet isa"),
    (words("hvm", OLDEST_XM), "memory_sharing nestedhvm nographic opengl pae pci_msitranslate pci_power_mgmt"),
    (words("hvm", OLDEST_XM), "rtc_timeoffset sdl soundhw stdvga timer_mode usb usbdevice viridian vnc vncdisplay"),
    (words("hvm", OLDEST_XM), "vnclisten vncpasswd vncunused vpt_align xauthority xen_extended_power_mgmt"),
    (words("hvm", OLDEST_XM), "xen_platform_pci"),
    ({**words("hvm", OLDEST_XM), "pv": (3, 4)}, "vncconsole"),  # 3.4.0-rc1, main: xm itself starts the viewer
    ({**words("hvm", OLDEST_XM), "pv": (4, 0)}, "monitor serial"),  # stable-4.0, configure_image itself
)

XM_KEYS: Mapping[str, Key] = table(_XM, _XM_DETAILS, _XM_TYPES)

# How the target of a disk begins, with the first release that takes it: xen/xm/create.py (configure_disks), and below
# xen/xend, server/blkif.py for the first word and server/BlktapController.py for the driver after it. tap: is blktap1
# in each release (tools/blktap), which has no vhd, though xend of 4.0 on lets the word pass; tap2: is blktap2 and
# needs its driver in dom0. From 3.4 on any other first word is good that has an executable block-WORD among Xen's
# hotplug scripts, as nbd: and enbd: have.
XM_DISK_FORMATS: Mapping[str, Release] = {
    **words("phy: file: tap:aio: tap:sync: tap:vmdk: tap:ram: tap:qcow: tap:qcow2: tap:ioemu:", (3, 3)),
    **words("tap:tapdisk:aio: tap:tapdisk:qcow: tap:tapdisk:qcow2:", (3, 4)),
    **words("tap2:aio: tap2:ram: tap2:qcow: tap2:vhd: tap2:remus:", (4, 0)),
    **words("tap2:tapdisk:aio: tap2:tapdisk:qcow: tap2:tapdisk:vhd:", (4, 0)),
}

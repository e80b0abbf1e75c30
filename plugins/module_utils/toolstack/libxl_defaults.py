# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know the values that libxl uses where a configuration gives none, by their places in its JSON (pure).

A file that spells one of them out means the same as a file that leaves it out. Only what every release from 4.2 on would
use whatever the host is stands here.

Source: libxl__domain_create_info_setdefault and libxl__domain_build_info_setdefault of libxl_create.c, and the functions
_setdefault of libxl_nic.c, libxl_disk.c, libxl_console.c and libxl_pci.c, Xen 4.2 to 4.22.
"""

from __future__ import annotations

import re
from typing import Any

from ..common.paths import SCRIPT_DIR

# libxl's JSON prints a boolean that has a default as a word.
_TRUE, _FALSE = "True", "False"

_ALWAYS: dict[str, Any] = {
    "c_info.hap": _TRUE,
    "c_info.oos": _TRUE,
    "c_info.driver_domain": _FALSE,
    "c_info.xend_suspend_evtchn_compat": _FALSE,
    "b_info.device_model_stubdomain": _FALSE,
    "b_info.vpmu": _FALSE,
    "b_info.blkdev_start": "xvda",
    "b_info.max_vcpus": 1,
    "b_info.avail_vcpus": ("0",),
    "b_info.numa_placement": _TRUE,
    "b_info.localtime": _FALSE,
    "b_info.disable_migrate": _FALSE,
    "b_info.event_channels": 1023,
    "b_info.dm_restrict": _FALSE,
    "b_info.acpi": _TRUE,
    "b_info.apic": _TRUE,
    "b_info.nested_hvm": _FALSE,
    "b_info.timer_mode": "no_delay_for_missed_ticks",
    "b_info.type.hvm.timer_mode": "no_delay_for_missed_ticks",
    "b_info.type.hvm.acpi": _TRUE,
    "b_info.type.hvm.apic": _TRUE,
    "b_info.type.hvm.nested_hvm": _FALSE,
    "b_info.type.hvm.pae": _TRUE,
    "b_info.type.hvm.acpi_s3": _TRUE,
    "b_info.type.hvm.acpi_s4": _TRUE,
    "b_info.type.hvm.acpi_laptop_slate": _FALSE,
    "b_info.type.hvm.nx": _TRUE,
    "b_info.type.hvm.viridian": _FALSE,
    "b_info.type.hvm.hpet": _TRUE,
    "b_info.type.hvm.vpt_align": _TRUE,
    "b_info.type.hvm.altp2m": _FALSE,
    "b_info.type.hvm.hdtype": "ide",
    "b_info.type.hvm.vga.kind": "cirrus",
    "b_info.type.hvm.boot": "cda",
    "b_info.type.hvm.usb": _FALSE,
    "b_info.type.hvm.vkb_device": _TRUE,
    "b_info.type.hvm.xen_platform_pci": _TRUE,
    "b_info.type.hvm.xen_platform_pci_bar_uc": _TRUE,
    "b_info.type.hvm.pirq": _FALSE,
    "b_info.type.hvm.nographic": _FALSE,
    "b_info.type.hvm.gfx_passthru": _FALSE,
    "b_info.type.hvm.vnc.enable": _TRUE,
    "b_info.type.hvm.vnc.listen": "127.0.0.1",
    "b_info.type.hvm.vnc.findunused": _TRUE,
    "b_info.type.hvm.sdl.enable": _FALSE,
    "b_info.type.hvm.sdl.opengl": _FALSE,
    "b_info.type.hvm.spice.enable": _FALSE,
    "b_info.type.hvm.spice.disable_ticketing": _FALSE,
    "b_info.type.hvm.spice.agent_mouse": _TRUE,
    "b_info.type.hvm.spice.vdagent": _FALSE,
    "b_info.type.hvm.spice.clipboard_sharing": _FALSE,
    "b_info.type.hvm.rdm.policy": "relaxed",
    "b_info.type.pv.e820_host": _FALSE,
    "b_info.type.pvh.pvshim": _FALSE,
    # An empty text is none: no command line, no RAM disk (libxl_dom.c), no medium, and no password (libxl_dm.c).
    "b_info.cmdline": "",
    "b_info.ramdisk": "",
    "b_info.type.hvm.vnc.passwd": "",
    "vfbs[].vnc.passwd": "",
    "disks[].pdev_path": "",
    "disks[].colo_enable": _FALSE,
    "disks[].colo_restore_enable": _FALSE,
    "disks[].trusted": _TRUE,
    "disks[].specification": "xen",
    "disks[].backend_domname": "0",
    "nics[].ip": "",
    "nics[].model": "rtl8139",
    "nics[].bridge": "xenbr0",
    "nics[].script": "vif-bridge",
    "nics[].trusted": _TRUE,
    "nics[].backend_domname": "0",
    "pcidevs[].rdm_policy": "strict",
    "vfbs[].vnc.enable": _TRUE,
    "vfbs[].vnc.listen": "127.0.0.1",
    "vfbs[].vnc.findunused": _TRUE,
    "vfbs[].sdl.enable": _FALSE,
    "vfbs[].sdl.opengl": _FALSE,
}
# What libxl chooses where a file leaves it open; the choice depends on the host, or is random.
_CHOSEN = frozenset(
    """c_info.uuid c_info.ssidref c_info.passthrough b_info.bootloader_restrict b_info.bootloader_user
    b_info.device_model_ssidref b_info.exec_ssidref b_info.video_memkb b_info.shadow_memkb
    b_info.iommu_memkb b_info.stubdomain_memkb b_info.stubdomain_kernel b_info.stubdomain_ramdisk b_info.max_grant_version
    b_info.device_model_version b_info.type.hvm.bios b_info.type.hvm.mmio_hole_memkb b_info.type.hvm.rdm_mem_boundary_memkb
    b_info.type.pv.slack_memkb b_info.type.pvh.pvshim_path b_info.type.pvh.pvshim_cmdline b_info.arch_x86.msr_relaxed
    disks[].backend disks[].transport disks[].base disks[].irq nics[].mtu nics[].nictype vtpms[].uuid vkbs[].unique_id
    usbctrls[].type usbctrls[].version usbctrls[].ports usbdevs[].ctrl usbdevs[].port usbdevs[].type""".split()
)
# What is not of the file: the name by which the guest was found, and what comes from xl.conf.
_OF_HOST = frozenset(("c_info.name", "c_info.domid", "c_info.run_hotplug_scripts", "b_info.claim_mode"))
# The first half of each MAC address that libxl makes up.
_XENS_CARDS = "00:16:3e:"
_DEVICE_MODEL = "b_info.device_model_version"
_BIOS = {"qemu_xen": "seabios", "qemu_xen_traditional": "rombios"}
# libxl looks for a script without a folder in this one.
_SCRIPTS = f"{SCRIPT_DIR}/"
_NUMBER = re.compile(r"\[(\d+)\]")
_VNC_LISTEN = ".vnc.listen"
_ADDRESS_AND_NUMBER = re.compile(r"([^:]+):([0-9]{1,5})")


def without_defaults(values: dict[str, Any], since_4_6: bool = True) -> dict[str, Any]:
    """Return the values, by their places, without those that libxl would use anyway; ``since_4_6`` is whether its release is
    known to be 4.6 or newer.

    >>> without_defaults({"b_info.max_vcpus": 1, "nics[0].devid": 0, "nics[1].script": "/etc/xen/scripts/vif-route"})
    {'nics[1].script': 'vif-route'}
    """
    spelled = _with_display_numbers(values)
    plain = {place: _plain(place, value) for place, value in spelled.items() if not _is_unused(place, spelled)}
    found = {place: value for place, value in plain.items() if not _is_default(place, value, plain)}
    # Xen 4.2 has the other QEMU as its default; later ones have it where qemu-xen is missing, and there no guest of it starts.
    if since_4_6 and plain.get("b_info.device_model_stubdomain") != _TRUE and found.get(_DEVICE_MODEL) == "qemu_xen":
        del found[_DEVICE_MODEL]
    return found


def is_of_host(place: str) -> bool:
    """Return whether the value at a place comes from the host's own settings, or is how the guest was found.

    >>> is_of_host("c_info.domid"), is_of_host("b_info.max_memkb")
    (True, False)
    """
    return place in _OF_HOST


def may_be_chosen(place: str, value: Any) -> bool:
    """Return whether libxl itself can have chosen the value at a place of its record of a domain.

    >>> may_be_chosen("nics[0].mac", "00:16:3e:12:34:56"), may_be_chosen("nics[0].mac", "aa:00:00:12:34:56")
    (True, False)
    """
    kind = _NUMBER.sub("[]", place)
    if kind == "nics[].mac":
        return str(value).lower().startswith(_XENS_CARDS)
    return kind in _CHOSEN or kind.endswith("[].devid")


def _with_display_numbers(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the numbers of VNC displays in places of their own: vnclisten can have them behind the address
    (xl.cfg(5)), and libxl gives QEMU both in one word (libxl_dm.c, libxl__build_device_model_args_new)."""
    found = dict(values)
    for place, value in values.items():
        numbered = _ADDRESS_AND_NUMBER.fullmatch(value) if place.endswith(_VNC_LISTEN) and isinstance(value, str) else None
        number_place = f"{place[: -len('listen')]}display"
        if numbered and number_place not in values:
            found[place] = numbered.group(1)
            if int(numbered.group(2)):
                found[number_place] = int(numbered.group(2))
    return found


def _is_unused(place: str, values: dict[str, Any]) -> bool:
    """Return whether libxl does not look at the place: what belongs to a screen that is off, or to no stub domain (libxl_dm.c,
    dm_vnc, dm_sdl and libxl__spawn_stub_dm)."""
    screen, _dot, part = place.rpartition(".")
    if part != "enable" and screen.endswith(".vnc"):
        return bool(values.get(f"{screen}.enable") == _FALSE)
    if part != "enable" and screen.endswith((".sdl", ".spice")):
        return bool(values.get(f"{screen}.enable") != _TRUE)
    if place.startswith("b_info.bootloader"):
        return bool(values.get("c_info.type") == "hvm")  # libxl_bootloader.c, libxl__bootloader_run
    return place.startswith("b_info.stubdomain_") and values.get("b_info.device_model_stubdomain") != _TRUE


def _plain(place: str, value: Any) -> Any:
    """Return the value in the one form that values of its place have here."""
    if place.endswith("].script") and isinstance(value, str) and value.startswith(_SCRIPTS):
        return value[len(_SCRIPTS) :]
    if place.endswith(".backend_domname") and value == "Domain-0":
        return "0"
    # The scripts of the host split addresses at blanks.
    if place.startswith("nics[") and place.endswith("].ip") and isinstance(value, str):
        return value.strip(" ")
    return value


def _is_default(place: str, value: Any, values: dict[str, Any]) -> bool:
    kind = _NUMBER.sub("[]", place)
    if kind in _ALWAYS:
        return bool(_ALWAYS[kind] == value)
    if kind == "disks[].discard_enable":
        writable = values.get(place.replace("discard_enable", "readwrite"))
        return bool(value == (_TRUE if writable else _FALSE))
    if kind.endswith("[].devid"):
        number = _NUMBER.search(place)
        return bool(number and value == int(number[1]))
    is_hvm = values.get("c_info.type") == "hvm"
    if kind == "nics[].nictype":
        return bool(value == ("vif_ioemu" if is_hvm else "vif"))
    if kind == "b_info.type.hvm.bios":
        return bool(value == _BIOS.get(_device_model(values)))
    return False


def _device_model(values: dict[str, Any]) -> str:
    """Return the device model of an HVM guest, "" where its default differs between releases: it has a stub domain."""
    given = values.get(_DEVICE_MODEL, "")
    has_stub = values.get("b_info.device_model_stubdomain") == _TRUE
    return str(given or ("" if has_stub else "qemu_xen"))

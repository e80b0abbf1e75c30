# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know which keys of a configuration file a difference in meaning comes from (pure).

Source: parse_config_data of xl, Xen 4.2 to 4.22 (tools/libxl/xl_cmdimpl.c, later tools/xl/xl_parse.c), and make_config of
xm (tools/python/xen/xm/create.py).
"""

from __future__ import annotations

import re
from typing import Iterable

_HVM = "b_info.type.hvm."
# No place begins so.
_NOWHERE = "-"

# Where the value of a key goes in the meaning of a file, where it is not a place of the key's own name. Beginnings.
_PLACES: dict[str, tuple[str, ...]] = {
    "memory": ("b_info.target_memkb",),
    "maxmem": ("b_info.max_memkb",),
    "vcpus": ("b_info.avail_vcpus",),
    "maxvcpus": ("b_info.max_vcpus",),
    "cpus": ("b_info.vcpu_hard_affinity", "b_info.cpumap", "b_info.numa_placement"),
    "cpus_soft": ("b_info.vcpu_soft_affinity", "b_info.numa_placement"),
    "vnuma": ("b_info.vnuma_nodes",),
    "shadow_memory": ("b_info.shadow_memkb",),
    "stubdomain_memory": ("b_info.stubdomain_memkb",),
    "videoram": ("b_info.video_memkb",),
    "nomigrate": ("b_info.disable_migrate",),
    "seclabel": ("c_info.ssid",),
    "init_seclabel": ("c_info.ssid", "b_info.exec_ssid"),
    "pool": ("c_info.pool",),
    "root": ("b_info.cmdline", "b_info.type.pv.cmdline", "vm.image.linux.root"),
    "extra": ("b_info.cmdline", "b_info.type.pv.cmdline", "vm.image.linux.args"),
    "builder": ("c_info.type", "vm.image"),
    "type": ("c_info.type",),
    "pvh": ("c_info.type", "c_info.pvh"),
    "firmware": ("b_info.kernel", f"{_HVM}bios"),
    "firmware_override": (f"{_HVM}firmware", "b_info.kernel"),
    "bios_path_override": (f"{_HVM}system_firmware",),
    "vga": (f"{_HVM}vga", "b_info.video_memkb"),
    "stdvga": (f"{_HVM}vga", "b_info.video_memkb"),
    "hdtype": (f"{_HVM}hdtype",),
    "sdl": (f"{_HVM}sdl.enable", "vfbs"),
    "opengl": (f"{_HVM}sdl.opengl", "vfbs"),
    "vnc": (f"{_HVM}vnc.enable", "vfbs", "vkbs"),
    "vnclisten": (f"{_HVM}vnc.listen", f"{_HVM}vnc.display"),
    "vncpasswd": (f"{_HVM}vnc.passwd",),
    "vncdisplay": (f"{_HVM}vnc.display",),
    "vncunused": (f"{_HVM}vnc.findunused",),
    # For xl itself.
    "vncconsole": (_NOWHERE,),
    "vncviewer": (_NOWHERE,),
    "spice": (f"{_HVM}spice.enable",),
    "spicehost": (f"{_HVM}spice.host",),
    "spiceport": (f"{_HVM}spice.port",),
    "spicetls_port": (f"{_HVM}spice.tls_port",),
    "spicepasswd": (f"{_HVM}spice.passwd",),
    "spicedisable_ticketing": (f"{_HVM}spice.disable_ticketing",),
    "spiceagent_mouse": (f"{_HVM}spice.agent_mouse",),
    "spicevdagent": (f"{_HVM}spice.vdagent",),
    "spice_clipboard_sharing": (f"{_HVM}spice.clipboard_sharing",),
    "spiceusbredirection": (f"{_HVM}spice.usbredirection", f"{_HVM}usbversion"),
    "gfx_passthru": (f"{_HVM}gfx_passthru",),
    "mmio_hole": (f"{_HVM}mmio_hole_memkb",),
    "rdm_mem_boundary": (f"{_HVM}rdm_mem_boundary_memkb",),
    "usbdevice": (f"{_HVM}usbdevice",),
    "serial": (f"{_HVM}serial",),
    "viridian": (f"{_HVM}viridian",),
    "altp2mhvm": (f"{_HVM}altp2m", "b_info.altp2m"),
    "device_model_override": ("b_info.device_model",),
    "device_model_stubdomain_override": ("b_info.device_model_stubdomain", "b_info.stubdomain_"),
    "device_model_stubdomain_seclabel": ("b_info.device_model_ssid",),
    "device_model_args": ("b_info.extra",),
    "device_model_args_pv": ("b_info.extra",),
    "device_model_args_hvm": ("b_info.extra",),
    "disk": ("disks", "vm.device"),
    "vif": ("nics", "vm.device"),
    "vfb": ("vfbs", "vkbs", "vm.device"),
    "pci": ("pcidevs", "b_info.type.pv.e820_host", "vm.device"),
    "vtpm": ("vtpms", "vm.device"),
    "p9": ("p9s",),
    "usbctrl": ("usbctrls",),
    "usbdev": ("usbdevs", "usbctrls"),
    "channel": ("channels",),
    "dtdev": ("dtdevs",),
    "vkb": ("vkbs",),
    "vsnd": ("vsnds",),
    "vdispl": ("vdispls",),
    "virtio": ("virtios",),
}
# Where its value goes too, as far as no other key explains a difference there.
_SECONDARY: dict[str, tuple[str, ...]] = {
    "memory": ("b_info.max_memkb",),
    "maxmem": ("b_info.target_memkb",),
    "vcpus": ("b_info.max_vcpus", "b_info.vcpu_"),
    "maxvcpus": ("b_info.vcpu_",),
    "vnuma": ("b_info.max_memkb",),
    "builder": ("b_info.type.",),
    "type": ("b_info.type.",),
    "pvh": ("b_info.type.",),
}
_FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    # Keys of newer releases; those above have places of their own.
    ("vnc", (f"{_HVM}vnc.",)),
    ("spice", (f"{_HVM}spice.",)),
    ("cpu_weight", ("b_info.sched_params.weight",)),
)
_NUMBER = re.compile(r"\[\d+\]")


def keys_that_differ(keys: Iterable[str], places: Iterable[str]) -> list[str]:
    """Return those of the keys, whose values are spelled differently, that make the difference in meaning.

    ``places`` are those at which the meanings differ. A key of which nothing is known counts where a difference has no
    other explanation.

    >>> keys_that_differ(["memory", "disk", "on_crash"], ["b_info.max_memkb", "b_info.target_memkb"])
    ['memory']
    >>> keys_that_differ(["memory", "some_new_key"], ["b_info.newest"])
    ['some_new_key']
    """
    asked, left = list(keys), set(places)
    if not left:
        return []
    found = {key: {place for place in left if _leads_to(key, place)} for key in asked}
    for key in asked:
        others = left.difference(*found.values())
        found[key] |= {place for place in others if place.startswith(_SECONDARY.get(key, (_NOWHERE,)))}
    unexplained = left.difference(*found.values())
    differ = [key for key in asked if found[key] or (unexplained and not _is_known(key))]
    return differ or asked


def _leads_to(key: str, place: str) -> bool:
    return place.startswith(_beginnings(key)) or key in _NUMBER.sub("", place).split(".")


def _is_known(key: str) -> bool:
    return bool(_beginnings(key))


def _beginnings(key: str) -> tuple[str, ...]:
    family = next((places for start, places in _FAMILIES if key.startswith(start)), ())
    return _PLACES.get(key, family)

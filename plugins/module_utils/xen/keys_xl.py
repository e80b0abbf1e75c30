# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List Xen's own configuration keys as ``xl`` reads them, per release, each group with its source (pure).

``xl`` ignores silently what it does not know, hence this table. The keys of ``xm`` are in keys_xm.py. The
releases are the tips of Xen's stable branches; their files are tools/libxl/xl_cmdimpl.c up to 4.8 and
tools/xl/xl_parse.c from 4.9 on, function parse_config_data and those that it calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Tuple

from .releases import Release, Span

# The oldest and the newest release that the table knows. It does not have what a newer one reads.
OLDEST_XL: Release = (4, 2)
NEWEST: Release = (4, 22)


@dataclass(frozen=True)
class Key:
    """Describe one key.

    ``kinds`` are the data that it holds: string, number, boolean, list, lists (a list of lists). ``later`` are kinds
    that a later release added. ``choices`` are the only words that it may hold, each with the first release that
    knows it. ``types`` are the only guest types (hvm, pv, pvh) that use it, none named: all, each with the first
    release that does. ``gone`` are the words and types that were dropped, each with the last. ``instead`` is what
    replaced the key, or serves the other types.
    """

    kinds: tuple[str, ...]
    first: Release
    last: Release | None = None
    later: Mapping[str, Release] = field(default_factory=dict)
    choices: Mapping[str, Release] = field(default_factory=dict)
    types: Mapping[str, Release] = field(default_factory=dict)
    gone: Mapping[str, Release] = field(default_factory=dict)
    any_case: bool = False
    instead: str = ""

    def kinds_at(self, release: Release) -> tuple[str, ...]:
        """Return the kinds that the release accepts."""
        return self.kinds + tuple(kind for kind, first in self.later.items() if release >= first)

    def choices_at(self, release: Release) -> list[str]:
        """Return the words that the release accepts."""
        return self._at(self.choices, release)

    def types_at(self, release: Release) -> list[str]:
        """Return the guest types that use it in the release, where not all do."""
        return self._at(self.types, release)

    def _at(self, names: Mapping[str, Release], release: Release) -> list[str]:
        return [name for name, first in names.items() if first <= release <= self.gone.get(name, release)]


Groups = Iterable[Tuple[Release, str, str]]
TypeGroups = Iterable[Tuple[Mapping[str, Release], str]]


def table(groups: Groups, details: Mapping[str, Mapping[str, Any]], types: TypeGroups = ()) -> dict[str, Key]:
    """Return the keys of groups (first release, kinds, names), with the details and the guest types of some of them.

    >>> table([((4, 2), "string list", "cpus")], {"cpus": {"last": (4, 4)}}, [({"pv": (4, 3)}, "cpus")])["cpus"].types
    {'pv': (4, 3)}
    """
    plain = {name: (tuple(kinds.split()), first) for first, kinds, names in groups for name in names.split()}
    more = {name: {"types": users, **details.get(name, {})} for users, names in types for name in names.split()}
    return {name: Key(*start, **more.get(name, details.get(name, {}))) for name, start in plain.items()}


def words(names: str, first: Release = OLDEST_XL) -> dict[str, Release]:
    """Return words that all came with one release."""
    return dict.fromkeys(names.split(), first)


_XL: Groups = (
    # stable-4.2:tools/libxl/xl_cmdimpl.c
    ((4, 2), "string", "bios boot bootloader builder device_model_override device_model_stubdomain_seclabel"),
    ((4, 2), "string", "device_model_version extra firmware_override kernel keymap name on_crash on_poweroff"),
    ((4, 2), "string", "on_reboot on_watchdog pool ramdisk root seclabel serial soundhw spicehost spicepasswd"),
    ((4, 2), "string", "usbdevice uuid vnclisten vncpasswd"),
    ((4, 2), "number", "cap cpu_weight extratime latency maxmem maxvcpus memory pci_msitranslate pci_permissive"),
    ((4, 2), "number", "pci_power_mgmt period rtc_timeoffset shadow_memory slice spiceport spicetls_port stdvga"),
    ((4, 2), "number", "vcpus videoram vncdisplay vncviewer"),
    ((4, 2), "boolean", "acpi acpi_s3 acpi_s4 apic device_model_stubdomain_override e820_host gfx_passthru hap hpet"),
    ((4, 2), "boolean", "localtime nestedhvm nographic nomigrate nx oos opengl pae sdl spice spiceagent_mouse"),
    ((4, 2), "boolean", "spicedisable_ticketing usb viridian vnc vncunused vpt_align xen_platform_pci"),
    ((4, 2), "list", "device_model_args device_model_args_hvm device_model_args_pv disk ioports irqs pci vfb vif"),
    ((4, 2), "string list", "bootloader_args cpuid cpus"),
    ((4, 2), "number string", "timer_mode tsc_mode"),
    # stable-4.3:tools/libxl/xl_cmdimpl.c
    ((4, 3), "string", "acpi_firmware init_seclabel smbios_firmware vga"),
    ((4, 3), "list", "iomem vtpm"),
    # stable-4.4:tools/libxl/xl_cmdimpl.c
    ((4, 4), "string", "vendor_device"),
    ((4, 4), "number", "max_event_channels spiceusbredirection usbversion"),
    ((4, 4), "boolean", "driver_domain pvh spice_clipboard_sharing spicevdagent"),
    # stable-4.5:tools/libxl/xl_cmdimpl.c, with parse_cmdline and parse_top_level_sdl_options
    ((4, 5), "string", "cmdline display ms_vm_genid xauthority"),
    ((4, 5), "number", "mmio_hole pci_seize"),
    ((4, 5), "list", "channel"),
    ((4, 5), "string list", "cpus_soft"),
    # stable-4.6:tools/libxl/xl_cmdimpl.c, with parse_vnuma_config
    ((4, 6), "string", "device_tree gic_version hdtype rdm spice_image_compression spice_streaming_video"),
    ((4, 6), "number", "rdm_mem_boundary"),
    ((4, 6), "boolean", "altp2mhvm"),
    ((4, 6), "list", "dtdev"),
    ((4, 6), "lists", "vnuma"),
    # stable-4.7 and stable-4.8:tools/libxl/xl_cmdimpl.c
    ((4, 7), "string", "device_model_user on_soft_reset"),
    ((4, 7), "list", "usbctrl usbdev"),
    ((4, 8), "string", "bios_path_override"),
    # stable-4.9:tools/xl/xl_parse.c
    ((4, 9), "number string", "altp2m"),
    ((4, 9), "boolean", "acpi_laptop_slate"),
    ((4, 9), "list", "p9"),
    # stable-4.10:tools/xl/xl_parse.c
    # (pvshim and its companions came with 4.10.1)
    ((4, 10), "string", "firmware pvshim_cmdline pvshim_extra pvshim_path type vuart"),
    ((4, 10), "number", "max_grant_frames max_maptrack_frames"),
    ((4, 10), "boolean", "dm_restrict pvshim"),
    ((4, 10), "list", "mca_caps vdispl"),
    # stable-4.11 to stable-4.16:tools/xl/xl_parse.c, with parse_vkb_list and parse_vsnd_config
    ((4, 11), "list", "pvcalls"),
    ((4, 12), "list", "vkb"),
    ((4, 12), "lists", "vsnd"),
    ((4, 13), "string", "passthrough tee"),
    ((4, 13), "boolean", "vkb_device"),
    ((4, 14), "string", "stubdomain_kernel stubdomain_ramdisk"),
    ((4, 14), "number", "stubdomain_memory"),
    ((4, 14), "boolean", "xend_suspend_evtchn_compat"),
    ((4, 15), "number", "vmtrace_buf_kb"),
    ((4, 15), "boolean", "msr_relaxed"),
    ((4, 16), "string", "stubdomain_cmdline"),
    ((4, 16), "number", "max_grant_version"),
    ((4, 16), "boolean", "vpmu"),
    # stable-4.18 to stable-4.22:tools/xl/xl_parse.c, with parse_virtio_list; 4.17 added none
    ((4, 18), "string", "bootloader_user sve"),
    ((4, 18), "boolean", "bootloader_restrict"),
    ((4, 18), "list", "smbios virtio"),
    ((4, 19), "number", "nr_spis"),
    ((4, 19), "boolean", "hvm_pirq"),
    ((4, 20), "list", "llc_colors"),
    ((4, 21), "string", "arm_sci"),
    ((4, 21), "number", "altp2m_count xenstore_feature_mask"),
    ((4, 21), "boolean", "trap_unmapped_accesses xen_platform_pci_bar_uc"),
    ((4, 22), "list", "xenstore_quota"),
    # Since 4.2 xl reads it only to warn that it ignores it.
    ((4, 0), "string", "device_model"),
)

# Top-level keys of a screen, which a string of vfb holds as well, for guests of every type.
FRAME_BUFFER = "display keymap opengl sdl vnc vncdisplay vnclisten vncpasswd vncunused xauthority".split()

# action_on_shutdown_names of the same files.
_ACTIONS = {
    "choices": {
        **words("destroy restart rename-restart preserve coredump-destroy coredump-restart"),
        **words("soft-reset", (4, 7)),
    }
}


def _enum(choices: Mapping[str, Release]) -> dict[str, Any]:
    """Return the words of an enumeration in libxl_types.idl, which libxl compares without regard to case."""
    return {"choices": choices, "any_case": True}


_XL_DETAILS: Mapping[str, Mapping[str, Any]] = {
    "device_model": {"last": (4, 1), "instead": "device_model_override"},
    "pvh": {"last": (4, 8)},
    "apic": {"gone": {"pvh": (4, 10)}},
    **{name: {"instead": "vfb"} for name in FRAME_BUFFER},
    "vncviewer": {"last": (4, 4)},  # from 4.5 on a warning that it is ignored
    "usbdevice": {"later": {"list": (4, 3)}},
    "serial": {"later": {"list": (4, 5)}},
    "viridian": {"later": {"list": (4, 5)}},
    "on_crash": _ACTIONS,
    "on_poweroff": _ACTIONS,
    "on_reboot": _ACTIONS,
    "on_soft_reset": _ACTIONS,
    "on_watchdog": _ACTIONS,
    # Compared with strcmp in parse_config_data; any other word ends xl.
    "device_model_version": {
        "choices": {**words("qemu-xen qemu-xen-traditional"), "none": (4, 7)},
        "gone": {"qemu-xen-traditional": (4, 20), "none": (4, 9)},
    },
    "vga": {"choices": {**words("stdvga cirrus", (4, 3)), "none": (4, 5), "qxl": (4, 6)}},
    "ms_vm_genid": {"choices": words("generate none", (4, 5))},
    # libxl_types.idl; an integer is taken, too, where the list has digits.
    "bios": _enum(words("rombios seabios ovmf")),
    "tsc_mode": _enum(words("default always_emulate native native_paravirt 0 1 2 3")),
    "timer_mode": _enum(
        words(
            "delay_for_missed_ticks no_delay_for_missed_ticks no_missed_ticks_pending one_missed_tick_pending 0 1 2 3"
        )
    ),
    "gfx_passthru": {"later": {"string": (4, 7)}, **_enum({**words("0 1"), **words("default igd", (4, 7))})},
    "vendor_device": _enum(words("none xenserver", (4, 4))),
    "hdtype": _enum(words("ide ahci", (4, 6))),
    "gic_version": _enum(words("default v2 v3", (4, 6))),
    "altp2m": _enum(words("disabled mixed external limited 0 1 2 3", (4, 9))),
    "vuart": _enum(words("unknown sbsa_uart", (4, 10))),
    "passthrough": _enum(words("default disabled enabled sync_pt share_pt", (4, 13))),
    "sve": _enum(words(f"hw disabled {' '.join(map(str, range(128, 2049, 128)))}", (4, 18))),
    "tee": _enum({**words("none optee", (4, 13)), "ffa": (4, 18)}),
}

# What is not for every type of guest; checked in each stable branch. apic of PVH went with 4.11: it always has one.
_XL_TYPES: TypeGroups = (
    # parse_config_data: case LIBXL_DOMAIN_TYPE_HVM of the switch, or below c_info->type == LIBXL_DOMAIN_TYPE_HVM
    (words("hvm"), "acpi_firmware acpi_laptop_slate acpi_s3 acpi_s4 altp2mhvm bios bios_path_override boot hdtype"),
    (words("hvm"), "firmware_override gfx_passthru hvm_pirq mca_caps mmio_hole ms_vm_genid nographic nx pae serial"),
    (words("hvm"), "rdm_mem_boundary smbios smbios_firmware soundhw spice spice_clipboard_sharing spiceagent_mouse"),
    (words("hvm"), "spice_image_compression spice_streaming_video spicedisable_ticketing spicehost spicepasswd"),
    (words("hvm"), "spiceport spicetls_port spiceusbredirection spicevdagent stdvga usb usbdevice usbversion"),
    (words("hvm"), "hpet vendor_device vga viridian vkb_device vpt_align xen_platform_pci xen_platform_pci_bar_uc"),
    # read for all, and used for HVM only: libxl_dm.c (extra_hvm), and libxl_create.c (libxl__spawn_stub_dm)
    (words("hvm"), "device_model_args_hvm device_model_stubdomain_override device_model_stubdomain_seclabel"),
    (words("hvm"), "stubdomain_cmdline stubdomain_kernel stubdomain_memory stubdomain_ramdisk"),
    # libxl_create.c, libxl__domain_make: HVM up to 4.9, then all but PV; timer_mode of PV ends xl from 4.10 on
    ({**words("hvm"), "pvh": (4, 10)}, "apic hap nestedhvm oos timer_mode"),
    # case HVM up to 4.7
    ({**words("hvm"), "pv": (4, 8), "pvh": (4, 10)}, "acpi"),
    # of PV with vnc on, from parse_top_level_vnc_options and _sdl_options; of PVH they land in a field of HVM's
    ({**words("hvm"), "pv": (4, 4)}, "vnc vncdisplay vnclisten vncpasswd vncunused"),
    ({**words("hvm"), "pv": (4, 5)}, "display keymap opengl sdl xauthority"),
    (words("pv"), "e820_host"),
    ({**words("pv"), "hvm": (4, 5), "pvh": (4, 10)}, "extra kernel ramdisk root"),
    # libxl_bootloader.c: "not a PV domain, skipping bootloader", from 4.10 on "not a PV/PVH domain"
    ({**words("pv"), "pvh": (4, 10)}, "bootloader bootloader_args bootloader_restrict bootloader_user"),
    (words("pvh", (4, 10)), "pvshim pvshim_cmdline pvshim_extra pvshim_path"),
)

XL_KEYS: Mapping[str, Key] = table(_XL, _XL_DETAILS, _XL_TYPES)

# What a string of ``vif`` may hold, by toolstack, each with its first release; none was dropped. xl: parse_nic_config,
# up to 4.5 within parse_config_data; without the keys of COLO, netdev (deprecated) and accel (not supported). trusted
# and untrusted stand alone, all others are key=value. xm: create.py, configure_vifs, the same from 3.3 to 4.4; it refuses any other key.
VIF_KEYS: Mapping[str, Mapping[str, Release]] = {
    "xl": {
        **words("backend bridge ip mac model rate script type vifname"),
        "gatewaydev": (4, 3),
        "devid": (4, 9),
        "mtu": (4, 15),
        **words("trusted untrusted", (4, 17)),
        "vlan": (4, 19),
    },
    "xm": words("accel backend bridge ip label mac model policy rate script type vifname", (3, 3)),
}

# What a string of ``disk`` may hold besides, for xl, by the names that the definition has for them: libxlu_disk_l.c, the
# scanner that Xen ships and that is built unless flex makes another one. (Of 4.17 and 4.18 libxlu_disk_l.l knows trusted,
# and libxlu_disk_l.c does not, nor does Debian's build.)
DISK_KEYS: Mapping[str, Release] = {
    **words("access backendtype cdrom format script"),
    "backend": (4, 3),
    **words("direct-io-safe discard", (4, 5)),
    "specification": (4, 17),
    **words("grant_usage trusted", (4, 19)),
}
DISK_FORMATS: Mapping[str, Release] = {**words("raw qcow qcow2 vhd"), "qed": (4, 9)}
# The releases that have the back end, from the first to the last of each span: libxl_device.c, disk_try_backend. blktap2
# went with 4.13; 4.19 came back to it, for the tapdisk of others.
DISK_BACKENDS: Mapping[str, tuple[Span, ...]] = {
    "phy": ((OLDEST_XL, None),),
    "qdisk": ((OLDEST_XL, None),),
    "tap": ((OLDEST_XL, (4, 12)), ((4, 19), None)),
    "standalone": (((4, 17), None),),
}
# Before, libxl requires that each target is a block device or a file (libxl__device_disk_set_backend).
FIRST_QEMU_TARGETS: Release = (4, 3)

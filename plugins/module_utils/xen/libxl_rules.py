# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``xl`` and libxl refuse at every start of a guest, whatever the host has: one row a rule, from 4.14 on (data).

Each row names the file and the function of Xen that refuses; those of libxl are in tools/libs/light (tools/libxl in 4.14),
those of xl in tools/xl/xl_parse.c. tests/xl_offline compares the rows with Debian's own xl of 4.17. What one key may hold,
the table of keys has (keys_xl.py); what depends on the host, its own xl decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ..common.problem import Problem
from . import libxl_checks as checks
from . import libxl_forms as forms
from .keys_xl import NEWEST, XL_KEYS
from .libxl_config import LibxlConfig
from .releases import Release, from_to

OLDEST: Release = (4, 14)


@dataclass(frozen=True)
class Rule:
    """Describe one refusal: what ``finds`` it, and the releases and types of guests that it is for.

    A problem names the first of ``keys`` that the file has. ``reason`` is "" where ``finds`` returns one with what it found.
    """

    name: str
    keys: str
    source: str
    finds: checks.Search
    reason: str
    remedy: str
    first: Release = OLDEST
    last: Release | None = None
    types: tuple[str, ...] = ("hvm", "pv", "pvh")

    def holds_for(self, config: LibxlConfig) -> bool:
        """Return whether the release of the file has the rule, and the type of the guest is one that it is for."""
        return self.first <= config.release <= (self.last or NEWEST) and config.kind in self.types

    @property
    def origin(self) -> str:
        """Return where the rule comes from: the releases, the file and the function."""
        return f"Xen {from_to((self.first, self.last))}, {self.source}"

    def key_in(self, values: Mapping[str, Any]) -> str:
        """Return the key that a problem of a file with these keys names."""
        keys = self.keys.split()
        return next((key for key in keys if key in values), keys[0])


def check(values: Mapping[str, Any], release: Release, guest: str) -> list[Problem]:
    """Return what libxl of that release refuses of a file with these keys; none for a release that the table does not know.

    >>> [problem.key for problem in check({"type": "hvm", "memory": 512, "maxmem": 1024, "pci": ["03:00.0"]}, (4, 17), "a")]
    ['maxmem']
    """
    config = LibxlConfig(values, release)
    problems = []
    for rule in RULES:
        found = rule.finds(config) if rule.holds_for(config) else None
        if not found:
            continue
        part, reason = found if isinstance(found, tuple) else (found, rule.reason)
        key = rule.key_in(values)
        value = values.get(key) if part is True else part
        problems.append(Problem(reason, rule.remedy, guest=guest, key=key, value=value, release=rule.origin))
    return problems


_SOUND = ("ac97", "adlib", "cs4231a", "es1370", "gus", "hda", "sb16")
_TRADITIONAL: Release = (4, 20)

_XL = "xl_parse.c, parse_config_data"
_DEFAULTS = "libxl_create.c, libxl__domain_config_setdefault"
_BUILD_DEFAULTS = "libxl_create.c, libxl__domain_build_info_setdefault"
_PASSTHROUGH = "libxl_x86.c, libxl__arch_passthrough_mode_setdefault"
_DM = "libxl_dm.c, libxl__build_device_model_args_new"
_DM_OLD = "libxl_dm.c, libxl__build_device_model_args_old"
_XEN = "xen/arch/x86/domain.c, arch_sanitise_domain_config"
_HVM, _PVH, _PV = ("hvm",), ("pvh",), ("pv",)
_NOT_PV, _NOT_HVM = ("hvm", "pvh"), ("pv", "pvh")

RULES: tuple[Rule, ...] = (
    # Memory and processors.
    Rule(
        "populate-on-demand with passthrough", "maxmem", _DEFAULTS,
        lambda config: config.is_populated_on_demand and config.passthrough != "disabled",
        "is more than memory, and a guest with passed-through devices must have all of its memory at its start",
        "give maxmem the value of memory, or leave it out", types=_NOT_PV,
    ),
    Rule(
        "populate-on-demand with altp2m", "maxmem", _DEFAULTS,
        lambda config: config.is_populated_on_demand and config.has_altp2m,
        "is more than memory, and a guest with altp2m must have all of its memory at its start",
        "give maxmem the value of memory, or remove altp2m", types=_NOT_PV,
    ),
    Rule(
        "populate-on-demand with vnuma", "vnuma", _DEFAULTS,
        lambda config: config.is_populated_on_demand and bool(config.nodes),
        "a guest with virtual nodes must have all of its memory at its start",
        "let the sizes of the nodes sum up to memory", types=_NOT_PV,
    ),
    Rule(
        "vcpus above maxvcpus", "maxvcpus", _XL,
        lambda config: config.maxvcpus < config.vcpus,
        "is less than vcpus", "raise maxvcpus, or leave it out",
    ),
    Rule(
        "maxvcpus of HVM", "maxvcpus vcpus", _XEN, lambda config: config.maxvcpus > 128,
        "is more than the 128 virtual processors that an HVM or PVH guest can have", "give 128 or fewer", types=_NOT_PV,
    ),
    Rule("maxvcpus of PV", "maxvcpus vcpus", _XEN, lambda config: config.maxvcpus > 8192,
         "is more than the 8192 virtual processors that a PV guest can have", "give 8192 or fewer", types=_PV),
    Rule("negative shadow memory", "shadow_memory", "libxl_dom.c, libxl__domain_set_paging_mempool_size",
         lambda config: (config.number("shadow_memory") or 0) < 0, "must not be negative", "leave it out", first=(4, 17),
         types=_NOT_PV),
    Rule(
        "cpu_weight range", "cpu_weight", "libxl_sched.c, sched_credit2_domain_set",
        checks.outside("cpu_weight", 1, 65535, besides=(-1,)), "is not from 1 to 65535", "give a number in this range",
    ),
    Rule(
        "cap range", "cap", "libxl_sched.c, sched_credit2_domain_set",
        checks.cap, "is not from 0 to 100 for each virtual processor", "give a number in this range",
    ),
    Rule(
        "cpus form", "cpus", "xl_parse.c, parse_cpurange", checks.processors("cpus", forms.pinned),
        "", "write processors such as 0-3,^2 or node:1",
    ),
    Rule(
        "cpus_soft form", "cpus_soft", "xl_parse.c, parse_cpurange",
        checks.processors("cpus_soft", forms.processors), "", "write processors such as 0-3,^2 or node:1",
    ),
    Rule(
        "nestedhvm with altp2m", "nestedhvm", _DEFAULTS,
        lambda config: config.flag("nestedhvm") and config.has_altp2m,
        "cannot be used together with altp2m", "remove one of the two", types=_NOT_PV,
    ),
    Rule(
        "nestedhvm without hap", "nestedhvm", _XEN, lambda config: config.flag("nestedhvm") and not config.flag("hap", True),
        "needs hardware-assisted paging, and hap is off", "remove hap, or nestedhvm", types=_NOT_PV,
    ),
    Rule(
        "altp2m without hap", "altp2m altp2mhvm", _XEN, lambda config: config.has_altp2m and not config.flag("hap", True),
        "needs hardware-assisted paging, and hap is off", "remove hap, or altp2m", first=(4, 19), types=_NOT_PV,
    ),
    Rule(
        "altp2m_count without altp2m", "altp2m_count", _XEN,
        lambda config: config.number("altp2m_count") not in (None, 0) and not config.has_altp2m,
        "is given, and altp2m is off", "remove it, or give altp2m", first=(4, 21),
    ),
    Rule(
        "altp2m without altp2m_count", "altp2m_count", _XEN,
        lambda config: config.number("altp2m_count") == 0 and config.has_altp2m,
        "must not be 0 with altp2m", "raise it, or leave it out", first=(4, 21), types=_NOT_PV,
    ),
    Rule(
        "altp2m_count range", "altp2m_count", _XL, checks.outside("altp2m_count", 0, 65535),
        "is not from 0 to 65535", "give a number in this range", first=(4, 21),
    ),
    # Virtual nodes.
    Rule("vnuma of PV", "vnuma", _DEFAULTS, lambda config: bool(config.nodes), "a PV guest cannot have virtual nodes",
         "remove vnuma, or use type: pvh", types=_PV),
    Rule("vnuma form", "vnuma", "xl_parse.c, parse_vnuma_config", checks.nodes_form, "",
         "write pnode=, size=, vcpus= and vdistances= with their numbers"),
    Rule(
        "vnuma and maxvcpus", "vnuma", "xl_parse.c, parse_vnuma_config",
        lambda config: bool(config.nodes and config.number("maxvcpus"))
        and sum(len(node.vcpus) for node in config.nodes) != config.number("maxvcpus"),
        "the nodes do not have as many virtual processors as maxvcpus", "give each virtual processor one node",
    ),
    Rule(
        "vnuma and maxmem", "vnuma", "xl_parse.c, parse_vnuma_config",
        lambda config: bool(config.nodes) and config.number("maxmem") not in (None, sum(node.size for node in config.nodes)),
        "the sizes of the nodes do not sum up to maxmem", "correct the sizes, or maxmem",
    ),
    Rule("vnuma vcpus", "vnuma", "libxl_vnuma.c, libxl__vnuma_config_check", checks.nodes_vcpus, "",
         "give each virtual processor one node", types=_NOT_PV),
    Rule("vnuma distances", "vnuma", "libxl_vnuma.c, libxl__vnuma_config_check", checks.nodes_distances,
         "a node is farther from itself than from another one", "give the lowest distance to the node itself",
         types=_NOT_PV),
    Rule(
        "vnuma and video memory", "vnuma", "libxl_vnuma.c, libxl__vnuma_build_vmemrange_hvm",
        lambda config: bool(config.nodes) and config.nodes[0].size < config.video,
        "the first node is smaller than the video memory", "give it more memory", types=_HVM,
    ),
    # Devices of the host.
    Rule("passthrough of PVH", "passthrough pci dtdev", _PASSTHROUGH, lambda config: config.passthrough != "disabled",
         "a PVH guest cannot have devices of the host", "remove pci, dtdev and passthrough, or use type: hvm or pv",
         types=_PVH),
    Rule(
        "devices without passthrough", "passthrough", _DEFAULTS,
        lambda config: config.passthrough == "disabled" and config.has_devices,
        "is disabled, and devices of the host are given", "remove it, or the devices",
    ),
    Rule(
        "shared page tables of PV", "passthrough", _PASSTHROUGH, lambda config: config.passthrough == "share_pt",
        "a PV guest has no page tables to share with the IOMMU", "use sync_pt or enabled", types=_PV,
    ),
    Rule(
        "shared page tables without hap", "passthrough", _PASSTHROUGH,
        lambda config: config.passthrough == "share_pt" and not config.flag("hap", True),
        "needs hardware-assisted paging, and hap is off", "use sync_pt or enabled, or remove hap", types=_HVM,
    ),
    Rule("pci form", "pci", "libxlu_pci.c", checks.each("pci", forms.pci_device), "", "write a device such as 0000:03:00.0"),
    Rule(
        "gfx_passthru without devices", "gfx_passthru", "libxl_dm.c, libxl__detect_gfx_passthru_kind",
        lambda config: config.has_qemu_xen and not config.items("pci")
        and (config.flag("gfx_passthru") or config.word("gfx_passthru") == "default"),
        "needs a graphics card of the host, and pci names no device", "add the card to pci, or remove gfx_passthru",
        types=_HVM,
    ),
    Rule("ioports form", "ioports", _XL, checks.form("ioports", forms.ports), "",
         "write a range such as 3f8-3ff"),
    Rule("irqs form", "irqs", _XL, checks.form("irqs", forms.interrupt), "", "write a number such as 4"),
    Rule("iomem form", "iomem", _XL, checks.form("iomem", forms.memory_pages), "",
         "write pages such as fe000,1"),
    # The device model.
    Rule(
        "rombios with qemu-xen", "bios", _BUILD_DEFAULTS,
        lambda config: config.has_qemu_xen and config.word("bios") == "rombios",
        "qemu-xen does not have it", "use seabios or ovmf, or leave it out", types=_HVM,
    ),
    Rule(
        "bios with qemu-xen-traditional", "bios", _BUILD_DEFAULTS,
        lambda config: config.device_model == "qemu-xen-traditional" and config.word("bios") not in ("", "rombios"),
        "qemu-xen-traditional has rombios only", "use rombios, or leave it out", last=_TRADITIONAL, types=_HVM,
    ),
    Rule(
        "kernel with qemu-xen-traditional", "kernel", _DM_OLD,
        lambda config: config.device_model == "qemu-xen-traditional" and bool(config.kernel),
        "qemu-xen-traditional does not boot a kernel of the host", "use a guest's own boot loader, or qemu-xen",
        last=_TRADITIONAL, types=_HVM,
    ),
    Rule(
        "dm_restrict with qemu-xen-traditional", "dm_restrict", _DM_OLD,
        lambda config: config.device_model == "qemu-xen-traditional" and config.flag("dm_restrict"),
        "qemu-xen-traditional cannot be restricted", "remove it, or use qemu-xen", last=_TRADITIONAL, types=_HVM,
    ),
    Rule(
        "ramdisk without kernel", "ramdisk extra root cmdline", _BUILD_DEFAULTS,
        lambda config: not config.kernel
        and any(config.text(key) is not None for key in ("ramdisk", "extra", "root", "cmdline")),
        "an HVM guest with a ramdisk or a command line needs a kernel", "give a kernel, or remove them", types=_HVM,
    ),
    Rule(
        "video memory", "videoram", _BUILD_DEFAULTS, checks.lacks_video,
        "is less than the graphics card needs (MiB: qxl 128, stdvga 16, cirrus 8; with qemu-xen-traditional stdvga 8)",
        "raise it, or leave it out", types=_HVM,
    ),
    Rule(
        "qxl with qemu-xen-traditional", "vga", _BUILD_DEFAULTS,
        lambda config: config.device_model == "qemu-xen-traditional" and config.card == "qxl",
        "qemu-xen-traditional does not have the card", "use stdvga or cirrus", last=_TRADITIONAL, types=_HVM,
    ),
    Rule(
        "usbversion with usb", "usbversion spiceusbredirection", _BUILD_DEFAULTS, checks.emulates_usb_twice,
        "usbversion and spiceusbredirection cannot be used together with usb and usbdevice", "remove one of the two",
        types=_HVM,
    ),
    Rule(
        "usbversion range", "usbversion", _DM,
        lambda config: config.has_qemu_xen and not config.flag("usb") and "usbdevice" not in config.values
        and checks.usb_version(config) not in (0, 1, 2, 3),
        "is not from 1 to 3", "give 1, 2 or 3", types=_HVM,
    ),
    Rule(
        "spiceusbredirection range", "spiceusbredirection", _DM,
        lambda config: config.has_qemu_xen and not config.flag("usb") and "usbdevice" not in config.values
        and checks.usb_version(config) in (1, 2, 3) and not 0 <= checks.redirections(config) <= 4,
        "is not from 0 to 4", "give a number in this range", types=_HVM,
    ),
    Rule("spice", "spice", "libxl_dm.c, dm_spice_options", checks.spice, "",
         "give spiceport and spicepasswd, or spicedisable_ticketing: true", types=_HVM),
    Rule(
        "soundhw", "soundhw", _DM,
        lambda config: config.has_qemu_xen and config.text("soundhw") is not None and config.word("soundhw") not in _SOUND,
        f"is none of {', '.join(_SOUND)}", "give one of them", first=(4, 15), types=_HVM,
    ),
    Rule(
        "vnclisten with a colon", "vnclisten", _XL,
        lambda config: ":" in (config.text("vnclisten") or "") and bool(config.number("vncdisplay")),
        "has a colon, as an IPv6 address has, which xl takes for the number of a display beside vncdisplay",
        "leave vncdisplay out, or give an IPv4 address", types=_HVM,
    ),
    Rule(
        "vfb with a colon", "vfb", _DM, checks.frame_buffer,
        "has a colon, as an IPv6 address has, which libxl takes for the number of a display beside vncdisplay",
        "leave vncdisplay out, or give an IPv4 address", types=_NOT_HVM,
    ),
    Rule("viridian groups", "viridian", "libxl_x86.c, hvm_set_viridian_features", checks.viridian,
         "has groups without base, which all others need", "add base or defaults", types=_HVM),
    Rule(
        "tsc_mode native_paravirt", "tsc_mode", "libxl_x86.c, libxl__arch_domain_create",
        lambda config: config.word("tsc_mode") == "native_paravirt" or config.number("tsc_mode") == 3,
        "native_paravirt was removed from Xen", "use default or native",
    ),
    Rule("mmio_hole range", "mmio_hole", _XL, checks.outside("mmio_hole", 256, 3840), "is not from 256 to 3840 MiB",
         "give a number in this range", types=_HVM),
    Rule(
        "mca_caps", "mca_caps", _XL,
        checks.form("mca_caps", lambda text: "" if text == "lmce" else "is not a capability that xl knows"), "", "use lmce, or remove it", types=_HVM,
    ),
    Rule("smbios form", "smbios", _XL, checks.form("smbios", forms.smbios), "",
         "write a string such as system_manufacturer=Example", first=(4, 18), types=_HVM),
    Rule(
        "smbios strings", "smbios", _XL,
        lambda config: sum(item.lower().startswith("oem=") for item in config.items("smbios")) > 99,
        "has more than 99 strings of type oem", "remove some", first=(4, 18), types=_HVM,
    ),
    # Booting without a device model.
    Rule(
        "no kernel", "kernel", _XL,
        lambda config: not config.text("firmware") and config.text("kernel") is None and config.text("bootloader") is None,
        "neither a kernel nor a boot loader is given", "give one of them", types=_NOT_HVM,
    ),
    Rule(
        "kernel and firmware", "firmware", _XL,
        lambda config: bool(config.text("firmware")) and config.text("kernel") is not None,
        "a kernel is given as well", "remove one of the two", types=_NOT_HVM,
    ),
    Rule(
        "boot loader without disk", "bootloader", "libxl_bootloader.c, libxl__bootloader_run",
        lambda config: config.text("bootloader") is not None and not config.items("disk"),
        "there is no disk to read a kernel from", "add the disk, or give a kernel", types=_NOT_HVM,
    ),
    # Disks and other devices.
    Rule(
        "disk back end", "disk", "libxl_device.c, disk_try_backend", checks.disk_backend,
        "no back end serves it: phy takes raw only, qdisk takes no script, and a CD drive is served by qdisk",
        "use format: raw with a script, and no script with another format or a CD drive",
    ),
    Rule("CD drive back end", "disk", "libxl_disk.c, libxl__device_disk_setdefault", checks.cdrom_backend("qdisk", "unknown"),
         "a CD drive of an HVM guest is served by qdisk", "leave backendtype out", last=(4, 18), types=_HVM),
    Rule("CD drive back end from 4.19 on", "disk", "libxl_disk.c, libxl__device_disk_setdefault",
         checks.cdrom_backend("qdisk", "phy", "unknown"), "a CD drive of an HVM guest is served by qdisk or phy",
         "leave backendtype out", first=(4, 19), types=_HVM),
    Rule(
        "read-only disk", "disk", _DM, checks.read_only_disk,
        "qemu-xen has no read-only IDE or AHCI disk", "use access: rw, cdrom: true, or a vdev such as sda", types=_HVM,
    ),
    Rule(
        "emulated card of PV", "vif", "libxl_nic.c, libxl__device_nic_setdefault",
        lambda config: next((item for item in config.items("vif") if "type=ioemu" in item.replace(" ", "").split(",")), False),
        "only an HVM guest has an emulated card", "remove type", types=_NOT_HVM,
    ),
    *(
        Rule(f"{key} form", key, "xl_parse.c", checks.device(key), "", "correct the device as xl.cfg(5) of the release describes it",
             first=max(OLDEST, XL_KEYS[key].first))
        for key in forms.FORMS
    ),
    Rule("usbdev address", "usbdev", "libxl_usb.c, usbdev_busaddr_to_busid", checks.form("usbdev", forms.usb_device), "",
         "write hostbus= and hostaddr= as lsusb prints them"),
    Rule("usbctrl version", "usbctrl", "libxl_usb.c, libxl__device_usbctrl_setdefault",
         lambda config: checks.form("usbctrl", lambda text: forms.usb_controller(text, config.kind))(config), "",
         "correct version and ports, or leave them out"),
    Rule("vsnd form", "vsnd", "xl_parse.c, parse_vsnd_config", checks.sound_cards, "",
         "correct the card as xl.cfg(5) of the release describes it"),
    # The domain.
    Rule(
        "uuid form", "uuid", _XL, checks.form("uuid", forms.uuid), "",
        "write 32 hexadecimal digits with hyphens, in quotes",
    ),
    *(
        Rule(f"{key} range", key, _XL, checks.outside(key, 0, 2**31 - 1), "is not from 0 to 2147483647",
             "give a number in this range", first=first)
        for key, first in (("max_grant_frames", OLDEST), ("max_maptrack_frames", OLDEST))
    ),
    Rule("max_grant_version range", "max_grant_version", _BUILD_DEFAULTS, checks.outside("max_grant_version", 0, 2),
         "is not from 0 to 2", "give 1 or 2", first=(4, 16)),
    Rule("vmtrace_buf_kb of PV", "vmtrace_buf_kb", _XEN, lambda config: bool(config.number("vmtrace_buf_kb")),
         "a PV guest cannot be traced", "remove it", first=(4, 15), types=_PV),
    Rule("vmtrace_buf_kb size", "vmtrace_buf_kb", _XEN, checks.odd_trace, "is not a power of two from 4 to 65536",
         "give such a number", first=(4, 15), types=_NOT_PV),
    Rule(
        "trap_unmapped_accesses", "trap_unmapped_accesses", "libxl_x86.c, libxl__arch_domain_build_info_setdefault",
        lambda config: config.flag("trap_unmapped_accesses"), "is not supported on x86", "remove it", first=(4, 21),
    ),
    Rule("llc_colors form", "llc_colors", _XL, checks.form("llc_colors", forms.cache_colors), "",
         "write a range such as 0-3", first=(4, 20)),
    Rule("xenstore_quota form", "xenstore_quota", "xl_parse.c, parse_xsquota_item",
         checks.form("xenstore_quota", forms.quota), "", "write a quota such as nodes=1000",
         first=(4, 22)),
)

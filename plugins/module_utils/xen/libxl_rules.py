# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``xl`` and libxl refuse at every start of a guest, whatever the host has: one row a rule, from 4.14 on (data).

Each row names the file and the function of Xen that refuses; those of libxl are in tools/libs/light (tools/libxl in 4.14),
those of xl in tools/xl/xl_parse.c. tests/xl_offline compares the rows with Debian's own xl of 4.17. What one key may hold,
the table of keys says (keys_xl.py); what depends on the host, its own xl says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Tuple, Union

from ..common.problem import Problem
from . import libxl_forms as forms
from .keys_xl import NEWEST, XL_KEYS
from .libxl_config import LibxlConfig, drive_of, is_cdrom
from .releases import Release, from_to

OLDEST: Release = (4, 14)

# What a row finds: nothing (False, "" or None), all of the key's value (True), a part of it, or one of them with its reason.
Found = Union[bool, str, None, Tuple[Union[bool, str], str]]


@dataclass(frozen=True)
class Rule:
    """Describe one refusal: what ``finds`` it, and the releases and types of guests that it is for.

    A problem names the first of ``keys`` that the file has. ``reason`` is "" where ``finds`` returns one with what it found.
    """

    name: str
    keys: str
    source: str
    finds: Callable[[LibxlConfig], Found]
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


def _each(key: str, problem_of: Callable[[str, Release], str]) -> Callable[[LibxlConfig], Found]:
    """Return a search for the first string of a list, or the text itself, that has a problem."""

    def finds(config: LibxlConfig) -> Found:
        text = config.text(key)
        for item in config.items(key) if text is None else [text]:
            problem = problem_of(item, config.release)
            if problem:
                return item, problem
        return None

    return finds


def _outside(key: str, least: int, most: int, besides: tuple[int, ...] = ()) -> Callable[[LibxlConfig], Found]:
    """Return a search for a number that is given and outside of a range; ``besides`` are those that mean the default."""

    def finds(config: LibxlConfig) -> Found:
        number = config.number(key)
        return number is not None and number not in besides and not least <= number <= most

    return finds


def _lacks_video(config: LibxlConfig) -> Found:
    # Of cirrus with qemu-xen-traditional xl only warns.
    if config.device_model == "qemu-xen-traditional" and config.card in ("cirrus", "none"):
        return False
    return config.video < config.least_video


def _viridian(config: LibxlConfig) -> Found:
    """parse_config_data of xl_parse.c, then hvm_set_viridian_features of libxl_x86.c."""
    known = list(_VIRIDIAN)
    if config.release >= (4, 15):
        known += _VIRIDIAN_4_15
    on, off, defaults = set(), set(), False
    for item in config.items("viridian"):
        name = item.lstrip("!") if item.startswith("!") else item
        if item == "all":
            on.update([*known, "all"])
        elif item == "defaults":
            defaults = True
        elif name.lower() not in known or item.startswith("!!"):
            return item, "is not a Viridian group of this release"
        elif item.startswith("!"):
            off.add(name.lower())
            on.discard(name.lower())
        else:
            on.add(name.lower())
            off.discard(name.lower())
    if on & off:
        return True, f"{min(on & off)} is both on and off"
    enabled = (on | set(known if defaults else ())) - off
    return ("base" not in enabled) if enabled else False


def _spice(config: LibxlConfig) -> Found:
    if not config.has_qemu_xen or config.has_stub_domain or not config.flag("spice"):
        return False
    if not config.number("spiceport") and not config.number("spicetls_port"):
        return True, "has no port: neither spiceport nor spicetls_port is given"
    if not config.flag("spicedisable_ticketing") and not config.text("spicepasswd"):
        return True, "has no password"
    return False


def _redirections(config: LibxlConfig) -> int:
    """How many USB devices Spice redirects; libxl counts none without Spice, and passes over negative numbers."""
    number = config.number("spiceusbredirection") or 0
    return 0 if number > 0 and not config.flag("spice") else number


def _emulates_usb_twice(config: LibxlConfig) -> Found:
    new = config.number("usbversion") or _redirections(config)
    return bool(new) and (config.flag("usb") or "usbdevice" in config.values)


def _usb_version(config: LibxlConfig) -> int:
    return config.number("usbversion") or (2 if _redirections(config) > 0 else 0)


def _frame_buffer(config: LibxlConfig) -> Found:
    for item in config.items("vfb"):
        fields = dict(part.strip().partition("=")[::2] for part in item.split(","))
        if fields.get("vnc", "1") != "0" and ":" in fields.get("vnclisten", "") and fields.get("vncdisplay", "0") != "0":
            return f"vnclisten={fields['vnclisten']}"
    return False


def _disk_backend(config: LibxlConfig) -> Found:
    """libxl__device_disk_setdefault of libxl_disk.c, disk_try_backend of libxl_device.c."""
    for disk in config.disks:
        given = disk.get("backendtype", "")
        if not given and is_cdrom(disk) and config.kind == "hvm":
            given = "qdisk"
        format_of = disk.get("format", "raw")
        plain = format_of == "raw"
        virtio = disk.get("specification") == "virtio"
        fits = {
            "phy": plain and not virtio,
            "qdisk": not disk.get("script") and not virtio,
            "standalone": virtio and plain and not disk.get("script"),
            # blktap came back with 4.19 (libxl_device.c, disk_try_backend of stable-4.19).
            "tap": config.release >= (4, 19) and format_of in ("raw", "vhd") and not virtio,
        }
        if not (fits.get(given, True) if given else any(fits.values())):
            return f"vdev={disk.get('vdev', '')}"
    return False


def _cdrom_backend(*served: str) -> Callable[[LibxlConfig], Found]:
    def finds(config: LibxlConfig) -> Found:
        return next(
            (
                f"backendtype={disk['backendtype']}"
                for disk in config.disks
                if is_cdrom(disk) and disk.get("backendtype", "qdisk") not in served
            ),
            False,
        )

    return finds


def _read_only_disk(config: LibxlConfig) -> Found:
    """libxl__build_device_model_args_new of libxl_dm.c; disks of SCSI, and those that are not emulated, may be read only."""
    emulated = 6 if config.word("hdtype") == "ahci" else 4
    for disk in config.disks if config.has_qemu_xen else []:
        bus, number = drive_of(disk.get("vdev", ""))
        read_only = disk.get("access", "rw") in ("r", "ro")
        if disk.get("backend") and not config.has_stub_domain:
            continue  # QEMU in dom0 cannot reach it, and does not emulate it.
        if bus != "sd" and 0 <= number < emulated and read_only and not is_cdrom(disk):
            return f"vdev={disk['vdev']}"
    return False


def _nodes_vcpus(config: LibxlConfig) -> Found:
    """libxl__vnuma_config_check of libxl_vnuma.c."""
    listed = [vcpu for node in config.nodes for vcpu in node.vcpus]
    placed = set(listed)
    if len(listed) != len(placed):
        return True, "a virtual processor is in more than one node"
    missing = next((vcpu for vcpu in range(config.maxvcpus) if vcpu not in placed), None) if config.nodes else None
    return False if missing is None else (True, f"virtual processor {missing} is in no node")


def _nodes_distances(config: LibxlConfig) -> Found:
    for number, node in enumerate(config.nodes):
        distances = [*node.distances, *[0] * len(config.nodes)][: len(config.nodes)]
        if any(distances[number] > distance for distance in distances):
            return True
    return False


def _nodes_form(config: LibxlConfig) -> Found:
    value = config.values.get("vnuma")
    for node in value if isinstance(value, list) else []:
        for option in node if isinstance(node, list) else []:
            problem = forms.virtual_node(option)
            if problem:
                return str(option), problem
    return False


def _cap(config: LibxlConfig) -> Found:
    cap = config.number("cap")
    return cap not in (None, -1) and not 0 <= (cap or 0) <= config.maxvcpus * 100


def _device(key: str) -> Callable[[LibxlConfig], Found]:
    return _each(key, lambda text, release: forms.device(key, text, release))


def _processors(key: str, problem_of: Callable[[str], str]) -> Callable[[LibxlConfig], Found]:
    """Items of a list are for one virtual processor each; what is behind the last one is not read."""
    searched = _form(key, problem_of)

    def finds(config: LibxlConfig) -> Found:
        items = config.values.get(key)
        if isinstance(items, list):
            return searched(LibxlConfig({key: items[: config.maxvcpus]}, config.release))
        return searched(config)

    return finds


def _form(key: str, problem_of: Callable[[str], str]) -> Callable[[LibxlConfig], Found]:
    return _each(key, lambda text, _release: problem_of(text))


def _sound_cards(config: LibxlConfig) -> Found:
    cards = config.values.get("vsnd")
    for card in cards if isinstance(cards, list) else []:
        problem = forms.sound_card(card) if isinstance(card, list) else ""
        if problem:
            return True, problem
    return False


def _least_trace(config: LibxlConfig) -> Found:
    size = ((config.number("vmtrace_buf_kb") or 0) * 1024 + 4095) // 4096 * 4096
    return bool(size) and (size > 64 << 20 or bool(size & (size - 1)) or size < 4096)


_VIRIDIAN = "base freq time_ref_count reference_tsc hcall_remote_tlb_flush apic_assist crash_ctl synic stimer hcall_ipi".split()
_VIRIDIAN_4_15 = "ex_processor_masks no_vp_limit cpu_hotplug".split()
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
        _outside("cpu_weight", 1, 65535, besides=(-1,)), "is not from 1 to 65535", "give a number in this range",
    ),
    Rule(
        "cap range", "cap", "libxl_sched.c, sched_credit2_domain_set",
        _cap, "is not from 0 to 100 for each virtual processor", "give a number in this range",
    ),
    Rule(
        "cpus form", "cpus", "xl_parse.c, parse_cpurange", _processors("cpus", forms.pinned),
        "", "write processors such as 0-3,^2 or node:1",
    ),
    Rule(
        "cpus_soft form", "cpus_soft", "xl_parse.c, parse_cpurange",
        _processors("cpus_soft", forms.processors), "", "write processors such as 0-3,^2 or node:1",
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
        "altp2m_count range", "altp2m_count", _XL, _outside("altp2m_count", 0, 65535),
        "is not from 0 to 65535", "give a number in this range", first=(4, 21),
    ),
    # Virtual nodes.
    Rule("vnuma of PV", "vnuma", _DEFAULTS, lambda config: bool(config.nodes), "a PV guest cannot have virtual nodes",
         "remove vnuma, or use type: pvh", types=_PV),
    Rule("vnuma form", "vnuma", "xl_parse.c, parse_vnuma_config", _nodes_form, "",
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
    Rule("vnuma vcpus", "vnuma", "libxl_vnuma.c, libxl__vnuma_config_check", _nodes_vcpus, "",
         "give each virtual processor one node", types=_NOT_PV),
    Rule("vnuma distances", "vnuma", "libxl_vnuma.c, libxl__vnuma_config_check", _nodes_distances,
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
    Rule("pci form", "pci", "libxlu_pci.c", _each("pci", forms.pci_device), "", "write a device such as 0000:03:00.0"),
    Rule(
        "gfx_passthru without devices", "gfx_passthru", "libxl_dm.c, libxl__detect_gfx_passthru_kind",
        lambda config: config.has_qemu_xen and not config.items("pci")
        and (config.flag("gfx_passthru") or config.word("gfx_passthru") == "default"),
        "needs a graphics card of the host, and pci names no device", "add the card to pci, or remove gfx_passthru",
        types=_HVM,
    ),
    Rule("ioports form", "ioports", _XL, _form("ioports", forms.ports), "",
         "write a range such as 3f8-3ff"),
    Rule("irqs form", "irqs", _XL, _form("irqs", forms.interrupt), "", "write a number such as 4"),
    Rule("iomem form", "iomem", _XL, _form("iomem", forms.memory_pages), "",
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
        "video memory", "videoram", _BUILD_DEFAULTS, _lacks_video,
        "is less than the graphics card needs (MiB: qxl 128, stdvga 16, cirrus 8; with qemu-xen-traditional stdvga 8)",
        "raise it, or leave it out", types=_HVM,
    ),
    Rule(
        "qxl with qemu-xen-traditional", "vga", _BUILD_DEFAULTS,
        lambda config: config.device_model == "qemu-xen-traditional" and config.card == "qxl",
        "qemu-xen-traditional does not have the card", "use stdvga or cirrus", last=_TRADITIONAL, types=_HVM,
    ),
    Rule(
        "usbversion with usb", "usbversion spiceusbredirection", _BUILD_DEFAULTS, _emulates_usb_twice,
        "usbversion and spiceusbredirection cannot be used together with usb and usbdevice", "remove one of the two",
        types=_HVM,
    ),
    Rule(
        "usbversion range", "usbversion", _DM,
        lambda config: config.has_qemu_xen and not config.flag("usb") and "usbdevice" not in config.values
        and _usb_version(config) not in (0, 1, 2, 3),
        "is not from 1 to 3", "give 1, 2 or 3", types=_HVM,
    ),
    Rule(
        "spiceusbredirection range", "spiceusbredirection", _DM,
        lambda config: config.has_qemu_xen and not config.flag("usb") and "usbdevice" not in config.values
        and _usb_version(config) in (1, 2, 3) and not 0 <= _redirections(config) <= 4,
        "is not from 0 to 4", "give a number in this range", types=_HVM,
    ),
    Rule("spice", "spice", "libxl_dm.c, dm_spice_options", _spice, "",
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
        "vfb with a colon", "vfb", _DM, _frame_buffer,
        "has a colon, as an IPv6 address has, which libxl takes for the number of a display beside vncdisplay",
        "leave vncdisplay out, or give an IPv4 address", types=_NOT_HVM,
    ),
    Rule("viridian groups", "viridian", "libxl_x86.c, hvm_set_viridian_features", _viridian,
         "has groups without base, which all others need", "add base or defaults", types=_HVM),
    Rule(
        "tsc_mode native_paravirt", "tsc_mode", "libxl_x86.c, libxl__arch_domain_create",
        lambda config: config.word("tsc_mode") == "native_paravirt" or config.number("tsc_mode") == 3,
        "native_paravirt was removed from Xen", "use default or native",
    ),
    Rule("mmio_hole range", "mmio_hole", _XL, _outside("mmio_hole", 256, 3840), "is not from 256 to 3840 MiB",
         "give a number in this range", types=_HVM),
    Rule(
        "mca_caps", "mca_caps", _XL,
        _form("mca_caps", lambda text: "" if text == "lmce" else "is not a capability that xl knows"), "", "use lmce, or remove it", types=_HVM,
    ),
    Rule("smbios form", "smbios", _XL, _form("smbios", forms.smbios), "",
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
        "disk back end", "disk", "libxl_device.c, disk_try_backend", _disk_backend,
        "no back end serves it: phy takes raw only, qdisk takes no script, and a CD drive is served by qdisk",
        "use format: raw with a script, and no script with another format or a CD drive",
    ),
    Rule("CD drive back end", "disk", "libxl_disk.c, libxl__device_disk_setdefault", _cdrom_backend("qdisk", "unknown"),
         "a CD drive of an HVM guest is served by qdisk", "leave backendtype out", last=(4, 18), types=_HVM),
    Rule("CD drive back end from 4.19 on", "disk", "libxl_disk.c, libxl__device_disk_setdefault",
         _cdrom_backend("qdisk", "phy", "unknown"), "a CD drive of an HVM guest is served by qdisk or phy",
         "leave backendtype out", first=(4, 19), types=_HVM),
    Rule(
        "read-only disk", "disk", _DM, _read_only_disk,
        "qemu-xen has no read-only IDE or AHCI disk", "use access: rw, cdrom: true, or a vdev such as sda", types=_HVM,
    ),
    Rule(
        "emulated card of PV", "vif", "libxl_nic.c, libxl__device_nic_setdefault",
        lambda config: next((item for item in config.items("vif") if "type=ioemu" in item.replace(" ", "").split(",")), False),
        "only an HVM guest has an emulated card", "remove type", types=_NOT_HVM,
    ),
    *(
        Rule(f"{key} form", key, "xl_parse.c", _device(key), "", "correct the device as xl.cfg(5) of the release describes it",
             first=max(OLDEST, XL_KEYS[key].first))
        for key in forms.FORMS
    ),
    Rule("usbdev address", "usbdev", "libxl_usb.c, usbdev_busaddr_to_busid", _form("usbdev", forms.usb_device), "",
         "write hostbus= and hostaddr= as lsusb prints them"),
    Rule("usbctrl version", "usbctrl", "libxl_usb.c, libxl__device_usbctrl_setdefault",
         lambda config: _form("usbctrl", lambda text: forms.usb_controller(text, config.kind))(config), "",
         "correct version and ports, or leave them out"),
    Rule("vsnd form", "vsnd", "xl_parse.c, parse_vsnd_config", _sound_cards, "",
         "correct the card as xl.cfg(5) of the release describes it"),
    # The domain.
    Rule(
        "uuid form", "uuid", _XL, _form("uuid", forms.uuid), "",
        "write 32 hexadecimal digits with hyphens, in quotes",
    ),
    *(
        Rule(f"{key} range", key, _XL, _outside(key, 0, 2**31 - 1), "is not from 0 to 2147483647",
             "give a number in this range", first=first)
        for key, first in (("max_grant_frames", OLDEST), ("max_maptrack_frames", OLDEST))
    ),
    Rule("max_grant_version range", "max_grant_version", _BUILD_DEFAULTS, _outside("max_grant_version", 0, 2),
         "is not from 0 to 2", "give 1 or 2", first=(4, 16)),
    Rule("vmtrace_buf_kb of PV", "vmtrace_buf_kb", _XEN, lambda config: bool(config.number("vmtrace_buf_kb")),
         "a PV guest cannot be traced", "remove it", first=(4, 15), types=_PV),
    Rule("vmtrace_buf_kb size", "vmtrace_buf_kb", _XEN, _least_trace, "is not a power of two from 4 to 65536",
         "give such a number", first=(4, 15), types=_NOT_PV),
    Rule(
        "trap_unmapped_accesses", "trap_unmapped_accesses", "libxl_x86.c, libxl__arch_domain_build_info_setdefault",
        lambda config: config.flag("trap_unmapped_accesses"), "is not supported on x86", "remove it", first=(4, 21),
    ),
    Rule("llc_colors form", "llc_colors", _XL, _form("llc_colors", forms.cache_colors), "",
         "write a range such as 0-3", first=(4, 20)),
    Rule("xenstore_quota form", "xenstore_quota", "xl_parse.c, parse_xsquota_item",
         _form("xenstore_quota", forms.quota), "", "write a quota such as nodes=1000",
         first=(4, 22)),
)

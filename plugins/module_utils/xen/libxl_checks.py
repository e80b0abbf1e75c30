# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Searches in a guest's configuration for what libxl refuses, as the rows of libxl_rules.py need them (pure).

A search returns nothing (False, "" or None), all of the key's value (True), a part of it, or one of them with its reason.
"""

from __future__ import annotations

from typing import Callable, Tuple, Union

from ..guest.vdevs import place
from . import libxl_forms as forms
from .libxl_config import LibxlConfig, is_cdrom
from .releases import Release

Found = Union[bool, str, None, Tuple[Union[bool, str], str]]
Search = Callable[[LibxlConfig], Found]

_VIRIDIAN = "base freq time_ref_count reference_tsc hcall_remote_tlb_flush apic_assist crash_ctl synic stimer hcall_ipi".split()
_VIRIDIAN_4_15 = "ex_processor_masks no_vp_limit cpu_hotplug".split()


def each(key: str, problem_of: Callable[[str, Release], str]) -> Search:
    """Return a search for the first string of a list, or the text itself, that has a problem."""

    def finds(config: LibxlConfig) -> Found:
        text = config.text(key)
        for item in config.items(key) if text is None else [text]:
            problem = problem_of(item, config.release)
            if problem:
                return item, problem
        return None

    return finds


def outside(key: str, least: int, most: int, besides: tuple[int, ...] = ()) -> Search:
    """Return a search for a number that is given and outside of a range; ``besides`` are those that mean the default."""

    def finds(config: LibxlConfig) -> Found:
        number = config.number(key)
        return number is not None and number not in besides and not least <= number <= most

    return finds


def lacks_video(config: LibxlConfig) -> Found:
    """Search for less video memory than the card needs."""
    # Of cirrus with qemu-xen-traditional xl only warns.
    if config.device_model == "qemu-xen-traditional" and config.card in ("cirrus", "none"):
        return False
    return config.video < config.least_video


def viridian(config: LibxlConfig) -> Found:
    """Search for groups that are unknown, on and off, or without base: parse_config_data of xl_parse.c, then
    hvm_set_viridian_features of libxl_x86.c.
    """
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


def spice(config: LibxlConfig) -> Found:
    """Search for Spice without a port or a password, where it is served at all (dm_spice_options of libxl_dm.c)."""
    if not config.has_qemu_xen or config.has_stub_domain or not config.flag("spice"):
        return False
    if not config.number("spiceport") and not config.number("spicetls_port"):
        return True, "has no port: neither spiceport nor spicetls_port is given"
    if not config.flag("spicedisable_ticketing") and not config.text("spicepasswd"):
        return True, "has no password"
    return False


def redirections(config: LibxlConfig) -> int:
    """Return how many USB devices Spice redirects. Without Spice libxl counts none, but keeps a negative number."""
    number = config.number("spiceusbredirection") or 0
    return 0 if number > 0 and not config.flag("spice") else number


def emulates_usb_twice(config: LibxlConfig) -> Found:
    """Search for both ways to emulate USB: by version, and by devices."""
    new = config.number("usbversion") or redirections(config)
    return bool(new) and (config.flag("usb") or "usbdevice" in config.values)


def usb_version(config: LibxlConfig) -> int:
    """Return the version of the emulated controller; redirection without one takes 2."""
    return config.number("usbversion") or (2 if redirections(config) > 0 else 0)


def frame_buffer(config: LibxlConfig) -> Found:
    """Search for a frame buffer whose address has a colon beside the number of its display."""
    for item in config.items("vfb"):
        fields = dict(part.strip().partition("=")[::2] for part in item.split(","))
        if fields.get("vnc", "1") != "0" and ":" in fields.get("vnclisten", "") and fields.get("vncdisplay", "0") != "0":
            return f"vnclisten={fields['vnclisten']}"
    return False


def disk_backend(config: LibxlConfig) -> Found:
    """Search for a disk that no back end serves: libxl__device_disk_setdefault of libxl_disk.c, disk_try_backend."""
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


def cdrom_backend(*served: str) -> Search:
    """Return a search for a CD drive with another back end than those that serve it."""
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


def read_only_disk(config: LibxlConfig) -> Found:
    """Search for an emulated read-only disk; those of SCSI, and those that are not emulated, may be read only."""
    emulated = 6 if config.word("hdtype") == "ahci" else 4
    for disk in config.disks if config.has_qemu_xen else []:
        found = place(disk.get("vdev", ""))
        read_only = disk.get("access", "rw") in ("r", "ro")
        if disk.get("backend") and not config.has_stub_domain:
            continue  # QEMU in dom0 cannot reach it, and does not emulate it.
        if found and found.bus != "sd" and found.drive < emulated and read_only and not is_cdrom(disk):
            return f"vdev={disk['vdev']}"
    return False


def nodes_vcpus(config: LibxlConfig) -> Found:
    """Search for a virtual processor in no node, or in two (libxl__vnuma_config_check of libxl_vnuma.c)."""
    listed = [vcpu for node in config.nodes for vcpu in node.vcpus]
    placed = set(listed)
    if len(listed) != len(placed):
        return True, "a virtual processor is in more than one node"
    missing = next((vcpu for vcpu in range(config.maxvcpus) if vcpu not in placed), None) if config.nodes else None
    return False if missing is None else (True, f"virtual processor {missing} is in no node")


def nodes_distances(config: LibxlConfig) -> Found:
    """Search for a node that is nearer to another one than to itself; distances that are not given are 0."""
    for number, node in enumerate(config.nodes):
        distances = [*node.distances, *[0] * len(config.nodes)][: len(config.nodes)]
        if any(distances[number] > distance for distance in distances):
            return True
    return False


def nodes_form(config: LibxlConfig) -> Found:
    """Search for an option of a node that xl cannot read."""
    value = config.values.get("vnuma")
    for node in value if isinstance(value, list) else []:
        for option in node if isinstance(node, list) else []:
            problem = forms.virtual_node(option)
            if problem:
                return str(option), problem
    return False


def cap(config: LibxlConfig) -> Found:
    """Search for a cap outside of 100 for each virtual processor; -1 means the default."""
    percent = config.number("cap")
    return percent not in (None, -1) and not 0 <= (percent or 0) <= config.maxvcpus * 100


def device(key: str) -> Search:
    """Return a search for a device that xl cannot read."""
    return each(key, lambda text, release: forms.device(key, text, release))


def processors(key: str, problem_of: Callable[[str], str]) -> Search:
    """Return a search in processors of the host. Each item of a list is for one virtual processor; xl reads no more."""
    searched = form(key, problem_of)

    def finds(config: LibxlConfig) -> Found:
        items = config.values.get(key)
        if isinstance(items, list):
            return searched(LibxlConfig({key: items[: config.maxvcpus]}, config.release))
        return searched(config)

    return finds


def form(key: str, problem_of: Callable[[str], str]) -> Search:
    """Return a search for a text with a problem that is the same in all releases."""
    return each(key, lambda text, _release: problem_of(text))


def sound_cards(config: LibxlConfig) -> Found:
    """Search for a sound card that xl cannot read."""
    cards = config.values.get("vsnd")
    for card in cards if isinstance(cards, list) else []:
        problem = forms.sound_card(card) if isinstance(card, list) else ""
        if problem:
            return True, problem
    return False


def odd_trace(config: LibxlConfig) -> Found:
    """Search for a trace buffer that is no power of two from 4 KiB to 64 MiB, rounded up to pages."""
    size = ((config.number("vmtrace_buf_kb") or 0) * 1024 + 4095) // 4096 * 4096
    return bool(size) and (size > 64 << 20 or bool(size & (size - 1)) or size < 4096)

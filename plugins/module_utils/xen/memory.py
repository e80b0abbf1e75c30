# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count how much of a host's memory a guest takes, and how much the host has for it (pure)."""

from __future__ import annotations

from ..guest.model import Guest
from .releases import GUEST_MIB_A_STUB_MIB, LINUX_MEMORY, MAPPED_MIB, Release

# What libxl leaves to dom0 when it balloons it (Xen 4.17, tools/libs/light/libxl_internal.h).
LEAST_DOM0_MIB = 128

# Default MiB of an emulated graphics card, by device model and kind of card (Xen 4.17, libxl_create.c).
_VIDEO = {
    "qemu-xen-traditional": {"stdvga": 8, "none": 0, "": 4},
    "qemu-xen": {"stdvga": 16, "qxl": 128, "none": 0, "": 8},
}
# Since when less shadow memory is set aside (stable-4.17:tools/libs/light/libxl_create.c).
_ONE_PAGE: Release = (4, 17)
# Whose xl takes memory from dom0 whatever its command line is, unless xl.conf has off (stable-4.2:tools/libxl/xl.c).
_BALLOONS_ALWAYS: Release = (4, 2)


def video_mib(guest: Guest, scheme: str) -> int:
    """Return the MiB of the guest's graphics card. They are part of the guest's memory, and libxl counts them once more for its
    stub domain (Xen 4.17, libxl_mem.c)."""
    set_by_user = _number(guest, "videoram")
    if set_by_user is not None:
        return set_by_user
    cards = _VIDEO["qemu-xen-traditional" if scheme == "minios" else "qemu-xen"]
    old = _number(guest, "stdvga")
    card = "none" if scheme == "linux" and old is None else "stdvga" if old else ""
    # vga goes before stdvga (Xen 4.17, tools/xl/xl_parse.c).
    return cards.get(str(guest.settings.get("vga", card)), cards[""])


def linux_mib(guest: Guest) -> int:
    """Return the default MiB of a Linux stub domain: what its kernel and QEMU take, and page tables for the memory of the
    guest that QEMU maps.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
    >>> linux_mib(Guest("app1", memory=4096, boot=Boot("firmware")))
    168
    """
    mapped = min(max(guest.memory, guest.maxmem), MAPPED_MIB)
    return LINUX_MEMORY + mapped // GUEST_MIB_A_STUB_MIB


def needed_mib(guest: Guest, stub_mib: int = 0, release: Release = (0, 0)) -> int:
    """Return the MiB that Xen must have free to start the guest, as libxl_domain_need_memory counts them.

    Shadow memory, by default, is 256 pages for each vcpu and two for each MiB, from 4.17 on one for a guest that
    is PV or uses HAP (the default where the processor has it); without a ``release`` it is two. A PV guest takes 1 MiB
    more, another 2; the sum is rounded up to 2 MiB. ``stub_mib`` is what its stub domain takes, graphics memory
    included. Source: Xen 4.17, tools/libs/light/libxl_mem.c and libxl_create.c; before, libxl_utils.c.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
    >>> needed_mib(Guest("web1", memory=128, boot=Boot("direct")))
    132
    """
    largest = max(guest.memory, guest.maxmem)
    vcpus = max(guest.vcpus, _number(guest, "maxvcpus") or 0)
    is_shadowed = guest.type != "pv" and _number(guest, "hap") == 0
    pages = 1 if release >= _ONE_PAGE and not is_shadowed else 2
    set_by_user = _number(guest, "shadow_memory")
    shadow_kib = 4 * (256 * vcpus + pages * largest) if set_by_user is None else 1024 * set_by_user
    extra_kib = 1024 if guest.type == "pv" else 2048
    total_kib = (guest.memory + stub_mib) * 1024 + shadow_kib + extra_kib
    return -(-total_kib // 2048) * 2


def available_mib(
    free_mib: int, dom0_mib: int, xen_commandline: str, autoballoon: str = "", release: Release = (0, 0)
) -> int:
    """Return the MiB that new guests can have. With ``autoballoon``, xl takes what is missing from dom0: "on", "off", or
    "auto" for a host without ``dom0_mem``. "" is the release's own, which is auto but in 4.2.

    >>> available_mib(10, 4000, "dom0_mem=4000M"), available_mib(10, 4000, ""), available_mib(10, 4000, "", "off")
    (10, 3882, 10)
    """
    wanted = autoballoon or ("on" if release == _BALLOONS_ALWAYS else "auto")
    if wanted == "off" or (wanted == "auto" and "dom0_mem=" in xen_commandline):
        return free_mib
    return free_mib + max(0, dom0_mib - LEAST_DOM0_MIB)


def _number(guest: Guest, key: str) -> int | None:
    """Return a setting that xl reads as a number, also from a text; None where it is not set, or is not a number."""
    value = guest.settings.get(key)
    try:
        return int(value, 0) if isinstance(value, str) else int(value) if isinstance(value, int) else None
    except ValueError:
        return None

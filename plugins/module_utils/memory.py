# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of a host's memory a guest takes, and how much there is to take (pure)."""

from __future__ import annotations

from .guest import Guest

# What libxl leaves to dom0 when it balloons it (Xen 4.17, tools/libs/light/libxl_internal.h).
LEAST_DOM0_MIB = 128


def needed_mib(guest: Guest) -> int:
    """MiB that Xen must have free to start the guest, as libxl_domain_need_memory counts them.

    Shadow memory is 256 pages for each vcpu, and two for each MiB; a PV guest takes 1 MiB more; the sum is
    rounded up to 2 MiB. Source: Xen 4.17, tools/libs/light/libxl_mem.c and libxl_utils.c.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot import Boot
    >>> needed_mib(Guest("web1", memory=128, boot=Boot("direct")))
    132
    """
    largest = max(guest.memory, guest.maxmem)
    shadow_kib = 4 * (256 * guest.vcpus + 2 * largest)
    total_kib = guest.memory * 1024 + shadow_kib + 1024
    return -(-total_kib // 2048) * 2


def available_mib(free_mib: int, dom0_mib: int, xen_commandline: str) -> int:
    """MiB that new guests can have. Without ``dom0_mem``, xl takes what is missing from dom0 (autoballoon=auto).

    >>> available_mib(10, 4000, "dom0_mem=4000M"), available_mib(10, 4000, "")
    (10, 3882)
    """
    if "dom0_mem=" in xen_commandline:
        return free_mib
    return free_mib + max(0, dom0_mib - LEAST_DOM0_MIB)

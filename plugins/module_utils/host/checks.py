# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that this host has what a guest's definition names. Read only."""

from __future__ import annotations

import os
import stat
from typing import Mapping

from ..common.problem import Problem
from ..guest.devices import Disk
from ..guest.model import Guest
from ..toolstack.base import HostState
from ..xen.memory import needed_mib
from ..xen.releases import CAPABILITY, Release


def check_disks(guest: Guest) -> list[Problem]:
    """Return a problem for each disk whose target does not exist or is of another kind than what serves it.

    Left out are empty drives and what is no path of this host: what a script, a driver domain or QEMU's protocol opens.
    """
    found = []
    for number, disk in enumerate(guest.disks):
        reason = _target_problem(disk) if disk.path else ""
        if reason:
            found.append(
                Problem(
                    reason,
                    "create it on the host, or correct the path",
                    guest=guest.name,
                    key=f"disks[{number}].target",
                    value=disk.target,
                )
            )
    return found


def check_boot_files(guest: Guest) -> list[Problem]:
    """Return a problem for each file that the definition names and the host does not have. Images are found by name, and a
    boot loader takes files of the guest's disk."""
    found = []
    on_disk = guest.boot.method == "bootloader"
    for key, path in (
        ("boot.kernel", "" if on_disk else guest.boot.kernel),
        ("boot.ramdisk", "" if on_disk else guest.boot.ramdisk),
        ("device_model.kernel", guest.device_model.kernel),
        ("device_model.ramdisk", guest.device_model.ramdisk),
    ):
        if path and not os.path.isfile(path):
            problem = Problem(
                "does not exist on the host",
                "copy it to the host, or correct the path",
                guest=guest.name,
                key=key,
                value=path,
            )
            found.append(problem)
    return found


def check_arch(guest: Guest, host: HostState) -> list[Problem]:
    """Return a problem where the hypervisor cannot run this type of guest.

    Debian builds Xen 4.17 and 4.20 without 32-bit PV guests; such a guest would crash at its first instruction.
    """
    if guest.type == "pv" and guest.boot.method in ("direct", "bootloader"):
        return []  # The architecture of that kernel is unknown.
    key, value = ("type", guest.type) if guest.type != "pv" else ("boot.arch", guest.boot.arch)
    wanted = CAPABILITY[value]
    if any(cap.startswith(wanted) for cap in host.capabilities):
        return []
    what, remedy = "PV kernels of that kind", f"use another arch, or a host whose xen_caps has {wanted}"
    if guest.type != "pv":
        what = f"{guest.type.upper()} guests"
        remedy = "turn on VT-x or AMD-V in the host's firmware, or use another host"
    return [
        Problem(
            f"this hypervisor does not run {what}",
            remedy,
            guest=guest.name,
            key=key,
            value=value,
            release=f"Xen {host.version}",
        )
    ]


def check_memory(
    guests: list[Guest], running: set[str], free_mib: int, stub_mib: Mapping[str, int], release: Release
) -> list[Problem]:
    """Return a problem for each guest that does not fit into free memory, in the order in which guests are started.

    ``stub_mib`` has the memory of the stub domains, in MiB, by the names of the guests; ``running`` guests have theirs.
    """
    found = []
    for guest in guests:
        if not guest.has_domain or guest.name in running:
            continue
        need = needed_mib(guest, stub_mib.get(guest.name, 0), release)
        if need <= free_mib:
            free_mib -= need
            continue
        found.append(
            Problem(
                f"starting it takes {need} MiB, and the host has {free_mib} MiB left for it",
                "lower memory, stop another guest, or lower dom0's memory",
                guest=guest.name,
                key="memory",
                value=guest.memory,
            )
        )
    return found


def _target_problem(disk: Disk) -> str:
    try:
        mode = os.stat(disk.path).st_mode
    except OSError as error:
        return f"cannot be used: {error.strerror}"
    if stat.S_ISBLK(mode):
        return "is a block device, not a file (backend: file)" if disk.kind == "file" else ""
    if not stat.S_ISREG(mode):
        return "is neither a file nor a block device"
    if disk.kind == "phy":
        return "is a file, not a block device (backend: phy)"
    # libxl__try_phy_backend of libxl_linux.c
    if disk.backendtype in ("phy", "standalone"):
        return f"is a file, not a block device (backendtype: {disk.backendtype})"
    return "is a file, not a block device (specification: virtio)" if disk.specification == "virtio" else ""

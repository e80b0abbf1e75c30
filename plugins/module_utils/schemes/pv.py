# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PV guest's file for ``xl``: which of Xen's keys it holds, in which order (pure)."""

from __future__ import annotations

from ..boot import Boot
from ..devices import Disk, Vif
from ..guest import Guest
from ..problem import Problem
from ..releases import Release, knows, too_new
from ..xencfg import Value


def values(guest: Guest, image_path: str, release: Release) -> dict[str, Value]:
    """Xen's keys of the guest. ``image_path`` is the PV-GRUB image that boots it ("" for a direct boot)."""
    written: dict[str, Value] = {"name": guest.name}
    if knows("type", release):
        written["type"] = "pv"
    written["memory"] = guest.memory
    if guest.maxmem:
        written["maxmem"] = guest.maxmem
    written["vcpus"] = guest.vcpus
    written.update(_boot_values(guest.boot, image_path))
    written["disk"] = [disk_string(disk) for disk in guest.disks]
    written["vif"] = [vif_string(vif) for vif in guest.vifs]
    written.update(guest.settings)
    return written


def check(guest: Guest, release: Release) -> list[Problem]:
    """What this release would ignore in silence."""
    found = [
        too_new(f"vif.{key}", release, guest.name, value)
        for vif in guest.vifs
        for key, value in vars(vif).items()
        if value
    ]
    return [problem for problem in found if problem]


def disk_string(disk: Disk) -> str:
    """xl-disk-configuration(5). ``target`` comes last: it takes the rest of the string, commas and all."""
    parts = [f"format={disk.format}", f"vdev={disk.vdev}", f"access={disk.access}"]
    if disk.script:
        parts.append(f"script={disk.script}")
    return ",".join([*parts, f"target={disk.target}"])


def vif_string(vif: Vif) -> str:
    """xl-network-configuration(5); an empty string is an interface with the host's defaults."""
    return ",".join(f"{key}={value}" for key, value in vars(vif).items() if value)


def _boot_values(boot: Boot, image_path: str) -> dict[str, Value]:
    """``extra`` and not ``cmdline``: every release reads it, and with no ``root`` it is the whole command line."""
    if boot.method == "pvgrub2":
        return {"kernel": image_path}
    written: dict[str, Value] = {"kernel": boot.kernel}
    if boot.ramdisk:
        written["ramdisk"] = boot.ramdisk
    if boot.cmdline:
        written["extra"] = boot.cmdline
    return written

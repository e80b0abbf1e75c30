# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks and network interfaces as strings of Xen's configuration, for each toolstack (pure)."""

from __future__ import annotations

from ..common.problem import Problem
from ..guest.devices import Disk, Vif
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.keys_xl import VIF_KEYS
from ..xen.keys_xm import XM_DISK_FORMATS
from ..xen.releases import Release, ignored, shown


def disk_strings(guest: Guest, toolstack: str) -> list[str]:
    return [_xm_disk(disk) if toolstack == "xm" else _xl_disk(disk) for disk in guest.disks]


def vif_strings(guest: Guest) -> list[str]:
    """xl-network-configuration(5); an empty string is an interface with the host's defaults."""
    return [_vif(vif) for vif in guest.vifs]


def check(guest: Guest, facts: Facts) -> list[Problem]:
    """What this release or toolstack cannot say, or would ignore in silence."""
    found = []
    for number, vif in enumerate(guest.vifs):
        for key, value in _given(vif):
            fault = _fault_of_key(VIF_KEYS[facts.toolstack].get(key), facts)
            if not fault and "," in str(value):
                fault = "an interface is split at its commas, and what follows would be another key", "remove it", ""
            if fault:
                reason, remedy, source = fault
                found.append(Problem(reason, remedy, guest.name, f"vifs[{number}].{key}", value, release=source))
    for number, disk in enumerate(guest.disks if facts.toolstack == "xm" else []):
        found += [
            Problem(reason, remedy, guest.name, f"disks[{number}].{key}", value)
            for key, value, reason, remedy in _xm_disk_faults(disk, facts.release)
        ]
    return found


def _xl_disk(disk: Disk) -> str:
    """xl-disk-configuration(5). ``target`` comes last: it takes the rest of the string, commas and all but for one at the
    very end, which the parser of each release drops (libxlu_disk_l.l)."""
    parts = [f"format={disk.format}"] if disk.target else []
    parts += [f"vdev={disk.vdev}", f"access={disk.access}"]
    if disk.cdrom:
        parts.append("devtype=cdrom")
    if disk.script:
        parts.append(f"script={disk.script}")
    if disk.target:
        parts.append(f"target={disk.target}" + "," * disk.target.endswith(","))
    return ",".join(parts)


def _xm_disk(disk: Disk) -> str:
    """``PREFIX:TARGET,VDEV[:cdrom],MODE``, as in stubdom/README."""
    where = f"{_xm_prefix(disk)}{disk.target}" if disk.target else ""
    return f"{where},{disk.vdev}{':cdrom' if disk.cdrom else ''},{'w' if disk.writable else 'r'}"


def _xm_prefix(disk: Disk) -> str:
    if disk.format != "raw":
        # blktap1 never had vhd; see XM_DISK_FORMATS.
        return f"{'tap2' if disk.format == 'vhd' else 'tap'}:{disk.format}:"
    if disk.backend:
        return f"{disk.backend}:"
    return "phy:" if disk.target.startswith("/dev/") else "file:"


def _xm_disk_faults(disk: Disk, release: Release) -> list[tuple[str, object, str, str]]:
    found: list[tuple[str, object, str, str]] = []
    if "," in disk.target:
        found.append(("target", disk.target, "xm splits a disk at its commas", "give the file a name without a comma"))
    if disk.script:
        found.append(("script", disk.script, "xm has no key for a block script", "use a host with xl"))
    first = XM_DISK_FORMATS[_xm_prefix(disk)]
    if release < first:
        reason = f"blktap of Xen {shown(release)} does not know the format"
        found.append(("format", disk.format, reason, f"use format: raw, or a host with Xen {shown(first)} or newer"))
    return found


def _vif(vif: Vif) -> str:
    parts = [f"{key}={value}" for key, value in _given(vif) if key != "trusted"]
    if vif.trusted is not None:
        parts.append("trusted" if vif.trusted else "untrusted")
    return ",".join(parts)


def _given(vif: Vif) -> list[tuple[str, object]]:
    absent = {"devid": -1, "mtu": 0, "trusted": None}
    return [(key, value) for key, value in vars(vif).items() if value != absent.get(key, "")]


def _fault_of_key(first: Release | None, facts: Facts) -> tuple[str, str, str] | None:
    if first is None:
        return f"{facts.toolstack} has no such key", "remove it, or use a host with xl", ""
    if facts.release < first:
        return ignored(facts.release, first)
    return None

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write disks and network interfaces as strings of Xen's configuration, for each toolstack (pure)."""

from __future__ import annotations

from ..common.problem import Problem
from ..guest.devices import Disk, Vif
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.keys_xl import VIF_KEYS
from ..xen.releases import Release, ignored, shown


def disk_strings(guest: Guest, toolstack: str) -> list[str]:
    """Return the strings of the key ``disk``."""
    return [_xm_disk(disk) if toolstack == "xm" else _xl_disk(disk) for disk in guest.disks]


def vif_strings(guest: Guest) -> list[str]:
    """Return the strings of the key ``vif`` (xl-network-configuration(5)); "" is an interface with the host's defaults."""
    return [_vif(vif) for vif in guest.vifs]


def check(guest: Guest, facts: Facts) -> list[Problem]:
    """Return a problem for each value that this release or toolstack cannot express, or would ignore silently."""
    found = []
    for number, vif in enumerate(guest.vifs):
        for key, value in _given(vif):
            refusal = _refusal_of_key(VIF_KEYS[facts.toolstack].get(key), facts)
            if not refusal and "," in str(value):
                refusal = "Xen splits an interface at its commas, and what follows would be another key", "remove it", ""
            if refusal:
                reason, remedy, source = refusal
                found.append(Problem(reason, remedy, guest.name, f"vifs[{number}].{key}", value, release=source))
    for number, disk in enumerate(guest.disks if facts.toolstack == "xm" else []):
        found += [
            Problem(reason, remedy, guest.name, f"disks[{number}].{key}", value)
            for key, value, reason, remedy in _xm_disk_refusals(disk, facts.release)
        ]
    return found


def _xl_disk(disk: Disk) -> str:
    """Return xl's string of a disk (xl-disk-configuration(5)). ``target`` comes last: it takes the rest of the string with
    its commas, except one at the very end, which the parser of each release drops (libxlu_disk_l.l)."""
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
    """Return xm's string of a disk, ``PREFIX:TARGET,VDEV[:cdrom],MODE``, as in stubdom/README."""
    where = f"{_xm_prefix(disk)}{disk.target}" if disk.target else ""
    return f"{where},{disk.vdev}{':cdrom' if disk.cdrom else ''},{'w' if disk.writable else 'r'}"


def _xm_prefix(disk: Disk) -> str:
    if disk.format != "raw":
        # blktap1 never had vhd; see XM_DISK_FORMATS.
        return f"{'tap2' if disk.format == 'vhd' else 'tap'}:{disk.format}:"
    if disk.backend:
        return f"{disk.backend}:"
    return "phy:" if disk.target.startswith("/dev/") else "file:"


def _xm_disk_refusals(disk: Disk, release: Release) -> list[tuple[str, object, str, str]]:
    found: list[tuple[str, object, str, str]] = []
    if "," in disk.target:
        found.append(("target", disk.target, "xm splits a disk at its commas", "give the file a name without a comma"))
    if disk.script:
        found.append(("script", disk.script, "xm has no key for a block script", "use a host with xl"))
    # Hosts with xl do without the keys of xm.
    from ..xen.keys_xm import XM_DISK_FORMATS

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


def _refusal_of_key(first: Release | None, facts: Facts) -> tuple[str, str, str] | None:
    if first is None:
        return f"{facts.toolstack} has no such key", "remove it, or use a host with xl", ""
    if facts.release < first:
        return ignored(facts.release, first)
    return None

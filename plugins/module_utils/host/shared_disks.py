# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find disks that guests of this host share by two names, or as a disk and its partition. Read only, without a process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, NamedTuple, Sequence

from ..common.problem import Problem, listed
from ..guest.devices import Disk
from ..guest.model import Guest
from .disk_places import Place, place_of

_BLOCK_DEVICES = Path("/sys/dev/block")
_SHOWN = 5


class _Use(NamedTuple):
    """Describe a disk of a guest, where it is, and where the disk is that a partition belongs to."""

    guest: str
    key: str
    disk: Disk
    place: Place
    whole: Place | None


def check(
    guests: Sequence[Guest],
    look: Callable[[str], os.stat_result] = os.stat,
    block_devices: Path = _BLOCK_DEVICES,
) -> list[Problem]:
    """Return a problem for each disk that a guest writes and that another disk of these guests is as well.

    Guests without a domain are left out, as are disks with a script or a driver domain: what these open is not known here.
    """
    uses = [
        _Use(guest.name, f"disks[{number}].target", disk, place, _whole_of(place, block_devices))
        for guest in guests
        if guest.has_domain
        for number, disk in enumerate(guest.disks)
        # One that cannot be read is a problem of another check.
        for place in [place_of(disk.path, look)]
        if place
    ]
    same: dict[Place, list[_Use]] = {}
    partitions: dict[Place, list[_Use]] = {}
    for use in uses:
        same.setdefault(use.place, []).append(use)
        if use.whole:
            partitions.setdefault(use.whole, []).append(use)
    found = []
    for use in uses if len(same) < len(uses) or partitions else []:
        others = [other for other in same[use.place] if other is not use]
        parts = partitions.get(use.place, []) + (same.get(use.whole, []) if use.whole else [])
        if use.disk.writable and (others or parts):
            found.append(_problem(use, others, parts))
    return found


def _problem(use: _Use, others: Sequence[_Use], parts: Sequence[_Use]) -> Problem:
    what = "block device" if use.place[0] == "device" else "file"
    reasons = []
    for words, group in ((f"is the same {what} as", others), ("is a part of the same disk as", parts)):
        named = [f"{other.disk.target} of {_owner(other, use)}" for other in group]
        if named:
            reasons.append(f"{words} {listed(named, _SHOWN)}")
    return Problem(
        f"{', and '.join(reasons)}, and this guest writes it",
        "give each guest a disk of its own, or make it read-only for all of them",
        guest=use.guest,
        key=use.key,
        value=use.disk.target,
    )


def _owner(other: _Use, use: _Use) -> str:
    return f"its own {other.key}" if other.guest == use.guest else f"guest {other.guest}"


def _whole_of(place: Place, block_devices: Path) -> Place | None:
    """Return the disk of a partition: its folder in sysfs lies in that of the disk (Linux, sysfs-block and sysfs-dev)."""
    if place[0] != "device":
        return None
    folder = block_devices / f"{os.major(place[1])}:{os.minor(place[1])}"
    try:
        if not (folder / "partition").exists():
            return None
        major, minor = (folder / ".." / "dev").read_text().strip().split(":")
        return "device", os.makedev(int(major), int(minor)), 0
    except (OSError, ValueError):
        return None

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find disks that a guest writes and another one uses, as far as their names show it (pure).

host/shared_disks.py finds two names of one disk on the host.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import Iterator, Sequence, Tuple

from ..guest.device_strings import server_of, texts_of
from ..guest.model import Guest
from .collision_report import Collision, Use

# Names of dm devices as LVM makes them: hyphens of the volume group and of the volume are doubled (lvm(8), dm_build_dm_name).
_MAPPED = re.compile(r"/dev/mapper/((?:[^/-]|--)+)-((?:[^/-]|--)+)")

#: The settings whose texts are arguments of QEMU.
ARGUMENTS = frozenset(("device_model_args", "device_model_args_hvm", "device_model_args_pv"))
# Block script, driver domain, and the target itself.
_Target = Tuple[str, str, str]


def disks(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of targets that a guest writes. A target that one guest of a host shares is shared by all of them."""
    used: list[tuple[_Target, Use, bool]] = []
    shared: set[tuple[_Target, str]] = set()
    for host, guest in guests:
        for number, disk in enumerate(guest.disks):
            if not disk.target:
                continue
            target = (disk.script, server_of(disk.backend), disk.target if disk.script else same_disk(disk.target))
            used.append((target, Use(host, guest.name, f"disks[{number}].target", disk.target), disk.writable))
            if disk.shared:
                shared.add((target, host))
        used += [(("", "", same_path(use.value)), use, True) for use in (*_floppies(host, guest), *_drives(host, guest))]
    places: dict[tuple[_Target, str], list[Use]] = defaultdict(list)
    written = set()
    for target, use, writable in used:
        place = (target, "" if (target, use.host) in shared else use.host)
        places[place].append(use)
        if writable:
            written.add(place)
    return [Collision(users) for place, users in places.items() if place in written]


def _floppies(host: str, guest: Guest) -> Iterator[Use]:
    """Yield the floppy disks of xm, which QEMU opens for writing."""
    for key in ("fda", "fdb"):
        target = guest.settings.get(key)
        if isinstance(target, str) and target:
            yield Use(host, guest.name, f"settings.{key}", target)


def _drives(host: str, guest: Guest) -> Iterator[Use]:
    """Yield the images that arguments of QEMU give it for writing."""
    if ARGUMENTS.isdisjoint(guest.settings):
        return
    # Few guests have arguments.
    from .disk_targets import written_by

    for key in sorted(ARGUMENTS):
        for path in written_by(texts_of(guest.settings.get(key))):
            yield Use(host, guest.name, f"settings.{key}", path)


def same_disk(target: str) -> str:
    """Return the target in one way of writing it: a path, or what QEMU opens.

    >>> same_disk("//srv/a.img"), same_disk("nbd:h:10809:exportname=a"), same_disk("iqn.2026-11.test:a")
    ('/srv/a.img', 'nbd://h:10809/a', 'iqn.2026-11.test:a')
    """
    if target.startswith("/"):
        return same_path(target)
    # Few disks have a target that is not a path.
    from .disk_targets import same_target

    return same_target(target)


def same_path(path: str) -> str:
    """Return the path in one way of writing it. POSIX lets two leading slashes mean something else; Linux does not. A logical
    volume has two names, of which its volume group's folder has one.

    >>> same_path("//srv//x/../a.img"), same_path("/dev/mapper/vg--0-web1"), same_path("/dev/mapper/mpatha")
    ('/srv/a.img', '/dev/vg-0/web1', '/dev/mapper/mpatha')
    """
    path = posixpath.normpath(f"/{path.lstrip('/')}")
    mapped = _MAPPED.fullmatch(path) if path.startswith("/dev/mapper/") else None
    return "/dev/" + "/".join(name.replace("--", "-") for name in mapped.groups()) if mapped else path

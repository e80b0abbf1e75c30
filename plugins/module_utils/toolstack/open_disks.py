# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read which disks domains have open for writing, from what a toolstack recorded of their block devices (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Dict

from . import sxp

# Of a back end, in dom0 or in a driver domain: the domain that it serves, and what it serves to it. libxl and xend write
# the same keys, under vbd, qdisk, tap, tap2 and virtio_disk (Xen 4.17, tools/libs/light/libxl_disk.c, device_disk_add).
_BACKEND = re.compile(r'/local/domain/\d+/backend/(?P<device>[^/]+/(?P<front>\d+)/\d+)/(?P<key>mode|params|type) = "(?P<value>.*)"')
_VM = re.compile(r'/local/domain/(?P<domid>\d+)/vm = "/vm/(?P<uuid>[^"/]*)"')
# How xenstore-ls writes a byte that cannot be printed (Xen 4.17, tools/xenstore/xs_lib.c, sanitise_value).
_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|([0-7]{3})|(.))")
_NAMED = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}
# A back end that a QEMU or blktap runs names the format before the target.
_FORMAT = re.compile(r"(aio|raw|qcow2?|qed|vhd|tapdisk|tap2?|file|phy|ioemu):")

Uuids = Dict[int, str]
Disks = Dict[int, "set[str]"]


def of_xenstore(text: str) -> tuple[Uuids, Disks]:
    """Return the uuids of the domains, and the targets that each has open for writing, from ``xenstore-ls -f /local/domain``.

    >>> lines = ['qdisk/3/51712/params = "aio:/srv/a.img"', 'qdisk/3/51712/mode = "w"']
    >>> of_xenstore("\\n".join(f"/local/domain/0/backend/{line}" for line in lines))
    ({}, {3: {'/srv/a.img'}})
    """
    uuids: Uuids = {}
    devices: dict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    for line in text.splitlines():
        found = _BACKEND.fullmatch(line)
        if found:
            devices[int(found["front"]), found["device"]][found["key"]] = _plain(found["value"])
            continue
        place = _VM.fullmatch(line)
        if place:
            uuids[int(place["domid"])] = place["uuid"].lower()
    disks: Disks = {}
    for (domid, _device), keys in devices.items():
        if keys.get("mode", "").startswith("w") and keys.get("params"):
            disks.setdefault(domid, set()).update(targets_of(keys["params"], keys.get("type", "")))
    return uuids, disks


def of_xend(data: sxp.Sxp) -> set[str]:
    """Return the targets that a domain of ``xm list --long`` has open for writing.

    >>> of_xend(["domain", ["device", ["vbd", ["uname", "tap:aio:/srv/a.img"], ["mode", "w"]]]])
    {'/srv/a.img'}
    """
    found: set[str] = set()
    for item in data:
        # A device is a list of its kind and its keys; a CD drive of an HVM guest has no medium, and no uname.
        for device in item[1:] if isinstance(item, list) and item[:1] == ["device"] else []:
            name = sxp.value_of(device, "uname")
            # A mode w! makes xend share the disk.
            if name and sxp.value_of(device, "mode").startswith("w"):
                found.update(targets_of(name, name.partition(":")[0]))
    return found


def targets_of(params: str, kind: str = "") -> set[str]:
    """Return a target without the formats before it, in each way of writing it. ``kind`` is phy for a block device, which
    may lack its /dev/, and for what a block script makes one of, such as the name of a DRBD resource.

    >>> sorted(targets_of("vg0/web1", "phy")), targets_of("iqn.2026-11.test:web1", "phy")
    (['/dev/vg0/web1', 'vg0/web1'], {'iqn.2026-11.test:web1'})
    """
    target = params
    prefix = _FORMAT.match(target)
    while prefix:
        target = target[prefix.end() :]
        prefix = _FORMAT.match(target)
    is_short = kind == "phy" and re.fullmatch(r"[^/:]+(/[^/:]+)*", target)
    return {target, f"/dev/{target}"} if is_short else {target}


def _plain(value: str) -> str:
    def byte(escape: re.Match[bytes]) -> bytes:
        digits, octal, char = escape.groups()
        if char is None:
            return bytes([int(digits, 16) if digits else int(octal, 8) & 0xFF])
        return _NAMED.get(char, char)

    if "\\" not in value:
        return value
    return _ESCAPE.sub(byte, value.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

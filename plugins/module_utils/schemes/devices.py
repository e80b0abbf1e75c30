# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write disks and network interfaces as strings of Xen's configuration, for each toolstack (pure)."""

from __future__ import annotations

from typing import Iterator, Tuple

from ..common.problem import Problem
from ..guest.devices import Disk, Vif
from ..guest.model import Guest
from ..xen.facts import Facts
from ..xen.keys_xl import DISK_BACKENDS, DISK_FORMATS, DISK_KEYS, FIRST_QEMU_TARGETS, OLDEST_XL, VIF_KEYS
from ..xen.releases import Release, from_to, ignored, shown, within

Options = Tuple[Tuple[str, str], ...]
# Reason, remedy, source.
_Refusal = Tuple[str, str, str]


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
        found += _options_of_xm(guest, facts, f"vifs[{number}].options", vif.options)
    for number, disk in enumerate(guest.disks):
        refusals = _xm_disk_refusals if facts.toolstack == "xm" else _xl_disk_refusals
        found += [
            Problem(reason, remedy, guest.name, f"disks[{number}].{key}", value, release=source)
            for key, value, (reason, remedy, source) in refusals(disk, facts.release)
        ]
        found += _options_of_xm(guest, facts, f"disks[{number}].options", disk.options)
    return found


def _options_of_xm(guest: Guest, facts: Facts, key: str, options: Options) -> list[Problem]:
    if not options or facts.toolstack == "xl":
        return []
    names = [name for name, _value in options]
    return [Problem("xm takes no keys but its own", "remove it, or use a host with xl", guest.name, key, names)]


def _xl_disk(disk: Disk) -> str:
    """Return xl's string of a disk (xl-disk-configuration(5)). ``target`` comes last: it takes the rest of the string with
    its commas, except one at the very end, which the parser of each release drops (libxlu_disk_l.l)."""
    parts = [f"format={disk.format}"] if disk.target else []
    parts += [f"vdev={disk.vdev}", f"access={disk.access}"]
    if disk.cdrom:
        parts.append("devtype=cdrom")
    if disk.script:
        parts.append(f"script={disk.script}")
    parts += [f"{key}={value}" for key, value in _rarer_values(disk)]
    parts += [word for word in _words(disk) if word]
    parts += _options(disk.options)
    if disk.target:
        parts.append(f"target={disk.target}" + "," * disk.target.endswith(","))
    elif disk.options:
        # xl takes a word that it does not know for the target where there is none; a second one is an error.
        parts.append("target=")
    return ",".join(parts)


def _rarer_values(disk: Disk) -> list[tuple[str, str]]:
    """Return the keys with a value that most disks do not have."""
    usage = "" if disk.grant_usage is None else str(int(disk.grant_usage))
    keys = ("backend", disk.backend), ("backendtype", disk.backendtype), ("specification", disk.specification)
    return [(key, value) for key, value in (*keys, ("grant_usage", usage)) if value]


def _words(disk: Disk) -> list[str]:
    """Return the keys without a value; "" where they are not given."""
    return [
        "" if disk.discard is None else "discard" if disk.discard else "no-discard",
        "direct-io-safe" if disk.direct_io_safe else "",
        "" if disk.trusted is None else "trusted" if disk.trusted else "untrusted",
    ]


def _options(options: Options) -> list[str]:
    return [f"{key}={value}" if value else key for key, value in options]


def _xl_disk_refusals(disk: Disk, release: Release) -> Iterator[tuple[str, object, _Refusal]]:
    for key, value in _given_keys(disk):
        if release < DISK_KEYS[key]:
            yield key, value, _not_yet("does not know this key of a disk", release, DISK_KEYS[key], "remove it")
    first = DISK_FORMATS[disk.format]
    if first > OLDEST_XL and release < first:
        yield "format", disk.format, _not_yet("does not know the format", release, first, "use another format")
    spans = DISK_BACKENDS.get(disk.backendtype, ())
    if spans and not any(within(release, span) for span in spans):
        have = f"Xen {' and '.join(map(from_to, spans))}"
        refusal = f"Xen {shown(release)} does not have this back end", "remove it: xl then chooses one itself", have
        yield "backendtype", disk.backendtype, refusal
    if release < FIRST_QEMU_TARGETS and not disk.script and disk.target and not disk.target.startswith("/"):
        refusal = _not_yet("requires a block device or a file", release, FIRST_QEMU_TARGETS, "give its path")
        yield "target", disk.target, refusal


def _given_keys(disk: Disk) -> list[tuple[str, object]]:
    """Return those keys of a disk that came after 4.2 and are given."""
    keys = {"backend": disk.backend or None, "specification": disk.specification or None, "discard": disk.discard}
    keys.update({"direct-io-safe": disk.direct_io_safe or None, "trusted": disk.trusted, "grant_usage": disk.grant_usage})
    return [(key, value) for key, value in keys.items() if value is not None]


def _not_yet(reason: str, release: Release, first: Release, remedy: str) -> _Refusal:
    remedy = f"{remedy}, or move the guest to a host with Xen {shown(first)} or newer"
    return f"Xen {shown(release)} {reason}", remedy, f"Xen {shown(first)} on"


def _xm_disk(disk: Disk) -> str:
    """Return xm's string of a disk, ``PREFIX:TARGET,VDEV[:cdrom],MODE[,DOMAIN]``, as in stubdom/README and xm/create.py."""
    where = f"{_xm_prefix(disk)}{disk.target}" if disk.target else ""
    domain = f",{disk.backend}" if disk.backend else ""
    return f"{where},{disk.vdev}{':cdrom' if disk.cdrom else ''},{'w' if disk.writable else 'r'}{domain}"


def _xm_prefix(disk: Disk) -> str:
    if disk.format != "raw":
        # blktap1 never had vhd; see XM_DISK_FORMATS.
        return f"{'tap2' if disk.format == 'vhd' else 'tap'}:{disk.format}:"
    if disk.kind:
        return f"{disk.kind}:"
    return "phy:" if disk.target.startswith("/dev/") else "file:"


def _xm_disk_refusals(disk: Disk, release: Release) -> Iterator[tuple[str, object, _Refusal]]:
    if "," in disk.target:
        yield "target", disk.target, ("xm splits a disk at its commas", "give the file a name without a comma", "")
    if disk.vdev.startswith("d"):
        yield "vdev", disk.vdev, ("xm does not know this form", "give a name such as xvda, or a number", "xend: util/blkif.py")
    if disk.script:
        yield "script", disk.script, ("xm has no key for a block script", "use a host with xl", "")
    for key, value in dict([*_rarer_values(disk), *_given_keys(disk)]).items():
        if key != "backend":
            yield key, value, ("xm has no such key", "remove it, or use a host with xl", "")
    # Hosts with xl do without the keys of xm.
    from ..xen.keys_xm import XM_DISK_FORMATS

    first = XM_DISK_FORMATS.get(_xm_prefix(disk))
    if first is None:
        yield "format", disk.format, ("no blktap of xm knows the format", "use format: raw, or a host with xl", "")
    elif release < first:
        reason = f"blktap of Xen {shown(release)} does not know the format"
        remedy = f"use format: raw, or a host with Xen {shown(first)} or newer"
        yield "format", disk.format, (reason, remedy, "")


def _vif(vif: Vif) -> str:
    parts = [f"{key}={value}" for key, value in _given(vif) if key != "trusted"]
    if vif.trusted is not None:
        parts.append("trusted" if vif.trusted else "untrusted")
    return ",".join([*parts, *_options(vif.options)])


def _given(vif: Vif) -> list[tuple[str, object]]:
    absent = {"devid": -1, "mtu": 0, "trusted": None}
    return [(key, value) for key, value in vars(vif).items() if key != "options" and value != absent.get(key, "")]


def _refusal_of_key(first: Release | None, facts: Facts) -> _Refusal | None:
    if first is None:
        return f"{facts.toolstack} has no such key", "remove it, or use a host with xl", ""
    if facts.release < first:
        return ignored(facts.release, first)
    return None

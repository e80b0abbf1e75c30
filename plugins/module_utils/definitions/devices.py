# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define a guest's disks and network interfaces from the strings of a file (pure)."""

from __future__ import annotations

import re
from typing import Any

from ..xen.keys_xl import VIF_KEYS
from .disk_string import DiskString, DiskSyntaxError, read_xl_disk, read_xm_disk
from .source import Source

# How a target begins for xm, with the format and the kind of target that a definition has for it.
_XM_PREFIXES = {
    "phy:": ("raw", "phy"),
    "file:": ("raw", "file"),
    "tap:qcow:": ("qcow", ""),
    "tap:qcow2:": ("qcow2", ""),
    "tap2:vhd:": ("vhd", ""),
}
# The words of a disk that stand alone, with the key of a definition and its value; and the keys of the same name.
_WORDS = {
    "discard": ("discard", True),
    "no-discard": ("discard", False),
    "direct-io-safe": ("direct-io-safe", True),
    "trusted": ("trusted", True),
    "untrusted": ("trusted", False),
}
_VALUES = ("backend", "backendtype", "specification", "grant_usage")
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}([:.-][0-9A-Fa-f]{1,2}){5}")
_XL_TYPES = ("ioemu", "vif")
_VIF_ORDER = "ip mac bridge type model script vifname backend gatewaydev rate devid mtu vlan trusted".split()


def disks_of(source: Source) -> list[dict[str, Any]]:
    """Return the definitions of the disks."""
    found = []
    for number, text in enumerate(source.items("disk")):
        source.set_origin(f"disks[{number}]", f"disk[{number}]")
        try:
            disk = read_xm_disk(text) if source.toolstack == "xm" else read_xl_disk(text)
        except DiskSyntaxError as error:
            source.refuse(f"disk[{number}]", str(error))
            continue
        found.append(_disk(source, f"disk[{number}]", disk))
    source.set_origin("disks", "disk")
    return found


def _disk(source: Source, place: str, disk: DiskString) -> dict[str, Any]:
    item: dict[str, Any] = {"target": disk.target} if disk.target else {}
    item["vdev"] = disk.vdev
    if disk.cdrom:
        item["cdrom"] = True
    elif disk.access == "ro":
        item["access"] = "ro"
    form = disk.format if disk.format != "empty" else "raw"
    if source.toolstack == "xm" and disk.target:
        if disk.prefix not in _XM_PREFIXES:
            source.refuse(
                place, f"{disk.prefix or 'a target without a prefix'} is not a kind of target that a definition has"
            )
            return item
        form, backend = _XM_PREFIXES[disk.prefix]
        if backend and backend != ("phy" if disk.target.startswith("/dev/") else "file"):
            item["backend"] = backend
    if form not in ("raw", ""):
        item["format"] = form
    if disk.script:
        item["script"] = disk.script
    item.update(_rarer(disk))
    return item


def _rarer(disk: DiskString) -> dict[str, Any]:
    """Return the keys that most disks do not have; ``options`` are those that a definition has no name for."""
    found: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in disk.options.items():
        if name in _WORDS:
            key, found_value = _WORDS[name]
            found[key] = found_value
        elif name in _VALUES:
            found[name] = value == "1" if name == "grant_usage" else value
        else:
            options[name] = value or True
    return {**found, **({"options": options} if options else {})}


def vifs_of(source: Source, kind: str) -> list[dict[str, Any]]:
    """Return the definitions of the network interfaces."""
    found = []
    for number, text in enumerate(source.items("vif")):
        source.set_origin(f"vifs[{number}]", f"vif[{number}]")
        vif = _vif(source, f"vif[{number}]", text)
        if kind != "hvm" and vif.get("type") == "vif":
            del vif["type"]  # It has no other one.
        found.append(vif)
    source.set_origin("vifs", "vif")
    return found


def _vif(source: Source, place: str, text: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        word = part.lstrip(" ") if source.toolstack == "xl" else part.strip()
        key, equal, value = word.partition("=")
        if not equal and key in ("trusted", "untrusted") and source.toolstack == "xl":
            given["trusted"] = key == "trusted"
        elif key == "netdev" and equal:
            given["gatewaydev"] = value
        elif key == "type" and equal and source.toolstack == "xl" and value not in _XL_TYPES:
            source.ignore(place, f"xl does not know the type {value!a} of an interface, and ignores it")
        elif equal and key in VIF_KEYS[source.toolstack] and key in _VIF_ORDER:
            given[key] = _vif_value(key, value)
        elif source.toolstack == "xl" and equal and key.startswith(("colo", "forwarddev")):
            options[key] = value
        elif word.strip() and source.toolstack == "xl":
            source.ignore(place, f"xl does not use {key!a} of an interface")
        elif word.strip():
            source.refuse(place, f"{key!a} of an interface has no key in a definition")
    found = {key: given[key] for key in _VIF_ORDER if given.get(key) not in (None, "")}
    return {**found, **({"options": options} if options else {})}


def _vif_value(key: str, value: str) -> Any:
    if key == "mac" and _MAC.fullmatch(value):
        return ":".join(f"{int(part, 16):02x}" for part in re.split("[:.-]", value))
    if key in ("devid", "mtu") and re.fullmatch("[0-9]{1,9}", value):
        return int(value)
    # The host's scripts split addresses at blanks.
    return value.strip(" ") if key == "ip" else value

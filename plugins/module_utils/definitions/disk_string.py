# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the string of a disk, in every spelling that xl or xm takes (pure).

Source of xl's: Xen 4.17, tools/libs/util/libxlu_disk_l.l and libxlu_disk.c; of xm's: xen/xm/create.py, configure_disks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# The words before a colon that are not a part of the target. libxl finds out itself how a target is served.
_FORMATS = ("raw", "qcow", "qcow2", "vhd")
_SCRIPTS = ("iscsi", "nbd", "enbd", "drbd")
_PREFIX = re.compile(r"(raw|qcow2?|vhd|iscsi|e?nbd|drbd|tapdisk|tap2?|aio|ioemu|file|phy):")
_UNKNOWN_PREFIX = re.compile(r"[a-z][a-z0-9]*:(?![a-z0-9])")
_POSITIONAL = re.compile(r"[^=,]*,|[^=,]+")
_NAMED = re.compile(r"([a-z_-]+)=([^,]*),?")
_FLAG = re.compile(r"(cdrom|direct-io-safe|(?:no-)?discard|(?:no-)?colo|(?:un)?trusted)(?:,|\Z)")
_KNOWN_FORMATS = (*_FORMATS, "qed", "empty")
_ACCESS = {"": "rw", "w": "rw", "rw": "rw", "r": "ro", "ro": "ro"}
_NAMES = (
    "format devtype access backend backendtype specification vdev script colo-host colo-port colo-export active-disk "
    "hidden-disk transport grant_usage"
).split()


class DiskSyntaxError(Exception):
    """Report a string that the toolstack does not read as a disk."""


@dataclass
class DiskString:
    """Hold the parts of a disk's string; ``prefix`` is how the target began for xm, such as ``tap:aio:``, ``options`` what
    has no field of its own, with an empty value for a word that stands alone."""

    target: str = ""
    vdev: str = ""
    format: str = ""
    access: str = "rw"
    script: str = ""
    cdrom: bool = False
    prefix: str = ""
    options: dict[str, str] = field(default_factory=dict)


def read_xl_disk(text: str) -> DiskString:
    """Return the parts of a string as xl reads it. Raise DiskSyntaxError.

    >>> read_xl_disk("phy:/dev/vg0/a,hdc:cdrom,r")
    DiskString(target='/dev/vg0/a', vdev='hdc', format='raw', access='ro', script='', cdrom=True, prefix='', options={})
    """
    return _XlDisk(text).read()


class _XlDisk:
    """Scan a string from left to right; parts without a name have their meaning from what is known already."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._disk = DiskString()
        self._has_target = self._has_prefix = self._has_access = False

    def read(self) -> DiskString:
        place = 0
        while place < len(self._text):
            blank = re.compile(r"[ \t\n]+").match(self._text, place)
            place = self._part(blank.end() if blank else place)
        disk = self._disk
        if disk.cdrom:
            disk.access = "ro"
            disk.format = "empty" if not disk.target else disk.format
        if not disk.vdev:
            raise DiskSyntaxError("names no virtual device")
        if not self._has_target and not disk.cdrom:
            raise DiskSyntaxError("names no target")
        disk.format = disk.format or "raw"
        return disk

    def _part(self, place: int) -> int:
        """Read one part, and return where it ends."""
        text, disk = self._text, self._disk
        if place == len(text):
            return place
        if text.startswith("target=", place):
            self._set("target", _chop(text[place + len("target=") :]))
            self._has_target = True
            return len(text)
        prefix = _PREFIX.match(text, place)
        if prefix:
            self._prefix(prefix.group(1))
            return prefix.end()
        if _UNKNOWN_PREFIX.match(text, place):
            raise DiskSyntaxError("begins with a word that xl does not know")
        named, flag = _NAMED.match(text, place), _FLAG.match(text, place)
        if named and named.group(1) in _NAMES:
            self._named(named.group(1), named.group(2))
            return named.end()
        if flag:
            if flag.group(1) == "cdrom":
                disk.cdrom = True
            else:
                disk.options[flag.group(1)] = ""
            return flag.end()
        found = _POSITIONAL.match(text, place)
        # A name that xl does not know makes it refuse the string, as does a '=' within a part without a name.
        if not found or text[found.end() : found.end() + 1] == "=":
            raise DiskSyntaxError("has a part that xl does not know")
        self._positional(_chop(found.group()))
        return found.end()

    def _prefix(self, word: str) -> None:
        self._has_prefix = True
        if word in _FORMATS:
            self._format(word)
        elif word in _SCRIPTS:
            self._set("script", f"block-{word}")

    def _named(self, key: str, value: str) -> None:
        if key == "format":
            self._format(value)
        elif key == "devtype":
            if value not in ("cdrom", "disk"):
                raise DiskSyntaxError("has an unknown devtype")
            self._disk.cdrom = value == "cdrom"
        elif key == "access":
            self._access(value)
        elif key in ("vdev", "script"):
            self._set(key, value)
        else:
            self._disk.options[key] = value

    def _positional(self, value: str) -> None:
        disk = self._disk
        if not self._has_target:
            disk.target, self._has_target = value, True
        elif not self._has_prefix and not disk.format:
            if not disk.target and ":" in value:
                self._device(value)
                disk.format = "empty"
            else:
                self._format(value or "raw")
        elif not disk.vdev:
            self._device(value)
        elif not self._has_access:
            self._has_access = True
            self._access(value)
        else:
            raise DiskSyntaxError("has too many parts without a name")

    def _device(self, value: str) -> None:
        """Take a virtual device, with or without its type behind a colon."""
        vdev, colon, kind = value.rpartition(":")
        if not colon:
            self._set("vdev", value)
            return
        if kind not in ("cdrom", "disk"):
            raise DiskSyntaxError("has an unknown type behind the virtual device")
        self._set("vdev", vdev)
        self._disk.cdrom = kind == "cdrom"

    def _format(self, value: str) -> None:
        value = value or "raw"
        if value not in _KNOWN_FORMATS:
            raise DiskSyntaxError("has an unknown format")
        if self._disk.format not in ("", value):
            raise DiskSyntaxError("has two formats")
        self._disk.format = value

    def _access(self, value: str) -> None:
        if value not in _ACCESS:
            raise DiskSyntaxError("has an unknown access")
        self._disk.access = _ACCESS[value]

    def _set(self, name: str, value: str) -> None:
        if getattr(self._disk, name):
            raise DiskSyntaxError(f"has two values of {name}")
        setattr(self._disk, name, value)


def read_xm_disk(text: str) -> DiskString:
    """Return the parts of a string as xm reads it, ``PREFIX:TARGET,VDEV[:cdrom],MODE[,DOMAIN]``. Raise DiskSyntaxError.

    >>> read_xm_disk("tap:qcow2:/srv/a.img,xvda,w").prefix
    'tap:qcow2:'
    """
    parts = text.split(",")
    if len(parts) not in (3, 4):
        raise DiskSyntaxError("is not TARGET,VDEV,MODE or TARGET,VDEV,MODE,DOMAIN")
    where, vdev, mode, *domain = parts
    if mode not in ("r", "w"):
        raise DiskSyntaxError("has a mode that a definition cannot say")
    found = re.match(r"(?:tap2?:)(?:tapdisk:)?[a-z0-9]+:|[a-z0-9]+:", where)
    prefix = found.group() if found else ""
    target = where[len(prefix) :]
    if prefix == "phy:" and not target.startswith("/"):
        target = f"/dev/{target}"
    name, _colon, kind = vdev.partition(":")
    options = {"backend": domain[0]} if domain else {}
    return DiskString(target, name, access=_ACCESS[mode], cdrom=kind == "cdrom", prefix=prefix, options=options)


def _chop(text: str) -> str:
    """Return the text without one comma at its end."""
    return text[:-1] if text.endswith(",") else text

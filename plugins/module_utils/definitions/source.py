# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold a configuration file while a definition is made of it, and what of the file the definition does not have (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from ..xen.keys_xl import NEWEST, XL_KEYS, Key
from ..xen.libxl_config import LibxlConfig
from ..xen.releases import Release, shown
from ..xencfg.values import Document, Read

# Keys that the table calls dropped, and that this package reads itself: xl takes a stub domain from device_model.
_READ_HERE = {"device_model"}


@dataclass(frozen=True)
class Remark:
    """Describe one place of a file: the line from 1 (0 for the whole file), the key and what is to be known about it."""

    line: int
    key: str
    reason: str

    def text(self, path: str) -> str:
        """Return the remark as one line.

        >>> Remark(3, "kernel", "is relative").text("/etc/xen/a.cfg")
        '/etc/xen/a.cfg:3: kernel: is relative'
        """
        place = f"{path}:{self.line}" if self.line else path
        return f"{place}: {self.key}: {self.reason}" if self.key else f"{place}: {self.reason}"


class Source:
    """Hold the keys of a file for one toolstack and release. ``unsaid`` is what a definition cannot have, ``unused`` what the
    toolstack ignores, so that nothing is lost with it."""

    def __init__(self, document: Document, toolstack: str, release: Release) -> None:
        self.toolstack = toolstack
        self.release = release
        self.unsaid: list[Remark] = []
        self.unused: list[Remark] = []
        self._lines = document.lines
        # Which key of the file a key of the definition came from.
        self._origins: dict[str, str] = {}
        self._rest: dict[str, Read] = dict(document.values)
        for key in document.values:
            reason = self._ignored(key)
            if reason:
                self.ignore(key, reason)
        self.config = LibxlConfig(dict(self._rest), release)

    @property
    def keys(self) -> Mapping[str, Key]:
        """Return the table of the toolstack's keys."""
        if self.toolstack == "xl":
            return XL_KEYS
        # Hosts with xl do without the keys of xm.
        from ..xen.keys_xm import XM_KEYS

        return XM_KEYS

    @property
    def rest(self) -> dict[str, Read]:
        """Return what no reader has taken."""
        return dict(self._rest)

    def take(self, key: str, place: str = "") -> Read | None:
        """Return the value of a key, None for a key that is not given; ``place`` is the key of the definition for it."""
        if place and key in self._rest:
            self._origins.setdefault(place, key)
        return self._rest.pop(key, None)

    def text(self, key: str, place: str = "") -> str:
        """Return the text of a value; "" where it is not given, or is a list, which xl does not take for a text."""
        value = self.take(key, place)
        if isinstance(value, list):
            self.ignore(key, f"{self.toolstack} does not take a list here")
            return ""
        return value or ""

    def number(self, key: str, place: str = "") -> int | None:
        """Return a number; None where it is not given or is not one."""
        number = self.config.number(key)
        if self.take(key, place) is not None and number is None:
            self.ignore(key, f"is not a number, so that {self.toolstack} ignores it")
        return number

    def flag(self, key: str, place: str = "") -> bool | None:
        """Return whether a boolean is set; None where it is not given."""
        number = self.number(key, place)
        return None if number is None else bool(number)

    def items(self, key: str) -> list[str]:
        """Return the strings of a list."""
        value = self.take(key)
        found = self.config.items(key)
        if value is not None and not isinstance(value, list):
            self.ignore(key, f"must be a list, and {self.toolstack} ignores anything else")
        elif value is not None and len(value) != len(found):
            self.refuse(key, "has a list within the list")
        return found

    def refuse(self, key: str, reason: str) -> None:
        """Add what a definition cannot have. ``key`` is a key of the file, or an item of its list such as ``disk[0]``."""
        self._add(self.unsaid, key, reason)

    def ignore(self, key: str, reason: str) -> None:
        """Add a key that the toolstack ignores."""
        self._add(self.unused, key, reason)
        self._rest.pop(key, None)

    def ignore_empty(self, key: str) -> None:
        """Take a key whose value is an empty text, which is as good as none."""
        if self._rest.get(key) == "":
            self.take(key)

    def put(self, key: str, value: Read, origin: str) -> None:
        """Add a key that stands for another one of the file."""
        self._rest.setdefault(key, value)
        self.set_origin(f"settings.{key}", origin)

    def refuse_place(self, place: str, reason: str) -> None:
        """Add what a definition cannot have, by the key of the definition: that of the file is looked up."""
        names = [place, *_outer(place)]
        key = next((self._origins[name] for name in names if name in self._origins), "")
        self.refuse(key or place.replace("settings.", "", 1), reason)

    def set_origin(self, place: str, key: str) -> None:
        """Record which key of the file a key of the definition came from."""
        self._origins[place] = key

    def _add(self, remarks: list[Remark], key: str, reason: str) -> None:
        line = next((self._lines[name] for name in (key, key.split("[")[0]) if name in self._lines), 0)
        remark = Remark(line, key.split("[")[0], reason)
        if remark not in remarks:
            remarks.append(remark)

    def _ignored(self, key: str) -> str:
        """Return why the toolstack does not read the key; "" where it does."""
        known = self.keys.get(key)
        if key in _READ_HERE or self.release > NEWEST:
            return ""
        if known is None:
            return f"{self.toolstack} does not read this key"
        if self.toolstack == "xl" and self.release < known.first:
            return f"Xen {shown(self.release)} does not read this key yet"
        if known.last and self.release > known.last:
            return f"Xen {shown(self.release)} no longer reads this key"
        return ""


def _outer(place: str) -> list[str]:
    """Return the keys that hold a key of a definition, the nearest first: disks[0] and disks for disks[0].vdev."""
    found = []
    while "." in place or "[" in place:
        place = place[: max(place.rfind("."), place.rfind("["))]
        found.append(place)
    return found

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``settings`` of a guest: any other key of Xen's, as typed data (pure)."""

from __future__ import annotations

import re
from typing import Any, Mapping

from .fields import Fields
from .xencfg import Value, check_value

_KEY = re.compile(r"[a-z][a-z0-9_.]*")

# Keys of a Xen configuration that the definition says itself, and where.
_OWNED = {
    "name": "name",
    "type": "type",
    "builder": "type",
    "memory": "memory",
    "maxmem": "maxmem",
    "vcpus": "vcpus",
    "disk": "disks",
    "vif": "vifs",
    "kernel": "boot",
    "ramdisk": "boot",
    "extra": "boot.cmdline",
    "cmdline": "boot.cmdline",
    "root": "boot.cmdline",
    "firmware": "boot",
    "bootloader": "boot",
    "bootloader_args": "boot",
}


def read_settings(fields: Fields) -> dict[str, Value]:
    """The settings by key, in the order of their names, so that the same definition gives the same file."""
    data = fields.raw("settings")
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        fields.problem("settings", "must be a mapping", "write Xen's keys and their values below it")
        return {}
    good: dict[str, Value] = {}
    for key, value in sorted(data.items(), key=lambda item: str(item[0])):
        name = f"settings.{key}"
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            remedy = "use lower-case letters, digits, dots and underscores"
            fields.problem(name, "is no key that Xen's parser reads", remedy, key)
        elif key in _OWNED:
            fields.problem(name, "is set by the definition itself", f"use {_OWNED[key]}", value)
        else:
            reason = check_value(value)
            if reason:
                fields.problem(name, reason, "give a string, a whole number, true or false, or a list of them", value)
            else:
                good[key] = value
    return good


def secrets_of(definition: Any) -> list[str]:
    """Values of a definition's settings that must not be shown: passwords, alone or inside a vfb string.

    >>> secrets_of({"settings": {"vncpasswd": "abc", "vfb": ["vnc=1,vncpasswd=def"]}})
    ['abc', 'def']
    """
    found: list[str] = []
    settings = definition.get("settings") if isinstance(definition, Mapping) else None
    for key, value in (settings.items() if isinstance(settings, Mapping) else ()):
        for item in value if isinstance(value, list) else [value]:
            if "passw" in str(key):
                found.append(str(item))
            else:
                found += re.findall(r"passw[a-z]*=([^,]+)", str(item))
    return [secret for secret in found if secret]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read Xen's other keys as typed data (pure)."""

from __future__ import annotations

import re
from typing import Container, Mapping

from ..common.fields import Fields
from ..common.problem import key_name
from ..xencfg.values import Value, check_value

_KEY = re.compile(r"[a-z][a-z0-9_.]*")

# Keys of Xen's configuration that other keys of the definition set, and these keys.
_OWNED = {
    "name": "name",
    "type": "type",
    "builder": "type",
    "pvh": "type",
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
    "bootloader": "boot.bootloader",
    "bootloader_args": "boot.bootloader_args",
}
# And those of a guest with a device model. No other key sets a PV guest's frame buffer, so vfb is free there.
_OWNED_HVM = {
    "boot": "boot.order",
    "bios": "boot.bios",
    "vfb": "display",
    "sdl": "display.type",
    "opengl": "display.opengl",
    "vnc": "display.type",
    "vnclisten": "display.listen",
    "vncdisplay": "display.display",
    "vncunused": "display.display",
    "vncpasswd": "display.passwd",
    "keymap": "display.keymap",
    "device_model": "device_model.scheme",
    "device_model_version": "device_model.scheme",
    "device_model_stubdomain_override": "device_model.scheme",
    "stubdomain_kernel": "device_model.kernel",
    "stubdomain_ramdisk": "device_model.ramdisk",
    "stubdomain_cmdline": "device_model.cmdline",
    "stubdomain_memory": "device_model.memory",
}


# Keys that a problem of a rendered file can name, and that no setting can be.
_RENDERED = {"boot": "boot.order", "kernel": "boot.kernel", "ramdisk": "boot.ramdisk", "disk": "disks", "vif": "vifs"}


def owned_keys(kind: str) -> dict[str, str]:
    """Return Xen's keys that the definition of a guest of that type sets by keys of its own, which it returns."""
    return {**_OWNED, **_OWNED_HVM, **_RENDERED} if kind == "hvm" else {**_OWNED, **_RENDERED}


def definition_key(key: str, kind: str, settings: Mapping[str, Value], extra: Container[str] = ()) -> str:
    """Return how the definition of a guest of that type calls a key of its rendered file; ``extra`` are its extra settings.

    >>> definition_key("maxmem", "hvm", {}), definition_key("pci", "hvm", {"pci": []}), definition_key("kernel", "pv", {})
    ('maxmem', 'settings.pci', 'boot.kernel')
    """
    if key in settings:
        return f"extra_settings.{key}" if key in extra else f"settings.{key}"
    return owned_keys(kind).get(key, f"settings.{key}")


def read_settings(fields: Fields, kind: str) -> dict[str, Value]:
    """Return the settings by key, in the order of their names, so that the same definition gives the same file: those that
    xen/setting_check.py knows, and the extra ones, which it does not know.

    ``kind`` is the type of the guest.
    """
    settings, extra = _read(fields, "settings", kind), _read(fields, "extra_settings", kind)
    for key in sorted(settings.keys() & extra.keys()):
        fields.problem(f"extra_settings.{key}", "is in settings as well", "remove it from one of the two", extra[key])
    return dict(sorted({**extra, **settings}.items())) if extra else settings


def extra_names(fields: Fields) -> frozenset[str]:
    """Return the names of extra settings."""
    data = fields.raw("extra_settings")
    return frozenset(key for key in data if isinstance(key, str)) if isinstance(data, Mapping) else frozenset()


def _read(fields: Fields, place: str, kind: str) -> dict[str, Value]:
    data = fields.raw(place)
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        fields.problem(place, "must be a mapping", "write Xen's keys and their values below it")
        return {}
    owned = {**_OWNED, **_OWNED_HVM} if kind == "hvm" else _OWNED
    good: dict[str, Value] = {}
    named = [(key_name(key), key, value) for key, value in data.items()]
    for name, key, value in sorted(named, key=lambda item: item[0]):
        where = f"{place}.{name}"
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            remedy = "begin it with a lower-case letter; use lower-case letters, digits, dots and underscores"
            fields.problem(where, "is not a key that Xen's parser can read", remedy, key)
        elif key in owned:
            fields.problem(where, "is set by the definition itself", f"use {owned[key]}", value)
        else:
            reason = check_value(value)
            if reason:
                fields.problem(where, reason, "give a string, a whole number, true or false, or a list of them", value)
            else:
                good[key] = value
    return good

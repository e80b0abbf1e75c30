# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a key belongs that stands at the wrong place: a hint is right, or there is none."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest import key_hints
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.settings import owned_keys
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xl import XL_KEYS
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, hvm

PLACES = ("", "boot", "disks[N]", "vifs[N]", "display", "device_model")
UNKNOWN = "is not a key of the definition"


def whole(kind: str) -> dict[str, Any]:
    """A definition with every place that a guest of the type can have."""
    common: dict[str, Any] = {"disks": [{"target": "/a", "vdev": "xvda"}], "vifs": [{}], "settings": {}}
    if kind == "hvm":
        boot = {"method": "firmware"}
        model = {"scheme": "dom0"}
        return hvm(**common, boot=boot, display={"type": "vnc"}, device_model=model)
    return definition(type=kind, **common)


def put(data: dict[str, Any], place: str, key: str, value: Any = "x") -> dict[str, Any]:
    """The definition with one key more."""
    changed = copy.deepcopy(data)
    where = changed[place.split("[")[0]] if place else changed
    (where[0] if isinstance(where, list) else where)[key] = value
    return changed


def remedy(kind: str, place: str, key: str) -> str:
    """The remedy for a key that is not known at the place; "" where it is known there."""
    if place in ("display", "device_model") and kind != "hvm":
        return ""
    read = read_guest(put(whole(kind), place, key))
    return next((one.remedy for one in read.problems if one.reason == UNKNOWN and one.key.endswith(key)), "")


@pytest.mark.parametrize(
    ("place", "key", "place_of_it"),
    [
        ("", "initrd", "boot.ramdisk"),
        ("", "kernel", "boot.kernel"),
        ("", "bootloader", ""),
        ("", "extra", "boot.cmdline"),
        ("", "root", "boot.cmdline"),
        ("", "cmdline", "boot.cmdline"),
        ("", "builder", "type"),
        ("", "disk", "disks"),
        ("", "vif", "vifs"),
        ("", "nics", "vifs"),
        ("", "mem", "memory"),
        ("", "ram", "memory"),
        ("", "max_memory", "maxmem"),
        ("", "cpu", "vcpus"),
        ("", "cpus", "settings.cpus"),
        ("", "maxvcpus", "settings.maxvcpus"),
        ("", "on_crash", "settings.on_crash"),
        ("", "on_reboot", "settings.on_reboot"),
        ("", "vnc", "display.type"),
        ("", "vncpasswd", "display.passwd"),
        ("", "bios", "boot.bios"),
        ("", "firmware", "boot.bios"),
        ("", "device_model_version", "device_model.version"),
        ("", "bridge", "vifs[N].bridge"),
        ("", "vdev", "disks[N].vdev"),
        ("", "memroy", "memory"),
        ("", "auto_start", "autostart"),
        ("", "start-delay", "start_delay"),
        ("", "acpi_s3", ""),
        ("", "storages", ""),
        ("boot", "initrd", "ramdisk"),
        ("boot", "extra", "cmdline"),
        ("boot", "boot", "order"),
        ("boot", "firmware", "bios"),
        ("boot", "memory", "memory of the guest itself"),
        ("boot", "os", ""),
        ("disks[N]", "path", "target"),
        ("disks[N]", "mode", "access"),
        ("disks[N]", "traget", "target"),
        ("disks[N]", "usbdev", "settings.usbdev"),
        ("disks[N]", "vcpus", "vcpus of the guest itself"),
        ("vifs[N]", "name", "name of the guest itself"),
        ("vifs[N]", "macaddr", "mac"),
        ("vifs[N]", "network", "bridge"),
        ("display", "vncpasswd", "passwd"),
        ("display", "vnc", "type"),
        ("display", "hdtype", "settings.hdtype"),
        ("device_model", "mem", "memory"),
        ("device_model", "usbversion", "settings.usbversion"),
        ("device_model", "sheme", "scheme"),
    ],
)
def test_hints(place: str, key: str, place_of_it: str) -> None:
    found = remedy("hvm", place, key)
    if place_of_it:
        assert found == f"did you mean {place_of_it}"
    else:
        assert found.startswith("the keys are ")
        assert found.endswith("; other keys of Xen go below settings") is not bool(place)


@pytest.mark.parametrize("kind", ["hvm", "pv", "pvh"])
@pytest.mark.parametrize("place", PLACES)
def test_no_key_of_xl_gets_a_wrong_hint(place: str, kind: str) -> None:
    """Its own place, the key of this place that stands for it, or none: never a key that only looks like it."""
    for key in XL_KEYS:
        found = remedy(kind, place, key)
        if not found.startswith("did you mean "):
            continue
        meant = found[len("did you mean ") :].replace(" of the guest itself", "")
        own = {name.rsplit(".", 1)[-1] for name, others in key_hints._NAMES.get(place, {}).items() if key in others.split()}
        elsewhere = {name for name, others in key_hints._ELSEWHERE.items() if key in others.split()}
        owned = owned_keys(kind).get(key, "")
        right = {f"settings.{key}", owned, owned.replace(f"{place}.", ""), key, *own, *elsewhere}
        if key in key_hints._FRAME_BUFFER.split():
            right.add("settings.vfb")
        assert meant in right, (place, key, found)


@pytest.mark.parametrize("kind", ["hvm", "pv", "pvh"])
def test_each_hint_leads_to_a_key_that_such_a_guest_has(kind: str) -> None:
    tables = (key_hints._ELSEWHERE, *key_hints._NAMES.values())
    names = {name for table in tables for others in table.values() for name in others.split()}
    for place in PLACES if kind == "hvm" else PLACES[:4]:
        for key in sorted({*names, *key_hints._SETTINGS.split(), *XL_KEYS}):
            hint = key_hints.hint(place, kind, key)
            if not hint or remedy(kind, place, key) == "":
                continue
            there, _dot, name = hint.rpartition(".")
            reasons = {one.reason for one in read_guest(put(whole(kind), there, name)).problems if one.key.endswith(name)}
            assert UNKNOWN not in reasons and not any("is set by" in reason for reason in reasons), (place, key, hint)
            assert not any("guest has no" in reason for reason in reasons), (place, key, hint)


def test_the_settings_of_the_table_are_keys_of_xl() -> None:
    assert set(key_hints._SETTINGS.split()) <= set(XL_KEYS)


def test_a_password_at_the_wrong_place_is_hidden() -> None:
    for place, key in (("", "vncpasswd"), ("", "passwd"), ("boot", "vncpasswd"), ("display", "password"), ("", "paswd")):
        for kind in ("hvm", "pv"):
            if place == "display" and kind == "pv":
                continue
            read = read_guest(put(whole(kind), place, key, "s3cret"))
            assert read.problems and "s3cret" not in str([one.text() for one in read.problems]), (place, key)

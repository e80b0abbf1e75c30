# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Xen's other keys, as typed data: what is taken, what the definition says itself, and no password shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, guest, hvm, hvm_guest, refusals

KEY = "is not a key that Xen's parser can read", "begin it with a lower-case letter; use lower-case letters, digits, dots and underscores"
VALUE = "give a string, a whole number, true or false, or a list of them"
OWN = "is set by the definition itself"
DECIMAL = "a decimal number is not a value of Xen's configuration"
NO_VALUE = "is not a value of Xen's configuration"
NO_TEXT = "holds a character that Xen's syntax cannot express"

# Where the definition itself says what Xen's key says.
OWNED = {
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
OWNED_HVM = {
    "boot": "boot.order",
    "bios": "boot.bios",
    "vfb": "display",
    "sdl": "display.type",
    "opengl": "display.opengl",
    "vnc": "display.type",
    "vnclisten": "display.listen",
    "vncdisplay": "display.display",
    "vncunused": "display.display",
    "keymap": "display.keymap",
    "device_model": "device_model.scheme",
    "device_model_version": "device_model.scheme",
    "device_model_stubdomain_override": "device_model.scheme",
    "stubdomain_kernel": "device_model.kernel",
    "stubdomain_ramdisk": "device_model.ramdisk",
    "stubdomain_cmdline": "device_model.cmdline",
    "stubdomain_memory": "device_model.memory",
}


def test_settings_are_in_the_order_of_their_names() -> None:
    assert list(guest(settings={"z": 1, "a": 2, "m": 3}).settings) == ["a", "m", "z"]


@pytest.mark.parametrize(
    "value",
    ["", "x", "a\nb\tc", "größer", "a,b;'\"#", 0, -1, 2**80, True, False, [], ["a", 1, True], [["a", ["b"]], []], [[[[]]]]],
)
def test_values_that_are_taken(value: Any) -> None:
    taken = guest(settings={"key": value}).settings["key"]
    assert (taken, type(taken)) == (value, type(value))


@pytest.mark.parametrize("key", ["a", "on_crash", "xen.version", "a1_.", "z9"])
def test_keys_that_are_taken(key: str) -> None:
    assert guest(settings={key: "x"}).settings == {key: "x"}


@pytest.mark.parametrize("settings", [None, {}])
def test_no_settings(settings: Any) -> None:
    assert guest(settings=settings).settings == {}


@pytest.mark.parametrize("value", [["a"], "a=1", 7, True, [{"a": 1}], b"a", 1.5])
def test_what_is_not_a_mapping(value: Any) -> None:
    remedy = "write Xen's keys and their values below it"
    assert refusals(definition(settings=value)) == [("web1", "settings", value, "must be a mapping", remedy)]


@pytest.mark.parametrize(
    "key, named",
    [
        *[(key, key) for key in ("On_crash", "1a", "a b", "a\nb", "a\n", 'a"', "a=1;b", "_a", ".a", "käse", "a-b", "A", "__import__", "\ud800")],
        ("", "''"),
        (7, "7"),
        (True, "True"),
        (1.5, "1.5"),
        (("a", "b\n"), r"('a', 'b\n')"),
        (b"a", "b'a'"),
    ],
)
def test_keys_that_are_refused(key: Any, named: str) -> None:
    assert refusals(definition(settings={key: "x"})) == [("web1", f"settings.{named}", key, *KEY)]


def test_a_key_that_is_null_and_keys_of_all_kinds_are_reported_together() -> None:
    settings = {None: 1, "b": 1, 10**5000: 2, "": 3, "1": 4, 1: 5, "a": None}
    found = [one.key for one in read_guest(definition(settings=settings)).problems]
    assert sorted(found)[:-1] == ["settings.''", "settings.1", "settings.1", "settings.None", "settings.a"]
    assert len(found) == 6


@pytest.mark.parametrize(
    "value, reason",
    [
        (None, NO_VALUE),
        (1.5, DECIMAL),
        (float("inf"), DECIMAL),
        ([1, [2.5]], DECIMAL),
        ({"a": 1}, NO_VALUE),
        ([{"a": 1}], NO_VALUE),
        ([None], NO_VALUE),
        (("a",), NO_VALUE),
        (b"x", NO_VALUE),
        ("a\0b", NO_TEXT),
        ("a\x1b", NO_TEXT),
        ("a\x7f", NO_TEXT),
        (["a", "\ud800"], NO_TEXT),
    ],
)
def test_values_that_are_refused(value: Any, reason: str) -> None:
    assert refusals(definition(settings={"on_crash": value})) == [("web1", "settings.on_crash", value, reason, VALUE)]


def test_a_value_that_is_nested_without_end() -> None:
    deep: Any = []
    for _level in range(100_000):
        deep = [deep]
    cut: Any = "..."
    for _level in range(8):
        cut = [cut]
    found = ("web1", "settings.a", cut, "is a list with too many lists inside one another", VALUE)
    assert refusals(definition(settings={"a": deep})) == [found]


def test_each_kind_of_problem_is_reported_once() -> None:
    settings = {"memory": 1.5, "A": 1, "b": 2, "c": [1.5, "\0"]}
    assert refusals(definition(settings=settings)) == [
        ("web1", "settings.A", "A", *KEY),
        ("web1", "settings.c", [1.5, "\0"], DECIMAL, VALUE),
        ("web1", "settings.memory", 1.5, OWN, "use memory"),
    ]


@pytest.mark.parametrize("key, instead", OWNED.items())
@pytest.mark.parametrize("kind", ["pv", "pvh", "hvm"])
def test_keys_that_every_definition_sets_itself(kind: str, key: str, instead: str) -> None:
    boot = {"method": "direct", "kernel": "/boot/vmlinuz"}
    data = definition(type=kind, boot=boot, settings={key: "x"})
    assert refusals(data) == [("web1", f"settings.{key}", "x", OWN, f"use {instead}")]


@pytest.mark.parametrize("key, instead", OWNED_HVM.items())
def test_keys_that_the_definition_of_an_hvm_guest_sets_itself(key: str, instead: str) -> None:
    assert refusals(hvm(settings={key: "x"})) == [("win1", f"settings.{key}", "x", OWN, f"use {instead}")]


@pytest.mark.parametrize("kind", ["pv", "pvh"])
def test_a_guest_without_device_model_may_have_them(kind: str) -> None:
    settings: dict[str, Any] = {**dict.fromkeys(OWNED_HVM, "x"), "vncpasswd": "x"}
    boot = {"method": "direct", "kernel": "/boot/vmlinuz"}
    assert guest(type=kind, boot=boot, settings=settings).settings == settings


def test_an_hvm_guest_may_have_the_others() -> None:
    settings = {"serial": "pty", "usb": True, "usbdevice": ["tablet"], "videoram": 16, "device_model_args": ["-x"]}
    assert hvm_guest(settings=settings).settings == settings


@pytest.mark.parametrize(
    "key, value, seen, reason, remedy",
    [
        ("vncpasswd", "s3cret", "********", OWN, "use display.passwd"),
        ("spicepasswd", 1.5, "********", DECIMAL, VALUE),
        ("spicepasswd", ["s3cret", None], "********", NO_VALUE, VALUE),
        ("vfb", ["vnc=1,vncpasswd=s3cret"], ["vnc=1,vncpasswd=********"], OWN, "use display"),
        ("usbdevice", ["passwd=s3cret", 1.5], ["passwd=********", 1.5], DECIMAL, VALUE),
        ("vncPasswd", "s3cret", "********", *KEY),
    ],
)
def test_no_problem_shows_a_password(key: str, value: Any, seen: Any, reason: str, remedy: str) -> None:
    assert refusals(hvm(settings={key: value})) == [("win1", f"settings.{key}", seen, reason, remedy)]


def test_no_password_is_shown_of_settings_that_are_not_a_mapping() -> None:
    remedy = "write Xen's keys and their values below it"
    assert refusals(definition(settings=[{"vncpasswd": "s3cret"}, "vncpasswd=s3cret"])) == [
        ("web1", "settings", [{"vncpasswd": "********"}, "vncpasswd=********"], "must be a mapping", remedy)
    ]

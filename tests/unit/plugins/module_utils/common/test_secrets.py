# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secrets import (
    hide,
    is_secret,
    secrets_in,
    without_secrets,
)

# Deeper than Python's own recursion goes.
DEEP: Any = []
for _level in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize("key", ["passwd", "vncpasswd", "spicepasswd", "password", "VNCPassword", "passw"])
def test_keys_of_passwords(key: str) -> None:
    assert is_secret(key) is True


@pytest.mark.parametrize("key", ["passthrough", "pass", "keymap", "", None, 7, b"passwd", ("passwd",)])
def test_keys_of_no_password(key: Any) -> None:
    assert is_secret(key) is False


@pytest.mark.parametrize(
    "value, key, seen",
    [
        ("abc", "keymap", "abc"),
        ("abc", "passwd", "********"),
        (["abc"], "passwd", "********"),
        ({"a": "abc"}, "vncpasswd", "********"),
        (7, "passwd", "********"),
        ("", "passwd", "********"),
        (None, "passwd", None),
        ("vnc=1,vncpasswd=abc,sdl=1", "vfb", "vnc=1,vncpasswd=********,sdl=1"),
        ("vncpasswd = abc", "vfb", "vncpasswd = ********"),
        ("type: vnc, passwd: abc", "display", "type: vnc, passwd: ********"),
        ("PASSWORD=abc", "extra", "PASSWORD=********"),
        ("passwd=abc,vncpasswd=def", "x", "passwd=********,vncpasswd=********"),
        ("the password of all", "x", "the password of all"),
        (["a", 7, "passwd=abc", {"Passwd": "abc", "b": ["passwd=abc"]}], "x", [
            "a", 7, "passwd=********", {"Passwd": "********", "b": ["passwd=********"]}
        ]),
        ({None: "abc", 7: "passwd=abc", ("a",): 1}, "x", {None: "abc", 7: "passwd=********", ("a",): 1}),
        (1.5, "x", 1.5),
        (b"abc", "x", b"abc"),
        ([[[[[[[[[1]]]]]]]]], "x", [[[[[[[["..."]]]]]]]]),
        ([[[[[[[[]]]]]]]], "x", [[[[[[[[]]]]]]]]),
    ],
)
def test_without_secrets(value: Any, key: str, seen: Any) -> None:
    before = repr(value)
    assert without_secrets(value, key) == seen
    assert repr(value) == before


def test_what_is_nested_deeper_than_python_goes_is_cut() -> None:
    assert json.dumps(without_secrets(DEEP)) == "[" * 8 + '"..."' + "]" * 8


@pytest.mark.parametrize(
    "data, found",
    [
        ({"display": {"passwd": "abc"}}, ["abc"]),
        ({"settings": {"vncpasswd": "abc", "vfb": ["vnc=1,vncpasswd=d e ,sdl=1"]}}, ["abc", "d e"]),
        ({"PASSWORDS": ["a", {"b": 7}]}, ["7", "a"]),
        ({"passwd": None, "passwd2": True, "passwd3": "", "passwd4": 10**5000}, []),
        ("passwd: abc", ["abc"]),
        ({"name": "web1", "memory": 256}, []),
        (DEEP, []),
    ],
)
def test_secrets_in(data: Any, found: list[str]) -> None:
    assert sorted(secrets_in(data)) == found


def test_hide() -> None:
    value = {"abc": ["say abc", 12, None, "vncpasswd=other,a=b"], "n": 7}
    assert hide(value, ["abc", "7", ""]) == {
        "********": ["say ********", 12, None, "vncpasswd=********,a=b"], "n": "********"
    }

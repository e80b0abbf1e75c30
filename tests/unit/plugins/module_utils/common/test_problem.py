# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A problem as a person reads it and as data, whatever its value is; and what hides passwords in it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import (
    Problem,
    key_name,
    shown,
)

# Deeper than Python's own recursion goes, and longer than the numbers that Python 3.11 on turns into digits.
DEEP: Any = []
for _level in range(100_000):
    DEEP = [DEEP]
HUGE = 10**5000


@pytest.mark.parametrize(
    "given, text",
    [
        ({}, "is wrong. Remedy: mend it."),
        ({"guest": "web1"}, "guest web1: is wrong. Remedy: mend it."),
        ({"host": "xen1", "guest": "web1", "key": "name"}, "host xen1: guest web1: name: is wrong. Remedy: mend it."),
        ({"guest": "web1", "key": "memory", "value": 0}, "guest web1: memory = 0: is wrong. Remedy: mend it."),
        ({"guest": "web1", "value": "unseen without a key"}, "guest web1: is wrong. Remedy: mend it."),
        ({"release": "Xen 4.3 on"}, "is wrong (Xen 4.3 on). Remedy: mend it."),
        ({"key": "settings.a\nb"}, "'settings.a\\nb': is wrong. Remedy: mend it."),
        ({"key": "name", "value": 'a\n"b'}, "name = 'a\\n\"b': is wrong. Remedy: mend it."),
    ],
)
def test_text(given: dict[str, Any], text: str) -> None:
    assert Problem("is wrong", "mend it", **given).text() == text


def test_a_long_value_is_cut_and_stays_on_one_line() -> None:
    text = Problem("is wrong", "mend it", key="name", value="\n" * 500).text()
    assert text == "name = '" + "\\n" * 38 + "...: is wrong. Remedy: mend it."
    assert len(text.split(": ", maxsplit=1)[0]) == len("name = ") + 80


def test_as_dict() -> None:
    problem = Problem("is wrong", "mend it", guest="web1", key="memory", value=1, host="xen1", release="Xen 4.3 on")
    assert problem.as_dict() == {
        "reason": "is wrong",
        "remedy": "mend it",
        "guest": "web1",
        "key": "memory",
        "value": 1,
        "host": "xen1",
        "release": "Xen 4.3 on",
        "text": "host xen1: guest web1: memory = 1: is wrong (Xen 4.3 on). Remedy: mend it.",
    }


def test_a_value_that_is_nested_deeper_than_python_walks_is_cut() -> None:
    value = Problem("is wrong", "mend it", key="settings", value=DEEP).as_dict()["value"]
    assert str(value) == "[" * 8 + "'...'" + "]" * 8


@pytest.mark.parametrize(
    "key, value, shown",
    [
        ("display.passwd", "abc", "********"),
        ("disks[0].target", "rbd:a/b:key=abc", "rbd:a/b:key=********"),
        ("disks[0].options.pre-secret", 7, "********"),
        ("settings.vfb", ["vncpasswd=abc"], ["vncpasswd=********"]),
        ("settings.pci", None, None),
    ],
)
def test_a_value_is_kept_without_its_passwords(key: str, value: object, shown: object) -> None:
    problem = Problem("is wrong", "mend it", key=key, value=value)
    assert problem.value == problem.as_dict()["value"] == shown
    assert "abc" not in problem.text()


@pytest.mark.parametrize(
    "value, text",
    [
        ("abc", "'abc'"),
        ("x" * 78, "'" + "x" * 78 + "'"),
        ("x" * 79, "'" + "x" * 76 + "..."),
        ("a\u2028b\x85", "'a\\u2028b\\x85'"),
        ("\ud800", "'\\ud800'"),
        (float("nan"), "nan"),
        (b"a\n", "b'a\\n'"),
        (None, "None"),
        (DEEP, "a value of type list that is too large to show"),
    ],
)
def test_shown(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_number_of_any_size_is_shown() -> None:
    # Older Pythons write all of its digits.
    assert shown(HUGE) in ("a value of type int that is too large to show", "1" + "0" * 76 + "...")
    assert "\n" not in Problem("is wrong", "mend it", key="memory", value=HUGE).text()


@pytest.mark.parametrize(
    "key, name", [("memory", "memory"), (" a\n", " a\n"), ("", "''"), (7, "7"), (None, "None"), (("a",), "('a',)"), (b"", "b''")]
)
def test_key_name(key: Any, name: str) -> None:
    assert key_name(key) == name

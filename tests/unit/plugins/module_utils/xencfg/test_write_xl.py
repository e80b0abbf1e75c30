# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both syntaxes share, and the rules of xl."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import values, write_xl


@pytest.mark.parametrize(
    "value, text",
    [
        ("web1", '"web1"'),
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        ("it's", '"it\'s"'),
        ("back\\slash", r'"back\\slash"'),
        ("two\nlines\t\r", r'"two\nlines\t\r"'),
        ("\a\b\f\v", r'"\a\b\f\v"'),
        ("grün # ; =", '"grün # ; ="'),
        (0, "0"),
        (256, "256"),
        (-1, '"-1"'),
        (True, "1"),
        (False, "0"),
        ([], "[ ]"),
        (["a", 1, True, -2], '[ "a", 1, 1, "-2" ]'),
        ([["a"], []], '[ [ "a" ], [ ] ]'),
    ],
)
def test_render_value(value: Any, text: str) -> None:
    assert values.check_value(value) == ""
    assert write_xl.check_value(value, values.NEWEST) == ""
    assert write_xl.render_value(value) == text
    assert write_xl.assign("a", value) == f"a = {text}"


@pytest.mark.parametrize(
    "value, reason",
    [
        (1.5, "a decimal number is not a value of Xen's configuration"),
        ([1.5], "a decimal number is not a value of Xen's configuration"),
        (None, "is not a value of Xen's configuration"),
        ({}, "is not a value of Xen's configuration"),
        (b"a", "is not a value of Xen's configuration"),
        ("\0", "holds a character that Xen's syntax cannot express"),
        ("\x06", "holds a character that Xen's syntax cannot express"),
        ("\x0e", "holds a character that Xen's syntax cannot express"),
        ("\x1f", "holds a character that Xen's syntax cannot express"),
        ("\x7f", "holds a character that Xen's syntax cannot express"),
        ("\udcff", "holds a character that Xen's syntax cannot express"),
        (["a", ["\0"]], "holds a character that Xen's syntax cannot express"),
    ],
)
def test_what_cannot_be_expressed(value: Any, reason: str) -> None:
    assert values.check_value(value) == reason
    assert write_xl.check_value(value, values.NEWEST) == reason
    with pytest.raises(values.ConfigValueError, match=f"^{reason}$"):
        write_xl.render_value(value)
    with pytest.raises(values.ConfigValueError, match=f"^{reason}$"):
        write_xl.assign("a", value)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _number in range(depth - 1):
        value = [value]
    return value


def test_lists_that_are_too_deep() -> None:
    assert values.check_value(nested(32)) == ""
    assert write_xl.render_value(nested(32)) == "[ " * 32 + "]" + " ]" * 31
    endless: list[Any] = []
    endless.append(endless)
    for value in (nested(33), nested(5000), endless):
        assert values.check_value(value) == "is a list with too many lists inside one another"
        with pytest.raises(values.ConfigValueError, match="too many lists"):
            write_xl.render_value(value)


@pytest.mark.parametrize(
    "number, good", [(2**63 - 1, True), (2**63, False), (-(2**63), True), (-(2**63) - 1, False)]
)
def test_numbers_of_xl(number: int, good: bool) -> None:
    reason = "" if good else "a number beyond 64 bits is not a value of Xen's configuration"
    assert write_xl.check_value(number, (4, 17)) == write_xl.check_value(["a", number], (4, 17)) == reason


def test_a_number_that_python_does_not_print() -> None:
    with pytest.raises(values.ConfigValueError, match="^a number beyond 64 bits"):
        write_xl.render_value(10**5000)


def test_nested_lists_by_release() -> None:
    assert write_xl.check_value([["a"]], (4, 6)) == ""
    assert write_xl.check_value([["a"]], (4, 5)) == "a list inside a list needs Xen 4.6 or newer"
    assert write_xl.check_value(["a"], (4, 5)) == ""


@pytest.mark.parametrize("key", ["a", "name", "on_crash", "a1", "a_"])
def test_keys_of_all_releases(key: str) -> None:
    assert write_xl.check_key(key, (4, 1)) == ""
    assert write_xl.assign(key, 1) == f"{key} = 1"


def test_a_key_with_a_dot() -> None:
    assert write_xl.check_key("a.b.", (4, 3)) == ""
    assert write_xl.check_key("a.b.", (4, 2)) == "a key with a dot needs Xen 4.3 or newer"


@pytest.mark.parametrize(
    "key", ["", "A", "aB", "_a", "1a", ".a", "a-b", "a b", "a\n", "a=1\nb", "#a", "ä", "a\u0660", "a\0"]
)
def test_no_keys(key: str) -> None:
    reason = "a key is made of lower-case letters, digits, '_' and '.', and begins with a letter"
    assert write_xl.check_key(key, (4, 17)) == reason
    with pytest.raises(values.ConfigValueError, match=f"^{reason}$"):
        write_xl.assign(key, 1)


def test_quote() -> None:
    assert write_xl.quote('a"b') == r'"a\"b"'
    with pytest.raises(values.ConfigValueError, match="^holds a character"):
        write_xl.quote("\0")


def test_an_error_has_its_line() -> None:
    fault = values.ConfigSyntaxError(7, "a reason")
    assert (str(fault), fault.line, fault.reason) == ("line 7: a reason", 7, "a reason")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of xm, whose files Python 2 executes."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import write_xm
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import ConfigValueError


@pytest.mark.parametrize(
    "value, text",
    [
        ("/boot/a", '"/boot/a"'),
        ("", '""'),
        ("it's", '"it\'s"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash\\", r'"back\\slash\\"'),
        ("two\nlines\t\r", r'"two\nlines\t\r"'),
        ("\x01\x0b\x1b\x7f", r'"\x01\x0b\x1b\x7f"'),
        ("gruen # ; =", '"gruen # ; ="'),
        (0, "0"),
        (-1, "-1"),
        (2**31 - 1, "2147483647"),
        (-(2**31), "-2147483648"),
        (True, "1"),
        (False, "0"),
        ([], "[ ]"),
        (["a", 1, True, -2], "[ 'a', 1, 1, -2 ]"),
        (["it's", 'a"b', "\\'\n"], r"""[ 'it\'s', 'a"b', '\\\'\n' ]"""),
    ],
)
def test_render_value(value: Any, text: str) -> None:
    assert write_xm.check_value(value, (4, 1)) == ""
    assert write_xm.render_value(value) == text
    assert write_xm.assign("a", value) == f"a = {text}"
    assert ast.literal_eval(text) == value


@pytest.mark.parametrize(
    "value, reason",
    [
        (1.5, "a decimal number is not a value of Xen's configuration"),
        ([1.5], "a decimal number is not a value of Xen's configuration"),
        (None, "is not a value of Xen's configuration"),
        ({}, "is not a value of Xen's configuration"),
        (b"a", "is not a value of Xen's configuration"),
        ("grün", "xend takes no characters beyond ASCII"),
        (["a", "\u2028"], "xend takes no characters beyond ASCII"),
        ("\x85", "xend takes no characters beyond ASCII"),
        ("a\0", "holds a character that Xen's syntax cannot express"),
        (["\ud800"], "holds a character that Xen's syntax cannot express"),
        ("\udcff", "holds a character that Xen's syntax cannot express"),
        ([["a"]], "a list inside a list is not a value of xm"),
        (2**31, "a number beyond 32 bits is not a value of xm"),
        ([-(2**31) - 1], "a number beyond 32 bits is not a value of xm"),
    ],
)
def test_what_cannot_be_expressed(value: Any, reason: str) -> None:
    assert write_xm.check_value(value, (4, 1)) == reason
    with pytest.raises(ConfigValueError, match=f"^{reason}$"):
        write_xm.render_value(value)


def test_a_number_that_python_does_not_print() -> None:
    with pytest.raises(ConfigValueError, match="^a number beyond 32 bits"):
        write_xm.render_value(10**5000)


@pytest.mark.parametrize("text", ["\0", "\ud800"])
def test_what_cannot_be_quoted(text: str) -> None:
    with pytest.raises(ConfigValueError, match="^holds a character"):
        write_xm.quote(text)


@pytest.mark.parametrize("key", ["a", "on_crash", "A1", "_a", "__a", "a__", "printed"])
def test_keys(key: str) -> None:
    assert write_xm.check_key(key, (4, 1)) == ""
    assert write_xm.assign(key, 1) == f"{key} = 1"


@pytest.mark.parametrize(
    "key, reason",
    [
        *[
            (key, "a key of xm is made of")
            for key in ("", "1a", "a.b", "a-b", "a b", "a\n", "ä", "a\u0660", "a=1\nb", "#a")
        ],
        *[
            (key, "the key is a reserved word of Python")
            for key in ("print", "exec", "None", "async", "if", "__doc__", "____")
        ],
    ],
)
def test_no_keys(key: str, reason: str) -> None:
    assert write_xm.check_key(key, (4, 1)).startswith(reason)
    with pytest.raises(ConfigValueError, match=f"^{reason}"):
        write_xm.assign(key, 1)

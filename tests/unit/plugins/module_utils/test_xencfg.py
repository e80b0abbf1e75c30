# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils import xencfg


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
    assert xencfg.check_value(value) == ""
    assert xencfg.render_value(value) == text


@pytest.mark.parametrize(
    "value, reason",
    [
        (1.5, "a decimal number is no value of Xen configuration"),
        ([1.5], "a decimal number is no value of Xen configuration"),
        (None, "is no value of Xen configuration"),
        ({}, "is no value of Xen configuration"),
        (b"a", "is no value of Xen configuration"),
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
    assert xencfg.check_value(value) == reason
    with pytest.raises(ValueError, match=f"^{reason}$"):
        xencfg.render_value(value)


def test_render() -> None:
    text = xencfg.render({"name": "web1", "memory": 256, "disk": []}, "two\nlines")
    assert text == '# two\n# lines\nname = "web1"\nmemory = 256\ndisk = [ ]\n'


def test_render_without_a_comment() -> None:
    assert xencfg.render({"a": 1}) == "a = 1\n"


def test_a_comment_cannot_end_early() -> None:
    """str.splitlines knows more line ends than Xen's parser; each of them begins a comment anew."""
    text = xencfg.render({"a": 1}, "x\ny\rz\x0bw\u2028v")
    assert [line[:2] for line in text.split("\n")[:-2]] == ["# "] * 5


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("a = 1\n", "# x\n\na = 1", True),
        ("a = 1\n", "  a = 1  \n", True),
        ("a = 1\n", "a = 2\n", False),
        ("a = 1\n", "a = 1\nb = 2\n", False),
        ("a = 1\nb = 2\n", "b = 2\na = 1\n", False),
        ('a = "#"\n', 'a = ""\n', False),
        ("", "# only a comment\n", True),
    ],
)
def test_digest(one: str, other: str, same: bool) -> None:
    assert (xencfg.digest(one) == xencfg.digest(other)) is same


def test_digest_of_bytes_that_are_no_utf8() -> None:
    assert xencfg.digest("a = \udcff") != xencfg.digest("a = \udcfe")


@pytest.mark.parametrize(
    "text, shown",
    [
        ('vncpasswd = "abc"\n', 'vncpasswd = "********"\n'),
        (r'vncpasswd = "a\"bc"' + "\n", 'vncpasswd = "********"\n'),
        ('spicepasswd="abc"\n', 'spicepasswd="********"\n'),
        ('vfb = [ "vnc=1,vncpasswd=abc,sdl=0" ]\n', 'vfb = [ "vnc=1,vncpasswd=********,sdl=0" ]\n'),
        ('name = "web1"\nmemory = 1\n', 'name = "web1"\nmemory = 1\n'),
    ],
)
def test_redact(text: str, shown: str) -> None:
    assert xencfg.redact(text) == shown


@pytest.mark.parametrize(
    "settings",
    [
        {"vncpasswd": "s3cr3t"},
        {"vncpasswd": 's3"cr3t'},
        {"vncpasswd": "s3cr3t, and more"},
        {"vncpasswd": 77112},
        {"vncpasswd": ["s3cr3t"]},
        {"vfb": ["vnc=1,vncpasswd=s3cr3t"]},
        {"vfb": ["vnc=1,vncpasswd=s3 cr3t"]},
        {"vfb": ['vnc=1,vncpasswd=s3"cr3t']},
        {"vfb": ["vnc=1,vncpasswd=s3]cr3t,sdl=0"]},
    ],
)
def test_no_piece_of_a_password_is_left(settings: dict[str, Any]) -> None:
    """Whatever it is made of: of what was rendered, neither beginning nor end of it is seen."""
    shown = xencfg.redact(xencfg.render(settings))
    assert [piece for piece in ("s3", "cr3t", "77112", "more") if piece in shown] == []

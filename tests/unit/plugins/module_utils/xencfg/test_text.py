# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files as texts: digests, hidden passwords, seals."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import (
    SEAL,
    digest,
    is_untouched,
    redact,
    seal,
    with_seal,
)


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
        # Only a newline ends a line for Xen.
        ('a = "x\u2028# y"\n', 'a = "x\u2028# z"\n', False),
    ],
)
def test_digest(one: str, other: str, same: bool) -> None:
    assert (digest(one) == digest(other)) is same


def test_digest_of_bytes_that_are_not_utf8() -> None:
    assert digest("a = \udcff") != digest("a = \udcfe")


@pytest.mark.parametrize(
    "text, shown",
    [
        ('vncpasswd = "abc"\n', 'vncpasswd = "********"\n'),
        (r'vncpasswd = "a\"bc"' + "\n", 'vncpasswd = "********"\n'),
        ('spicepasswd="abc"\n', 'spicepasswd="********"\n'),
        ('vfb = [ "vnc=1,vncpasswd=abc,sdl=0" ]\n', 'vfb = [ "vnc=1,vncpasswd=********,sdl=0" ]\n'),
        ('name = "web1"\nmemory = 1\n', 'name = "web1"\nmemory = 1\n'),
        ("vncpasswd='abc'\na = 1\n", "vncpasswd=\"********\"\na = 1\n"),
        ("vfb = [ 'vnc=1,vncpasswd=abc,sdl=0' ]\n", "vfb = [ 'vnc=1,vncpasswd=********,sdl=0' ]\n"),
        ("vfb = [\n  'vncpasswd=abc',\n]\n", "vfb = [\n  'vncpasswd=********',\n]\n"),
        ('#vncpasswd = "abc"\n', '#vncpasswd = "********"\n'),
        ('## vncpasswd = "abc, d" # e\n', '## vncpasswd = "********"\n'),
        ("# formerly vncpasswd=abc, d\n", "# formerly vncpasswd=********\n"),
        ("#vfb = [ 'vnc=1,vncpasswd=abc' ]\n", "#vfb = [ 'vnc=1,vncpasswd=********\n"),
        ("# don't\nname = 'vncpasswd=abc'\n", "# don't\nname = 'vncpasswd=********'\n"),
        ("# the password is elsewhere\n", "# the password is elsewhere\n"),
        ('a = 1; vncpasswd = "abc"\n', 'a = 1; vncpasswd = "********"\n'),
        ('vncpasswd += "abc"\n', 'vncpasswd += "********"\n'),
        ("vncpasswd = [\n 'abc',\n]\na = 1\n", 'vncpasswd = "********"\na = 1\n'),
        ("vncpasswd = 'abc' \\\n 'def'\na = 1\n", 'vncpasswd = "********"\na = 1\n'),
        ("vfb = [ 'vncpasswd=abc\n", 'vfb = [ \'vncpasswd="********"\n'),
        ('VNCPASSWD = "abc"\n', 'VNCPASSWD = "********"\n'),
    ],
)
def test_redact(text: str, shown: str) -> None:
    assert redact(text) == shown


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
@pytest.mark.parametrize("syntax", ["xl", "xm"])
@pytest.mark.parametrize("commented", [False, True])
def test_no_piece_of_a_password_is_left(settings: dict[str, Any], syntax: str, commented: bool) -> None:
    """Whatever it is made of: of what was rendered, neither beginning nor end of it is seen."""
    shown = redact(config_text(syntax, {}, [], settings) if commented else config_text(syntax, settings))
    assert [piece for piece in ("s3", "cr3t", "77112", "more") if piece in shown] == []


@pytest.mark.parametrize(
    "text, line",
    [
        ("", 0),
        ("a = 1\n", 0),
        ("# Made.", 0),
        ("# Made.\na = 1\n", 1),
        ("# Made.\n# more\na = 1\n", 1),
        ("# Made.\n# -*- coding: utf-8 -*-\n# more\na = 1\n", 2),
        ("# -*- coding: utf-8 -*-\na = 1\n", 1),
        ("# -*- coding: utf-8 -*-\n# coding: x\na = 1\n", 2),
    ],
)
def test_where_the_seal_is(text: str, line: int) -> None:
    sealed = with_seal(text)
    lines = sealed.split("\n")
    assert lines[line] == f"# {SEAL}{seal(text)}"
    assert "\n".join(lines[:line] + lines[line + 1 :]) == text
    assert is_untouched(sealed)
    assert with_seal(sealed) == sealed and seal(sealed) == seal(text)


def test_the_form_of_a_seal() -> None:
    assert seal("a = 1\n") == "cb78bd8a17f7b751"


@pytest.mark.parametrize(
    "old, new",
    [
        ("a = 1", "a = 2"),
        ("# more", "# less"),
        ("# Made.\n", ""),
        ("a = 1\n", "a = 1\n\n"),
        ("a = 1\n", "a = 1"),
        ("\n", "\r\n"),
        (SEAL, "Zeal: "),
        ("# Seal: ", "# Seal: 0123456789abcdef\n# Seal: "),
        ("a = 1\n", "a = 1\n# Seal: 0123456789abcdef\n"),
    ],
)
def test_what_was_changed(old: str, new: str) -> None:
    sealed = with_seal("# Made.\n# more\na = 1\n")
    assert old in sealed
    assert not is_untouched(sealed.replace(old, new))


def test_a_file_without_a_seal() -> None:
    assert not is_untouched("a = 1\n") and not is_untouched("")


def test_bytes_that_are_not_utf8_are_sealed() -> None:
    assert is_untouched(with_seal("a = '\udcff'\n"))
    assert seal("a = '\udcff'\n") != seal("a = '\udcfe'\n")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole files: their form, and that what is written is what is read, whatever the strings are made of."""

from __future__ import annotations

import ast
import tokenize
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import xlu
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import (
    config_text,
    read_xl,
    read_xm,
    write_xl,
    write_xm,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import is_untouched, with_seal
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import NEWEST, ConfigValueError

try:
    xlu.find_library()
except xlu.LibraryMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

RULES: dict[str, Any] = {"xl": write_xl, "xm": write_xm}
PIECES = [
    *"\"'\\\n\r\t\0;#[],= /:a0%$`{}", '"]\nkernel="evil', "']\nkernel='evil", '"; kernel = 1 #', "\\\"]\nevil=1",
    "\\n", "\\x41",
    "\\101", "\\u00e9", "\\N{DIGIT ONE}", '"""', "'''", "\x7f", "\x1b[0m", "\x1a", "\x0b", "\x0c", "\x1c", "\x85",
    "\u00a0", "\u202e",
    "\u2028", "\u2029", "\ufeff", "é", "中", "\U0001f600", "\ud800", "\udcff", "coding: latin-1",
    "-*- coding: utf-7 -*-", "Seal: ",
]
hostile = st.one_of(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.text(max_size=20))
numbers = st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers())
atoms = st.one_of(hostile, st.booleans(), numbers)
values = st.recursive(st.one_of(atoms, st.floats(), st.none()), lambda inner: st.lists(inner, max_size=3), max_leaves=5)
keys = st.one_of(st.from_regex(r"\A[a-z][a-z0-9_]{0,6}\Z"), st.sampled_from(["a.b", "print", "A", "__doc__"]), hostile)
mappings = st.dictionaries(keys, values, max_size=4)


def as_read(value: Any) -> Any:
    """A value as the readers hand it out: texts, and lists of them."""
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return str(int(value)) if isinstance(value, int) else value


def good_ones(syntax: str, mapping: dict[str, Any]) -> dict[str, Any]:
    rules = RULES[syntax]
    good = {}
    for key, value in mapping.items():
        if rules.check_key(key, NEWEST) or rules.check_value(value, NEWEST):
            with pytest.raises(ConfigValueError):
                config_text.config_text(syntax, {key: value})
            with pytest.raises(ConfigValueError):
                config_text.config_text(syntax, {}, commented={key: value})
        else:
            good[key] = value
    return good


def test_config_text() -> None:
    settings = {"name": "web1", "memory": 256, "disk": ["a"]}
    arguments: Any = (settings, ["one", "two\nthree"], {"vnc": True, "x": "y"})
    body = 'name = "web1"\nmemory = 256\ndisk = [ {} ]\n#vnc = 1\n#x = "y"\n'
    assert config_text.config_text("xl", *arguments) == "# one\n# two\n# three\n" + body.format('"a"')
    assert config_text.config_text("xm", *arguments) == f"# one\n{write_xm.COOKIE}\n# two\n# three\n" + body.format("'a'")
    assert write_xm.COOKIE == "# -*- coding: utf-8 -*-"


def test_config_text_without_a_head() -> None:
    assert config_text.config_text("xl", {"a": 1}) == "a = 1\n"
    assert config_text.config_text("xm", {"a": 1}) == "# -*- coding: utf-8 -*-\na = 1\n"
    assert (config_text.config_text("xl", {}), config_text.config_text("xm", {})) == ("", "# -*- coding: utf-8 -*-\n")


def test_an_unknown_syntax() -> None:
    with pytest.raises(ValueError, match="^sxp is not a syntax of Xen$"):
        config_text.config_text("sxp", {})


@pytest.mark.parametrize("first", ["für web1", "coding: latin-1", "coding=x"])
def test_the_cookie_comes_first_where_line_1_would_not_do(first: str) -> None:
    """Python 2 refuses a byte beyond ASCII before the cookie, and takes the first of two cookies."""
    assert config_text.config_text("xm", {}, [first, "two"]) == f"{write_xm.COOKIE}\n# {first}\n# two\n"


def test_a_comment_cannot_end_early() -> None:
    """str.splitlines knows more line ends than either parser; each of them begins a comment anew."""
    text = config_text.config_text("xl", {"a": 1}, ["x\ny\rz\x0bw\u2028v", "", "\r\nend\r\n"])
    assert text == "# x\n# y\n# z\n# w\n# v\n#\n#\n# end\na = 1\n"


def test_a_comment_holds_nothing_that_a_parser_stumbles_over() -> None:
    text = config_text.config_text("xm", {"a": 1}, ["a\0b\x1b\ud800\x7f\x08", "tab\tstays"])
    assert text == f"# a?b????\n{write_xm.COOKIE}\n# tab\tstays\na = 1\n"


@given(mappings, st.lists(hostile, max_size=3), mappings)
@example({"a": '"]\nkernel="evil', "b": ["']\nkernel='evil"]}, ['"]\nkernel="evil'], {"kernel": '"\nkernel="evil'})
def test_xl_reads_what_is_written(settings: dict[str, Any], head: list[str], commented: dict[str, Any]) -> None:
    good, hints = good_ones("xl", settings), good_ones("xl", commented)
    text = config_text.config_text("xl", good, head, hints)
    expected = {key: as_read(value) for key, value in good.items()}
    for whole in (text, with_seal(text)):
        # One line an assignment: with every string read back whole, there is nothing left that could be another key.
        lines = [line for line in whole.split("\n") if not line.startswith("#")]
        assert len(lines) == len(good) + 1 and lines[-1] == ""
        wanted = {"kernel", "evil", *good, *hints}
        assert xlu.read_config(whole, wanted) == {**dict.fromkeys(wanted), **expected}
        document = read_xl.read(whole)
        assert (document.values, list(document.values)) == (expected, list(good))
    assert is_untouched(with_seal(text)) and not is_untouched(text)


@given(mappings, st.lists(hostile, max_size=3), mappings)
@example({"a": '"]\nkernel="evil', "b": ["']\nkernel='evil"]}, ['"]\nkernel="evil'], {"kernel": '"\nkernel="evil'})
@example({"a": "é"}, ["coding: latin-1"], {})
@example({"a": "é"}, ["é", "coding: latin-1"], {})
def test_xm_reads_what_is_written(settings: dict[str, Any], head: list[str], commented: dict[str, Any]) -> None:
    """Python 3's ast stands for Python 2 here: the literals use only escapes that bytes and texts share."""
    good, hints = good_ones("xm", settings), good_ones("xm", commented)
    text = config_text.config_text("xm", good, head, hints)
    for whole in (text, with_seal(text)):
        data = whole.encode("utf-8")
        assert tokenize.detect_encoding(BytesIO(data).readline)[0] == "utf-8"
        lines = whole.split("\n")
        assert write_xm.COOKIE in lines[:2] and (lines[0] == write_xm.COOKIE or lines[0].isascii())
        seen = {}
        for statement in ast.parse(data).body:
            assert isinstance(statement, ast.Assign)
            (target,) = statement.targets
            assert isinstance(target, ast.Name)
            seen[target.id] = ast.literal_eval(statement.value)
        assert seen == good and list(seen) == list(good)
        document = read_xm.read(whole)
        assert document.values == {key: as_read(value) for key, value in good.items()}
    assert is_untouched(with_seal(text)) and not is_untouched(text)


@given(hostile)
def test_a_string_in_a_list_is_read_by_python(text: str) -> None:
    if write_xm.check_value(text, NEWEST):
        return
    assert ast.literal_eval(write_xm.render_value([text, text])) == [text, text]
    raw = write_xm.quote(text).encode("utf-8")
    # No byte that Python 2 would take for a line's end, and no NUL.
    assert not {b"\n", b"\r", b"\0"} & {raw[place : place + 1] for place in range(len(raw))}

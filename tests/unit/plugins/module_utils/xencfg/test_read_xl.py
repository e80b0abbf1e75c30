# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading xl's files: the same that libxlutil reads, the same that it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

import xlu
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.read_xl import read
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import ConfigSyntaxError

try:
    xlu.find_library()
except xlu.LibraryMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

KEYS = ["a", "b", "ab", "x.y", "a1", "f", "name", "evil"]
TOKENS = [
    *KEYS, *"=+;\n \t[],#\"'\\A-_(@{~:.\r\v\f\x01\x7f", "=", "=", "+=", "\n", "1", "0x1f", "08", "10a", '"x"', "'y'",
    '""',
    '"a b"', "# c\n", '#;"\n', "\\n", '\\"', "\\'", "\\\\", "\\x41", "\\101", "\\1 2", "\\7+9", "\\12", "\\8", "é",
    "\u2028", "\x85",
    "\udcff",
    '[ "a", "b" ]', "[ 1,\n2, ]", "a = 1\n", "b = [ ]\n", 'a += "z"\n', "a += [1]\n", "b+=[[1],[]];", 'evil="1"',
]
ESCAPES = [*"\\\\\"'10789 +-xant\t\r\v\fé", "\\\\", "\\1", "\\101", "\udcff"]
blanks = st.sampled_from(["", "", " ", "\n", "#k\n", "\n\n"])
atoms = st.one_of(
    st.sampled_from(["1", "0x1f", "99", '"x"', "'#;'", '"]"', "''"]),
    st.builds("{0}{1}{0}".format, st.sampled_from("\"'"), st.lists(st.sampled_from(ESCAPES), max_size=6).map("".join)),
)
values = st.recursive(
    atoms,
    lambda inner: st.builds(
        lambda items, blank, end: "[" + blank + ("," + blank).join(items) + end + "]",
        st.lists(inner, max_size=3), blanks, st.sampled_from(["", "", ",", "\n", ",\n"]),
    ),
    max_leaves=6,
)
assignments = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(KEYS), st.sampled_from(["=", " = ", "+="]), values,
    st.sampled_from(["\n", "\n", ";", " #c\n", "\n\n", ""]),
)
texts = st.one_of(
    st.lists(st.sampled_from(TOKENS), max_size=12).map("".join),
    st.lists(assignments, max_size=4).map("".join),
    st.lists(st.one_of(assignments, st.sampled_from(TOKENS)), max_size=5).map("".join),
    st.builds('a="{}"\n'.format, st.lists(st.sampled_from(ESCAPES), max_size=8).map("".join)),
    st.text(st.characters(max_codepoint=0x250, exclude_characters="\0"), max_size=12),
)


def judged(text: str) -> dict[str, Any] | None:
    """What libxlutil reads for all that could be a key; None when it refuses."""
    try:
        seen = xlu.read_config(text, sorted(set(re.findall(r"[a-z][._0-9a-z]*", text))))
    except xlu.ConfigError:
        return None
    return {key: value for key, value in seen.items() if value is not None}


def ours(text: str) -> dict[str, Any] | None:
    try:
        return read(text).values
    except ConfigSyntaxError:
        return None


@given(texts)
@example("a=1\n#")
@example("a=1\n@")
@example("a=1\né")
@example("a=1\r")
@example("a='\\1 23x\\101'")
@example("a=[1]\na+=[[2],]")
def test_the_judge_agrees(text: str) -> None:
    seen = judged(text)
    event("refused" if seen is None else "accepted")
    assert ours(text) == seen


@pytest.mark.parametrize(
    "text, values",
    [
        ("", {}),
        (";;\n;", {}),
        ("a=1", {"a": "1"}),
        ("a = 0x1f;b='x' ; c=\"\"\n", {"a": "0x1f", "b": "x", "c": ""}),
        ("a=1\na='2'\n", {"a": "2"}),
        ("a=[]\nb=[\n#x\n1\n,\n'2',\n]\n", {"a": [], "b": ["1", "2"]}),
        ("a=[1,[2,[]],]", {"a": ["1", ["2", []]]}),
        ("a+=1\na+='x'\n", {"a": "1x"}),
        ("a=[1]\na+=[2]\n", {"a": ["1", "2"]}),
        (r"""a="\a\b\f\n\r\t\v\\\"\'" """, {"a": "\a\b\f\n\r\t\v\\\"'"}),
        (r"a='x\101y'", {"a": "xy"}),
        (r"a='\1 23\1+2z'", {"a": "z"}),
        ("a='\xe9\udcff'", {"a": "\xe9\udcff"}),
        # One last byte that begins no token goes unseen.
        *[(f"a=1{char}", {"a": "1"}) for char in ("#", "'", '"', "@", "Z", "\r", "+", "\udcff")],
    ],
)
def test_what_is_read(text: str, values: dict[str, Any]) -> None:
    assert ours(text) == judged(text) == values


@pytest.mark.parametrize(
    "text, fault",
    [
        ("\na=Z\n", "line 2: no key or value begins with 'Z'"),
        ("é", "line 1: no key or value begins with '\\xe9'"),
        ("a=1\r\n", "line 1: no key or value begins with '\\r'"),
        ("a='x\n'\n", "line 1: a string does not end in its line"),
        ('a=[\n"x\\"]\n', "line 2: a string does not end in its line"),
        ("a=1\n# x", "line 2: a comment in the last line has no newline"),
        ("=1\n", "line 1: '=' is not expected here"),
        ("a 1\n", "line 1: a number is not expected here"),
        ("a\n", "line 1: the end of the line is not expected here"),
        ("a=\n", "line 1: the end of the line is not expected here"),
        ("a=", "line 1: the end of the file is not expected here"),
        ("a=b", "line 1: a key is not expected here"),
        ("a=1 b=2", "line 1: a key is not expected here"),
        ("a=1 'secret'", "line 1: a string is not expected here"),
        ("a=[,]", "line 1: ',' is not expected here"),
        ("a=[1,,2]", "line 1: ',' is not expected here"),
        ("a=[1 2]", "line 1: a number is not expected here"),
        ("a=[1;2]", "line 1: ';' is not expected here"),
        ("a=[\n1", "line 2: the end of the file is not expected here"),
        ("a=1\n\na+=[]\n", "line 3: a list and a single value cannot be added to each other"),
        ("a=[]\na+=1\n", "line 2: a list and a single value cannot be added to each other"),
        (r"a='\x41'", r"line 1: has an escape that Xen does not read: \x"),
        (r"a='\8'", r"line 1: has an escape that Xen does not read: \8"),
        (r"a='\12'", "line 1: has an octal escape with too few digits"),
        (r"a='\1z'", "line 1: has an octal escape with too few digits"),
    ],
)
def test_what_is_refused(text: str, fault: str) -> None:
    assert judged(text) is None
    with pytest.raises(ConfigSyntaxError) as caught:
        read(text)
    assert str(caught.value) == fault


def test_a_nul_is_refused() -> None:
    """The judge would abort."""
    with pytest.raises(ConfigSyntaxError, match="^line 2: contains a NUL byte"):
        read("a=1\n#\0\n")


def test_lists_inside_one_another() -> None:
    """libxlutil reads some 5000 of them, more than Python could compare."""
    deep = "a=" + "[" * 100 + "]" * 100
    assert ours(deep) == judged(deep)
    for depth in (101, 4000, 100_000):
        with pytest.raises(ConfigSyntaxError, match="^line 1: has too many lists inside one another$"):
            read("a=" + "[" * depth + "]" * depth)


def test_comments() -> None:
    text = '# one\na=1 #two\n#\nb=[ # three ; "\n"#no", #  four#five\n]\n'
    document = read(text)
    assert document.comments == [(1, "one"), (2, "two"), (3, ""), (4, 'three ; "'), (5, "four#five")]
    assert document.values == judged(text) == {"a": "1", "b": ["#no"]}

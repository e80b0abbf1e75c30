# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading xm's files without executing them."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.read_xm import read
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.values import ConfigSyntaxError

EXECUTES = "xm executes it, but it cannot be compared"


@pytest.mark.parametrize(
    "text, values",
    [
        ("", {}),
        ("a = 1", {"a": "1"}),
        ("a = -1; b = 0x1f\n", {"a": "-1", "b": "31"}),
        ("a = True\nb = False\n", {"a": "1", "b": "0"}),
        ("a = 'x'\nb = \"y\"\n", {"a": "x", "b": "y"}),
        ("a = 'x' \\\n 'y'\n", {"a": "xy"}),
        ('a = """x\ny"""\n', {"a": "x\ny"}),
        ("a = [ 'x',\n 1, (2, -3), [ ] ]\n", {"a": ["x", "1", ["2", "-3"], []]}),
        ("a = ('x')\nb = ('x',)\n", {"a": "x", "b": ["x"]}),
        ("a = 1\na = 2\n", {"a": "2"}),
        ("a = 1\na = None\nb = None\n", {}),
        (r"a = 'x\x41\101\n\'\\u'", {"a": "xAA\n'\\u"}),
        (r"a = r'\u00e9\xff'", {"a": r"\u00e9\xff"}),
        (r"a = '\q'", {"a": r"\q"}),
        ("a = 'grün\u2028'\n", {"a": "grün\u2028"}),
        ("A = 1\r\nb = 2\r\n", {"A": "1", "b": "2"}),
        (f"a = {2**63 - 1}", {"a": str(2**63 - 1)}),
    ],
)
def test_what_is_read(text: str, values: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(text).values == values


@pytest.mark.parametrize(
    "text, line, reason",
    [
        ("\nimport os\n", 2, f"is not an assignment: {EXECUTES}"),
        ("a = 1\nprint('x')\n", 2, f"is not an assignment: {EXECUTES}"),
        ("'x'\n", 1, f"is not an assignment: {EXECUTES}"),
        ("a += 1\n", 1, f"is not an assignment: {EXECUTES}"),
        ("a: int = 1\n", 1, f"is not an assignment: {EXECUTES}"),
        ("if True:\n    a = 1\n", 1, f"is not an assignment: {EXECUTES}"),
        ("a = b = 1\n", 1, f"assigns to more than one plain name: {EXECUTES}"),
        ("a, b = 1, 2\n", 1, f"assigns to more than one plain name: {EXECUTES}"),
        ("a[0] = 1\n", 1, f"assigns to more than one plain name: {EXECUTES}"),
        ("print = 1\n", 1, "the key is a reserved word of Python"),
        ("ä = 1\n", 1, "a key of xm is made of letters, digits and '_', and does not begin with a digit"),
        *[
            (f"\n\na = {value}\n", 3, f"is not a string, a whole number or a list of them: {EXECUTES}")
            for value in (
                "b", "1 + 1", "'x' + 'y'", "'%s' % 1", "os.name", "{}", "[ None ]", "1.5", "-1.5", "-True", "-'x'",
                "--1", "+1",
                "2j", "...", "[ x for x in 'y' ]", "[ *'x' ]", "-None",
            )
        ],
        ("a = f('x')", 1, f"is not a string, a whole number or a list of them: {EXECUTES}"),
        *[(f"a = {prefix}'x'", 1, f"has a string with a prefix: {EXECUTES}") for prefix in ("u", "b", "br")],
        *[
            (f"a = 'x{escape}'", 1, f"the escape {shown} stands for bytes in xm: it cannot be compared")
            for escape, shown in (
                ("\\u00e9", "\\u"),
                ("\\U000000e9", "\\U"),
                ("\\N{DIGIT ONE}", "\\N"),
                ("\\xff", "\\xff"),
                ("\\377", "\\377"),
            )
        ],
        ("a = 1_0", 1, "a number with '_' is not a number for xm"),
        (f"a = {2**63}", 1, "a number beyond 64 bits is not a value of xm"),
        ("a = 0x" + "f" * 9000, 1, "a number beyond 64 bits is not a value of xm"),
        *[
            (f"a = 1\n{code}", 2, f"cannot be read as assignments: {EXECUTES}")
            for code in ("print 'x'\n", "a = 0644\n", "a = 1L\n", "exec 'x'\n", "None = 1\n", "a = `1`\n", "a = 'x\n")
        ],
        ("a = 1\nb = '\0'", 2, "contains a NUL, or a byte that is not UTF-8"),
        ("a = 1\n\n#\udcff", 3, "contains a NUL, or a byte that is not UTF-8"),
        ("a = " + "-" * 100_000 + "1", 1, f"cannot be read as assignments: {EXECUTES}"),
    ],
)
def test_what_is_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(ConfigSyntaxError) as caught:
        read(text)
    assert (caught.value.line, caught.value.reason) == (line, reason)


def test_an_f_string_is_refused() -> None:
    """Since Python 3.12 it is no string for tokenize, but it never is one for ast."""
    with pytest.raises(ConfigSyntaxError, match=EXECUTES):
        read("a = f'x'")


def test_nothing_is_executed() -> None:
    with pytest.raises(ConfigSyntaxError):
        read("raise SystemExit\n")
    with pytest.raises(ConfigSyntaxError):
        read("a = [ 'x', exit() ]\n")


def test_comments() -> None:
    text = "# one\n# -*- coding: utf-8 -*-\na = '#no' #two\nb = [ # three\n 1 ]\n#"
    document = read(text)
    assert document.comments == [(1, "one"), (2, "-*- coding: utf-8 -*-"), (3, "two"), (4, "three"), (6, "")]
    assert document.values == {"a": "#no", "b": ["1"]}


PIECES = [
    "a", "b", " = ", "=", "\n", ";", " ", "[", "]", "(", ")", ",", "1", "-", "017", "0x1F", "1_0", "True", "None",
    "1.5", "'x'", "u'x'",
    "'\\xe9'", "'\\q'", "'''", '"', "# c\n", "\\\n", "print ", "import os\n", "+", "{", "}", "if 1:\n  a = 2\n", "\r",
    "\x0c", "\t", "\0", "\udcff", "é", "a = 1\n", "b = [ 1, 'x' ]\n",
]


@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=20)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        values = read(text).values
    except ConfigSyntaxError as fault:
        assert fault.line >= 1 and fault.reason
        return
    assert all(isinstance(value, (str, list)) for value in values.values())

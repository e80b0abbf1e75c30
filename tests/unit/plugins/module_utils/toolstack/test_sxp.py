# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reader of S-expressions, against the fake Xen's writer, which quotes as xend does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.sxp import SxpError, read, value_of
from xm_sxp import text

ANY_TEXT = st.text(st.characters(blacklist_categories=("Cs",)))
EXPRESSIONS = st.recursive(ANY_TEXT, lambda inner: st.lists(inner, max_size=4), max_leaves=30)


@given(st.lists(EXPRESSIONS, max_size=4))
def test_what_is_written_is_read(expressions: list[Any]) -> None:
    assert read("\n".join(map(text, expressions))) == expressions


@given(st.text("()'\"\\#x0a \n", max_size=20))
def test_every_text_is_read_or_refused(said: str) -> None:
    try:
        read(said)
    except SxpError:
        pass


@pytest.mark.parametrize(
    "said, expressions",
    [
        ("", []),
        (" \n# nothing but a remark", []),
        ("a b", ["a", "b"]),
        ("()", [[]]),
        ("(a(b)c)", [["a", ["b"], "c"]]),
        ("(a # a remark (\n b)", [["a", "b"]]),
        ("(domid 3)\n(domid 4)\n", [["domid", "3"], ["domid", "4"]]),
        ("('a b' \"it's\" '')", [["a b", "it's", ""]]),
        ("('(hd0,0)/boot/grub/menu.lst')", [["(hd0,0)/boot/grub/menu.lst"]]),
        # As Python 2 shows a string of bytes: UTF-8, a quote of each kind, a tab, and what is no UTF-8.
        (r"('M\xc3\xbcnchen' 'it\'s \"' 'a\tb\\c\101' '\xff')", [["München", "it's \"", "a\tb\\cA", "\ufffd"]]),
        (r"('\a\b\f\n\r\v' '\q')", [["\a\b\f\n\r\v", "q"]]),
    ],
)
def test_read(said: str, expressions: list[Any]) -> None:
    assert read(said) == expressions


@pytest.mark.parametrize(
    "said, words",
    [
        (")", "a bracket that nothing opened, at character 1"),
        ("(a))", "a bracket that nothing opened, at character 4"),
        ("(a", "a list without an end"),
        ("(a 'b", "a text without an end, at character 4"),
        ("'a\\'", "a text without an end, at character 1"),
    ],
)
def test_what_is_none(said: str, words: str) -> None:
    with pytest.raises(SxpError, match=f"^{words}$"):
        read(said)


DOMAIN = read("(domain (domid 3) (name) (image (linux (kernel /boot/vmlinuz) (kernel /no))) (vcpus (1 2)) word)")[0]


@pytest.mark.parametrize(
    "keys, value",
    [
        (["domid"], "3"),
        (["image", "linux", "kernel"], "/boot/vmlinuz"),
        (["image", "hvm", "kernel"], ""),
        (["name"], ""),
        (["vcpus"], ""),
        (["word"], ""),
        (["domid", "3"], ""),
    ],
)
def test_value_of(keys: list[str], value: str) -> None:
    assert value_of(DOMAIN, *keys) == value


def test_a_word_has_no_values() -> None:
    assert value_of("domid", "domid") == ""

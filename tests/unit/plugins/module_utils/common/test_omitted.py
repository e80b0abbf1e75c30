# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.omitted import is_omitted, without_omitted

GONE = "__omit_place_holder__ed28966ace66b5f315410170c87f947b923373a6"
NEARLY = GONE[:-1]


@pytest.mark.parametrize(
    "value, left",
    [
        ({"a": GONE}, {}),
        ({"a": {"b": GONE, "c": 1}}, {"a": {"c": 1}}),
        ([GONE, "a", [GONE]], ["a", []]),
        ({"a": [GONE, {"b": GONE}]}, {"a": [{}]}),
        (f"x{GONE}y{GONE}", "xy"),
        (NEARLY, NEARLY),
        ({GONE: 1}, {GONE: 1}),
        ({"a": None, "b": "", "c": 0, 7: False}, {"a": None, "b": "", "c": 0, 7: False}),
        (1.5, 1.5),
        (None, None),
    ],
)
def test_without_omitted(value: Any, left: Any) -> None:
    before = repr(value)
    assert without_omitted(value) == left
    assert repr(value) == before


def test_is_omitted() -> None:
    assert [is_omitted(value) for value in (GONE, f"a{GONE}", NEARLY, "", None, 7)] == [True, False, False, False, False, False]


def test_what_is_nested_deeper_than_python_goes() -> None:
    deep: Any = []
    for _level in range(100_000):
        deep = [deep]
    assert isinstance(without_omitted(deep), list)

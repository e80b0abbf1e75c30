# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sizes of waves and their failure budget."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.wave_sizes import check


@pytest.mark.parametrize("serial", [1, "5", "10%", "100%", [1, "10%", "50%"], [3]])
@pytest.mark.parametrize("budget", [0, "0", 33.3, "100"])
def test_what_ansible_understands(serial: Any, budget: Any) -> None:
    assert check(serial, budget) == []


@pytest.mark.parametrize("size", [0, -1, "0%", "101%", "10 %", "%", "", 1.5, True, None, {}, "[1, '10%']", "1\n"])
def test_what_is_not_a_size(size: Any) -> None:
    found = check([1, size], 0)
    assert [(problem.key, problem.value) for problem in found] == [("stubdom_serial", size)]


@pytest.mark.parametrize("budget", [-1, 100.5, "nan", "ten", None, True, [0]])
def test_what_is_not_a_budget(budget: Any) -> None:
    assert [(problem.key, problem.value) for problem in check(1, budget)] == [("stubdom_max_fail_percentage", budget)]


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("-1", -1), ("1.5", 1.5), ("-0.5", -0.5)])
def test_a_number_that_a_template_made_a_text_is_shown_as_it_was_written(text: str, number: float) -> None:
    """ansible-core up to 2.18 does that."""
    assert [problem.text() for problem in check(text, 0)] == [problem.text() for problem in check(number, 0)]
    assert [problem.text() for problem in check(1, text)] == [problem.text() for problem in check(1, number)]


def test_no_wave_at_all() -> None:
    assert [problem.reason for problem in check([], 0)] == ["must not be empty"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists), st.text() | st.integers())
def test_nothing_raises(serial: Any, budget: Any) -> None:
    assert all(problem.text() for problem in check(serial, budget))

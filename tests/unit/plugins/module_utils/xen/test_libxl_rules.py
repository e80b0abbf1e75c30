# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What libxl refuses at every start: each row has guests that it refuses, and near ones that pass."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xl import NEWEST, XL_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.libxl_config import LibxlConfig
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.libxl_rules import OLDEST, RULES, Rule, check
from ansible_collections.xenfleet.stubdom.tests.unit.libxl_cases import BASES, CASES, Case

BY_NAME = {rule.name: rule for rule in RULES}
EACH = [pytest.param(BY_NAME[name], case, id=f"{name} {number}") for name, cases in CASES.items() for number, case in enumerate(cases)]


def found(rule: Rule, values: dict[str, Any], release: tuple[int, int]) -> bool:
    config = LibxlConfig(values, release)
    return rule.holds_for(config) and bool(rule.finds(config))


def test_each_row_has_a_case_and_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(RULES)
    assert set(CASES) == set(BY_NAME)


@pytest.mark.parametrize("rule, case", EACH)
def test_the_row_refuses_one_guest_and_passes_a_near_one(rule: Rule, case: Case) -> None:
    refused, passes = case.values(case.refused), case.values(case.passes)
    assert found(rule, refused, case.release)
    assert check(passes, case.release, "guest") == []
    (problem,) = [problem for problem in check(refused, case.release, "guest") if problem.release == rule.origin and problem.key in rule.keys.split()][:1]
    assert (problem.guest, problem.key) == ("guest", rule.key_in(refused))
    assert problem.reason and problem.remedy and not problem.reason.endswith(".") and not problem.remedy.endswith(".")
    assert problem.value is not None or problem.key not in refused


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.name) for rule in RULES])
def test_rows_are_complete(rule: Rule) -> None:
    """The keys are xl's, the source names a file, and the releases are those of the table."""
    for key in rule.keys.split():
        assert key in XL_KEYS, key
    assert re.fullmatch(r"(xen/arch/x86/)?\w+\.c(, \w+)?", rule.source)
    assert OLDEST <= rule.first <= (rule.last or NEWEST) <= NEWEST
    assert rule.remedy[0].islower() or rule.remedy.startswith("write")


@pytest.mark.parametrize("release, expected", [((4, 13), []), ((4, 14), ["maxmem"]), (NEWEST, ["maxmem"]), ((4, 23), [])])
def test_a_release_that_the_table_does_not_know_has_no_rules(release: tuple[int, int], expected: list[str]) -> None:
    values = {**BASES["hvm"], "maxmem": 1024, "pci": ["03:00.0"]}
    assert [problem.key for problem in check(values, release, "guest")] == expected


def test_a_problem_says_all() -> None:
    (problem,) = check({**BASES["hvm"], "maxmem": 1024, "pci": ["03:00.0"]}, (4, 17), "app1")
    assert problem.text() == (
        "guest app1: maxmem = 1024: is more than memory, and a guest with passed-through devices must have all of its "
        "memory at its start (Xen 4.14 on, libxl_create.c, libxl__domain_config_setdefault). Remedy: give maxmem the "
        "value of memory, or leave it out."
    )


anything = st.one_of(
    st.text(max_size=8), st.integers(), st.booleans(),
    st.lists(st.one_of(st.text(max_size=8), st.integers(-9, 9), st.lists(st.text(max_size=8), max_size=2)), max_size=3),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted({key for rule in RULES for key in rule.keys.split()})), anything, max_size=6),
       st.sampled_from(sorted(BASES)), st.integers(14, 22))
def test_no_value_is_too_strange(values: dict[str, Any], kind: str, minor: int) -> None:
    """Values of any kind are refused or passed; none ends the run, and no reason has more than one line."""
    for problem in check({**BASES[kind], **values, "type": kind}, (4, minor), "guest"):
        assert "\n" not in problem.text()

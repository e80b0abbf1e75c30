# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for domains, and destroying them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.domains import Destroyer, Waiter
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import Case


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, FakeToolstack())


def with_web1(case: Case, state: str = "-b----") -> Case:
    case.toolstack = FakeToolstack(domain("web1", 7, state))
    return case


def test_a_destroy_that_came_too_late_is_no_fault(case: Case) -> None:
    with_web1(case, "---sc-")
    case.toolstack.failing["destroy", "web1"] = "Non-existant domain"
    case.toolstack.ends_by_itself(7, after=2)
    outcome = case.one(definition(state="stopped"))
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])


@pytest.fixture
def waiter(case: Case) -> Waiter:
    return Waiter(case.toolstack, case.slept.append)


def test_domains_that_are_waited_for_together(case: Case, waiter: Waiter) -> None:
    case.toolstack.running = [domain("a", 1), domain("b", 2), domain("c", 3)]
    case.toolstack.ends_by_itself(1, after=1)
    assert waiter.gone(4.0, domain("a", 1), None, domain("b", 2)) == {2: "running"}
    assert case.slept == [2.0, 2.0]
    assert waiter.gone(4.0, None) == {}


def test_a_condition_that_a_domain_leaves(case: Case, waiter: Waiter) -> None:
    assert waiter.leaves("web1", "paused") is None
    case.toolstack.running = [domain("web1", 7)]
    assert waiter.leaves("web1", "paused") == domain("web1", 7)
    assert case.slept == []
    assert waiter.leaves("web1", "running") == domain("web1", 7)
    assert sum(case.slept) == 30


def test_a_name_and_a_condition_are_those_of_now(case: Case, waiter: Waiter) -> None:
    case.toolstack.running = [domain("web1", 8, "--p---")]
    assert (waiter.named("web1"), waiter.named("web2")) == (domain("web1", 8, "--p---"), None)
    assert (waiter.condition(domain("web1", 8)), waiter.condition(domain("web1", 7))) == ("paused", "")


@pytest.mark.parametrize("letters, calls", [("-b----", [("destroy", "win1-dm")]), ("-----d", [])])
def test_a_stub_domain_that_is_ending_is_not_destroyed(letters: str, calls: Any, case: Case, waiter: Waiter) -> None:
    case.toolstack.running = [domain("win1-dm", 8, letters)]
    Destroyer(case.toolstack, waiter, 4.0).destroy_stub(domain("win1-dm", 8))
    assert case.toolstack.calls == calls


def test_a_domain_is_removed_with_the_stub_domain_that_serves_it(case: Case, waiter: Waiter) -> None:
    case.toolstack.running = [domain("win1", 7, "--p---"), domain("win1-dm", 8), domain("web1-dm", 9)]
    case.toolstack.targets = {8: 7}
    assert Destroyer(case.toolstack, waiter, 4.0).remove(domain("win1", 7, "--p---")) == ""
    assert case.toolstack.running == [domain("web1-dm", 9)]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts that an earlier run began: those that are over, and those that a process still makes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.context import Context
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.decide import Policy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.earlier_start import EarlierStartWaiter
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import EarlierStart
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import (
    BEGUN,
    Case,
    begun,
    half_made,
    interrupted,
    process,
)

CUT = "guest web1: domain 7, whose start was interrupted, is destroyed"


@pytest.mark.parametrize(
    "uuid, found",
    [
        # Somebody else's: another uuid, or no note of ours at all.
        ("another", half_made()),
        ("", half_made()),
        (None, half_made()),
    ],
)
def test_nobody_else_s_domain_is_ever_taken_for_a_half_made_one(uuid: Any, found: Domain, tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(found))
    if uuid is not None:
        records.begin(tmp_path / "records", "web1", replace(BEGUN, uuid="uuid-of-us"))
        case.toolstack.facts[7] = replace(case.toolstack.facts[7], uuid=uuid)
    outcome = case.one(definition())
    assert [problem.reason for problem in outcome.problems] == ["its domain 7 is paused"]
    assert case.toolstack.calls == []
    # Nor is one that is asked to stop.
    assert [problem.reason for problem in case.one(definition(state="stopped")).problems] == [
        "is paused, and a paused guest cannot shut down"
    ]
    assert case.toolstack.calls == []


@pytest.mark.parametrize("found", [domain("web1", 7), domain("web1", 7, "---sc-"), domain("web1", 7, "--p---")])
def test_what_has_run_is_never_destroyed_and_counts_as_started(found: Domain, tmp_path: Path) -> None:
    case = interrupted(tmp_path, found)
    checked = case.one(definition(), check=True)
    assert begun(case) == BEGUN
    outcome = case.one(definition())
    assert checked.as_dict() == outcome.as_dict()
    assert (outcome.action, outcome.state, outcome.restart_needed) == ("none", found.condition, False)
    assert bool(outcome.problems) is (found.condition != "running")
    assert (case.toolstack.calls, begun(case)) == ([], None)
    assert records.load(tmp_path / "records", "web1") == BEGUN


def test_a_start_that_is_cut_before_there_is_a_domain(tmp_path: Path) -> None:
    case = interrupted(tmp_path)
    outcome = case.one(definition())
    assert (outcome.action, outcome.notes, case.toolstack.calls) == ("started", [], [("create", "web1")])


def test_its_note_goes_even_where_the_guest_is_not_to_run(tmp_path: Path) -> None:
    case = interrupted(tmp_path)
    assert (case.one(definition(state="stopped"), check=True).action, begun(case)) == ("none", BEGUN)
    assert (case.one(definition(state="stopped")).action, begun(case)) == ("none", None)


# -- starts that a process still makes ---------------------------------------------------------------------------------


def test_no_second_one_beside_a_start_that_has_made_no_domain_yet(tmp_path: Path) -> None:
    case = interrupted(tmp_path)
    process(tmp_path, "uuid-7")
    outcome = case.one(definition())
    assert [problem.reason for problem in outcome.problems] == [
        "an earlier run is still starting it, in process 77"
    ]
    assert (sum(case.slept), case.toolstack.calls, begun(case)) == (60, [], BEGUN)


def test_a_start_that_goes_on_is_waited_for(tmp_path: Path) -> None:
    case = interrupted(tmp_path, half_made())
    process(tmp_path, "uuid-7")

    class Later:
        def append(self, seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                case.toolstack.running = [domain("web1", 7)]

    waits: list[float] = []
    case.slept = Later()  # type: ignore[assignment]
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.restart_needed, waits) == ("none", "running", False, [2.0] * 3)
    assert case.toolstack.calls == []
    assert records.load(tmp_path / "records", "web1") == BEGUN


@pytest.mark.parametrize("check", [True, False])
def test_a_start_that_goes_on_for_too_long_is_told(check: bool, tmp_path: Path) -> None:
    case = interrupted(tmp_path, half_made())
    process(tmp_path, "uuid-7")
    outcome = case.one(definition(), check=check)
    assert [problem.reason for problem in outcome.problems] == [
        "an earlier run is still starting it, in process 77"
    ]
    assert (sum(case.slept), case.toolstack.calls, begun(case)) == (60, [], BEGUN)


def test_a_start_that_ends_between_two_looks_is_no_start_that_was_cut(tmp_path: Path) -> None:
    class Ending(FakeToolstack):
        """Who makes the domain is done as soon as it was listed."""

        def domains(self) -> list[Domain]:
            found = super().domains()
            self.running = [domain("web1", 7)]
            return found

    case = interrupted(tmp_path, half_made())
    toolstack = Ending(half_made())
    toolstack.facts = case.toolstack.facts
    case.toolstack = toolstack
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, toolstack.calls) == ("none", "running", [])


@pytest.mark.parametrize("left", [[], [half_made()]])
def test_a_start_that_fails_while_it_is_waited_for(left: list[Domain], tmp_path: Path) -> None:
    case = interrupted(tmp_path, half_made())
    path = process(tmp_path, "uuid-7")

    class Later:
        def append(self, _seconds: float) -> None:
            if path.exists():
                path.unlink()
                case.toolstack.running = list(left)

    case.slept = Later()  # type: ignore[assignment]
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.notes) == ("started", "running", [CUT] if left else [])
    assert case.toolstack.calls == [("destroy", "web1"), ("create", "web1")][not left :]


# -- what the wait returns ---------------------------------------------------------------------------------------------


def wait(case: Case, found: Domain | None) -> EarlierStart | None:
    context = Context(case.toolstack, case.folders, Policy(), case.slept.append)
    case.toolstack.lists = 0
    return EarlierStartWaiter(context, case.toolstack.facts_of).wait("web1", found)


def test_nothing_is_recorded(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(half_made()))
    assert wait(case, half_made()) is None
    assert (case.toolstack.lists, case.slept) == (0, [])


def test_a_domain_of_another_start_is_not_waited_for(tmp_path: Path) -> None:
    case = interrupted(tmp_path, domain("web1", 9))
    process(tmp_path, "uuid-7")
    assert wait(case, domain("web1", 9)) == EarlierStart(BEGUN, domain("web1", 9))
    assert (case.toolstack.lists, case.slept) == (0, [])


def test_a_domain_that_has_run_is_started_whatever_process_monitors_it(tmp_path: Path) -> None:
    case = interrupted(tmp_path, domain("web1", 7))
    process(tmp_path, "uuid-7")
    assert wait(case, domain("web1", 7)) == EarlierStart(BEGUN, domain("web1", 7), made_domain=True)
    assert case.slept == []


@pytest.mark.parametrize("left", [None, half_made()])
def test_a_process_that_does_not_end_in_time(left: Domain | None, tmp_path: Path) -> None:
    case = interrupted(tmp_path, *([left] if left else []))
    process(tmp_path, "uuid-7")
    assert wait(case, left) == EarlierStart(BEGUN, left, made_domain=left is not None, process=77)
    assert sum(case.slept) == 60


def test_a_domain_that_ends_while_its_process_works_on(tmp_path: Path) -> None:
    """No second start beside it."""
    case = interrupted(tmp_path, half_made())
    case.toolstack.running = []
    process(tmp_path, "uuid-7")
    assert wait(case, half_made()) == EarlierStart(BEGUN, None, made_domain=True, process=77)


def test_a_domain_that_somebody_else_makes_meanwhile(tmp_path: Path) -> None:
    case = interrupted(tmp_path, half_made("web1", 9))
    process(tmp_path, "uuid-7")
    assert wait(case, None) == EarlierStart(BEGUN, half_made("web1", 9))

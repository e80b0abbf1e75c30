# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests that are paused, by us and by others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import DomainFacts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, Case

LOOK = "read its console, then run this again"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """web1 runs, as it was started by us."""
    made = Case(tmp_path, FakeToolstack(domain("web1", 7)))
    made.record("web1", "uuid-7", digest(TEXT))
    return made


def seen(case: Case, state: str, **rules: Any) -> tuple[str, str, list[str]]:
    outcome = case.one(definition(state=state), **rules)
    return outcome.action, outcome.state, [problem.reason for problem in outcome.problems]


def mark(case: Case) -> str:
    return records.paused(case.folder / "records", "web1")


def test_a_running_guest_is_paused_and_unpaused(case: Case) -> None:
    assert seen(case, "paused") == ("paused", "paused", [])
    assert mark(case) == "uuid-7"
    assert seen(case, "paused") == ("none", "paused", [])
    assert seen(case, "running") == ("unpaused", "running", [])
    assert mark(case) == ""
    assert seen(case, "running") == ("none", "running", [])
    assert case.toolstack.calls == [("pause", "web1"), ("unpause", "web1")]


def test_a_guest_that_is_off_is_started_and_paused(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack())
    checked = case.one(definition(state="paused"), check=True)
    assert (checked.action, checked.state, case.toolstack.calls) == ("started", "paused", [])
    assert seen(case, "paused") == ("started", "paused", [])
    assert case.toolstack.calls == [("create", "web1"), ("pause", "web1")]
    assert mark(case) == "uuid-1"
    assert seen(case, "paused") == ("none", "paused", [])
    assert seen(case, "running") == ("unpaused", "running", [])


@pytest.mark.parametrize("state, action, after", [("paused", "paused", "paused"), ("running", "unpaused", "running")])
def test_check_mode_predicts_it(state: str, action: str, after: str, case: Case) -> None:
    if state == "running":
        seen(case, "paused")
        case.toolstack.calls.clear()
    before = mark(case)
    assert seen(case, state, check=True) == (action, after, [])
    assert (case.toolstack.calls, mark(case)) == ([], before)
    assert seen(case, state) == (action, after, [])


def test_what_an_operator_paused_is_his(case: Case) -> None:
    case.toolstack.running = [domain("web1", 7, "--p---")]
    assert seen(case, "paused") == ("none", "paused", [])
    assert mark(case) == ""
    assert seen(case, "running") == ("none", "paused", ["its domain 7 is paused"])
    assert seen(case, "stopped") == ("none", "paused", ["is paused, and a paused guest cannot shut down"])
    assert case.toolstack.calls == []


def test_a_mark_is_that_of_one_domain(case: Case) -> None:
    """The guest has been started by somebody else since, and paused."""
    seen(case, "paused")
    case.toolstack.facts[7] = DomainFacts("another")
    assert seen(case, "running")[2] == ["its domain 7 is paused"]
    case.toolstack.facts[7] = DomainFacts()
    assert seen(case, "running")[2] == ["its domain 7 is paused"]


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_guest_that_we_paused_can_be_stopped(state: str, case: Case) -> None:
    seen(case, "paused")
    assert seen(case, state) == ("stopped", "off", [])
    assert case.toolstack.calls == [("pause", "web1"), ("unpause", "web1"), ("shutdown", "web1")]
    assert mark(case) == ""


def test_a_paused_guest_whose_definition_changed_is_told_and_restarted_when_it_is_to_run(case: Case) -> None:
    seen(case, "paused")
    case.file("web1", "memory = 512\n")
    told_of = case.one(definition(state="paused", restart="on_change"))
    assert (told_of.action, told_of.restart_needed) == ("none", True)
    outcome = case.one(definition(restart="on_change"))
    assert (outcome.action, outcome.cause, outcome.state, outcome.restart_needed) == ("restarted", "definition", "running", False)
    assert case.toolstack.calls[1:] == [("unpause", "web1"), ("shutdown", "web1"), ("create", "web1")]
    assert mark(case) == ""


@pytest.mark.parametrize("state, word, still", [("paused", "paused", "running"), ("running", "running", "paused")])
def test_what_does_not_change_within_its_time(state: str, word: str, still: str, case: Case) -> None:
    if state == "running":
        seen(case, "paused")
    case.toolstack.stubborn = {"web1"}
    outcome = case.one(definition(state=state))
    assert told(outcome.problems) == [("web1", "state", state, f"should be {word}, and is {still} 30 seconds later", LOOK)]
    assert (outcome.action, outcome.state) == ("none", still)
    assert sum(case.slept) == 30
    # What was tried is ours to finish.
    case.toolstack.stubborn = set()
    assert seen(case, "running") == (("none" if state == "paused" else "unpaused"), "running", [])


def test_a_guest_that_ends_while_it_is_paused(case: Case) -> None:
    class Ending(FakeToolstack):
        def pause(self, domain: Any) -> None:
            self.running = []

    case.toolstack = Ending(domain("web1", 7))
    assert seen(case, "paused") == ("none", "off", ["should be paused, and is off 30 seconds later"])


@pytest.mark.parametrize("command, state", [("pause", "paused"), ("unpause", "running")])
def test_a_program_that_fails_does_not_keep_the_others(command: str, state: str, tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(domain("a", 1), domain("b", 2)))
    if state == "running":
        case.run(definition("a", state="paused"), definition("b", state="paused"))
    case.toolstack.failing[command, "a"] = f"xl {command} failed"
    first, second = case.run(definition("a", state=state), definition("b", state=state))
    assert ([problem.reason for problem in first.problems], first.action) == ([f"xl {command} failed"], "none")
    assert (second.problems, second.action, second.state) == ([], f"{command}d", state)


def test_a_start_whose_pause_fails_was_a_start(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack())
    case.toolstack.failing["pause", "web1"] = "xl pause failed"
    assert seen(case, "paused") == ("started", "running", ["xl pause failed"])
    del case.toolstack.failing["pause", "web1"]
    assert seen(case, "paused") == ("paused", "paused", [])


def test_a_guest_that_has_crashed_is_not_paused(case: Case) -> None:
    case.toolstack.running = [domain("web1", 7, "---sc-")]
    assert seen(case, "paused") == ("none", "crashed", ["its domain 7 is crashed"])

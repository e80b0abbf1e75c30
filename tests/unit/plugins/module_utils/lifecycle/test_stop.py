# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping, pausing and unpausing guests, against domains in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, DomainFacts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, hvm, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, TRY_AGAIN, Case

NO_ANSWER = (
    "shut it down from inside, give it more time with guests_stop_timeout (option stop_timeout of guest_state), or set "
    "guests_stop_force: true (option stop_force of guest_state)"
)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, FakeToolstack())


def with_web1(case: Case, state: str = "-b----") -> Case:
    case.toolstack = FakeToolstack(domain("web1", 7, state))
    return case


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_stop(state: str, case: Case) -> None:
    with_web1(case).toolstack.patience = 2
    outcome = case.one(definition(state=state))
    assert (outcome.action, outcome.state, outcome.domid, outcome.problems) == ("stopped", "off", None, [])
    assert case.toolstack.calls == [("shutdown", "web1")]
    assert case.slept == [2.0, 2.0]


def test_all_are_asked_before_any_is_waited_for(case: Case) -> None:
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2), domain("c", 3))
    case.toolstack.patience = 1
    outcomes = case.run(*[definition(name, state="stopped") for name in "abc"])
    assert case.toolstack.calls == [("shutdown", "a"), ("shutdown", "b"), ("shutdown", "c")]
    assert [outcome.state for outcome in outcomes] == ["off"] * 3
    assert case.slept == [2.0], "they shut down side by side"


def test_a_guest_that_does_not_listen_is_reported(case: Case) -> None:
    with_web1(case).toolstack.deaf = {"web1"}
    outcome = case.one(definition(state="stopped"))
    assert told(outcome.problems) == [("web1", "state", "stopped", "did not shut down within 4 seconds, and is running", NO_ANSWER)]
    assert (outcome.action, outcome.state) == ("none", "running")
    assert case.toolstack.calls == [("shutdown", "web1")]
    assert case.slept == [2.0, 2.0]


def test_a_guest_that_does_not_listen_is_destroyed_when_that_was_asked_for(case: Case) -> None:
    with_web1(case).toolstack.deaf = {"web1"}
    outcome = case.one(definition(state="stopped"), destroy=True)
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    assert case.toolstack.calls == [("shutdown", "web1"), ("destroy", "web1")]


def test_a_destroy_that_fails(case: Case) -> None:
    with_web1(case).toolstack.deaf = {"web1"}
    case.toolstack.failing["destroy", "web1"] = "xl destroy 7 failed"
    outcome = case.one(definition(state="stopped"), destroy=True)
    assert told(outcome.problems) == [("web1", "state", "stopped", "xl destroy 7 failed", TRY_AGAIN)]
    assert (outcome.action, outcome.state) == ("none", "running")


def test_a_shutdown_that_fails_does_not_keep_the_others(case: Case) -> None:
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2))
    case.toolstack.failing["shutdown", "a"] = "no PV drivers"
    first, second = case.run(definition("a", state="stopped"), definition("b", state="stopped"))
    assert told(first.problems) == [
        ("a", "state", "stopped", "no PV drivers", "read the guest's console, then run this again")
    ]
    assert (first.action, first.state, second.action, second.state) == ("none", "running", "stopped", "off")


def test_what_a_guest_that_has_ended_leaves_behind_is_destroyed(case: Case) -> None:
    with_web1(case).toolstack.preserved = {"web1"}
    outcome = case.one(definition(state="stopped"))
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    assert case.toolstack.calls == [("shutdown", "web1"), ("destroy", "web1")]


@pytest.mark.parametrize("state", ["---sc-", "---s--"])
def test_what_has_ended_is_destroyed(state: str, case: Case) -> None:
    outcome = with_web1(case, state).one(definition(state="stopped"))
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("stopped", "off", [("destroy", "web1")])


def test_what_the_monitor_of_xl_ends_is_left_to_it(case: Case) -> None:
    """Two that destroy one domain disturb each other's hotplug scripts, which fails both."""
    with_web1(case, "---s--")
    case.toolstack.ends_by_itself(7, after=2)
    outcome = case.one(definition(state="stopped"))
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("stopped", "off", [])


@pytest.mark.parametrize("check", [True, False])
def test_a_paused_guest_is_not_destroyed_unasked(check: bool, case: Case) -> None:
    outcome = with_web1(case, "--p---").one(definition(state="stopped"), check=check)
    assert [problem.reason for problem in outcome.problems] == ["is paused, and a paused guest cannot shut down"]
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("none", "paused", [])


def test_a_paused_guest_is_destroyed_when_that_was_asked_for(case: Case) -> None:
    outcome = with_web1(case, "--p---").one(definition(state="stopped"), destroy=True)
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("stopped", "off", [("destroy", "web1")])


def test_a_shutdown_that_fails_is_a_destroy_when_that_was_asked_for(case: Case) -> None:
    """As a BIOS that shows its screen: nothing in the guest hears that it is to shut down."""
    with_web1(case).toolstack.failing["shutdown", "web1"] = "PV control interface not available"
    outcome = case.one(definition(state="stopped"), destroy=True)
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    assert case.toolstack.calls == [("shutdown", "web1"), ("destroy", "web1")]


# -- stub domains ------------------------------------------------------------------------------------------------------


def with_both(folder: Path, state: str = "-b----") -> Case:
    case = Case(folder, FakeToolstack(domain("win1", 7, state), domain("win1-dm", 8)))
    case.toolstack.targets = {8: 7}
    return case


@pytest.mark.parametrize("item", [hvm(state="stopped"), hvm(state="absent"), {"name": "win1", "state": "absent"}])
def test_a_stub_domain_is_waited_for_with_its_guest(item: Any, tmp_path: Path) -> None:
    case = with_both(tmp_path)
    case.toolstack.ends_by_itself(8, after=3)
    outcome = case.one(item)
    assert (outcome.action, outcome.state, outcome.problems, outcome.notes) == ("stopped", "off", [], [])
    assert (case.toolstack.calls, case.toolstack.running, case.slept) == ([("shutdown", "win1")], [], [2.0, 2.0])


def test_a_stub_domain_that_outlives_its_guest_is_destroyed(tmp_path: Path) -> None:
    case = with_both(tmp_path)
    outcome = case.one(hvm(state="stopped"))
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    assert case.toolstack.calls == [("shutdown", "win1"), ("destroy", "win1-dm")]
    assert case.slept == [2.0, 2.0], "it has the time that its guest has"


def test_the_stub_domain_of_a_guest_that_does_not_listen_is_left_alone(tmp_path: Path) -> None:
    case = with_both(tmp_path)
    case.toolstack.deaf = {"win1"}
    outcome = case.one(hvm(state="stopped"))
    assert [problem.reason for problem in outcome.problems] == ["did not shut down within 4 seconds, and is running"]
    assert case.toolstack.calls == [("shutdown", "win1")]


def test_a_stub_domain_goes_with_a_guest_that_is_destroyed(tmp_path: Path) -> None:
    """As xl does; where it does not, the rest is destroyed too."""

    class Both(FakeToolstack):
        def destroy(self, domain: Domain) -> None:
            super().destroy(domain)
            self.running = []

    for kind, calls in ((Both, []), (FakeToolstack, [("destroy", "win1-dm")])):
        toolstack = kind(domain("win1", 7), domain("win1-dm", 8))
        toolstack.targets, toolstack.deaf = {8: 7}, {"win1"}
        folder = tmp_path / kind.__name__
        folder.mkdir()
        outcome = Case(folder, toolstack).one(hvm(state="stopped"), destroy=True)
        assert (outcome.action, outcome.state, toolstack.running) == ("stopped", "off", [])
        assert toolstack.calls == [("shutdown", "win1"), ("destroy", "win1"), *calls]


def test_a_stub_domain_on_its_way_out_is_let_go(tmp_path: Path) -> None:
    case = with_both(tmp_path)
    case.toolstack.running[1] = domain("win1-dm", 8, "-----d")
    assert case.one(hvm(state="stopped")).action == "stopped"
    assert case.toolstack.calls == [("shutdown", "win1")]


def test_a_neighbour_of_such_a_name_is_not_waited_for(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(domain("web1", 7), domain("web1-dm", 8)))
    outcome = case.one(definition(state="stopped"))
    assert (outcome.state, case.toolstack.calls, case.slept) == ("off", [("shutdown", "web1")], [])


def test_check_mode_asks_for_nothing(tmp_path: Path) -> None:
    case = with_both(tmp_path)
    outcome = case.one(hvm(state="stopped"), check=True)
    assert (outcome.action, outcome.state, case.toolstack.calls, case.toolstack.lists) == ("stopped", "off", [], 1)


# -- pausing -----------------------------------------------------------------------------------------------------------


LOOK = "read its console, then run this again"


@pytest.fixture
def running(tmp_path: Path) -> Case:
    """web1 runs, as it was started by us."""
    made = Case(tmp_path, FakeToolstack(domain("web1", 7)))
    made.record("web1", "uuid-7", digest(TEXT))
    return made


def seen(running: Case, state: str, **rules: Any) -> tuple[str, str, list[str]]:
    outcome = running.one(definition(state=state), **rules)
    return outcome.action, outcome.state, [problem.reason for problem in outcome.problems]


def mark(running: Case) -> str:
    return records.paused(running.folder / "records", "web1")


def test_a_running_guest_is_paused_and_unpaused(running: Case) -> None:
    assert seen(running, "paused") == ("paused", "paused", [])
    assert mark(running) == "uuid-7"
    assert seen(running, "paused") == ("none", "paused", [])
    assert seen(running, "running") == ("unpaused", "running", [])
    assert mark(running) == ""
    assert seen(running, "running") == ("none", "running", [])
    assert running.toolstack.calls == [("pause", "web1"), ("unpause", "web1")]


def test_a_guest_that_is_off_is_started_and_paused(tmp_path: Path) -> None:
    running = Case(tmp_path, FakeToolstack())
    checked = running.one(definition(state="paused"), check=True)
    assert (checked.action, checked.state, running.toolstack.calls) == ("started", "paused", [])
    assert seen(running, "paused") == ("started", "paused", [])
    assert running.toolstack.calls == [("create", "web1"), ("pause", "web1")]
    assert mark(running) == "uuid-1"
    assert seen(running, "paused") == ("none", "paused", [])
    assert seen(running, "running") == ("unpaused", "running", [])


@pytest.mark.parametrize("state, action, after", [("paused", "paused", "paused"), ("running", "unpaused", "running")])
def test_check_mode_predicts_a_pause(state: str, action: str, after: str, running: Case) -> None:
    if state == "running":
        seen(running, "paused")
        running.toolstack.calls.clear()
    before = mark(running)
    assert seen(running, state, check=True) == (action, after, [])
    assert (running.toolstack.calls, mark(running)) == ([], before)
    assert seen(running, state) == (action, after, [])


def test_what_an_operator_paused_is_his(running: Case) -> None:
    running.toolstack.running = [domain("web1", 7, "--p---")]
    assert seen(running, "paused") == ("none", "paused", [])
    assert mark(running) == ""
    assert seen(running, "running") == ("none", "paused", ["its domain 7 is paused"])
    assert seen(running, "stopped") == ("none", "paused", ["is paused, and a paused guest cannot shut down"])
    assert running.toolstack.calls == []


def test_a_mark_is_that_of_one_domain(running: Case) -> None:
    """The guest has been started by somebody else since, and paused."""
    seen(running, "paused")
    running.toolstack.facts[7] = DomainFacts("another")
    assert seen(running, "running")[2] == ["its domain 7 is paused"]
    running.toolstack.facts[7] = DomainFacts()
    assert seen(running, "running")[2] == ["its domain 7 is paused"]


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_guest_that_we_paused_can_be_stopped(state: str, running: Case) -> None:
    seen(running, "paused")
    assert seen(running, state) == ("stopped", "off", [])
    assert running.toolstack.calls == [("pause", "web1"), ("unpause", "web1"), ("shutdown", "web1")]
    assert mark(running) == ""


def test_a_paused_guest_whose_definition_changed_is_told_and_restarted_when_it_is_to_run(running: Case) -> None:
    seen(running, "paused")
    running.file("web1", "memory = 512\n")
    told_of = running.one(definition(state="paused", restart="on_change"))
    assert (told_of.action, told_of.restart_needed) == ("none", True)
    outcome = running.one(definition(restart="on_change"))
    assert (outcome.action, outcome.cause, outcome.state, outcome.restart_needed) == ("restarted", "definition", "running", False)
    assert running.toolstack.calls[1:] == [("unpause", "web1"), ("shutdown", "web1"), ("create", "web1")]
    assert mark(running) == ""


@pytest.mark.parametrize("state, word, still", [("paused", "paused", "running"), ("running", "running", "paused")])
def test_what_does_not_change_within_its_time(state: str, word: str, still: str, running: Case) -> None:
    if state == "running":
        seen(running, "paused")
    running.toolstack.stubborn = {"web1"}
    outcome = running.one(definition(state=state))
    assert told(outcome.problems) == [("web1", "state", state, f"should be {word}, and is {still} 30 seconds later", LOOK)]
    assert (outcome.action, outcome.state) == ("none", still)
    assert sum(running.slept) == 30
    # What was tried is ours to finish.
    running.toolstack.stubborn = set()
    assert seen(running, "running") == (("none" if state == "paused" else "unpaused"), "running", [])


def test_a_guest_that_ends_while_it_is_paused(running: Case) -> None:
    class Ending(FakeToolstack):
        def pause(self, domain: Any) -> None:
            self.running = []

    running.toolstack = Ending(domain("web1", 7))
    assert seen(running, "paused") == ("none", "off", ["should be paused, and is off 30 seconds later"])


@pytest.mark.parametrize("command, state", [("pause", "paused"), ("unpause", "running")])
def test_a_program_that_fails_does_not_keep_the_others(command: str, state: str, tmp_path: Path) -> None:
    running = Case(tmp_path, FakeToolstack(domain("a", 1), domain("b", 2)))
    if state == "running":
        running.run(definition("a", state="paused"), definition("b", state="paused"))
    running.toolstack.failing[command, "a"] = f"xl {command} failed"
    first, second = running.run(definition("a", state=state), definition("b", state=state))
    assert ([problem.reason for problem in first.problems], first.action) == ([f"xl {command} failed"], "none")
    assert (second.problems, second.action, second.state) == ([], f"{command}d", state)


def test_a_start_whose_pause_fails_was_a_start(tmp_path: Path) -> None:
    running = Case(tmp_path, FakeToolstack())
    running.toolstack.failing["pause", "web1"] = "xl pause failed"
    assert seen(running, "paused") == ("started", "running", ["xl pause failed"])
    del running.toolstack.failing["pause", "web1"]
    assert seen(running, "paused") == ("paused", "paused", [])


def test_a_guest_that_has_crashed_is_not_paused(running: Case) -> None:
    running.toolstack.running = [domain("web1", 7, "---sc-")]
    assert seen(running, "paused") == ("none", "crashed", ["its domain 7 is crashed"])

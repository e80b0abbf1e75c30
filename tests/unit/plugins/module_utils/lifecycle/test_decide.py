# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done with a guest: every state of a definition, against every state of a domain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import RESTARTS, STATES
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.decide import (
    Decision,
    Policy,
    decide,
    unknown_names,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import EarlierStart, Observation
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.records import Record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, told

LETTERS = {
    "running": "-b----", "paused": "--p---", "crashed": "---sc-", "shutdown": "---s--", "dying": "-----d",
}  # fmt: skip
CONDITIONS = ["", *LETTERS]
PROBLEM = "problem"


def observed(condition: str = "", is_half_made: bool = False, process: int = 0, **found: Any) -> Observation:
    """What a host shows of a guest; ``process`` still starts it."""
    cpu_time = 0.0 if is_half_made else 1.0
    domain = Domain(7, "web1", 256, 1, LETTERS[condition], cpu_time) if condition else None
    start = EarlierStart(Record("uuid-7", "7d86", 0), domain, bool(domain), process) if is_half_made or process else None
    return Observation(domain, start, **found)


def decided(state: str, found: Observation, restart: str = "never", **policy: Any) -> str:
    """The action, with its cause; "problem" where there is one."""
    data = {"state": state} if state == "absent" else {"state": state, "restart": restart}
    decision = decide(guest(**data), found, Policy(**policy), "xl")
    if decision.problem:
        assert (decision.action, decision.cause) == ("none", "")
        return PROBLEM
    return f"{decision.action} {decision.cause}".strip()


@pytest.mark.parametrize(
    "state, expected",
    [
        # off, running, paused, crashed, shutdown, dying
        ("running", ["started", "none", PROBLEM, PROBLEM, PROBLEM, "started"]),
        ("paused", ["started", "paused", "none", PROBLEM, PROBLEM, "started"]),
        ("stopped", ["none", "stopped", PROBLEM, "stopped", "stopped", "stopped"]),
        ("absent", ["none", "stopped", PROBLEM, "stopped", "stopped", "stopped"]),
        ("defined", ["none"] * 6),
    ],
)
def test_what_is_there_and_what_is_wanted(state: str, expected: list[str]) -> None:
    assert [decided(state, observed(condition)) for condition in CONDITIONS] == expected


@pytest.mark.parametrize(
    "state, expected",
    [("running", "unpaused"), ("paused", "none"), ("stopped", "stopped"), ("absent", "stopped"), ("defined", "none")],
)
def test_a_pause_of_ours_is_ours_to_end(state: str, expected: str) -> None:
    assert decided(state, observed("paused", paused_by_us=True)) == expected


def test_a_pause_of_ours_says_nothing_of_a_guest_that_crashed_since() -> None:
    for state in ("running", "paused"):
        assert decided(state, observed("crashed", paused_by_us=True), "on_change") == PROBLEM


@pytest.mark.parametrize(
    "state, expected",
    [("running", "started"), ("paused", "started"), ("stopped", "stopped"), ("absent", "stopped"), ("defined", "none")],
)
def test_a_start_that_was_cut_short(state: str, expected: str) -> None:
    assert decided(state, observed("paused", is_half_made=True)) == expected
    assert decided(state, observed("paused", process=77)) == ("none" if state == "defined" else PROBLEM)


@pytest.mark.parametrize("state", STATES)
def test_a_guest_that_runs_elsewhere_is_not_started_and_that_is_all(state: str) -> None:
    elsewhere = {"web1": ("runs on host xen1", "stop it there")}
    for found in [*(observed(condition) for condition in CONDITIONS), observed("paused", is_half_made=True)]:
        usual = decided(state, found)
        assert decided(state, found, elsewhere=elsewhere) == (PROBLEM if usual == "started" else usual)
        assert decided(state, found, elsewhere={"web2": elsewhere["web1"]}) == usual
    # It runs here, whatever the list says.
    changed = observed("running", restart_needed=True)
    assert decided("running", changed, "on_change", elsewhere=elsewhere) == "restarted definition"


def test_the_problem_of_a_guest_that_runs_elsewhere_is_the_one_that_is_given() -> None:
    problem = decide(guest(), observed(), Policy(elsewhere={"web1": ("runs on host xen1", "stop it there")}), "xl").problem
    assert problem and problem.text() == (
        "guest web1: state = 'running': runs on host xen1. Remedy: stop it there.")


def test_force_ends_what_somebody_paused() -> None:
    assert decided("stopped", observed("paused"), destroy=True) == "stopped"
    assert decided("running", observed("paused"), destroy=True) == PROBLEM


STALE = {"older": {"pvgrub2-x86_64": "old"}}


@pytest.mark.parametrize(
    "found, restart, policy, expected",
    [
        ({"restart_needed": True}, "never", {}, "none"),
        ({"restart_needed": True}, "on_change", {}, "restarted definition"),
        ({"restart_needed": None}, "never", {}, "none"),
        ({"restart_needed": None}, "on_change", {}, "restarted unknown"),
        (STALE, "on_change", {}, "none"),
        (STALE, "never", {"restart_stale": True}, "restarted image"),
        ({**STALE, "file_names_older": True}, "never", {"restart_stale": True}, "none"),
        ({"restart_needed": True, **STALE}, "on_change", {"restart_stale": True}, "restarted image"),
        ({"restart_needed": True, **STALE}, "on_change", {}, "restarted definition"),
        ({"restart_needed": True, **STALE}, "never", {"restart_stale": True}, "restarted image"),
        ({}, "never", {"reboot": ["web1"]}, "restarted asked"),
        ({"restart_needed": True}, "on_change", {"reboot": ["web1"]}, "restarted asked"),
        ({}, "never", {"reboot": ["web2"]}, "none"),
    ],
)
def test_why_a_guest_is_restarted(found: Any, restart: str, policy: Any, expected: str) -> None:
    assert decided("running", observed("running", **found), restart, **policy) == expected
    ours = observed("paused", paused_by_us=True, **found)
    assert decided("running", ours, restart, **policy) == ("unpaused" if expected == "none" else expected)
    assert decided("running", observed("", **found), restart, **policy) == "started"


@pytest.mark.parametrize("state", sorted(set(STATES) - {"running"}))
def test_a_reboot_is_for_guests_that_are_to_run(state: str) -> None:
    found = decide(guest(state=state), observed("running"), Policy(reboot=("web1",)), "xl").problem
    assert found
    reason = "is listed in reboot, which restarts guests with state: running only"
    assert told([found]) == [("web1", "state", state, reason, "remove it from reboot")]


def test_the_words() -> None:
    def words(state: str, found: Observation) -> list[Any]:
        decision = decide(guest(state=state), found, Policy(), "xm")
        assert decision.problem
        return told([decision.problem])[0][3:]  # type: ignore[return-value]

    assert words("running", observed("crashed")) == (
        "its domain 7 is crashed",
        "examine the guest, then run xm destroy web1 (or xm unpause web1 if you paused it)",
    )
    assert words("stopped", observed("paused")) == (
        "is paused, and a paused guest cannot shut down",
        "run xm unpause web1, then run this again, or set guests_stop_force: true (option stop_force of guest_state)",
    )
    assert words("running", observed("paused", process=77)) == (
        "an earlier run is still starting it, in process 77",
        "wait until that process ends, or end it, then run this again",
    )


def test_names_that_nobody_has() -> None:
    assert unknown_names(["a"], ["a", "b"]) == []
    assert [found.text() for found in unknown_names(["x", "a", "y"], ["a"])] == [
        f"reboot = '{name}': is not a guest of the list. Remedy: correct the name, or add the guest's definition."
        for name in "xy"
    ]


observations = st.builds(
    observed, condition=st.sampled_from(CONDITIONS), is_half_made=st.booleans(), process=st.integers(0, 1),
    paused_by_us=st.booleans(), restart_needed=st.sampled_from([True, False, None]),
    older=st.sampled_from([{}, STALE["older"]]), file_names_older=st.booleans(),
)  # fmt: skip
policies = st.builds(
    Policy, destroy=st.booleans(), restart_stale=st.booleans(), reboot=st.sampled_from([(), ("web1",)])
)


@given(st.sampled_from(STATES), st.sampled_from(RESTARTS), observations, policies)
def test_what_holds_whatever_is_found(state: str, restart: str, found: Observation, policy: Policy) -> None:
    one = guest(state=state, restart=restart)
    decision = decide(one, found, policy, "xl")
    assert decision == decide(one, found, policy, "xl")
    assert (decision.action == "restarted") is bool(decision.cause)
    if decision.problem:
        assert decision.action == "none"
    if state == "defined":
        assert decision.action == "none"
    if decision.action == "stopped":
        assert found.condition
        assert state in ("stopped", "absent")
    if decision.action == "restarted":
        assert state == "running"
        assert restart == "on_change" or policy.reboot or policy.restart_stale
    # What an operator paused is not touched, but by force, and an incomplete domain is not his.
    if found.condition == "paused" and not (found.paused_by_us or found.start or policy.destroy):
        assert decision.action == "none"


def test_nothing_is_the_default() -> None:
    assert Decision() == Decision("none", "", None)

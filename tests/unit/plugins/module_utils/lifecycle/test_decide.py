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
    Situation,
    decide,
    unknown_names,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, told

CONDITIONS = ["", "running", "paused", "crashed", "shutdown", "dying"]
PROBLEM = "problem"


def decided(state: str, found: Situation, restart: str = "never", **policy: Any) -> str:
    """The action, with its cause; "problem" where there is one."""
    data = {"state": state} if state == "absent" else {"state": state, "restart": restart}
    decision = decide(guest(**data), found, Policy("xl", **policy))
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
    assert [decided(state, Situation(condition)) for condition in CONDITIONS] == expected


@pytest.mark.parametrize(
    "state, expected",
    [("running", "unpaused"), ("paused", "none"), ("stopped", "stopped"), ("absent", "stopped"), ("defined", "none")],
)
def test_a_pause_of_ours_is_ours_to_end(state: str, expected: str) -> None:
    assert decided(state, Situation("paused", paused_by_us=True)) == expected


def test_a_pause_of_ours_says_nothing_of_a_guest_that_crashed_since() -> None:
    for state in ("running", "paused"):
        assert decided(state, Situation("crashed", paused_by_us=True), "on_change") == PROBLEM


@pytest.mark.parametrize(
    "state, expected",
    [("running", "started"), ("paused", "started"), ("stopped", "stopped"), ("absent", "stopped"), ("defined", "none")],
)
def test_a_start_that_was_cut_short(state: str, expected: str) -> None:
    assert decided(state, Situation("paused", is_cut=True)) == expected
    assert decided(state, Situation("paused", maker=77)) == ("none" if state == "defined" else PROBLEM)


def test_force_ends_what_somebody_paused() -> None:
    assert decided("stopped", Situation("paused"), destroy=True) == "stopped"
    assert decided("running", Situation("paused"), destroy=True) == PROBLEM


@pytest.mark.parametrize(
    "found, restart, policy, expected",
    [
        ({"differs": True}, "never", {}, "none"),
        ({"differs": True}, "on_change", {}, "restarted definition"),
        ({"differs": None}, "never", {}, "none"),
        ({"differs": None}, "on_change", {}, "restarted unknown"),
        ({"is_stale": True}, "on_change", {}, "none"),
        ({"is_stale": True}, "never", {"restart_stale": True}, "restarted image"),
        ({"is_stale": False}, "never", {"restart_stale": True}, "none"),
        ({"differs": True, "is_stale": True}, "on_change", {"restart_stale": True}, "restarted image"),
        ({"differs": True, "is_stale": True}, "on_change", {}, "restarted definition"),
        ({"differs": True, "is_stale": True}, "never", {"restart_stale": True}, "restarted image"),
        ({}, "never", {"reboot": ["web1"]}, "restarted asked"),
        ({"differs": True}, "on_change", {"reboot": ["web1"]}, "restarted asked"),
        ({}, "never", {"reboot": ["web2"]}, "none"),
    ],
)
def test_why_a_guest_is_restarted(found: Any, restart: str, policy: Any, expected: str) -> None:
    assert decided("running", Situation("running", **found), restart, **policy) == expected
    ours = Situation("paused", paused_by_us=True, **found)
    assert decided("running", ours, restart, **policy) == ("unpaused" if expected == "none" else expected)
    assert decided("running", Situation("", **found), restart, **policy) == "started"


@pytest.mark.parametrize("state", sorted(set(STATES) - {"running"}))
def test_a_reboot_is_for_guests_that_are_to_run(state: str) -> None:
    found = decide(guest(state=state), Situation("running"), Policy("xl", reboot=("web1",))).problem
    assert found
    reason = "is named in reboot, which restarts guests that are to run"
    assert told([found]) == [("web1", "state", state, reason, "take it out of reboot")]


def test_the_words() -> None:
    def words(state: str, found: Situation) -> list[Any]:
        decision = decide(guest(state=state), found, Policy("xm"))
        assert decision.problem
        return told([decision.problem])[0][3:]  # type: ignore[return-value]

    assert words("running", Situation("crashed", 7)) == (
        "its domain 7 is there and crashed",
        "look at it, then run xm destroy web1 (or xm unpause web1 when you paused it)",
    )
    assert words("stopped", Situation("paused")) == (
        "is paused, and a paused guest cannot shut down",
        "run xm unpause web1, then this again, or set stop_force: true",
    )
    assert words("running", Situation("paused", maker=77)) == (
        "its start, of an earlier run, is still under way in process 77",
        "let that process end, or end it, then run this again",
    )


def test_names_that_nobody_has() -> None:
    assert unknown_names(["a"], ["a", "b"]) == []
    assert [found.text() for found in unknown_names(["x", "a", "y"], ["a"])] == [
        f"reboot = '{name}': is no guest of the list. Remedy: correct the name, or add the guest's definition."
        for name in "xy"
    ]


situations = st.builds(
    Situation, condition=st.sampled_from(CONDITIONS), is_cut=st.booleans(), maker=st.integers(0, 1),
    paused_by_us=st.booleans(), differs=st.sampled_from([True, False, None]), is_stale=st.booleans(),
)  # fmt: skip
policies = st.builds(
    Policy, st.just("xl"), destroy=st.booleans(), restart_stale=st.booleans(), reboot=st.sampled_from([(), ("web1",)])
)


@given(st.sampled_from(STATES), st.sampled_from(RESTARTS), situations, policies)
def test_what_holds_whatever_is_found(state: str, restart: str, found: Situation, policy: Policy) -> None:
    one = guest(state=state, restart=restart)
    decision = decide(one, found, policy)
    assert decision == decide(one, found, policy)
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
    # What an operator paused is not touched, but by force, and a half-made domain is not his.
    if found == Situation("paused", differs=found.differs, is_stale=found.is_stale) and not policy.destroy:
        assert decision.action == "none"


def test_nothing_is_the_default() -> None:
    assert Decision() == Decision("none", "", None)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests an upgrade restarts together, and which of them failed, by the filters that the playbooks use."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.filter import (
    ended_guests,
    restart_batches,
    restart_failures,
    rolled_back,
)

BATCHES = restart_batches.FilterModule().filters()["restart_batches"]
ENDED = ended_guests.FilterModule().filters()["ended_guests"]
FAILURES = restart_failures.FilterModule().filters()["restart_failures"]
ROLLED_BACK = rolled_back.FilterModule().filters()["rolled_back"]


def state(name: str, **more: Any) -> dict[str, Any]:
    """What guest_state returns of a guest that runs from an older image."""
    usual = {"action": "restarted", "cause": "image", "order": 0, "depth": 0, "older": {"stub": "v1"}, "problems": []}
    return {"name": name, **usual, **more}


def names(batches: list[list[dict[str, Any]]]) -> list[list[str]]:
    return [[guest["name"] for guest in batch] for batch in batches]


def problem(text: str) -> dict[str, Any]:
    return {"problems": [{"text": text}]}


@pytest.mark.parametrize("size, batches", [
    (1, [["a"], ["b"], ["c"], ["d"], ["e"]]), (2, [["a", "b"], ["c", "d"], ["e"]]), (3, [["a", "b", "c"], ["d", "e"]]),
    (5, [["a", "b", "c", "d", "e"]]), (99, [["a", "b", "c", "d", "e"]]), ("2", [["a", "b"], ["c", "d"], ["e"]]),
])
def test_sizes(size: int, batches: list[list[str]]) -> None:
    assert names(BATCHES([state(name) for name in "abcde"], size)) == batches


def test_nothing_to_restart() -> None:
    causes = ("", "asked", "definition", "unknown")
    assert BATCHES([state(str(number), cause=cause) for number, cause in enumerate(causes)], 4) == []
    assert BATCHES([], 4) == []


def test_who_is_never_in_one_batch() -> None:
    """Guests of different orders, one that needs another, and those that would return to different versions."""
    guests = [
        state("late", order=2), state("first", order=-1), state("user", depth=1), state("needed"),
        state("older", older={"stub": "v0"}), state("two", older={"stub": "v1", "loader": "v1"}), state("same"),
    ]
    assert names(BATCHES(guests, 9)) == [["first"], ["two"], ["older"], ["needed", "same"], ["user"], ["late"]]
    assert names(BATCHES([state("a", older={"x": "1", "y": "2"}), state("b", older={"y": "2", "x": "1"})], 9)) == [["a", "b"]]


@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 2), st.sampled_from(["v0", "v1"]), st.sampled_from(["", "image"])), max_size=30),
    st.integers(1, 8),
)
def test_any_plan(guests: list[tuple[int, int, str, str]], size: int) -> None:
    """Each guest of the plan is restarted once, after all that come before it, and with its equals alone."""
    states = [state(f"guest{number}", order=order, depth=depth, older={"stub": older}, cause=cause)
              for number, (order, depth, older, cause) in enumerate(guests)]
    batches = BATCHES(states, size)
    flat = [guest for batch in batches for guest in batch]
    assert sorted(guest["name"] for guest in flat) == sorted(guest["name"] for guest in states if guest["cause"])
    assert [(guest["order"], guest["depth"]) for guest in flat] == sorted((guest["order"], guest["depth"]) for guest in flat)
    for batch in batches:
        assert 1 <= len(batch) <= size
        assert len({(guest["order"], guest["depth"], str(guest["older"])) for guest in batch}) == 1


def test_one_that_has_ended_by_itself_is_not_started() -> None:
    guests = [state("a"), state("b"), state("c")]
    done = [state("a"), state("b", action="none"), state("other", action="stopped")]
    found = ENDED(guests, done)
    assert [guest["name"] for guest in found] == ["b", "c"]
    assert {tuple(guest) for guest in found} == {("name", "reason", "remedy")}
    assert ENDED(guests, [state(name, action="stopped") for name in "abc"]) == []


def test_failures_of_one_guest_do_not_concern_the_others() -> None:
    guests = [state("a"), state("b"), state("c"), state("d")]
    restarted = {"guests": [state("a"), state("b", **problem("no loader.")), state("c"), state("d", **problem("both."))]}
    verified = {"guests": [state("a"), state("b"), state("c", **problem("no console.")), state("d", **problem("both."))]}
    assert FAILURES(guests, restarted, verified) == {"b": "no loader.", "c": "no console.", "d": "both."}
    assert FAILURES(guests[:1], {"guests": [state("a")]}, {"guests": [state("a")]}) == {}
    assert FAILURES([], {"guests": []}, {"guests": []}) == {}


@pytest.mark.parametrize("lost, text", [
    ({"unreachable": True, "msg": "no route to host"}, "no route to host"), ({"skipped": True}, "the module has no result"),
    ({"failed": True, "msg": ""}, "the module has no result"),
])
def test_without_a_result_no_guest_is_proven(lost: dict[str, Any], text: str) -> None:
    guests, fine = [state("a"), state("b")], {"guests": [state("a"), state("b")]}
    assert FAILURES(guests, lost, fine) == dict.fromkeys("ab", f"cannot be restarted: {text}")
    assert FAILURES(guests, fine, lost) == dict.fromkeys("ab", f"cannot be verified: {text}")


def test_the_report_of_a_rollback() -> None:
    older = {"stub": "v1", "loader": "v0"}
    assert ROLLED_BACK("no loader. Remedy: build one.", [state("a", older=older), state("b", older=older)]) == (
        "no loader. Remedy: build one. The host is back at stub v1, loader v0, and guests a, b run as defined")
    assert ROLLED_BACK("the shop is closed (task 'Drain')", [state("a")]) == (
        "the shop is closed (task 'Drain'). The host is back at stub v1, and guest a runs as defined")

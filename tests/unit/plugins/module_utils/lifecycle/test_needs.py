# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs with guests that need others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.needs import find_circles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.order import plan
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, guest
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import Case


def case_of(folder: Path, *running: Any) -> Case:
    made = Case(folder, FakeToolstack(*running))
    made.file("net")
    return made


NET, WEB = definition("net"), definition("a", needs=["net"])


@pytest.mark.parametrize("user", [WEB, definition("a", vifs=[{"backend": "net"}])])
def test_what_is_needed_starts_first(user: dict[str, Any], tmp_path: Path) -> None:
    case = case_of(tmp_path)
    outcomes = case.run(user, NET, start_parallel=8)
    assert [(outcome.name, outcome.action, outcome.problems, outcome.notes) for outcome in outcomes] == [
        ("a", "started", [], []), ("net", "started", [], []),
    ]
    assert case.toolstack.calls == [("create", "net"), ("create", "a")]
    assert [outcome.depth for outcome in outcomes] == [1, 0]


@pytest.mark.parametrize("check", [True, False])
def test_what_needs_it_stops_first(check: bool, tmp_path: Path) -> None:
    case = case_of(tmp_path, domain("net", 1), domain("a", 2))
    outcomes = case.run({**NET, "state": "stopped"}, {**WEB, "state": "stopped"}, check=check)
    assert [(outcome.action, outcome.state, outcome.problems) for outcome in outcomes] == [("stopped", "off", [])] * 2
    assert case.toolstack.calls == ([] if check else [("shutdown", "a"), ("shutdown", "net")])


@pytest.mark.parametrize("check", [True, False])
def test_a_guest_whose_needs_did_not_start_is_not_started(check: bool, tmp_path: Path) -> None:
    case = case_of(tmp_path)
    (tmp_path / "net.cfg").unlink()
    net, web, other = case.run(NET, WEB, definition("b"), check=check)
    assert (net.action, other.action) == ("none", "started")
    assert (web.action, web.state) == ("none", "off")
    assert [problem.text() for problem in web.problems] == [
        "guest a: needs = 'net': net, which it needs, is off. Remedy: see that net runs, then run this again."
    ]


def test_a_needed_guest_that_the_list_does_not_have(tmp_path: Path) -> None:
    assert case_of(tmp_path, domain("net", 1)).one(WEB).action == "started"


@pytest.mark.parametrize("state, word", [("--p---", "paused"), ("---sc-", "crashed")])
def test_a_needed_guest_must_run(state: str, word: str, tmp_path: Path) -> None:
    outcome = case_of(tmp_path, domain("net", 1, state)).one(WEB)
    assert [problem.reason for problem in outcome.problems] == [f"net, which it needs, is {word}"]


def test_a_running_guest_is_left_alone_when_what_it_needs_fails(tmp_path: Path) -> None:
    case = case_of(tmp_path, domain("a", 2))
    case.toolstack.failing["create", "net"] = "no memory"
    net, web = case.run(NET, WEB)
    assert len(net.problems) == 1
    assert (web.action, web.state, web.problems, web.notes) == ("none", "running", [], [])


def test_a_guest_is_not_shut_down_for_a_restart_without_what_it_needs(tmp_path: Path) -> None:
    case = case_of(tmp_path, domain("a", 2))
    outcome = case.one(WEB, reboot=("a",))
    assert (outcome.action, outcome.state, len(outcome.problems)) == ("none", "running", 1)
    assert case.toolstack.calls == []


@pytest.mark.parametrize("state", ["defined", "stopped"])
def test_a_guest_that_is_in_use_is_not_stopped(state: str, tmp_path: Path) -> None:
    """The user is left alone, or does not shut down."""
    case = case_of(tmp_path, domain("net", 1), domain("a", 2))
    case.toolstack.deaf.add("a")
    net = case.run({**NET, "state": "stopped"}, {**WEB, "state": state})[0]
    reason, remedy = "is not stopped, as a still runs and needs it", "stop a first, then run this again"
    assert [(problem.reason, problem.remedy) for problem in net.problems] == [(reason, remedy)]
    assert (net.action, net.state) == ("none", "running")
    assert ("shutdown", "net") not in case.toolstack.calls


@pytest.mark.parametrize("running, policy, word", [
    ([domain("net", 1), domain("a", 2)], {"reboot": ("net",)}, "restarted"), ([domain("a", 2)], {}, "started"),
])  # fmt: skip
def test_a_guest_that_ran_on_while_what_it_needs_started_anew(running: Any, policy: Any, word: str, tmp_path: Path) -> None:
    net, web = case_of(tmp_path, *running).run(NET, WEB, **policy)
    assert (net.action, web.action, web.problems) == (word, "none", [])
    text = f"was {word} while this guest ran: restart this guest, too, if it lost a device by that"
    assert web.notes == [f"guest a: net, which it needs, {text}"]


ACTIONS = st.sampled_from(["none", "started", "stopped", "paused", "unpaused", "restarted"])
NAMES = "abcdef"


@given(st.lists(st.tuples(ACTIONS, st.integers(-1, 1), st.sets(st.sampled_from(NAMES))), min_size=6, max_size=6), st.integers(1, 8))
def test_no_plan_has_a_guest_beside_or_before_what_it_needs(rows: list[tuple[str, int, set[str]]], size: int) -> None:
    needs = {name: sorted(row[2] - {name}) for name, row in zip(NAMES, rows)}
    orders = {name: row[1] for name, row in zip(NAMES, rows)}
    needs = {name: [other for other in others if orders[other] <= orders[name]] for name, others in needs.items()}
    if find_circles(needs):
        return
    guests = {name: guest(name, order=orders[name], needs=needs[name]) for name in NAMES}
    steps = plan([(guests[name], row[0]) for name, row in zip(NAMES, rows)], size)
    place = {name: (number, step.action) for number, step in enumerate(steps) for name in step.names}
    assert set(place) == {name for name, row in zip(NAMES, rows) if row[0] != "none"}
    for name, others in needs.items():
        for other in others:
            if name in place and other in place:
                is_up = [place[one][1] in ("unpaused", "started", "restarted") for one in (name, other)]
                if is_up == [True, True]:
                    assert place[other][0] < place[name][0]
                elif is_up == [False, False] and place[name][1] == place[other][1]:
                    assert place[name][0] < place[other][0]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order guests are handled."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.order import (
    MOST_STARTS,
    Step,
    check_sizes,
    plan,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest

ACTIONS = ["none", "started", "stopped", "paused", "unpaused", "restarted"]


def planned(*rows: tuple[str, str, int, int], **sizes: int) -> list[str]:
    """Each step in short: ``started a b``."""
    found = plan([(guest(name, order=order, start_delay=delay), action) for name, action, order, delay in rows], **sizes)
    return [" ".join([step.action, *step.names]) for step in found]


def test_lower_starts_first_and_stops_last() -> None:
    rows = [("a", "started", 5, 0), ("b", "started", -5, 0), ("c", "stopped", 5, 0), ("d", "stopped", -5, 0)]
    assert planned(*rows) == ["stopped c", "stopped d", "started b", "started a"]


def test_what_stops_together_and_what_goes_one_by_one() -> None:
    for action in ("stopped", "paused", "unpaused", "started"):
        assert planned(*[(name, action, 0, 0) for name in "abc"]) == [f"{action} a b c"]
    assert planned(*[(name, "restarted", 0, 0) for name in "abc"]) == ["restarted a", "restarted b", "restarted c"]


def test_within_one_order_what_is_down_comes_up_before_anything_goes_down() -> None:
    rows = [("a", "restarted", 0, 0), ("b", "started", 0, 0), ("c", "unpaused", 0, 0), ("d", "restarted", -1, 0)]
    assert planned(*rows) == ["restarted d", "unpaused c", "started b", "restarted a"]


def test_how_many_at_a_time() -> None:
    starts = [(name, "started", 0, 0) for name in "abc"]
    restarts = [(name, "restarted", 0, 0) for name in "def"]
    assert planned(*starts, *restarts, restarts=2) == ["started a b c", "restarted d e", "restarted f"]


def test_orders_never_overlap() -> None:
    assert planned(*[(name, "started", order, 0) for order, name in enumerate("abc")]) == [
        "started a", "started b", "started c",
    ]


def test_a_delay_ends_a_step() -> None:
    rows = [("a", "started", 0, 0), ("b", "started", 0, 9), ("c", "started", 0, 0), ("d", "started", 0, 9)]
    assert planned(*rows) == ["started a b", "started c d"]
    assert planned(*[(name, "stopped", 0, 9) for name in "ab"]) == ["stopped a b"]


@pytest.mark.parametrize("action", ACTIONS)
def test_which_steps_start_something(action: str) -> None:
    assert Step(action, ("a",)).is_start is (action in ("started", "restarted"))


@pytest.mark.parametrize("starts, restarts, keys", [
    (1, 1, []), (MOST_STARTS, 500, []), (0, 1, ["start_parallel"]), (MOST_STARTS + 1, 0, ["start_parallel", "restart_batch"]),
    (1, -1, ["restart_batch"]),
])  # fmt: skip
def test_numbers(starts: int, restarts: int, keys: list[str]) -> None:
    assert [found.key for found in check_sizes(starts, restarts)] == keys


guests = st.lists(
    st.builds(
        lambda action, order, delay: (action, order, delay),
        st.sampled_from(ACTIONS), st.integers(-3, 3), st.sampled_from([0, 0, 0, 5]),
    ),
    max_size=12,
)  # fmt: skip


@given(guests, st.integers(1, 4))
def test_every_guest_once_and_in_order(rows: list[Any], restarts: int) -> None:
    actions: list[tuple[Guest, str]] = [
        (guest(f"g{number}", order=order, start_delay=delay), action) for number, (action, order, delay) in enumerate(rows)
    ]
    by_name = {one.name: (one, action) for one, action in actions}
    steps = plan(actions, restarts)
    assert sorted(name for step in steps for name in step.names) == sorted(
        one.name for one, action in actions if action != "none"
    )
    for step in steps:
        assert {by_name[name][1] for name in step.names} == {step.action}
        assert len({by_name[name][0].order for name in step.names}) == 1
        assert 0 < len(step.names) <= (restarts if step.action == "restarted" else len(actions))
        assert not step.is_start or all(by_name[name][0].start_delay == 0 for name in step.names[:-1])
    ups = [by_name[step.names[0]][0].order for step in steps if step.action in ("unpaused", "started", "restarted")]
    assert ups == sorted(ups)
    for action in ("stopped", "paused"):
        downs = [by_name[step.names[0]][0].order for step in steps if step.action == action]
        assert downs == sorted(downs, reverse=True)

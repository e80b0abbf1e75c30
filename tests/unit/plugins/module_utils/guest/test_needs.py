# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guests of a host need of each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.needs import depths, find_circles
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, guest, told

RUN = "set state: running for net, or remove it from needs"


def problems(*items: dict[str, Any]) -> list[tuple[str, str, Any, str, str]]:
    return [found for read in read_guests(items) for found in told(read.problems)]


@pytest.mark.parametrize("needs, names", [
    (["net"], ["net"]), ("net", ["net"]), (["net", "db", "net"], ["net", "db"]), ([], []), (None, []),
])  # fmt: skip
def test_how_needs_are_written(needs: Any, names: list[str]) -> None:
    assert guest(needs=needs).needs == names


@pytest.mark.parametrize("needs, value, reason", [
    (["web1"], ["web1"], "names the guest itself"),
    (["Domain-0"], ["Domain-0"], "Domain-0 always runs before any guest"),
    (["7"], "7", "has an item that is not the name of a guest"),
    (["a b"], "a b", "has an item that is not the name of a guest"),
    (["../x"], "../x", "has an item that is not the name of a guest"),
    ([7], [7], "must be a list of strings, none of them empty, with blanks around it, or with control characters"),
    ({"net": 1}, {"net": 1}, "must be a list of strings, none of them empty, with blanks around it, or with control characters"),
    ([""], [""], "must be a list of strings, none of them empty, with blanks around it, or with control characters"),
])  # fmt: skip
def test_needs_that_are_no_names(needs: Any, value: Any, reason: str) -> None:
    assert [found[:4] for found in problems(definition(needs=needs))] == [("web1", "needs", value, reason)]


def test_a_driver_domain_is_needed_too_and_dom0_is_not() -> None:
    backends = [{"backend": name} for name in ("net", "net2", "0", "Domain-0", "5", "net")]
    assert guest(needs=["db", "net2"], vifs=[*backends, {}]).needed == ["db", "net2", "net"]


def test_what_can_be_is_no_problem() -> None:
    net, db = definition("net"), definition("db", order=-3)
    assert problems(definition(needs=["net", "db"]), net, db) == []
    assert problems(definition(needs=["net"], order=1), net) == []
    # A list can be a part of that of the host.
    assert problems(definition(needs=["elsewhere"])) == []


def test_a_needed_guest_of_a_higher_order_is_a_contradiction() -> None:
    reason = "has the order 2 and would start after this guest, which has the order 1"
    found = problems(definition(needs=["net"], order=1), definition("net", order=2))
    assert found == [("web1", "needs", "net", reason, "lower the order of net, or raise that of web1")]


@pytest.mark.parametrize("state", ["stopped", "paused", "defined", "absent"])
@pytest.mark.parametrize("own, is_told", [("running", True), ("paused", True), ("stopped", False), ("defined", False), ("absent", False)])
def test_a_needed_guest_that_does_not_run(state: str, own: str, is_told: bool) -> None:
    reason = f"has the state {state}, so that it does not run when this guest starts"
    found = problems(definition(needs=["net"], state=own), definition("net", state=state))
    assert found == ([("web1", "needs", "net", reason, RUN)] if is_told else [])


def test_each_guest_of_a_circle_is_told_the_whole_of_it() -> None:
    a, b, c = definition("a", needs=["b"]), definition("b", needs=["c"]), definition("c", needs=["a"])
    user = definition("user", needs=["a"])
    remedy = "remove one of these needs"
    assert problems(a, b, c, user) == [
        ("a", "needs", ["b"], "is a circle: a needs b, b needs c, c needs a", remedy),
        ("b", "needs", ["c"], "is a circle: b needs c, c needs a, a needs b", remedy),
        ("c", "needs", ["a"], "is a circle: c needs a, a needs b, b needs c", remedy),
    ]


def test_a_circle_through_a_driver_domain() -> None:
    a, b = definition("a", vifs=[{"backend": "b"}]), definition("b", needs=["a"])
    assert [found[:3] for found in problems(a, b)] == [("a", "vifs[0].backend", "b"), ("b", "needs", ["a"])]


def test_a_circle_is_told_once_and_not_as_orders_that_contradict() -> None:
    a, b = definition("a", needs=["b"], order=1), definition("b", needs=["a"], order=2)
    assert [found[3] for found in problems(a, b)] == ["is a circle: a needs b, b needs a", "is a circle: b needs a, a needs b"]


def test_a_guest_with_another_problem_is_still_known() -> None:
    assert [found[0] for found in problems(definition(needs=["net"]), definition("net", memory=-1))] == ["net"]


GRAPHS = st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=8)


@given(GRAPHS)
def test_depths_and_circles_of_any_needs(needs: dict[str, list[str]]) -> None:
    """Each name is on a circle, or needs one, or has a depth above that of all that it needs."""
    def reached(name: str) -> set[str]:
        found: set[str] = set()
        ways = [name]
        while ways:
            for other in needs.get(ways.pop(), []):
                if other not in found:
                    found.add(other)
                    ways.append(other)
        return found

    circles = find_circles(needs)
    assert set(circles) == {name for name in needs if name in reached(name)}
    for name, way in circles.items():
        assert way[0] == name
        assert all(after in needs[before] for before, after in zip(way, [*way[1:], name]))
    if not circles:
        found = depths([guest(name, needs=[other for other in others if other != name]) for name, others in needs.items()])
        for name, others in needs.items():
            own = [found[other] for other in others if other in found]
            assert found[name] == 1 + max(own, default=-1)


def test_a_depth_counts_guests_of_the_same_order_only() -> None:
    guests = [guest("a"), guest("b", needs=["a"], order=5), guest("c", needs=["b"], order=5), guest("d", needs=["gone"])]
    assert depths(guests) == {"a": 0, "b": 0, "c": 1, "d": 0}


def test_a_long_chain_is_no_recursion() -> None:
    names = [f"g{number}" for number in range(2000)]
    assert depths([guest(name, needs=[before]) for before, name in zip(names, names[1:])])["g1999"] == 1998

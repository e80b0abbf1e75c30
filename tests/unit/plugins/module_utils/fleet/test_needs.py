# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guests need, against the lists of all hosts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import read_fleet
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition


def texts(**hosts: Any) -> list[str]:
    return [problem.text() for problem in read_fleet(hosts).problems]


def test_a_name_that_no_list_has() -> None:
    reason, remedy = "is not a guest of this host", "give the name of a guest of this host, or add its definition"
    assert texts(xen1=[definition(needs=["vault"])]) == [f"host xen1: guest web1: needs = 'vault': {reason}. Remedy: {remedy}."]


def test_a_name_that_is_nearly_right() -> None:
    found = texts(xen1=[definition(needs=["netdmo"]), definition("netdom")])
    assert found == ["host xen1: guest web1: needs = 'netdmo': is not a guest of this host. Remedy: did you mean netdom."]


def test_a_guest_of_another_host() -> None:
    reason, remedy = "is a guest of host xen2, not of xen1", "move one of the two, or remove netdom from needs"
    found = texts(xen1=[definition(needs=["netdom"])], xen2=[definition("netdom")])
    assert found == [f"host xen1: guest web1: needs = 'netdom': {reason}. Remedy: {remedy}."]


def test_a_needed_guest_whose_definition_is_wrong_is_known() -> None:
    assert len(texts(xen1=[definition(needs=["net"]), definition("net", memory="x")])) == 1


def test_each_wrong_need_has_a_problem_of_its_own() -> None:
    bad = definition(needs=["gone", "off", "late", "away"], memory="x")
    others = [definition("off", state="stopped"), definition("late", order=3)]
    xen2 = [definition("away")]
    wrong = ["memory = 'x'", "needs = 'gone'", "needs = 'away'"]
    assert [text.split(": ")[2] for text in texts(xen1=[bad, *others], xen2=xen2)] == wrong
    good = {**bad, "memory": 64}
    wrong = ["needs = 'off'", "needs = 'late'", "needs = 'gone'", "needs = 'away'"]
    assert [text.split(": ")[2] for text in texts(xen1=[good, *others], xen2=xen2)] == wrong


@pytest.mark.parametrize("needs", [[["a"], {"a": 1}, 7, None], {"a": 1}, 7, True])
def test_needs_of_a_wrong_kind_are_one_problem(needs: Any) -> None:
    assert len(texts(xen1=[definition(needs=needs)])) == 1


@pytest.mark.parametrize("own, other, is_told", [(True, False, True), (True, True, False), (False, False, False)])
def test_a_guest_that_starts_at_boot_without_what_it_needs(own: bool, other: bool, is_told: bool) -> None:
    fleet = read_fleet({"xen1": [definition(needs=["net"], autostart=own), definition("net", autostart=other)]})
    assert fleet.problems == []
    note = "host xen1: guest web1: has autostart: true, and guest net, which it needs, does not: set autostart: true there, too"
    assert fleet.notes == ([note] if is_told else [])

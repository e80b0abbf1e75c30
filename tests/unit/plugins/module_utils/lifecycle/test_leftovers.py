# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What interrupted and failed starts left: incomplete domains, and their stub domains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, ToolstackError
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, hvm, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import (
    BEGUN,
    TRY_AGAIN,
    Case,
    begun,
    half_made,
    interrupted,
)

CUT = "guest web1: domain 7, whose start was interrupted, is destroyed"
STUB_LEFT = "guest win1: domain 10 (win1-dm), left by a failed start, is destroyed"
DEADLOCKED = "Kernel panic - not syncing: System is deadlocked on memory"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, FakeToolstack())


# -- incomplete domains ------------------------------------------------------------------------------------------------


def test_a_half_made_domain_is_destroyed_and_made_again(tmp_path: Path) -> None:
    case = interrupted(tmp_path, half_made())
    checked = case.one(definition(), check=True)
    assert (checked.action, checked.state, checked.notes, case.toolstack.calls) == ("started", "running", [CUT], [])
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.notes, outcome.problems) == ("started", "running", [CUT], [])
    assert case.toolstack.calls == [("destroy", "web1"), ("create", "web1")]
    again = case.one(definition())
    assert (again.action, again.notes, begun(case)) == ("none", [], None)


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_half_made_domain_of_a_guest_that_is_not_to_run(state: str, tmp_path: Path) -> None:
    case = interrupted(tmp_path, half_made())
    outcome = case.one(definition(state=state))
    assert (outcome.action, outcome.state, outcome.notes, outcome.problems) == ("stopped", "off", [CUT], [])
    assert (case.toolstack.calls, begun(case)) == ([("destroy", "web1")], None)


def test_a_half_made_domain_of_a_guest_that_is_only_defined(tmp_path: Path) -> None:
    case = interrupted(tmp_path, half_made())
    outcome = case.one(definition(state="defined"))
    assert (outcome.action, outcome.notes, case.toolstack.calls, begun(case)) == ("none", [], [], BEGUN)


def test_a_half_made_guest_goes_with_its_stub_domain(tmp_path: Path) -> None:
    case = interrupted(tmp_path)
    case.file("win1")
    case.toolstack = FakeToolstack(half_made("win1"), domain("win1-dm", 8))
    case.toolstack.targets = {8: 7}
    records.begin(tmp_path / "records", "win1", BEGUN)
    note = "guest win1: domain 7, whose start was interrupted, is destroyed"
    checked = case.one(hvm(), check=True)
    assert (checked.action, checked.notes, checked.problems, case.toolstack.calls) == ("started", [note], [], [])
    outcome = case.one(hvm())
    assert (outcome.action, outcome.notes, outcome.problems) == ("started", [note], [])
    assert case.toolstack.calls == [("destroy", "win1"), ("destroy", "win1-dm"), ("create", "win1")]


def test_a_half_made_domain_that_stays(tmp_path: Path) -> None:
    class Staying(FakeToolstack):
        def destroy(self, domain: Domain) -> None:
            self.calls.append(("destroy", domain.name))

    case = interrupted(tmp_path)
    case.toolstack = Staying(half_made())
    outcome = case.one(definition())
    reason = "domain 7, whose start was interrupted, was destroyed and is paused"
    assert told(outcome.problems) == [
        ("web1", "state", "running", reason, "find out what holds it (xl dmesg), then run this again")
    ]
    assert (outcome.action, begun(case)) == ("none", BEGUN)


def test_a_half_made_domain_is_named(case: Case) -> None:
    class HalfMade(FakeToolstack):
        def create(self, path: str, uuid: str = "") -> None:
            super().create(path, uuid)
            raise ToolstackError("half-way")

    case.toolstack = HalfMade()
    problems = case.one(definition()).problems
    assert told(problems) == [
        ("web1", "state", "running", "half-way", "destroy the incomplete domain that is left: xl destroy web1")
    ]


def test_a_toolstack_that_dies_half_way(case: Case) -> None:
    class Dying(FakeToolstack):
        def create(self, path: str, uuid: str = "") -> None:
            self.failing["list", ""] = "xl list failed"
            raise ToolstackError("half-way")

    case.toolstack = Dying()
    problems = case.one(definition()).problems
    assert told(problems) == [
        ("web1", "state", "running", "half-way", "find out why the toolstack does not answer (xl list failed)")
    ]


# -- stub domains, before a start --------------------------------------------------------------------------------------


def leftover(state: str = "--p---", domid: int = 10) -> Domain:
    """As it was seen on Xen 4.17."""
    return replace(domain("win1-dm", domid, state), vcpus=0)


@pytest.mark.parametrize("target", [None, 99])
def test_a_leftover_is_destroyed_before_the_start(target: int | None, tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(leftover()))
    case.toolstack.targets = {10: target} if target else {}
    outcome = case.one(hvm())
    assert (outcome.action, outcome.state, outcome.notes, outcome.problems) == ("started", "running", [STUB_LEFT], [])
    assert case.toolstack.calls == [("destroy", "win1-dm"), ("create", "win1")]
    again = case.one(hvm())
    assert (again.action, again.notes) == ("none", [])


def test_check_mode_predicts_it(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(leftover()))
    outcome = case.one(hvm(), check=True)
    assert (outcome.action, outcome.state, outcome.notes) == ("started", "running", [STUB_LEFT])
    assert (case.toolstack.calls, case.slept) == ([], [])


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "others, target, said",
    [
        ([domain("other", 5)], 5, "domain 10 has the name of its stub domain, but serves domain 5 (other)"),
        ([], None, "domain 10 has the name of its stub domain, but is not a stub domain"),
    ],
)
def test_what_is_no_leftover_is_left_alone(
    others: list[Domain], target: Any, said: str, check: bool, tmp_path: Path
) -> None:
    case = Case(tmp_path, FakeToolstack(domain("win1-dm", 10), *others))
    case.toolstack.targets = {10: target} if target else {}
    outcome = case.one(hvm(), check=check)
    assert told(outcome.problems) == [("win1", "state", "running", said, "examine it, then run xl destroy win1-dm")]
    assert (outcome.action, outcome.state, outcome.notes, case.toolstack.calls) == ("none", "off", [], [])


def test_a_leftover_that_stays(tmp_path: Path) -> None:
    class Staying(FakeToolstack):
        def destroy(self, domain: Domain) -> None:
            self.calls.append(("destroy", domain.name))

    case = Case(tmp_path, Staying(leftover()))
    outcome = case.one(hvm())
    reason = "domain 10 (win1-dm), left by a failed start, was destroyed and still exists"
    remedy = "find out what holds it (xl dmesg), then run this again"
    assert told(outcome.problems) == [("win1", "state", "running", reason, remedy)]
    assert (outcome.action, case.toolstack.calls, case.slept) == ("none", [("destroy", "win1-dm")], [2.0, 2.0])


def test_a_leftover_that_cannot_be_destroyed(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(leftover()))
    case.toolstack.failing["destroy", "win1-dm"] = "xl destroy 10 failed"
    outcome, other = case.run(hvm(), definition())
    assert [problem.reason for problem in outcome.problems] == ["xl destroy 10 failed"]
    assert (outcome.action, other.action, case.toolstack.calls[-1]) == ("none", "started", ("create", "web1"))


def test_a_leftover_that_goes_by_itself_is_waited_for(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(leftover("-----d")))
    case.toolstack.ends_by_itself(10, after=2)
    outcome = case.one(hvm())
    assert (outcome.action, outcome.notes, case.toolstack.calls) == ("started", [], [("create", "win1")])


def test_guests_without_a_stub_domain_cost_nothing_more(tmp_path: Path) -> None:
    """A PV guest whose neighbour has such a name, and an HVM guest of scheme dom0."""
    case = Case(tmp_path, FakeToolstack(domain("web1-dm", 3), domain("win1-dm", 4)))
    outcomes = case.run(definition(), hvm(device_model={"scheme": "dom0"}))
    assert [outcome.action for outcome in outcomes] == ["started", "started"]
    # At the beginning, and after each start.
    assert (case.toolstack.lists, case.toolstack.asked_targets) == (3, [])


# -- stub domains, after a start that failed ---------------------------------------------------------------------------


class Failing(FakeToolstack):
    """A start of win1 leaves its stub domain, which has said something."""

    log = Path()
    said = ""
    target: int | None = 99

    def create(self, path: str, uuid: str = "") -> None:
        self.calls.append(("create", Path(path).stem))
        self.log.write_text(self.said, encoding="utf-8")
        self.running.append(leftover())
        if self.target:
            self.targets[10] = self.target
        raise ToolstackError("device model did not start: -9")


def failing(folder: Path, said: str = "", target: int | None = 99) -> Case:
    toolstack = Failing()
    toolstack.log, toolstack.said, toolstack.target = folder / "qemu-dm-win1.log", said, target
    return Case(folder, toolstack)


@pytest.mark.parametrize("target", [None, 99])
@pytest.mark.parametrize(
    "said, words, more",
    [
        ("", "", ""),
        ("[    0.0] Linux version 6.1\n", "", ""),
        (f"[ 3.1] {DEADLOCKED}\n", f"; its stub domain printed: {DEADLOCKED}", "raise device_model.memory, "),
        ("xenfleet-stubdom: 9.9 FAILED: no network card\n", "; its stub domain printed: no network card", ""),
    ],
)
def test_a_start_that_fails(said: str, words: str, more: str, target: Any, tmp_path: Path) -> None:
    case = failing(tmp_path, said, target)
    outcome = case.one(hvm())
    reason = f"device model did not start: -9{words}"
    assert told(outcome.problems) == [("win1", "state", "running", reason, f"{more}read {case.folder}/qemu-dm-win1.log, {TRY_AGAIN}")]
    assert (outcome.action, outcome.state, outcome.notes) == ("none", "off", [STUB_LEFT])
    assert case.toolstack.calls == [("create", "win1"), ("destroy", "win1-dm")]
    assert case.toolstack.running == []


def test_what_the_log_said_before_is_not_told_again(tmp_path: Path) -> None:
    (tmp_path / "qemu-dm-win1.log").write_text("xenfleet-stubdom: 9.9 FAILED: no disk\n", encoding="utf-8")
    case = Case(tmp_path, FakeToolstack())
    case.toolstack.failing["create", "win1"] = "no memory"
    assert [problem.reason for problem in case.one(hvm()).problems] == ["no memory"]


def test_a_leftover_that_cannot_be_destroyed_after_the_start(tmp_path: Path) -> None:
    case = failing(tmp_path)
    case.toolstack.failing["destroy", "win1-dm"] = "xl destroy 10 failed"
    outcome = case.one(hvm())
    remedy = "destroy its stub domain, which is left: xl destroy win1-dm (xl destroy 10 failed)"
    assert told(outcome.problems) == [("win1", "state", "running", "device model did not start: -9", remedy)]


def test_a_half_made_guest_keeps_its_stub_domain(tmp_path: Path) -> None:
    """What its owner destroys is both."""

    class HalfMade(Failing):
        def create(self, path: str, uuid: str = "") -> None:
            self.running.append(domain("win1", 99))
            super().create(path, uuid)

    toolstack = HalfMade()
    toolstack.log = tmp_path / "qemu-dm-win1.log"
    outcome = Case(tmp_path, toolstack).one(hvm())
    assert [problem.remedy for problem in outcome.problems] == ["destroy the incomplete domain that is left: xl destroy win1"]
    assert toolstack.calls == [("create", "win1")]


def test_a_pv_guest_that_does_not_start_has_no_stub_domain(tmp_path: Path) -> None:
    """Whatever is written meanwhile to a log of such a name."""

    class Writing(FakeToolstack):
        def create(self, path: str, uuid: str = "") -> None:
            self.calls.append(("create", "web1"))
            (tmp_path / "qemu-dm-web1.log").write_text(f"{DEADLOCKED}\n", encoding="utf-8")
            raise ToolstackError("no")

    case = Case(tmp_path, Writing(domain("web1-dm", 3)))
    assert told(case.one(definition()).problems) == [("web1", "state", "running", "no", TRY_AGAIN)]
    assert (case.toolstack.asked_targets, case.toolstack.calls) == ([], [("create", "web1")])

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stub domains that a failed start left, or that outlive their guests; nobody waits, as sleep is given by the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Folders, HostRun, Outcome, Policy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import stub_domains
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, ToolstackError
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, hvm, told

TRY_AGAIN = "correct the cause and run this again (xl -vvv create with the guest's file prints more)"
READ = f"read /var/log/xen/qemu-dm-win1.log, {TRY_AGAIN}"
LEFT = "guest win1: domain 10 (win1-dm), left by a failed start, is destroyed"
DEADLOCKED = "Kernel panic - not syncing: System is deadlocked on memory"


def leftover(state: str = "--p---", domid: int = 10) -> Domain:
    """As it was seen on Xen 4.17."""
    return replace(domain("win1-dm", domid, state), vcpus=0)


class Counting(FakeToolstack):
    """Tells which domains it was asked about."""

    def __init__(self, *running: Domain) -> None:
        super().__init__(*running)
        self.lists = 0
        self.asked_targets: list[str] = []

    def domains(self) -> list[Domain]:
        self.lists += 1
        return super().domains()

    def target_of(self, domain: Domain) -> int | None:
        self.asked_targets.append(domain.name)
        return super().target_of(domain)


class Failing(Counting):
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


class Case:
    """One host in a folder, and its runs."""

    def __init__(self, folder: Path, toolstack: Counting) -> None:
        self.folder = folder
        self.toolstack = toolstack
        self.slept: list[float] = []
        for name in ("win1", "web1"):
            (folder / f"{name}.cfg").write_text(f'name = "{name}"\n', encoding="utf-8")

    def run(self, *items: Any, **policy: Any) -> list[Outcome]:
        folder = self.folder
        where = Folders(folder, folder / "records", folder / "console", folder)
        return HostRun(self.toolstack, where, Policy(**{"timeout": 4.0, **policy}), self.slept.append).run(list(items), None)

    def one(self, item: Any, **policy: Any) -> Outcome:
        return self.run(item, **policy)[0]


def case_with(folder: Path, *running: Domain) -> Case:
    return Case(folder, Counting(*running))


def failing(folder: Path, said: str = "", target: int | None = 99) -> Case:
    toolstack = Failing()
    toolstack.log, toolstack.said, toolstack.target = folder / "qemu-dm-win1.log", said, target
    return Case(folder, toolstack)


# -- whose a stub domain is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, vcpus, others, is_left, taken",
    [
        (99, 1, [], True, ""),
        (99, 0, [], True, ""),
        (None, 0, [], True, ""),
        # Somebody's own guest, which only has such a name.
        (None, 1, [], False, "domain 10 has the name of its stub domain, but is not a stub domain"),
        (5, 1, [domain("other", 5)], False, "domain 10 has the name of its stub domain, but serves domain 5 (other)"),
        (5, 0, [domain("other", 5)], False, "domain 10 has the name of its stub domain, but serves domain 5 (other)"),
        (5, 1, [domain("other", 6)], True, ""),
    ],
)
def test_what_a_failed_start_left(target: Any, vcpus: int, others: list[Domain], is_left: bool, taken: str) -> None:
    stub = replace(domain("win1-dm", 10), vcpus=vcpus)
    toolstack = FakeToolstack(stub, *others)
    toolstack.targets = {10: target} if target else {}
    domains = {found.name: found for found in toolstack.domains()}
    assert stub_domains.left_over(toolstack, domains, "win1") == (stub if is_left else None, taken)


def test_nothing_was_left() -> None:
    toolstack = Counting(domain("win1-dm2", 3), domain("other-dm", 4))
    domains = {found.name: found for found in toolstack.domains()}
    assert stub_domains.left_over(toolstack, domains, "win1") == (None, "")
    assert toolstack.asked_targets == []


def test_who_serves_a_guest() -> None:
    toolstack = FakeToolstack(domain("win1", 7), domain("win1-dm", 8))
    domains = {found.name: found for found in toolstack.domains()}
    assert stub_domains.serving(toolstack, domains, domains["win1"]) is None
    toolstack.targets = {8: 7}
    assert stub_domains.serving(toolstack, domains, domains["win1"]) == domains["win1-dm"]
    assert stub_domains.serving(toolstack, domains, domains["win1-dm"]) is None


# -- before a start ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [None, 99])
def test_a_leftover_is_destroyed_before_the_start(target: int | None, tmp_path: Path) -> None:
    case = case_with(tmp_path, leftover())
    case.toolstack.targets = {10: target} if target else {}
    outcome = case.one(hvm())
    assert (outcome.action, outcome.state, outcome.notes, outcome.problems) == ("started", "running", [LEFT], [])
    assert case.toolstack.calls == [("destroy", "win1-dm"), ("create", "win1")]
    again = case.one(hvm())
    assert (again.action, again.notes) == ("none", [])


def test_check_mode_predicts_it(tmp_path: Path) -> None:
    case = case_with(tmp_path, leftover())
    outcome = case.one(hvm(), check=True)
    assert (outcome.action, outcome.state, outcome.notes) == ("started", "running", [LEFT])
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
    case = case_with(tmp_path, domain("win1-dm", 10), *others)
    case.toolstack.targets = {10: target} if target else {}
    outcome = case.one(hvm(), check=check)
    assert told(outcome.problems) == [("win1", "state", "running", said, "examine it, then run xl destroy win1-dm")]
    assert (outcome.action, outcome.state, outcome.notes, case.toolstack.calls) == ("none", "off", [], [])


def test_a_leftover_that_stays(tmp_path: Path) -> None:
    class Staying(Counting):
        def destroy(self, domain: Domain) -> None:
            self.calls.append(("destroy", domain.name))

    case = Case(tmp_path, Staying(leftover()))
    outcome = case.one(hvm())
    reason = "domain 10 (win1-dm), left by a failed start, was destroyed and still exists"
    remedy = "find out what holds it (xl dmesg), then run this again"
    assert told(outcome.problems) == [("win1", "state", "running", reason, remedy)]
    assert (outcome.action, case.toolstack.calls, case.slept) == ("none", [("destroy", "win1-dm")], [2.0, 2.0])


def test_a_leftover_that_cannot_be_destroyed(tmp_path: Path) -> None:
    case = case_with(tmp_path, leftover())
    case.toolstack.failing["destroy", "win1-dm"] = "xl destroy 10 failed"
    outcome, other = case.run(hvm(), definition())
    assert [problem.reason for problem in outcome.problems] == ["xl destroy 10 failed"]
    assert (outcome.action, other.action, case.toolstack.calls[-1]) == ("none", "started", ("create", "web1"))


def test_a_leftover_that_goes_by_itself_is_waited_for(tmp_path: Path) -> None:
    case = case_with(tmp_path, leftover("-----d"))
    case.toolstack.ends_by_itself(10, after=2)
    outcome = case.one(hvm())
    assert (outcome.action, outcome.notes, case.toolstack.calls) == ("started", [], [("create", "win1")])


def test_guests_without_a_stub_domain_cost_nothing_more(tmp_path: Path) -> None:
    """A PV guest whose neighbour has such a name, and an HVM guest of scheme dom0."""
    case = case_with(tmp_path, domain("web1-dm", 3), domain("win1-dm", 4))
    outcomes = case.run(definition(), hvm(device_model={"scheme": "dom0"}))
    assert [outcome.action for outcome in outcomes] == ["started", "started"]
    # At the beginning, and after each start.
    assert (case.toolstack.lists, case.toolstack.asked_targets) == (3, [])


# -- after a start that failed ----------------------------------------------------------------------------------------


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
    assert told(outcome.problems) == [("win1", "state", "running", reason, more + READ)]
    assert (outcome.action, outcome.state, outcome.notes) == ("none", "off", [LEFT])
    assert case.toolstack.calls == [("create", "win1"), ("destroy", "win1-dm")]
    assert case.toolstack.running == []


def test_what_the_log_said_before_is_not_told_again(tmp_path: Path) -> None:
    (tmp_path / "qemu-dm-win1.log").write_text("xenfleet-stubdom: 9.9 FAILED: no disk\n", encoding="utf-8")
    case = case_with(tmp_path)
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

    class Writing(Counting):
        def create(self, path: str, uuid: str = "") -> None:
            self.calls.append(("create", "web1"))
            (tmp_path / "qemu-dm-web1.log").write_text(f"{DEADLOCKED}\n", encoding="utf-8")
            raise ToolstackError("no")

    case = Case(tmp_path, Writing(domain("web1-dm", 3)))
    assert told(case.one(definition()).problems) == [("web1", "state", "running", "no", TRY_AGAIN)]
    assert (case.toolstack.asked_targets, case.toolstack.calls) == ([], [("create", "web1")])


# -- when a guest ends ------------------------------------------------------------------------------------------------


def with_both(folder: Path, state: str = "-b----") -> Case:
    case = case_with(folder, domain("win1", 7, state), domain("win1-dm", 8))
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

    class Both(Counting):
        def destroy(self, domain: Domain) -> None:
            super().destroy(domain)
            self.running = []

    for kind, calls in ((Both, []), (Counting, [("destroy", "win1-dm")])):
        toolstack = kind(domain("win1", 7), domain("win1-dm", 8))
        toolstack.targets, toolstack.deaf = {8: 7}, {"win1"}
        outcome = Case(tmp_path, toolstack).one(hvm(state="stopped"), destroy=True)
        assert (outcome.action, outcome.state, toolstack.running) == ("stopped", "off", [])
        assert toolstack.calls == [("shutdown", "win1"), ("destroy", "win1"), *calls]


def test_a_stub_domain_on_its_way_out_is_let_go(tmp_path: Path) -> None:
    case = with_both(tmp_path)
    case.toolstack.running[1] = domain("win1-dm", 8, "-----d")
    assert case.one(hvm(state="stopped")).action == "stopped"
    assert case.toolstack.calls == [("shutdown", "win1")]


def test_a_neighbour_of_such_a_name_is_not_waited_for(tmp_path: Path) -> None:
    case = case_with(tmp_path, domain("web1", 7), domain("web1-dm", 8))
    outcome = case.one(definition(state="stopped"))
    assert (outcome.state, case.toolstack.calls, case.slept) == ("off", [("shutdown", "web1")], [])


def test_check_mode_asks_for_nothing(tmp_path: Path) -> None:
    case = with_both(tmp_path)
    outcome = case.one(hvm(state="stopped"), check=True)
    assert (outcome.action, outcome.state, case.toolstack.calls, case.toolstack.lists) == ("stopped", "off", [], 1)

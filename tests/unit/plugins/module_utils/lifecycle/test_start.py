# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting guests: what is recorded, what is reported, several side by side."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import (
    Domain,
    DomainFacts,
    StubDomainLate,
    ToolstackError,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, hvm, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, TRY_AGAIN, Case, begun, half_made


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, FakeToolstack())


def test_start_and_its_record(case: Case) -> None:
    (case.folder / "console" / "guest-web1.log").write_text("earlier boot", encoding="utf-8")
    assert case.one(definition()).as_dict() == {
        "name": "web1", "action": "started", "cause": "", "state": "running", "domid": 1, "restart_needed": False,
        "stale": False, "older": {}, "order": 0, "depth": 0, "refused": False, "notes": [], "problems": [],
    }
    assert case.toolstack.calls == [("create", "web1")]
    assert records.load(case.folder / "records", "web1") == Record("uuid-1", digest(TEXT), 12)
    again = case.one(definition())
    assert (again.action, again.state, again.restart_needed) == ("none", "running", False)


def test_a_start_that_fails_does_not_keep_the_others(case: Case) -> None:
    case.toolstack.failing["create", "b"] = "xl create failed: out of memory"
    outcomes = case.run(*[definition(name) for name in "abc"])
    assert [outcome.action for outcome in outcomes] == ["started", "none", "started"]
    assert told(outcomes[1].problems) == [("b", "state", "running", "xl create failed: out of memory", TRY_AGAIN)]
    assert records.load(case.folder / "records", "b") is None


def test_a_guest_that_ends_at_once(case: Case) -> None:
    case.toolstack.short_lived = {"web1"}
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.domid) == ("none", "off", None)
    assert told(outcome.problems) == [
        ("web1", "state", "running", "was started, and ended at once", f"read its console log, or {TRY_AGAIN}")
    ]


def test_a_dying_domain_is_waited_for_before_the_start(case: Case) -> None:
    class Dying(FakeToolstack):
        looks = 0

        def domains(self) -> Any:
            self.looks += 1
            if self.looks == 4:
                self.running = []
            return super().domains()

    case.toolstack = Dying(domain("web1", 7, "-----d"))
    outcome = case.one(definition())
    assert (outcome.action, outcome.domid, case.toolstack.calls) == ("started", 8, [("create", "web1")])
    assert case.slept == [2.0]


def test_a_record_that_cannot_be_written_is_the_guest_s_problem(case: Case) -> None:
    (case.folder / "records").write_text("a file in its place", encoding="utf-8")
    outcomes = case.run(definition("a"), definition("b"))
    assert [outcome.state for outcome in outcomes] == ["off", "off"]
    assert case.toolstack.calls == []
    assert [len(outcome.problems) for outcome in outcomes] == [1, 1]


def test_check_mode_does_not_promise_to_start_from_a_file_that_is_not_there(case: Case) -> None:
    (case.folder / "web1.cfg").unlink()
    alone = [case.one(definition(), check=check) for check in (True, False)]
    assert [(outcome.action, [problem.key for problem in outcome.problems]) for outcome in alone] == [("none", ["file"])] * 2
    announced = {"web1": {"digest": digest(TEXT), "problems": []}}
    assert case.one(definition(), configured=announced, check=True).action == "started"
    assert case.toolstack.calls == []


def test_an_hvm_guest_that_does_not_start_has_a_log_of_its_device_model(case: Case) -> None:
    case.toolstack.failing["create", "win1"] = "device model did not start"
    case.file("win1")
    (found,) = case.one(hvm("win1")).problems
    assert found.remedy == f"read {case.folder}/qemu-dm-win1.log, {TRY_AGAIN}", "not the default folder"


# -- what a start records ----------------------------------------------------------------------------------------------


def test_a_start_is_noted_before_it_is_made(tmp_path: Path) -> None:
    noted = []

    class Watching(FakeToolstack):
        def create(self, path: str, uuid: str = "") -> None:
            noted.append((uuid, begun(case), records.load(tmp_path / "records", "web1")))
            super().create(path, uuid)

    case = Case(tmp_path, Watching())
    case.one(definition())
    record = Record("uuid-1", digest(TEXT), 0)
    assert noted == [("uuid-1", record, None)]
    assert (begun(case), records.load(tmp_path / "records", "web1")) == (None, record)


def test_a_guest_that_has_a_uuid_of_its_own_keeps_it(tmp_path: Path) -> None:
    given = []

    class Watching(FakeToolstack):
        def create(self, path: str, uuid: str = "") -> None:
            found = begun(case)
            given.append((uuid, found and found.uuid))
            super().create(path, uuid)

    case = Case(tmp_path, Watching())
    case.one(definition(settings={"uuid": "5F0C2F5E-9A49-4F6E-8AB7-0B3F7C3B3D11"}))
    assert given == [("", "5f0c2f5e-9a49-4f6e-8ab7-0b3f7c3b3d11")]


def test_a_start_that_fails_leaves_no_note(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack())
    case.toolstack.failing["create", "web1"] = "no"
    case.one(definition())
    assert begun(case) is None
    case.toolstack.failing.clear()
    case.toolstack.short_lived = {"web1"}
    case.one(definition())
    assert begun(case) is None


def test_check_mode_notes_nothing(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack())
    case.one(definition(), check=True)
    assert not (tmp_path / "records").exists()


# -- the state that is really reached ----------------------------------------------------------------------------------


class Slow(FakeToolstack):
    """What it starts is paused at first."""

    after = "-b----"
    looks = 3

    def create(self, path: str, uuid: str = "") -> None:
        super().create(path, uuid)
        self.running[-1] = half_made(self.running[-1].name, self.running[-1].domid)

    def domains(self) -> list[Domain]:
        self.looks -= 1
        if self.looks == 0:
            self.running = [replace(one, state=self.after) for one in self.running]
        return super().domains()


def test_a_start_ends_when_the_domain_runs(tmp_path: Path) -> None:
    case = Case(tmp_path, Slow())
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.problems, case.slept) == ("started", "running", [], [2.0])


def test_a_domain_that_does_not_come_to_run(tmp_path: Path) -> None:
    toolstack = Slow()
    toolstack.looks = 999
    case = Case(tmp_path, toolstack)
    outcome = case.one(definition())
    remedy = "find out who paused it, then run this again"
    assert told(outcome.problems) == [("web1", "state", "running", "was started, and is paused 30 seconds later", remedy)]
    assert (outcome.action, outcome.state, sum(case.slept)) == ("none", "paused", 30)
    # It has never run: the next run makes it again.
    assert (case.one(definition(), check=True).action, begun(case) is None) == ("started", False)


def test_a_domain_that_crashes_at_once_and_stays(tmp_path: Path) -> None:
    toolstack = Slow()
    toolstack.after = "---sc-"
    case = Case(tmp_path, toolstack)
    outcome = case.one(definition())
    reason = "was started, and is crashed"
    assert told(outcome.problems) == [("web1", "state", "running", reason, "read its console log")]
    assert (outcome.action, outcome.state, begun(case)) == ("started", "crashed", None)


# -- a stub domain that is ready too late ------------------------------------------------------------------------------


class Late(FakeToolstack):
    """The first ``times`` starts fail for it; each leaves a stub domain."""

    times = 1
    said = ""
    log = Path()
    leaves: Domain | None = None

    def create(self, path: str, uuid: str = "") -> None:
        if self.times:
            self.times -= 1
            self.calls.append(("create", "win1"))
            self.log.write_text(self.said, encoding="utf-8")
            self.running.append(replace(domain("win1-dm", 50, "--p---"), vcpus=0))
            if self.leaves:
                self.running.append(self.leaves)
                self.facts[self.leaves.domid] = DomainFacts(uuid)
            raise StubDomainLate("Stubdom 50 for 49 startup: startup timed out")
        super().create(path, uuid)


TWICE = "guest win1: its stub domain was not ready in time, as on a busy host; the guest is started once more"
LEFT = "guest win1: domain 50 (win1-dm), left by a failed start, is destroyed"
HALF = "guest win1: domain 49, left by a failed start, is destroyed"


def late(folder: Path, **how: Any) -> Case:
    toolstack = Late()
    toolstack.log = folder / "qemu-dm-win1.log"
    for key, value in how.items():
        setattr(toolstack, key, value)
    case = Case(folder, toolstack)
    case.file("win1")
    return case


def test_it_is_started_once_more_after_what_was_left_is_gone(tmp_path: Path) -> None:
    case = late(tmp_path)
    outcome = case.one(hvm())
    assert (outcome.action, outcome.state, outcome.problems) == ("started", "running", [])
    assert outcome.notes == [LEFT, TWICE]
    assert case.toolstack.calls == [("create", "win1"), ("destroy", "win1-dm"), ("create", "win1")]
    assert begun(case, "win1") is None


def test_a_guest_s_own_domain_that_was_left_goes_too(tmp_path: Path) -> None:
    case = late(tmp_path, leaves=half_made("win1", 49))
    outcome = case.one(hvm())
    assert (outcome.action, outcome.notes, outcome.problems) == ("started", [HALF, LEFT, TWICE], [])


def test_it_is_not_started_a_third_time(tmp_path: Path) -> None:
    case = late(tmp_path, times=9)
    outcome = case.one(hvm())
    assert [problem.reason for problem in outcome.problems] == ["Stubdom 50 for 49 startup: startup timed out"]
    assert (outcome.action, outcome.notes) == ("none", [LEFT, TWICE, LEFT])
    assert [call for call, _name in case.toolstack.calls].count("create") == 2
    assert begun(case, "win1") is None


@pytest.mark.parametrize(
    "how, creates",
    [
        # What gave up for a reason would do so again; so would one whose name stays taken.
        ({"said": "xenfleet-stubdom: 9.9 FAILED: no disk\n"}, 1),
        ({"failing": {("destroy", "win1-dm"): "no"}}, 1),
        ({"leaves": domain("win1", 49)}, 1),
        ({}, 2),
    ],
)
def test_when_it_is_started_again(how: Any, creates: int, tmp_path: Path) -> None:
    case = late(tmp_path, **how)
    case.one(hvm())
    assert [call for call, _name in case.toolstack.calls].count("create") == creates


def test_a_leftover_that_stays_is_not_followed_by_another(tmp_path: Path) -> None:
    case = late(tmp_path)
    destroy = case.toolstack.destroy
    case.toolstack.destroy = lambda found: None if found.name == "win1-dm" else destroy(found)  # type: ignore[method-assign]
    outcome = case.one(hvm())
    assert [problem.reason for problem in outcome.problems] == [
        "domain 50 (win1-dm), left by a failed start, was destroyed and still exists",
        "Stubdom 50 for 49 startup: startup timed out",
    ]


# -- side by side ------------------------------------------------------------------------------------------------------


class Meeting(FakeToolstack):
    """A start returns when ``together`` of them have met."""

    def __init__(self, together: int, *running: Domain) -> None:
        super().__init__(*running)
        self.met = threading.Barrier(together, timeout=20)
        self._one = threading.Lock()

    def create(self, path: str, uuid: str = "") -> None:
        self.met.wait()
        with self._one:
            super().create(path, uuid)


def test_several_start_side_by_side_and_are_told_in_the_list_s_order(tmp_path: Path) -> None:
    case = Case(tmp_path, Meeting(2))
    case.file("d")
    case.toolstack.failing["create", "b"] = "no memory"
    outcomes = case.run(*[definition(name) for name in "abcd"], start_parallel=2)
    assert [outcome.name for outcome in outcomes] == ["a", "b", "c", "d"]
    assert [outcome.action for outcome in outcomes] == ["started", "none", "started", "started"]
    assert [problem.reason for problem in outcomes[1].problems] == ["no memory"]
    for name in "acd":
        record = records.load(tmp_path / "records", name)
        found = next(one for one in case.toolstack.running if one.name == name)
        assert record and record.uuid == case.toolstack.facts[found.domid].uuid
    assert [begun(case, name) for name in "abcd"] == [None] * 4


def test_the_next_one_begins_while_a_slow_one_is_made(tmp_path: Path) -> None:
    class Slow(FakeToolstack):
        next_began = threading.Event()

        def create(self, path: str, uuid: str = "") -> None:
            if Path(path).stem == "c":
                self.next_began.set()
            if Path(path).stem == "b" and not self.next_began.wait(timeout=20):
                raise ToolstackError("no other guest began meanwhile")
            super().create(path, uuid)

    case = Case(tmp_path, Slow())
    outcomes = case.run(*[definition(name) for name in "abc"], start_parallel=2)
    assert [outcome.action for outcome in outcomes] == ["started"] * 3


@pytest.mark.parametrize("at_once", [1, 2, 3, 8])
def test_never_more_than_asked_for_are_made_at_once(tmp_path: Path, at_once: int) -> None:
    class Counting(FakeToolstack):
        now = most = 0
        lock = threading.Lock()

        def create(self, path: str, uuid: str = "") -> None:
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            time.sleep(0.01)
            with self.lock:
                super().create(path, uuid)
                self.now -= 1

    toolstack = Counting()
    case = Case(tmp_path, toolstack)
    names = [f"web{number}" for number in range(6)]
    for name in names:
        case.file(name)
    outcomes = case.run(*[definition(name) for name in names], start_parallel=at_once)
    assert [outcome.action for outcome in outcomes] == ["started"] * 6
    assert toolstack.most <= at_once
    assert sorted(toolstack.calls) == [("create", name) for name in names]


def test_guests_of_different_orders_do_not_meet(tmp_path: Path) -> None:
    case = Case(tmp_path, Meeting(1))
    outcomes = case.run(*[definition(name, order=order) for order, name in enumerate("abc")], start_parallel=8)
    assert [outcome.action for outcome in outcomes] == ["started"] * 3
    assert case.toolstack.calls == [("create", name) for name in "abc"]


def test_a_process_that_cannot_be_started_is_its_guest_s_problem(tmp_path: Path) -> None:
    class Full(FakeToolstack):
        def create(self, path: str, uuid: str = "") -> None:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    case = Case(tmp_path, Full())
    outcomes = case.run(definition("a"), definition("b"), start_parallel=2)
    assert [problem.reason for outcome in outcomes for problem in outcome.problems] == [
        "[Errno 11] Resource temporarily unavailable"
    ] * 2


def test_what_cannot_be_prepared_does_not_keep_the_others(tmp_path: Path) -> None:
    class Flaky(FakeToolstack):
        def target_of(self, domain: Domain) -> int | None:
            raise ToolstackError("xm list failed")

    case = Case(tmp_path, Flaky(domain("win1-dm", 3)))
    case.file("win1")
    outcomes = case.run(hvm(), definition("a"), start_parallel=2)
    assert [problem.reason for problem in outcomes[0].problems] == ["xm list failed"]
    assert [outcome.action for outcome in outcomes] == ["none", "started"]

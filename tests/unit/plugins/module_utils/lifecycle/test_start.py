# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts: those that were cut short, those that come too late, and several side by side."""

from __future__ import annotations

import threading
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
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, Case

BEGUN = Record("uuid-7", digest(TEXT), 12)
CUT = "guest web1: domain 7, whose start was interrupted, is destroyed"


def half_made(name: str = "web1", domid: int = 7) -> Domain:
    """Paused, and never run."""
    return replace(domain(name, domid, "--p---"), cpu_time=0.0)


def cut(folder: Path, *running: Domain) -> Case:
    """A run that began to start web1 was ended; this is what is left."""
    case = Case(folder, FakeToolstack(*running))
    records.begin(folder / "records", "web1", BEGUN)
    return case


def begun(case: Case, name: str = "web1") -> Record | None:
    return records.begun(case.folder / "records", name)


def process(folder: Path, uuid: str) -> Path:
    """An xl that was told this uuid."""
    (folder / "proc" / "77").mkdir(parents=True)
    path = folder / "proc" / "77" / "cmdline"
    path.write_bytes(f'xl\0create\0-q\0/etc/xen/web1.cfg\0uuid="{uuid}"\0'.encode())
    return path


# -- what a start notes -----------------------------------------------------------------------------------------------


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


# -- starts that were cut short ---------------------------------------------------------------------------------------


def test_a_half_made_domain_is_destroyed_and_made_again(tmp_path: Path) -> None:
    case = cut(tmp_path, half_made())
    checked = case.one(definition(), check=True)
    assert (checked.action, checked.state, checked.notes, case.toolstack.calls) == ("started", "running", [CUT], [])
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.notes, outcome.problems) == ("started", "running", [CUT], [])
    assert case.toolstack.calls == [("destroy", "web1"), ("create", "web1")]
    again = case.one(definition())
    assert (again.action, again.notes, begun(case)) == ("none", [], None)


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_half_made_domain_of_a_guest_that_is_not_to_run(state: str, tmp_path: Path) -> None:
    case = cut(tmp_path, half_made())
    outcome = case.one(definition(state=state))
    assert (outcome.action, outcome.state, outcome.notes, outcome.problems) == ("stopped", "off", [CUT], [])
    assert (case.toolstack.calls, begun(case)) == ([("destroy", "web1")], None)


def test_a_half_made_domain_of_a_guest_that_is_only_defined(tmp_path: Path) -> None:
    case = cut(tmp_path, half_made())
    outcome = case.one(definition(state="defined"))
    assert (outcome.action, outcome.notes, case.toolstack.calls, begun(case)) == ("none", [], [], BEGUN)


@pytest.mark.parametrize(
    "uuid, found",
    [
        # Somebody else's: another uuid, or no note of ours at all.
        ("another", half_made()),
        ("", half_made()),
        (None, half_made()),
    ],
)
def test_nobody_else_s_domain_is_ever_taken_for_a_half_made_one(uuid: Any, found: Domain, tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(found))
    if uuid is not None:
        records.begin(tmp_path / "records", "web1", replace(BEGUN, uuid="uuid-of-us"))
        case.toolstack.facts[7] = replace(case.toolstack.facts[7], uuid=uuid)
    outcome = case.one(definition())
    assert [problem.reason for problem in outcome.problems] == ["its domain 7 is paused"]
    assert case.toolstack.calls == []
    # Nor is one that is asked to stop.
    assert [problem.reason for problem in case.one(definition(state="stopped")).problems] == [
        "is paused, and a paused guest cannot shut down"
    ]
    assert case.toolstack.calls == []


@pytest.mark.parametrize("found", [domain("web1", 7), domain("web1", 7, "---sc-"), domain("web1", 7, "--p---")])
def test_what_has_run_is_never_destroyed_and_counts_as_started(found: Domain, tmp_path: Path) -> None:
    case = cut(tmp_path, found)
    checked = case.one(definition(), check=True)
    assert begun(case) == BEGUN
    outcome = case.one(definition())
    assert checked.as_dict() == outcome.as_dict()
    assert (outcome.action, outcome.state, outcome.restart_needed) == ("none", found.condition, False)
    assert bool(outcome.problems) is (found.condition != "running")
    assert (case.toolstack.calls, begun(case)) == ([], None)
    assert records.load(tmp_path / "records", "web1") == BEGUN


def test_a_start_that_is_cut_before_there_is_a_domain(tmp_path: Path) -> None:
    case = cut(tmp_path)
    outcome = case.one(definition())
    assert (outcome.action, outcome.notes, case.toolstack.calls) == ("started", [], [("create", "web1")])


def test_its_note_goes_even_where_the_guest_is_not_to_run(tmp_path: Path) -> None:
    case = cut(tmp_path)
    assert (case.one(definition(state="stopped"), check=True).action, begun(case)) == ("none", BEGUN)
    assert (case.one(definition(state="stopped")).action, begun(case)) == ("none", None)


def test_no_second_one_beside_a_start_that_has_made_no_domain_yet(tmp_path: Path) -> None:
    case = cut(tmp_path)
    process(tmp_path, "uuid-7")
    outcome = case.one(definition())
    assert [problem.reason for problem in outcome.problems] == [
        "an earlier run is still starting it, in process 77"
    ]
    assert (sum(case.slept), case.toolstack.calls, begun(case)) == (60, [], BEGUN)


def test_a_half_made_guest_goes_with_its_stub_domain(tmp_path: Path) -> None:
    case = cut(tmp_path)
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

    case = cut(tmp_path)
    case.toolstack = Staying(half_made())
    outcome = case.one(definition())
    reason = "domain 7, whose start was interrupted, was destroyed and is paused"
    assert told(outcome.problems) == [
        ("web1", "state", "running", reason, "find out what holds it (xl dmesg), then run this again")
    ]
    assert (outcome.action, begun(case)) == ("none", BEGUN)


# -- starts that somebody still makes ---------------------------------------------------------------------------------


def test_a_start_that_goes_on_is_waited_for(tmp_path: Path) -> None:
    case = cut(tmp_path, half_made())
    process(tmp_path, "uuid-7")

    class Later:
        def append(self, seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                case.toolstack.running = [domain("web1", 7)]

    waits: list[float] = []
    case.slept = Later()  # type: ignore[assignment]
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.restart_needed, waits) == ("none", "running", False, [2.0] * 3)
    assert case.toolstack.calls == []
    assert records.load(tmp_path / "records", "web1") == BEGUN


@pytest.mark.parametrize("check", [True, False])
def test_a_start_that_goes_on_for_too_long_is_told(check: bool, tmp_path: Path) -> None:
    case = cut(tmp_path, half_made())
    process(tmp_path, "uuid-7")
    outcome = case.one(definition(), check=check)
    assert [problem.reason for problem in outcome.problems] == [
        "an earlier run is still starting it, in process 77"
    ]
    assert (sum(case.slept), case.toolstack.calls, begun(case)) == (60, [], BEGUN)


def test_a_start_that_ends_between_two_looks_is_no_start_that_was_cut(tmp_path: Path) -> None:
    class Ending(FakeToolstack):
        """Who makes the domain is done as soon as it was listed."""

        def domains(self) -> list[Domain]:
            found = super().domains()
            self.running = [domain("web1", 7)]
            return found

    case = cut(tmp_path, half_made())
    toolstack = Ending(half_made())
    toolstack.facts = case.toolstack.facts
    case.toolstack = toolstack
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, toolstack.calls) == ("none", "running", [])


@pytest.mark.parametrize("left", [[], [half_made()]])
def test_a_start_that_fails_while_it_is_waited_for(left: list[Domain], tmp_path: Path) -> None:
    case = cut(tmp_path, half_made())
    path = process(tmp_path, "uuid-7")

    class Later:
        def append(self, _seconds: float) -> None:
            if path.exists():
                path.unlink()
                case.toolstack.running = list(left)

    case.slept = Later()  # type: ignore[assignment]
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.notes) == ("started", "running", [CUT] if left else [])
    assert case.toolstack.calls == [("destroy", "web1"), ("create", "web1")][not left :]


# -- the state that is really reached ---------------------------------------------------------------------------------


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


# -- a stub domain that comes too late --------------------------------------------------------------------------------


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


# -- side by side -----------------------------------------------------------------------------------------------------


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

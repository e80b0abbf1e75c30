# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that observe a guest in the midst of its own reboot, end or migration.

The phases and their order are those of a real host of 4.17.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Folders, HostRun, Outcome, Policy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify.verify import Verifier, VerifyOptions
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, Case

#: The length of a phase in seconds, then the state of web1, its id, and whether a process monitors it.
Phase = tuple[float, str, int, bool]
REBOOT = ["-b----", "---sr-", "--psr-", "", "new", "--p---", "-b----"]
FOR_EVER = 1e9


class World(FakeToolstack):
    """A host on which web1 goes through phases of its own, whatever time they take. Each list takes a moment."""

    def __init__(self, phases: list[Phase], start: float = 0.0) -> None:
        super().__init__()
        self.phases = phases
        self.now = start

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def domains(self) -> list[Domain]:
        self.now += 0.1
        others = [one for one in self.running if one.name != "web1"]
        state, domid, is_monitored = self._phase()
        self.monitored = {"web1"} if is_monitored else set()
        own = [] if not state else [domain("web1", domid, "--p---" if state == "new" else state)]
        self.running = [*others, *(replace(one, cpu_time=0.0) if state in ("new", "--p---") else one for one in own)]
        return super().domains()

    def shutdown(self, domain: Domain) -> None:
        self.calls.append(("shutdown", domain.name))
        assert self._phase()[0] in ("-b----", "r-----"), "a domain that does not run is asked"
        self.phases = [(self.now + 1, "-b----", domain.domid, True), (1, "--ps--", domain.domid, True), (FOR_EVER, "", 0, False)]

    def create(self, path: str, uuid: str = "") -> None:
        assert not self._phase()[0] and not self._phase()[2], "the guest exists, or is about to"
        self.calls.append(("create", "web1"))
        self.phases = [(FOR_EVER, "-b----", 50, True)]

    def _phase(self) -> tuple[str, int, bool]:
        left = self.now
        for seconds, state, domid, is_monitored in self.phases:
            left -= seconds
            if left < 0:
                return state, domid, is_monitored
        return "", 0, False


def own_reboot(seconds: list[float]) -> list[Phase]:
    ids = [22, 22, 22, 0, 23, 23, 23]
    return [(length, state, domid, True) for length, state, domid in zip([*seconds, FOR_EVER], REBOOT, ids)]


def run(world: World, *items: Any, **policy: Any) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "web1.cfg").write_text(TEXT, encoding="utf-8")
        folders = Folders(folder, folder / "records", folder / "console", folder, folder / "store", folder / "proc")
        return HostRun(world, folders, Policy(**{"timeout": 10.0, **policy}), None, world.sleep).run(read_guests(items))


LENGTHS = st.lists(st.floats(0.2, 9.0), min_size=6, max_size=6)
INSTANTS = st.floats(0, 40)


@given(LENGTHS, INSTANTS, st.booleans())
@settings(max_examples=200)
def test_in_whatever_phase_a_run_begins_the_guest_runs_on(lengths: list[float], instant: float, check: bool) -> None:
    world = World(own_reboot(lengths), instant)
    outcome = run(world, definition(), check=check)[0]
    assert (outcome.action, outcome.state, outcome.problems, outcome.notes) == ("none", "running", [], [])
    assert outcome.domid in (22, 23)
    assert world.calls == []


@given(LENGTHS, INSTANTS)
@settings(max_examples=100)
def test_the_proof_waits_too(lengths: list[float], instant: float) -> None:
    world = World(own_reboot(lengths), instant)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = VerifyOptions(folder, folder, None, folder)
        found = Verifier(world, options, lambda: world.now, world.sleep).run(read_guests([definition()]), {})[0]
    assert found.state == "running"
    assert [problem.reason for problem in found.problems if "kernel" not in problem.reason and "booted" not in problem.reason] == []


@given(LENGTHS, INSTANTS, st.sampled_from(["stopped", "absent"]))
@settings(max_examples=200)
def test_a_guest_that_is_to_stop_is_off_in_the_end(lengths: list[float], instant: float, state: str) -> None:
    world = World(own_reboot(lengths), instant)
    outcome = run(world, definition(state=state))[0]
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    world.sleep(100)
    assert world.domains() == []


@given(LENGTHS, INSTANTS)
@settings(max_examples=100)
def test_a_guest_that_powers_off_by_itself_is_started_once(lengths: list[float], instant: float) -> None:
    phases = [(lengths[0], "-b----", 22, True), (lengths[1], "--ps--", 22, True), (lengths[2], "", 0, True), (FOR_EVER, "", 0, False)]
    world = World(phases, instant)
    outcome = run(world, definition())[0]
    assert (outcome.state, outcome.problems) == ("running", [])
    assert world.calls == ([("create", "web1")] if outcome.action == "started" else [])


@pytest.mark.parametrize("state, word", [("---sr-", "shutdown"), ("--psr-", "shutdown"), ("---s--", "shutdown"), ("---sc-", "crashed")])
def test_what_nobody_works_on_is_final(state: str, word: str) -> None:
    """on_reboot: preserve, or a process that was killed."""
    world = World([(FOR_EVER, state, 22, False)])
    outcome = run(world, definition())[0]
    assert (outcome.action, outcome.state, [problem.reason for problem in outcome.problems]) == ("none", word, [f"its domain 22 is {word}"])
    assert world.now < 1


@pytest.mark.parametrize("phase, reason", [
    ((FOR_EVER, "--psc-", 22, True), "its domain 22 is crashed, and process 99 of xl is about to change that"),
    ((FOR_EVER, "---ss-", 22, False), "its domain 22 is suspended, as while it is saved or migrated"),
    ((FOR_EVER, "", 0, True), "it has no domain, and process 99 of xl is about to change that"),
])  # fmt: skip
@pytest.mark.parametrize("state", ["running", "stopped"])
def test_what_takes_too_long_is_told_and_left_alone(phase: Phase, reason: str, state: str) -> None:
    world = World([phase])
    outcome = run(world, definition(state=state), destroy=True)[0]
    assert told(outcome.problems) == [("web1", "state", state, reason, "wait until that is over, then run this again")]
    assert (outcome.action, world.calls) == ("none", [])
    assert 60 <= world.now < 75


def test_a_guest_that_is_migrated_here_is_not_started() -> None:
    world = World([(FOR_EVER, "", 0, False)])
    world.running = [domain("web1--incoming", 9)]
    outcome = run(world, definition())[0]
    assert [problem.reason for problem in outcome.problems] == ["is being migrated, as domain 9 (web1--incoming) shows"]
    assert world.calls == []


def test_a_defined_guest_is_not_waited_for() -> None:
    world = World(own_reboot([1.0] * 6), 1.5)
    outcome = run(world, definition(state="defined"))[0]
    assert (outcome.state, outcome.problems, world.now < 2) == ("shutdown", [], True)


def test_all_guests_have_one_limit_together(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(*(domain(name, number, "--psc-") for number, name in enumerate("abc", 1))))
    case.toolstack.monitored = set("abc")
    assert [len(outcome.problems) for outcome in case.run(*map(definition, "abc"))] == [1, 1, 1]
    assert 60 <= sum(case.slept) < 65


@pytest.mark.parametrize("force", [False, True])
def test_a_guest_that_its_on_poweroff_starts_again(force: bool, tmp_path: Path) -> None:
    """Each end is that of a domain; the next one has another id."""
    class Restarting(FakeToolstack):
        def _end(self, domid: int) -> None:
            super()._end(domid)
            self.running.append(domain("web1", domid + 1))

    case = Case(tmp_path, Restarting(domain("web1", 7)))
    case.toolstack.monitored = {"web1"}
    outcome = case.one(definition(state="stopped"), destroy=force)
    if force:
        assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
        assert case.toolstack.calls == [("shutdown", "web1"), ("shutdown", "web1"), ("destroy", "web1")]
    else:
        assert [problem.reason for problem in outcome.problems] == ["starts again whenever it shuts down"]
        assert (outcome.action, outcome.state) == ("none", "running")


def test_a_guest_that_reboots_at_once_after_its_start(tmp_path: Path) -> None:
    class Installer(FakeToolstack):
        def create(self, path: str, uuid: str = "") -> None:
            super().create(path, uuid)
            self.running = [replace(self.running[0], state="---sr-")]
            self.monitored = {"web1"}
            self.left = 4

        def domains(self) -> list[Domain]:
            if self.running and self.running[0].condition == "shutdown":
                self.left -= 1
                if not self.left:
                    self.running = [domain("web1", 9)]
            return super().domains()

    case = Case(tmp_path, Installer())
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.domid, outcome.problems) == ("started", "running", 9, [])


def test_what_is_left_of_a_destroyed_domain_is_told_where_a_start_fails(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack())
    case.toolstack.nameless = [Domain(5, "(null)", 256, 1, "--ps-d", 0.0)]
    case.toolstack.failing["create", "web1"] = "no memory"
    problem = case.one(definition()).problems[0]
    assert problem.reason.startswith("no memory; domain 5 (256 MiB) has no name")
    assert "end the processes of dom0 that serve it" in problem.remedy

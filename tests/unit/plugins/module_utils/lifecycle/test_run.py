# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting, stopping and restarting, against domains in memory; nobody waits, as sleep is given by the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Outcome
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, DomainFacts, ToolstackError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, hvm, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, Case

BY_HAND = "correct the cause and run this again (xl -vvv create with the guest's file prints more)"
TRY_AGAIN = "correct the cause and run this again (xl -vvv create with the guest's file prints more)"
NO_ANSWER = "shut it down from inside, give it more time with stop_timeout, or set stop_force: true"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, FakeToolstack())


def with_web1(case: Case, state: str = "-b----") -> Case:
    case.toolstack = FakeToolstack(domain("web1", 7, state))
    return case


def test_start_and_its_record(case: Case) -> None:
    (case.folder / "console" / "guest-web1.log").write_text("earlier boot", encoding="utf-8")
    assert case.one(definition()).as_dict() == {
        "name": "web1", "action": "started", "cause": "", "state": "running", "domid": 1, "restart_needed": False,
        "stale": False, "older": {}, "order": 0, "refused": False, "notes": [], "problems": [],
    }
    assert case.toolstack.calls == [("create", "web1")]
    assert records.load(case.folder / "records", "web1") == Record("uuid-1", digest(TEXT), 12)
    again = case.one(definition())
    assert (again.action, again.state, again.restart_needed) == ("none", "running", False)


@pytest.mark.parametrize("state", ["stopped", "absent", "defined"])
def test_what_is_not_to_run_and_does_not(state: str, case: Case) -> None:
    outcome = case.one(definition(state=state))
    assert (outcome.action, outcome.state, outcome.domid, case.toolstack.calls) == ("none", "off", None, [])


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_stop(state: str, case: Case) -> None:
    with_web1(case).toolstack.patience = 2
    outcome = case.one(definition(state=state))
    assert (outcome.action, outcome.state, outcome.domid, outcome.problems) == ("stopped", "off", None, [])
    assert case.toolstack.calls == [("shutdown", "web1")]
    assert case.slept == [2.0, 2.0]


def test_defined_leaves_a_running_guest_alone(case: Case) -> None:
    outcome = with_web1(case).one(definition(state="defined"))
    assert (outcome.action, outcome.state, outcome.domid) == ("none", "running", 7)


def test_all_are_asked_before_any_is_waited_for(case: Case) -> None:
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2), domain("c", 3))
    case.toolstack.patience = 1
    outcomes = case.run(*[definition(name, state="stopped") for name in "abc"])
    assert case.toolstack.calls == [("shutdown", "a"), ("shutdown", "b"), ("shutdown", "c")]
    assert [outcome.state for outcome in outcomes] == ["off"] * 3
    assert case.slept == [2.0], "they shut down side by side"


def test_a_guest_that_does_not_listen_is_reported(case: Case) -> None:
    with_web1(case).toolstack.deaf = {"web1"}
    outcome = case.one(definition(state="stopped"))
    assert told(outcome.problems) == [("web1", "state", "stopped", "did not shut down within 4 seconds, and is running", NO_ANSWER)]
    assert (outcome.action, outcome.state) == ("none", "running")
    assert case.toolstack.calls == [("shutdown", "web1")]
    assert case.slept == [2.0, 2.0]


def test_a_guest_that_does_not_listen_is_destroyed_when_that_was_asked_for(case: Case) -> None:
    with_web1(case).toolstack.deaf = {"web1"}
    outcome = case.one(definition(state="stopped"), destroy=True)
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    assert case.toolstack.calls == [("shutdown", "web1"), ("destroy", "web1")]


def test_a_destroy_that_fails(case: Case) -> None:
    with_web1(case).toolstack.deaf = {"web1"}
    case.toolstack.failing["destroy", "web1"] = "xl destroy 7 failed"
    outcome = case.one(definition(state="stopped"), destroy=True)
    assert told(outcome.problems) == [("web1", "state", "stopped", "xl destroy 7 failed", TRY_AGAIN)]
    assert (outcome.action, outcome.state) == ("none", "running")


def test_a_shutdown_that_fails_does_not_keep_the_others(case: Case) -> None:
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2))
    case.toolstack.failing["shutdown", "a"] = "no PV drivers"
    first, second = case.run(definition("a", state="stopped"), definition("b", state="stopped"))
    assert told(first.problems) == [
        ("a", "state", "stopped", "no PV drivers", "read the guest's console, then run this again")
    ]
    assert (first.action, first.state, second.action, second.state) == ("none", "running", "stopped", "off")


def test_what_a_guest_that_has_ended_leaves_behind_is_destroyed(case: Case) -> None:
    with_web1(case).toolstack.preserved = {"web1"}
    outcome = case.one(definition(state="stopped"))
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    assert case.toolstack.calls == [("shutdown", "web1"), ("destroy", "web1")]


@pytest.mark.parametrize("state", ["---sc-", "---s--"])
def test_what_has_ended_is_destroyed(state: str, case: Case) -> None:
    outcome = with_web1(case, state).one(definition(state="stopped"))
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("stopped", "off", [("destroy", "web1")])


def test_what_the_monitor_of_xl_ends_is_left_to_it(case: Case) -> None:
    """Two that destroy one domain disturb each other's hotplug scripts, which fails both."""
    with_web1(case, "---s--")
    case.toolstack.ends_by_itself(7, after=2)
    outcome = case.one(definition(state="stopped"))
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("stopped", "off", [])


def test_a_destroy_that_came_too_late_is_no_fault(case: Case) -> None:
    with_web1(case, "---sc-")
    case.toolstack.failing["destroy", "web1"] = "Non-existant domain"
    case.toolstack.ends_by_itself(7, after=1)
    outcome = case.one(definition(state="stopped"))
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])


@pytest.mark.parametrize("check", [True, False])
def test_a_paused_guest_is_not_destroyed_unasked(check: bool, case: Case) -> None:
    outcome = with_web1(case, "--p---").one(definition(state="stopped"), check=check)
    assert [problem.reason for problem in outcome.problems] == ["is paused, and a paused guest cannot shut down"]
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("none", "paused", [])


def test_a_paused_guest_is_destroyed_when_that_was_asked_for(case: Case) -> None:
    outcome = with_web1(case, "--p---").one(definition(state="stopped"), destroy=True)
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("stopped", "off", [("destroy", "web1")])


@pytest.mark.parametrize("state, word", [("--p---", "paused"), ("---sc-", "crashed"), ("---s--", "shutdown")])
def test_a_guest_that_is_there_and_does_not_run(state: str, word: str, case: Case) -> None:
    outcome = with_web1(case, state).one(definition())
    remedy = "examine the guest, then run xl destroy web1 (or xl unpause web1 if you paused it)"
    assert told(outcome.problems) == [("web1", "state", "running", f"its domain 7 is {word}", remedy)]
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("none", word, [])


# -- restarts ---------------------------------------------------------------------------------------------------------

NEW = digest("other text")
SAME = digest(TEXT)


@pytest.mark.parametrize(
    "record, mtime, needed",
    [
        # Started by us, from what is there now or from something else.
        (("uuid-7", SAME), 9000.0, False),
        (("uuid-7", NEW), 500.0, True),
        # The guest has rebooted by itself, so that its domain is another one: xl knew the same definition.
        (("uuid-1", SAME), 9000.0, False),
        # Started by somebody else since, from a file older than the domain, or newer.
        (("uuid-1", NEW), 9000.0, True),
        (("uuid-1", NEW), 500.0, None),
        # Never started by us.
        (None, 9000.0, True),
        (None, 500.0, False),
    ],
)
def test_restart_needed(record: Any, mtime: float, needed: Any, case: Case) -> None:
    with_web1(case).file("web1", mtime=mtime)
    if record:
        case.record("web1", *record)
    outcome = case.one(definition())
    assert (outcome.restart_needed, outcome.action, case.toolstack.calls) == (needed, "none", [])


def test_nobody_can_tell_without_file_and_record(case: Case) -> None:
    with_web1(case)
    (case.folder / "web1.cfg").unlink()
    assert case.one(definition()).restart_needed is None


def test_a_record_that_cannot_be_read_is_none(case: Case) -> None:
    with_web1(case).file("web1", mtime=9000.0)
    (case.folder / "records").mkdir()
    (case.folder / "records" / "web1.json").write_text("{", encoding="utf-8")
    assert case.one(definition()).restart_needed is True


def test_a_guest_of_which_the_toolstack_does_not_tell_does_not_keep_the_others(case: Case) -> None:
    class Mute(FakeToolstack):
        def facts_of(self, domain: Domain) -> DomainFacts:
            raise ToolstackError("xm list --long said nonsense")

    case.toolstack = Mute(domain("web1", 7))
    first, second = case.run(definition(), definition("a"))
    assert told(first.problems) == [("web1", "state", "running", "xm list --long said nonsense", TRY_AGAIN)]
    assert (first.action, case.toolstack.calls) == ("none", [("create", "a")])
    assert [problem.reason for problem in second.problems] == ["xm list --long said nonsense"]


@pytest.mark.parametrize("restart, action", [("never", "none"), ("on_change", "restarted")])
def test_a_restart_is_asked_for_by_name(restart: str, action: str, case: Case) -> None:
    with_web1(case).record("web1", "uuid-7", NEW)
    outcome = case.one(definition(restart=restart))
    assert outcome.action == action
    if action == "none":
        assert (outcome.restart_needed, outcome.domid, case.toolstack.calls) == (True, 7, [])
    else:
        assert (outcome.restart_needed, outcome.domid, outcome.state) == (False, 8, "running")
        assert case.toolstack.calls == [("shutdown", "web1"), ("create", "web1")]
        assert case.one(definition(restart=restart)).action == "none"


def test_a_restart_that_does_not_come_to_its_start_leaves_the_guest_running(case: Case) -> None:
    with_web1(case).record("web1", "uuid-7", NEW)
    case.toolstack.deaf = {"web1"}
    outcome = case.one(definition(restart="on_change"))
    assert (outcome.action, outcome.state, outcome.domid) == ("none", "running", 7)
    assert [problem.reason for problem in outcome.problems] == ["did not shut down within 4 seconds, and is running"]
    assert case.toolstack.calls == [("shutdown", "web1")]


def test_a_restart_whose_shutdown_fails(case: Case) -> None:
    with_web1(case).record("web1", "uuid-7", NEW)
    case.toolstack.failing["shutdown", "web1"] = "no"
    outcome = case.one(definition(restart="on_change"))
    assert ([problem.reason for problem in outcome.problems], outcome.action) == (["no"], "none")
    assert case.toolstack.calls == [("shutdown", "web1")]


def test_a_guest_is_not_stopped_for_a_file_that_is_not_there(case: Case) -> None:
    with_web1(case).record("web1", "uuid-7", NEW)
    (case.folder / "web1.cfg").unlink()
    outcome = case.one(definition(restart="on_change"))
    assert case.toolstack.calls == []
    assert told(outcome.problems) == [
        ("web1", "file", "running", f"{case.folder}/web1.cfg is missing", "run guest_config first")
    ]


# -- starts that fail -------------------------------------------------------------------------------------------------


def test_a_start_that_fails_does_not_keep_the_others(case: Case) -> None:
    case.toolstack.failing["create", "b"] = "xl create failed: out of memory"
    outcomes = case.run(*[definition(name) for name in "abc"])
    assert [outcome.action for outcome in outcomes] == ["started", "none", "started"]
    assert told(outcomes[1].problems) == [("b", "state", "running", "xl create failed: out of memory", BY_HAND)]
    assert records.load(case.folder / "records", "b") is None


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


def test_a_guest_that_ends_at_once(case: Case) -> None:
    case.toolstack.short_lived = {"web1"}
    outcome = case.one(definition())
    assert (outcome.action, outcome.state, outcome.domid) == ("none", "off", None)
    assert told(outcome.problems) == [
        ("web1", "state", "running", "was started, and ended at once", f"read its console log, or {BY_HAND}")
    ]


def test_a_dying_domain_is_waited_for_before_the_start(case: Case) -> None:
    class Dying(FakeToolstack):
        looks = 0

        def domains(self) -> Any:
            self.looks += 1
            if self.looks == 3:
                self.running = []
            return super().domains()

    case.toolstack = Dying(domain("web1", 7, "-----d"))
    outcome = case.one(definition())
    assert (outcome.action, outcome.domid, case.toolstack.calls) == ("started", 8, [("create", "web1")])
    assert case.slept == [2.0]


@pytest.mark.parametrize("state, action", [("stopped", "shutdown"), ("running", "create")])
def test_a_list_that_fails_while_one_guest_is_handled_does_not_keep_the_others(
    state: str, action: str, case: Case
) -> None:
    """xl list can fail in the middle; the guest that it was for has a problem, the next one is still handled."""

    class Flaky(FakeToolstack):
        def domains(self) -> Any:
            if (action, "a") in self.calls and not self.failing.get(("seen", "")):
                self.failing["seen", ""] = "once"
                raise ToolstackError("xl list failed")
            return super().domains()

    case.toolstack = Flaky(*([domain("a", 1), domain("b", 2)] if state == "stopped" else []))
    first, second = case.run(definition("a", state=state), definition("b", state=state))
    assert told(first.problems) == [("a", "state", state, "xl list failed", BY_HAND)]
    assert (second.problems, second.action) == ([], "stopped" if state == "stopped" else "started")


def test_a_record_that_cannot_be_written_is_the_guest_s_problem(case: Case) -> None:
    (case.folder / "records").write_text("a file in its place", encoding="utf-8")
    outcomes = case.run(definition("a"), definition("b"))
    assert [outcome.state for outcome in outcomes] == ["off", "off"]
    assert case.toolstack.calls == []
    assert [len(outcome.problems) for outcome in outcomes] == [1, 1]


def test_a_host_whose_domains_cannot_be_listed(case: Case) -> None:
    case.toolstack.failing["list", ""] = "xl list failed"
    with pytest.raises(ToolstackError, match="^xl list failed$"):
        case.run(definition())


# -- with what guest_config said --------------------------------------------------------------------------------------


def test_a_guest_whose_file_was_refused_is_left_alone(case: Case) -> None:
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2))
    configured = {"a": {"digest": "", "problems": ["x"]}, "c": {"digest": SAME, "problems": []}}
    outcomes = case.run(
        definition("a", state="stopped"), definition("b", state="stopped"), definition("c"), configured=configured
    )
    assert [(outcome.refused, outcome.action) for outcome in outcomes] == [
        (True, "none"), (True, "none"), (False, "started"),
    ]
    assert case.toolstack.calls == [("create", "c")]


def test_a_wrong_definition_is_told_and_left_alone(case: Case) -> None:
    outcome = with_web1(case).one(definition(memory="x", state="stopped"))
    assert (outcome.state, outcome.action, case.toolstack.calls) == ("running", "none", [])
    assert [problem.key for problem in outcome.problems] == ["memory"]


def test_check_mode_judges_by_what_will_be_written(case: Case) -> None:
    with_web1(case).record("web1", "uuid-7", SAME)
    item = definition(restart="on_change")
    assert case.one(item, configured={"web1": {"digest": SAME, "problems": []}}, check=True).action == "none"
    changed = case.one(item, configured={"web1": {"digest": NEW, "problems": []}}, check=True)
    assert (changed.action, changed.state, changed.restart_needed) == ("restarted", "running", False)
    assert case.toolstack.calls == []


@pytest.mark.parametrize(
    "items",
    [
        [definition("a"), definition("b", state="stopped"), definition("c", restart="on_change")],
        [definition("a", state="absent"), definition("b"), definition("c", state="defined")],
        [definition("a", state="stopped"), definition("a"), definition("b", memory=1), "nonsense"],
    ],
)
def test_check_mode_says_what_the_run_then_does(items: list[Any], tmp_path: Path) -> None:
    def fresh(name: str) -> Case:
        folder = tmp_path / name
        folder.mkdir()
        case = Case(folder, FakeToolstack(domain("b", 2), domain("c", 3)))
        case.record("c", "uuid-3", NEW)
        return case

    def seen(outcomes: list[Outcome]) -> list[Any]:
        return [{**outcome.as_dict(), "domid": None} for outcome in outcomes]

    checked, ran = fresh("checked"), fresh("ran")
    assert seen(checked.run(*items, check=True)) == seen(ran.run(*items))
    assert (checked.toolstack.calls, checked.slept) == ([], [])
    assert not (tmp_path / "checked" / "records" / "a.json").exists()


def test_check_mode_does_not_promise_to_start_from_a_file_that_is_not_there(case: Case) -> None:
    (case.folder / "web1.cfg").unlink()
    alone = [case.one(definition(), check=check) for check in (True, False)]
    assert [(outcome.action, [problem.key for problem in outcome.problems]) for outcome in alone] == [("none", ["file"])] * 2
    announced = {"web1": {"digest": SAME, "problems": []}}
    assert case.one(definition(), configured=announced, check=True).action == "started"
    assert case.toolstack.calls == []


def test_facts_that_the_toolstack_does_not_tell(case: Case) -> None:
    with_web1(case).toolstack.facts[7] = DomainFacts()
    outcome = case.one(definition())
    assert (outcome.action, outcome.restart_needed) == ("none", True), "its file is newer than the year 1970"


def test_a_shutdown_that_fails_is_a_destroy_when_that_was_asked_for(case: Case) -> None:
    """As a BIOS that shows its screen: nothing in the guest hears that it is to shut down."""
    with_web1(case).toolstack.failing["shutdown", "web1"] = "PV control interface not available"
    outcome = case.one(definition(state="stopped"), destroy=True)
    assert (outcome.action, outcome.state, outcome.problems) == ("stopped", "off", [])
    assert case.toolstack.calls == [("shutdown", "web1"), ("destroy", "web1")]


def test_an_hvm_guest_that_does_not_start_has_a_log_of_its_device_model(case: Case) -> None:
    case.toolstack.failing["create", "win1"] = "device model did not start"
    case.file("win1")
    (found,) = case.one(hvm("win1")).problems
    assert found.remedy == f"read /var/log/xen/qemu-dm-win1.log, {TRY_AGAIN}"

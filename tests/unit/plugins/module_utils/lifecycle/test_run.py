# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs: what is done with each guest, restarts, the order of all actions, check mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Outcome
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, ToolstackError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, TRY_AGAIN, Case

NEW = digest("other text")
SAME = digest(TEXT)
OLD = digest("old text")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, FakeToolstack())


def with_web1(case: Case, state: str = "-b----") -> Case:
    case.toolstack = FakeToolstack(domain("web1", 7, state))
    return case


@pytest.mark.parametrize("state", ["stopped", "absent", "defined"])
def test_what_is_not_to_run_and_does_not(state: str, case: Case) -> None:
    outcome = case.one(definition(state=state))
    assert (outcome.action, outcome.state, outcome.domid, case.toolstack.calls) == ("none", "off", None, [])


def test_defined_leaves_a_running_guest_alone(case: Case) -> None:
    outcome = with_web1(case).one(definition(state="defined"))
    assert (outcome.action, outcome.state, outcome.domid) == ("none", "running", 7)


@pytest.mark.parametrize("state, word", [("--p---", "paused"), ("---sc-", "crashed"), ("---s--", "shutdown")])
def test_a_guest_that_is_there_and_does_not_run(state: str, word: str, case: Case) -> None:
    outcome = with_web1(case, state).one(definition())
    remedy = "examine the guest, then run xl destroy web1 (or xl unpause web1 if you paused it)"
    assert told(outcome.problems) == [("web1", "state", "running", f"its domain 7 is {word}", remedy)]
    assert (outcome.action, outcome.state, case.toolstack.calls) == ("none", word, [])


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
    assert told(first.problems) == [("a", "state", state, "xl list failed", TRY_AGAIN)]
    assert (second.problems, second.action) == ([], "stopped" if state == "stopped" else "started")


def test_a_host_whose_domains_cannot_be_listed(case: Case) -> None:
    case.toolstack.failing["list", ""] = "xl list failed"
    with pytest.raises(ToolstackError, match="^xl list failed$"):
        case.run(definition())


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


# -- restarts, one after the other -------------------------------------------------------------------------------------


class Timed(FakeToolstack):
    """Tells how many guests were there at each call, and that of each sleep."""

    def __init__(self, *running: Domain) -> None:
        super().__init__(*running)
        self.fewest = 99

    def domains(self) -> list[Domain]:
        found = super().domains()
        self.fewest = min(self.fewest, len(found))
        return found


def rolling(folder: Path, *names: str) -> Case:
    """Guests that were started from older definitions."""
    case = Case(folder, Timed(*[domain(name, number + 1) for number, name in enumerate(names)]))
    for number, name in enumerate(names):
        case.file(name)
        case.record(name, f"uuid-{number + 1}", OLD)
    return case


def changed(*names: str, **more: Any) -> list[Any]:
    return [definition(name, restart="on_change", **more) for name in names]


def did(case: Case) -> list[str]:
    return [" ".join(call) for call in case.toolstack.calls]


def shown(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    return [(outcome.action, outcome.cause, outcome.state) for outcome in outcomes]


def test_the_first_runs_again_before_the_next_one_stops(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b", "c")
    outcomes = case.run(*changed("a", "b", "c"))
    assert did(case) == ["shutdown a", "create a", "shutdown b", "create b", "shutdown c", "create c"]
    assert shown(outcomes) == [("restarted", "definition", "running")] * 3
    assert case.toolstack.fewest == 2  # type: ignore[attr-defined]
    case.toolstack.calls.clear()
    assert shown(case.run(*changed("a", "b", "c"))) == [("none", "", "running")] * 3


def test_several_at_a_time(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b", "c")
    case.run(*changed("a", "b", "c"), restart_batch=2)
    assert did(case) == ["shutdown a", "shutdown b", "create a", "create b", "shutdown c", "create c"]


def test_a_batch_whose_guests_start_side_by_side(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b", "c")
    case.run(*changed("a", "b", "c"), restart_batch=3, start_parallel=2)
    assert did(case)[:3] == ["shutdown a", "shutdown b", "shutdown c"]
    assert sorted(did(case)[3:5]) == ["create a", "create b"]
    assert did(case)[5:] == ["create c"]


def test_one_that_does_not_come_back_ends_the_restarts_and_nothing_else(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b", "c")
    case.file("d")
    case.toolstack.failing["create", "b"] = "no such image"
    outcomes = case.run(*changed("a", "b", "c"), definition("d", order=1))
    assert shown(outcomes) == [
        ("restarted", "definition", "running"), ("stopped", "definition", "off"), ("none", "", "running"),
        ("started", "", "running"),
    ]
    assert did(case) == ["shutdown a", "create a", "shutdown b", "create b", "create d"]
    assert [problem.reason for problem in outcomes[1].problems] == ["no such image"]
    assert outcomes[2].notes == ["guest c: was not restarted, as guest b did not start again after its restart"]
    assert (outcomes[2].restart_needed, outcomes[2].problems) == (True, [])
    # What is off is started by the next run, and the others follow.
    case.toolstack.failing.clear()
    assert shown(case.run(*changed("a", "b", "c"))) == [
        ("none", "", "running"), ("started", "", "running"), ("restarted", "definition", "running"),
    ]


def test_one_that_does_not_shut_down_runs_on_and_keeps_nobody(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b")
    case.toolstack.deaf = {"a"}
    outcomes = case.run(*changed("a", "b"))
    assert shown(outcomes) == [("none", "definition", "running"), ("restarted", "definition", "running")]
    assert did(case) == ["shutdown a", "shutdown b", "create b"]


def test_a_file_that_is_missing_keeps_its_guest_running(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b")
    (tmp_path / "a.cfg").unlink()
    outcomes = case.run(*changed("a", "b"), restart_batch=2)
    assert ([problem.key for problem in outcomes[0].problems], outcomes[0].state) == (["file"], "running")
    assert did(case) == ["shutdown b", "create b"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b")
    (tmp_path / "a.cfg").unlink()
    (tmp_path / "a.cfg").mkdir()
    first, second = case.run(definition("a"), *changed("b"), reboot=("a",))
    assert (len(first.problems), first.action, second.action) == (1, "none", "restarted")


def test_a_reboot_restarts_what_has_not_changed(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b")
    for name, uuid in (("a", "uuid-1"), ("b", "uuid-2")):
        case.record(name, uuid, digest(TEXT))
    guests = [definition("a"), definition("b")]
    checked = case.run(*guests, reboot=("b",), check=True)
    assert (shown(checked), did(case)) == ([("none", "", "running"), ("restarted", "asked", "running")], [])
    assert shown(case.run(*guests, reboot=("b",))) == shown(checked)
    assert did(case) == ["shutdown b", "create b"]


def test_a_reboot_of_what_is_off_is_a_start(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack())
    assert shown(case.run(definition("a"), reboot=("a",))) == [("started", "", "running")]


# -- order and delay ---------------------------------------------------------------------------------------------------


class Clock:
    """What was done, with the waits between."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def append(self, seconds: float) -> None:
        self.case.toolstack.calls.append(("wait", f"{seconds:g}"))


def test_starts_and_stops_have_an_order_with_delays(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(domain("a", 1), domain("b", 2)))
    case.file("d")
    case.slept = Clock(case)  # type: ignore[assignment]
    case.run(
        definition("a", state="stopped", order=-1), definition("b", state="stopped"),
        definition("c", start_delay=5), definition("d", order=-7, start_delay=9), definition("web1", start_delay=60),
    )
    assert did(case) == [
        "shutdown b", "shutdown a", "create d", "wait 9", "create c", "wait 5", "create web1",
    ]


def test_nothing_is_waited_for_after_what_was_not_started(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(domain("b", 2)))
    case.toolstack.failing["create", "a"] = "no"
    case.run(definition("a", start_delay=60), definition("b", start_delay=60), definition("c", start_delay=60))
    assert case.slept == []
    case.run(definition("web1", start_delay=60), definition("a"), check=True)
    assert case.slept == []


def test_a_restart_has_its_delay_too(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b")
    case.slept = Clock(case)  # type: ignore[assignment]
    case.run(*changed("a", "b", start_delay=5))
    assert did(case) == ["shutdown a", "create a", "wait 5", "shutdown b", "create b"]


def test_the_last_delay_passes_when_the_caller_starts_other_guests(tmp_path: Path) -> None:
    case = rolling(tmp_path, "a", "b")
    case.slept = Clock(case)  # type: ignore[assignment]
    case.run(*changed("a", "b", start_delay=5), more_starts=True, check=True)
    assert did(case) == []
    case.run(*changed("a", "b", start_delay=5), more_starts=True)
    assert did(case) == ["shutdown a", "create a", "wait 5", "shutdown b", "create b", "wait 5"]

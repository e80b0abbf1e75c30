# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restarts: why, one after the other, and what ends them; and the order of all that is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.context import Outcome
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import BootFiles, Domain, ToolstackError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, hvm
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, Case

OLD = digest("old text")


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


# -- one after the other ----------------------------------------------------------------------------------------------


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


# -- asked for by name ------------------------------------------------------------------------------------------------


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


# -- of an older image ------------------------------------------------------------------------------------------------


def image(folder: Path, content: str, name: str = "qemu-stubdom-linux", is_current: bool = False) -> image_store.Image:
    """A version in the store, of two files."""
    files = {part: image_store.hashlib.sha256(f"{part} {content}".encode()).hexdigest() for part in (f"{name}-k", f"{name}-r")}
    made = image_store.image_of(folder / "store", name, files.items())
    Path(made.folder).mkdir(parents=True)
    (Path(made.folder) / "manifest.json").write_text(json.dumps(made.as_dict()), encoding="utf-8")
    if is_current:
        (Path(made.folder).parent / "current").symlink_to(made.version)
    return made


def paths(made: image_store.Image) -> list[str]:
    return [file["path"] for file in made.as_dict()["files"]]


class Stale:
    """An HVM and a PV guest of old versions, whose files name the new ones."""

    def __init__(self, folder: Path) -> None:
        self.old, self.new = image(folder, "old"), image(folder, "new", is_current=True)
        self.grub = image(folder, "old", "pvgrub2-x86_64"), image(folder, "new", "pvgrub2-x86_64", is_current=True)
        self.case = Case(folder, FakeToolstack(domain("win1", 1), domain("win1-dm", 2), domain("web1", 3)))
        toolstack = self.case.toolstack
        toolstack.targets = {2: 1}
        toolstack.files = {2: BootFiles(*paths(self.old)), 3: BootFiles(paths(self.grub[0])[0])}
        for name, file in (("win1", self.new), ("web1", self.grub[1])):
            self.case.file(name, "\n".join(paths(file)))
            self.case.record(name, {"win1": "uuid-1", "web1": "uuid-3"}[name], OLD)

    def run(self, *guests: Any, **rules: Any) -> list[Outcome]:
        if not rules.get("check"):
            self.case.toolstack.ends_by_itself(2, after=9)
        return self.case.run(*(guests or (hvm("win1"), definition("web1"))), **rules)


@pytest.fixture
def stale(tmp_path: Path) -> Stale:
    return Stale(tmp_path)


def test_it_is_told_and_left_alone(stale: Stale) -> None:
    outcomes = stale.run(check=True)
    assert [(outcome.stale, outcome.restart_needed, outcome.action) for outcome in outcomes] == [(True, True, "none")] * 2


def test_it_is_restarted_where_that_is_asked_for(stale: Stale) -> None:
    checked = stale.run(check=True, restart_stale=True)
    assert shown(checked) == [("restarted", "image", "running")] * 2
    assert [outcome.stale for outcome in checked] == [False, False]
    stale.case.toolstack.ends_by_itself(2, after=1)
    outcomes = stale.case.run(hvm("win1"), definition("web1"), restart_stale=True)
    assert shown(outcomes) == shown(checked)
    assert did(stale.case) == ["shutdown win1", "create win1", "shutdown web1", "create web1"]
    again = stale.case.run(hvm("win1"), definition("web1"), restart_stale=True)
    assert [(outcome.stale, outcome.action) for outcome in again] == [(False, "none")] * 2


def test_a_guest_whose_file_names_the_old_image_is_not_restarted_for_nothing(stale: Stale) -> None:
    text = "\n".join(paths(stale.old))
    stale.case.file("win1", text)
    outcome = stale.run(hvm("win1"), restart_stale=True, check=True)[0]
    assert (outcome.stale, outcome.action) == (True, "none")
    said = "runs from an older qemu-stubdom-linux, which its configuration file still names: run guest_config, then run this again"
    assert outcome.notes == [f"guest win1: {said}"]
    # In check mode guest_config has announced another file.
    configured = {"win1": {"digest": "another", "problems": []}}
    outcome = stale.case.run(hvm("win1"), restart_stale=True, check=True, configured=configured)[0]
    assert (outcome.action, outcome.cause, outcome.notes) == ("restarted", "image", [])


def test_check_mode_knows_of_an_image_that_is_to_come(tmp_path: Path) -> None:
    case = Case(tmp_path, FakeToolstack(domain("web1", 3)))
    now = image(tmp_path, "one", "pvgrub2-x86_64", is_current=True)
    case.toolstack.files = {3: BootFiles(paths(now)[0])}
    case.record("web1", "uuid-3", digest(TEXT))
    assert case.one(definition(), check=True).stale is False
    assert case.toolstack.asked == [], "where nothing is old, nobody is asked"
    assert case.one(definition(), check=True, versions={"pvgrub2-x86_64": now.version}).stale is False
    coming = {"versions": {"pvgrub2-x86_64": "f" * 16}, "check": True}
    outcome = case.one(definition(), restart_stale=True, **coming)
    assert (outcome.action, outcome.cause) == ("restarted", "image")


def test_what_the_definition_names_itself_is_as_it_is_wanted(stale: Stale) -> None:
    kernel, ramdisk = paths(stale.old)
    own = hvm("win1", device_model={"scheme": "linux", "kernel": kernel, "ramdisk": ramdisk})
    assert stale.run(own, restart_stale=True, check=True)[0].stale is False


def test_a_pvh_guest_is_asked_by_its_record(stale: Stale) -> None:
    stale.case.toolstack.recorded = {3: paths(stale.grub[0])[0]}
    stale.case.toolstack.files = {}
    pvh = definition(type="pvh", boot={"method": "pvgrub2"})
    assert stale.run(pvh, check=True)[0].stale is True


def test_an_hvm_guest_without_a_stub_domain_is_of_no_image(stale: Stale) -> None:
    stale.case.toolstack.targets = {}
    assert stale.run(hvm("win1"), check=True)[0].stale is False
    assert stale.case.toolstack.asked == []


def test_a_toolstack_that_does_not_tell_keeps_nobody(stale: Stale, monkeypatch: pytest.MonkeyPatch) -> None:
    def mute(_domains: Any) -> Any:
        raise ToolstackError("xm list --long said nonsense")

    monkeypatch.setattr(stale.case.toolstack, "booted_from", mute)
    outcomes = stale.run(hvm("win1"), definition("c"), definition("a", state="stopped"), restart_stale=True)
    assert [outcome.action for outcome in outcomes] == ["none", "started", "none"]
    note = "guest win1: the image that it was booted from is unknown: xm list --long said nonsense"
    assert [outcome.notes for outcome in outcomes] == [[note], [], []]


# -- order and delay --------------------------------------------------------------------------------------------------


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

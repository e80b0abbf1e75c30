# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is observed of a guest: whether it needs a restart, and whether it runs from an older image."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import meaning_record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import (
    EarlierStart,
    Observation,
    Record,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observe import Observer
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Outcome
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import (
    BootFiles,
    Domain,
    DomainFacts,
    ToolstackError,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, guest, hvm, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import BEGUN, TEXT, TRY_AGAIN, Case, half_made

NEW = digest("other text")
SAME = digest(TEXT)
OLD = digest("old text")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, FakeToolstack())


def with_web1(case: Case, state: str = "-b----") -> Case:
    case.toolstack = FakeToolstack(domain("web1", 7, state))
    return case


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


@pytest.mark.parametrize(
    "record, known, needed",
    [
        # The file is only spelled differently than the one that the domain was started from.
        (("uuid-7", NEW), {"earlier": [{"digest": NEW, "changed_at": 9000.0}]}, False),
        (("uuid-1", NEW), {"earlier": [{"digest": NEW, "changed_at": 9000.0}]}, False),
        (("uuid-7", "0ther"), {"earlier": [{"digest": NEW, "changed_at": 9000.0}]}, True),
        # Started by somebody else, from the file that was there before; or after that one, too.
        (None, {"earlier": [{"digest": NEW, "changed_at": 500.0}]}, False),
        (None, {"earlier": [{"digest": NEW, "changed_at": 8000.0}]}, True),
        (("uuid-1", "0ther"), {"earlier": [{"digest": NEW, "changed_at": 500.0}]}, None),
        # Compared with the domain itself, whatever file that was started from.
        (None, {"uuid": "uuid-7", "is_same": True}, False),
        (None, {"uuid": "uuid-7", "is_same": False, "earlier": [{"digest": NEW, "changed_at": 500.0}]}, True),
        (("uuid-1", NEW), {"uuid": "uuid-7", "is_same": True}, False),
        (None, {"uuid": "uuid-6", "is_same": True}, True),
        (("uuid-7", NEW), {"uuid": "uuid-7", "is_same": True}, True),
        # Of another configuration, or unreadable.
        (None, {"digest": "0ther", "uuid": "uuid-7", "is_same": True}, True),
        (None, {"earlier": "nonsense", "uuid": "uuid-7", "is_same": True}, True),
    ],
)
@pytest.mark.parametrize("given", [True, False], ids=["in the same run", "in a later run"])
def test_what_means_the_same_needs_no_restart(record: Any, known: Any, needed: Any, given: bool, case: Case) -> None:
    with_web1(case).file("web1", mtime=9000.0)
    if record:
        case.record("web1", *record)
    known = {"digest": SAME, "earlier": [], "uuid": "", "is_same": False, **known}
    configured = {"web1": {"digest": SAME, "problems": [], "meaning": known if given else {}}}
    if not given:
        path = meaning_record.path_of(case.folder / "records", "web1")
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(known), encoding="utf-8")
    (outcome,) = case.run(definition(), configured=configured)
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
    assert (second.action, second.problems) == ("started", []), "a new domain has the uuid that it was given"


def test_facts_that_the_toolstack_does_not_tell(case: Case) -> None:
    with_web1(case).toolstack.facts[7] = DomainFacts()
    outcome = case.one(definition())
    assert (outcome.action, outcome.restart_needed) == ("none", True), "its file is newer than the year 1970"


# -- older images ------------------------------------------------------------------------------------------------------


def did(case: Case) -> list[str]:
    return [" ".join(call) for call in case.toolstack.calls]


def shown(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    return [(outcome.action, outcome.cause, outcome.state) for outcome in outcomes]


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


# -- the observation itself --------------------------------------------------------------------------------------------


def observe(case: Case, item: Any, found: Any = "listed", start: Any = None, configured: Any = None, **older: str) -> Observation:
    """Return what an observer shows of a guest; ``older`` has the image's name by the path of each older file."""
    known = case.toolstack.domains()
    observer = Observer(case.toolstack, case.folders, {item.name: older} if older else {}, known)
    listed = next((one for one in known if one.name == item.name), None)
    return observer.observe(item, listed if found == "listed" else found, start, configured)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_guest_without_a_domain(case: Case) -> None:
    assert observe(case, guest()) == Observation()


def test_observing_changes_nothing_and_waits_for_nothing(case: Case) -> None:
    with_web1(case).record("web1", "uuid-7", OLD)
    records.pause(case.folder / "records", "web1", "uuid-7")
    before = contents(case.folder)
    found = observe(case, guest())
    assert found == Observation(domain("web1", 7), restart_needed=True)
    assert (contents(case.folder), case.toolstack.calls, case.slept) == (before, [], [])


def test_each_observation_is_the_same(case: Case) -> None:
    with_web1(case).record("web1", "uuid-7", SAME)
    assert observe(case, guest()) == observe(case, guest()) == Observation(domain("web1", 7))


@pytest.mark.parametrize("mark, ours", [("uuid-7", True), ("uuid-1", False), ("", False)])
def test_who_paused_it(mark: str, ours: bool, case: Case) -> None:
    with_web1(case, "--p---")
    if mark:
        records.pause(case.folder / "records", "web1", mark)
    assert observe(case, guest()).paused_by_us is ours
    # It matters for a guest that is to stop, too.
    assert observe(case, guest(state="stopped")).paused_by_us is ours


@pytest.mark.parametrize(
    "letters, state, ours, is_compared",
    [
        ("-b----", "running", False, True),
        ("-b----", "paused", False, True),
        ("-b----", "stopped", False, False),
        ("-b----", "defined", False, False),
        ("--p---", "running", False, False),
        ("--p---", "running", True, True),
        ("--p---", "paused", False, True),
        ("---sc-", "running", False, False),
        ("---sc-", "paused", False, False),
        ("-----d", "running", False, False),
    ],
)
def test_what_a_domain_was_started_from_matters_where_a_restart_is_possible(
    letters: str, state: str, ours: bool, is_compared: bool, case: Case
) -> None:
    with_web1(case, letters).record("web1", "uuid-7", OLD)
    if ours:
        records.pause(case.folder / "records", "web1", "uuid-7")
    found = observe(case, guest(state=state), **{"/store/grub/1/grub": "grub"})
    assert (found.restart_needed, found.is_stale) == (is_compared, is_compared)


def test_an_older_image_that_the_file_still_names(case: Case) -> None:
    path = "/store/grub/0123/grub"
    with_web1(case).file("web1", path)
    found = observe(case, guest(), **{path: "grub"})
    assert (found.older, found.file_names_older, found.restart_boots_newer) == ({"grub": "0123"}, True, False)
    assert found.notes == (
        "runs from an older grub, which its configuration file still names: run guest_config, then run this again",
    )
    # What guest_config has announced in check mode counts.
    found = observe(case, guest(), configured={"digest": "another"}, **{path: "grub"})
    assert (found.file_names_older, found.restart_boots_newer, found.notes) == (False, True, ())


def test_the_record_of_an_earlier_start_that_made_the_domain(case: Case) -> None:
    with_web1(case).record("web1", "uuid-1", OLD)
    start = EarlierStart(Record("uuid-7", SAME, 0), domain("web1", 7), made_domain=True)
    assert observe(case, guest(), start=start) == Observation(domain("web1", 7), start)
    # One that did not make it says nothing of it: the domain is younger than the file and differs from the record.
    other = replace(start, made_domain=False)
    assert observe(case, guest(), start=other).restart_needed is None


@pytest.mark.parametrize("process", [0, 77])
def test_a_domain_that_is_not_complete_is_not_compared(process: int, case: Case) -> None:
    case.toolstack = FakeToolstack(half_made())
    case.record("web1", "uuid-7", OLD)
    start = EarlierStart(BEGUN, half_made(), made_domain=True, process=process)
    assert observe(case, guest(), start=start) == Observation(half_made(), start)


def test_facts_are_read_once_for_all_domains(case: Case) -> None:
    class Counting(FakeToolstack):
        asked_facts: list[list[str]] = []  # noqa: RUF012

        def facts_of_all(self, domains: list[Domain]) -> dict[int, DomainFacts]:
            self.asked_facts.append([one.name for one in domains])
            return super().facts_of_all(domains)

    toolstack = Counting(domain("a", 1), domain("b", 2))
    observer = Observer(toolstack, case.folders, {}, toolstack.domains())
    for one in toolstack.domains():
        observer.observe(guest(one.name), one, None, None)
    assert toolstack.asked_facts == [["a", "b"]]
    # One that was made since is read alone.
    toolstack.facts[9] = DomainFacts("uuid-9")
    assert observer.facts_of(domain("c", 9)).uuid == "uuid-9"

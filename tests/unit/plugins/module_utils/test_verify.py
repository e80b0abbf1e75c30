# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guest_info proves and what it finds wrong; the store, logs and processes are folders, the clock is the test's."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils import images, records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import DomainFacts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify import (
    Evidence,
    Looking,
    Verifier,
    pygrub_processes,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, domain, told

BOOTED = "Linux version 6.1.0-40-amd64"
GRUB = {"boot": {"method": "pvgrub2"}}


class Case:
    """One host in a folder; each sleep writes the next piece of the console."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.toolstack = FakeToolstack(domain("web1", 7))
        self.now = 0.0
        self.to_say: list[str] = []
        for name in ("console", "proc", "records"):
            (folder / name).mkdir()
        self.log = folder / "console" / "guest-web1.log"
        self.record(offset=0)

    def say(self, text: str = BOOTED + "\n") -> None:
        with self.log.open("a", encoding="utf-8") as out:
            out.write(text)

    def record(self, uuid: str = "uuid-7", offset: int = 0) -> None:
        records.save(self.folder / "records", "web1", records.Record(uuid, "", offset))

    def install(self, content: bytes) -> images.Image:
        source = self.folder / "source"
        source.write_bytes(content)
        name, digest = "pvgrub2-x86_64", hashlib.sha256(content).hexdigest()
        image = images.place_of(self.folder / "store", name, digest, f"{name}.bin")
        images.install(image, source, {})
        return image

    def boot(self, kernel: str, start_time: float = 1000.0) -> None:
        self.toolstack.facts[7] = DomainFacts("uuid-7", kernel, start_time)

    def process(self, number: int, *words: str) -> None:
        folder = self.folder / "proc" / str(number)
        folder.mkdir()
        (folder / "cmdline").write_text("".join(f"{word}\0" for word in words), encoding="utf-8")

    def run(self, *items: Any, states: Any = None, console: bool = True, wait: float = 0.0) -> list[Evidence]:
        def sleep(seconds: float) -> None:
            self.now += seconds
            if self.to_say:
                self.say(self.to_say.pop(0))

        looking = Looking(
            store=self.folder / "store",
            records=self.folder / "records",
            console_dir=self.folder / "console" if console else None,
            processes=self.folder / "proc",
            wait=wait,
        )
        return Verifier(self.toolstack, looking, lambda: self.now, sleep).run(list(items), states or {})

    def one(self, item: Any, **more: Any) -> Evidence:
        return self.run(item, **more)[0]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def reasons(evidence: Evidence) -> list[str]:
    return [problem.reason for problem in evidence.problems]


def test_a_direct_boot_is_proven(case: Case) -> None:
    case.say()
    assert case.one(definition()).as_dict() == {
        "name": "web1", "state": "running", "domid": 7, "uuid": "uuid-7", "memory": 256, "boot": "direct",
        "kernel": "/boot/vmlinuz", "image": "", "stale": False, "pygrub": False,
        "console": {"log": str(case.log), "matched": BOOTED, "tail": [BOOTED]},
        "proof": "kernel, console", "notes": [], "problems": [],
    }


def test_a_boot_through_grub_is_proven(case: Case) -> None:
    image = case.install(b"grub")
    case.boot(image.path)
    case.say()
    evidence = case.one(definition(**GRUB))
    assert (evidence.proof, evidence.image, evidence.stale, evidence.problems) == (
        "kernel, console", f"pvgrub2-x86_64 {image.version[:8]}", False, [],
    )


def test_without_the_console_the_kernel_is_proven(case: Case) -> None:
    evidence = case.one(definition(), console=False)
    assert (evidence.proof, evidence.problems, evidence.console.log) == ("kernel", [], "")


def test_an_older_image_is_a_note(case: Case) -> None:
    old = case.install(b"old")
    case.install(b"new")
    case.boot(old.path)
    case.say()
    evidence = case.one(definition(**GRUB))
    assert (evidence.stale, evidence.proof, evidence.problems) == (True, "kernel, console", [])
    assert evidence.notes == ["guest web1: was booted by an older pvgrub2-x86_64 than the installed one"]


def test_a_changed_image_is_a_problem(case: Case) -> None:
    image = case.install(b"grub")
    Path(image.path).write_bytes(b"evil")
    case.boot(image.path)
    case.say()
    evidence = case.one(definition(**GRUB))
    remedy = "install the image again, then find out who changed it"
    assert told(evidence.problems) == [
        ("web1", "state", "running", f"{image.path} is not the image that was installed", remedy)
    ]
    assert evidence.proof == ""


@pytest.mark.parametrize("kernel, shown", [("/boot/other", "/boot/other"), ("", "a kernel that the toolstack does not name")])
@pytest.mark.parametrize("more, wanted", [({}, "/boot/vmlinuz"), (GRUB, "an installed image pvgrub2-x86_64")])
def test_another_kernel_is_a_problem(kernel: str, shown: str, more: Any, wanted: str, case: Case) -> None:
    case.boot(kernel)
    case.say()
    evidence = case.one(definition(**more))
    reason = f"its domain was booted from {shown}, not from {wanted}"
    assert told(evidence.problems) == [
        ("web1", "state", "running", reason, "see who started it, then restart it")
    ]


@pytest.mark.parametrize("more", [{}, GRUB])
def test_another_kernel_is_expected_of_a_guest_that_waits_for_its_restart(more: Any, case: Case) -> None:
    case.boot("/boot/other")
    case.say()
    evidence = case.one(definition(**more), states={"web1": {"restart_needed": True}})
    assert (evidence.problems, evidence.proof) == ([], "kernel, console")
    assert evidence.notes == ["guest web1: runs an older definition; restart it to use the new one"]


def test_pygrub_at_work_is_a_problem(case: Case) -> None:
    case.say()
    case.process(42, "/usr/bin/python3", "/usr/lib/xen-4.17/bin/pygrub", "--output=/run/xen/bootloader.7.out", "/srv/a.img")
    evidence = case.one(definition())
    assert evidence.pygrub is True
    assert told(evidence.problems) == [
        ("web1", "state", "running", "a pygrub process works for it in dom0", "remove bootloader from its file")
    ]


def test_pygrub_for_another_guest_is_none_of_this_one(case: Case) -> None:
    case.say()
    case.process(42, "/usr/lib/xen-4.17/bin/pygrub", "--output=/run/xen/bootloader.77.out", "/srv/web1.img")
    assert case.one(definition()).pygrub is False


def test_pygrub_processes(case: Case) -> None:
    case.process(1, "/sbin/init")
    case.process(2, "/usr/bin/pygrub", "/a")
    case.process(3, "vi", "-R", "/usr/bin/pygrub")
    case.process(4, "python3", "pygrub")
    case.process(5)
    (case.folder / "proc" / "6").mkdir()
    (case.folder / "proc" / "self").mkdir()
    assert sorted(pygrub_processes(case.folder / "proc")) == ["/usr/bin/pygrub /a ", "python3 pygrub "]


@pytest.mark.parametrize("letters, word", [("--p---", "paused"), ("---sc-", "crashed")])
def test_a_domain_that_does_not_run(letters: str, word: str, case: Case) -> None:
    case.toolstack.running = [domain("web1", 7, letters)]
    case.say()
    assert told(case.one(definition()).problems) == [
        ("web1", "state", "running", f"its domain is {word}", "look at its console log")
    ]


def test_a_guest_whose_fault_is_told_already_is_not_proven(case: Case) -> None:
    """A paused guest, which guest_state has reported: its old console is no proof."""
    case.toolstack.running = [domain("web1", 7, "--p---")]
    case.say()
    evidence = case.one(definition(), states={"web1": {"problems": ["told"]}})
    assert (evidence.state, evidence.proof, evidence.problems) == ("paused", "", [])


@pytest.mark.parametrize(
    "state, told_already", [({}, False), ({"refused": True}, True), ({"problems": ["x"]}, True), ({"problems": []}, False)]
)
def test_a_guest_without_a_domain_is_told_once(state: Any, told_already: bool, case: Case) -> None:
    case.toolstack.running = []
    evidence = case.one(definition(), states={"web1": state})
    assert (evidence.state, evidence.proof) == ("off", "")
    assert reasons(evidence) == ([] if told_already else ["is not running"])


@pytest.mark.parametrize("state, proof", [("stopped", "no domain"), ("absent", "gone"), ("defined", "defined")])
def test_what_is_not_to_run_is_proven_by_no_domain(state: str, proof: str, case: Case) -> None:
    case.toolstack.running = []
    evidence = case.one(definition(state=state))
    assert (evidence.proof, evidence.problems) == (proof, [])


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_what_is_not_to_run_and_runs(state: str, case: Case) -> None:
    evidence = case.one(definition(state=state))
    assert told(evidence.problems) == [
        ("web1", "state", state, "its domain is running", "see why it does not shut down")
    ]
    assert evidence.proof == ""


def test_defined_says_nothing_about_the_domain(case: Case) -> None:
    evidence = case.one(definition(state="defined"))
    assert (evidence.proof, evidence.state, evidence.problems) == ("defined", "running", [])


# -- consoles ---------------------------------------------------------------------------------------------------------


def test_a_console_is_waited_for(case: Case) -> None:
    case.to_say = ["GRUB\n", BOOTED + "\n", "later\n"]
    evidence = case.one(definition(), wait=10.0)
    assert (evidence.proof, evidence.console.matched, case.now) == ("kernel, console", BOOTED, 4.0)


def test_a_console_that_stays_silent(case: Case) -> None:
    case.say("GRUB: no disk\n")
    evidence = case.one(definition(boot={"method": "direct", "kernel": "/boot/vmlinuz", "expect": "login:"}), wait=5.0)
    assert told(evidence.problems) == [
        (
            "web1",
            "state",
            "running",
            "its console does not show 'login:'; the last line is 'GRUB: no disk'",
            f"read {case.log}, or name in boot.expect what this guest prints",
        )
    ]
    assert case.now == 6.0


def test_an_empty_console(case: Case) -> None:
    case.say("")
    assert reasons(case.one(definition())) == ["its console does not show 'Linux version'; the last line is 'nothing'"]


def test_a_console_that_is_not_logged(case: Case) -> None:
    assert told(case.one(definition()).problems) == [
        (
            "web1",
            "state",
            "running",
            "its console is not logged, so that nothing shows its boot",
            "turn the log on with the role xenfleet.stubdom.console_log, then restart the guest",
        )
    ]


def test_an_earlier_boot_proves_nothing(case: Case) -> None:
    case.say()
    case.record(offset=case.log.stat().st_size)
    assert case.one(definition()).proof == ""
    case.say()
    assert case.one(definition()).proof == "kernel, console"


@pytest.mark.parametrize("mtime, proof", [(999.0, ""), (1001.0, "kernel, console")])
def test_without_a_record_of_this_domain_a_log_older_than_it_proves_nothing(
    mtime: float, proof: str, case: Case
) -> None:
    case.record(uuid="uuid-of-an-earlier-domain", offset=10**6)
    case.say()
    os.utime(case.log, (mtime, mtime))
    assert case.one(definition()).proof == proof


def test_all_consoles_share_one_wait(case: Case) -> None:
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2), domain("web1", 7))
    case.to_say = [BOOTED + "\n"]
    evidence = case.run(definition("a"), definition("b"), definition("web1"), "nonsense", wait=4.0)
    assert [item.proof for item in evidence] == ["", "", "kernel, console", ""]
    assert case.now == 4.0
    assert [item.name for item in evidence] == ["a", "b", "web1", "number 4 of the list"]
    assert [problem.key for problem in evidence[3].problems] == ["guest"]

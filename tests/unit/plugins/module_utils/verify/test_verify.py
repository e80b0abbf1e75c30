# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guest_info proves and what it finds wrong; the store, logs and processes are folders, the clock is the test's."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import BootFiles, DomainFacts
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify.evidence import Evidence
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify.verify import Verifier, VerifyOptions
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    DIRECT,
    FakeToolstack,
    definition,
    domain,
    hvm,
    told,
)

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
        records.save(self.folder / "records", "web1", Record(uuid, "", offset))

    def install(self, content: bytes, name: str = "pvgrub2-x86_64") -> image_store.Image:
        source = self.folder / "source"
        source.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        image = image_store.image_of(self.folder / "store", name, [(f"{name}.bin", digest)])
        image_install.install(image, {f"{name}.bin": source}, {})
        return image

    def boot(self, kernel: str, start_time: float = 1000.0) -> None:
        self.toolstack.facts[7] = DomainFacts("uuid-7", start_time)
        self.toolstack.files[7] = BootFiles(kernel)

    def process(self, number: int, *words: str) -> None:
        folder = self.folder / "proc" / str(number)
        folder.mkdir()
        (folder / "cmdline").write_text("".join(f"{word}\0" for word in words), encoding="utf-8")

    def run(
        self, *items: Any, states: Any = None, console: bool = True, wait: float = 0.0, scheme: str = "auto"
    ) -> list[Evidence]:
        def sleep(seconds: float) -> None:
            self.now += seconds
            if self.to_say:
                self.say(self.to_say.pop(0))

        looking = VerifyOptions(
            store=self.folder / "store",
            records=self.folder / "records",
            console_dir=self.folder / "console" if console else None,
            processes=self.folder / "proc",
            wait=wait,
            scheme=scheme,
        )
        return Verifier(self.toolstack, looking, lambda: self.now, sleep).run(read_guests(items), states or {})

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
        "device_model": "", "stub_domain": "",
        "console": {"log": str(case.log), "matched": BOOTED, "tail": [BOOTED], "echo": ""},
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


def test_an_image_of_many_guests_is_read_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    image = case.install(b"grub")
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2))
    case.toolstack.files = {domid: BootFiles(image.path) for domid in (1, 2)}
    asked: list[Path] = []
    sha256_of = image_store.sha256_of
    monkeypatch.setattr(image_store, "sha256_of", lambda path: [asked.append(path), sha256_of(path)][1])
    found = case.run(definition("a", **GRUB), definition("b", **GRUB), console=False)
    assert [evidence.proof for evidence in found] == ["kernel", "kernel"]
    assert asked == [Path(image.path)]


@pytest.mark.parametrize("kernel, shown", [("/boot/other", "/boot/other"), ("", "a kernel that the toolstack does not name")])
@pytest.mark.parametrize("more, wanted", [({}, "/boot/vmlinuz"), (GRUB, "an installed image pvgrub2-x86_64")])
def test_another_kernel_is_a_problem(kernel: str, shown: str, more: Any, wanted: str, case: Case) -> None:
    case.boot(kernel)
    case.say()
    evidence = case.one(definition(**more))
    reason = f"its domain was booted from {shown}, not from {wanted}"
    assert told(evidence.problems) == [
        ("web1", "state", "running", reason, "find out who started it, then restart it")
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
        ("web1", "state", "running", "a pygrub process works for it in dom0", "remove the key bootloader from its file")
    ]


def test_pygrub_for_another_guest_is_none_of_this_one(case: Case) -> None:
    case.say()
    case.process(42, "/usr/lib/xen-4.17/bin/pygrub", "--output=/run/xen/bootloader.77.out", "/srv/web1.img")
    assert case.one(definition()).pygrub is False


@pytest.mark.parametrize("letters, word", [("--p---", "paused"), ("---sc-", "crashed")])
def test_a_domain_that_does_not_run(letters: str, word: str, case: Case) -> None:
    case.toolstack.running = [domain("web1", 7, letters)]
    case.say()
    assert told(case.one(definition()).problems) == [
        ("web1", "state", "running", f"its domain is {word}", "read its console log")
    ]


def test_xen_s_log_has_why_an_hvm_guest_has_crashed(case: Case) -> None:
    case.toolstack.running = [domain("win1", 7, "---sc-")]
    case.toolstack.dmesg = "(d7) Unknown BIOS rombios, no ROM image found\n"
    reasons = [problem.reason for problem in case.one(hvm("win1")).problems]
    assert reasons[0] == "its domain is crashed; xl dmesg has: Unknown BIOS rombios, no ROM image found"


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
@pytest.mark.parametrize("reported", [{"problems": ["told"]}, {"refused": True}])
def test_a_guest_that_did_not_stop_is_one_problem(reported: dict[str, Any], state: str, case: Case) -> None:
    """guest_state has reported why it runs."""
    evidence = case.one(definition(state=state), states={"web1": reported})
    assert (evidence.problems, evidence.proof) == ([], "")


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_what_is_not_to_run_and_runs(state: str, case: Case) -> None:
    evidence = case.one(definition(state=state))
    assert told(evidence.problems) == [
        ("web1", "state", state, "its domain is running", "find out why it does not shut down")
    ]
    assert evidence.proof == ""


def test_defined_says_nothing_about_the_domain(case: Case) -> None:
    evidence = case.one(definition(state="defined"))
    assert (evidence.proof, evidence.state, evidence.problems) == ("defined", "running", [])


# -- device models --------------------------------------------------------------------------------------------------


MACHINE = {"dom0": "xenfv", "pv": "xenpv"}


def see(case: Case, where: str) -> None:
    """``where`` are the places in which QEMU works for web1: dom0, stub; and pv, a QEMU that emulates nothing."""
    case.toolstack.running.append(domain("web1-dm", 8))
    if "stub" in where:
        case.toolstack.targets = {8: 7}
        case.toolstack.files[8] = BootFiles("/usr/lib/xen-4.17/boot/ioemu-stubdom.gz")
    for number, place in enumerate(sorted({"dom0", "pv"} & set(where.split()))):
        case.process(40 + number, "/usr/bin/qemu-system-i386", "-xen-domid", "7", "-machine", MACHINE[place])


@pytest.mark.parametrize(
    "where, seen",
    [
        ("", ""),
        ("pv", ""),
        ("stub", "stub domain"),
        ("stub pv", "stub domain"),
        ("dom0", "dom0"),
        ("dom0 pv", "dom0"),
        ("dom0 stub", "dom0"),  # What is out of dom0 must be so wholly.
    ],
)
@pytest.mark.parametrize(
    "own, module_wide, wanted",
    [
        ("auto", "auto", "stub domain"),
        ("auto", "linux", "stub domain"),
        ("auto", "dom0", "dom0"),
        ("minios", "dom0", "stub domain"),
        ("dom0", "auto", "dom0"),
        ("dom0", "linux", "dom0"),
    ],
)
def test_where_the_device_model_runs(
    own: str, module_wide: str, wanted: str, where: str, seen: str, case: Case
) -> None:
    see(case, where)
    item = hvm("web1", device_model={"scheme": own})
    evidence = case.one(item, scheme=module_wide)
    assert (evidence.device_model, evidence.stub_domain) == (seen, "web1-dm" if "stub" in where else "")
    both = where == "dom0 stub"
    if seen == wanted and not both:
        proof = {"dom0": "QEMU in dom0", "stub domain": "stub domain"}[seen]
        assert (evidence.proof, evidence.problems) == (proof, [])
        return
    words = "dom0" if wanted == "dom0" else "a stub domain"
    reason, remedy = f"its device model runs in {seen}, and not in {words}", "restart the guest"
    if both:
        reason = "a QEMU in dom0 emulates its devices, too, beside its stub domain web1-dm"
        remedy = "find out who started that QEMU, then restart the guest"
    elif not seen:
        reason = f"its device model was not found in {words}"
        remedy = "read /var/log/xen/qemu-dm-web1.log, then restart the guest"
    assert told(evidence.problems) == [("web1", "state", "running", reason, remedy)]
    assert evidence.proof == ""
    # The guest's next start will be in the right place, and nothing is proven of this one. No start makes two of them.
    waits = case.one(item, scheme=module_wide, states={"web1": {"restart_needed": True}})
    assert reasons(waits) == ([reason] if both else [])
    assert waits.notes == ["guest web1: runs an older definition; restart it to use the new one"]
    assert waits.proof == ("" if both else {"dom0": "QEMU in dom0", "stub domain": "stub domain", "": ""}[seen])


def test_all_stub_domains_are_asked_at_once_and_only_they(case: Case) -> None:
    see(case, "stub")
    case.toolstack.running += [domain("b", 9), domain("b-dm", 10), domain("c", 11)]
    case.toolstack.targets[10] = 9
    case.say()
    found = case.run(hvm("web1"), hvm("b"), definition("c"), console=False)
    assert [evidence.stub_domain for evidence in found] == ["web1-dm", "b-dm", ""]
    # The PV guest is asked for its own kernel.
    assert case.toolstack.asked == ["web1-dm", "b-dm", "c"]


def test_the_image_of_a_stub_domain_is_proven(case: Case) -> None:
    see(case, "stub")
    image = case.install(b"stub", "ioemu-stubdom.gz")
    case.toolstack.files = {8: BootFiles(image.path)}
    evidence = case.one(hvm("web1"))
    shown = f"ioemu-stubdom.gz {image.version[:8]}"
    assert (evidence.image, evidence.stale, evidence.proof) == (shown, False, "stub domain")
    Path(image.path).write_bytes(b"evil")
    evidence = case.one(hvm("web1"))
    assert (reasons(evidence), evidence.proof) == ([f"{image.path} is not the image that was installed"], "")


def test_an_hvm_guest_s_kernel_is_not_asked_for(case: Case) -> None:
    see(case, "stub")
    assert case.one(hvm("web1")).problems == []
    assert "web1" not in case.toolstack.asked


def test_an_hvm_guest_s_console_is_asked_only_for_what_is_expected(case: Case) -> None:
    see(case, "stub")
    assert case.one(hvm("web1"), wait=60.0).proof == "stub domain"
    assert case.now == 0.0
    expects = hvm("web1", boot={"method": "firmware", "expect": "login:"})
    assert reasons(case.one(expects)) == ["its console is not logged, so that nothing shows its boot"]
    case.say("host login: ")
    assert case.one(expects).proof == "stub domain, console"
    assert case.one(expects, console=False).proof == "stub domain"


def test_a_guest_without_a_device_model_has_none_in_its_proof(case: Case) -> None:
    """A PV guest of that name, served by a QEMU for its disks."""
    see(case, "dom0 stub")
    case.say()
    evidence = case.one(definition())
    assert (evidence.device_model, evidence.proof, evidence.problems) == ("", "kernel, console", [])


def test_a_pvh_guest_is_proven_like_a_pv_one(case: Case) -> None:
    """But for its kernel, which xenstore does not name: libxl's own record does."""
    case.say()
    case.toolstack.recorded[7] = DIRECT["kernel"]
    case.boot("")
    assert case.one(definition(type="pvh")).proof == "kernel, console"
    assert "not name" in reasons(case.one(definition()))[0]


@pytest.mark.parametrize("letters, word", [("--p---", "paused"), ("---sc-", "crashed")])
def test_an_hvm_guest_that_does_not_run(letters: str, word: str, case: Case) -> None:
    case.toolstack.running = [domain("web1", 7, letters)]
    see(case, "stub")
    evidence = case.one(hvm("web1"))
    assert (reasons(evidence), evidence.proof) == ([f"its domain is {word}"], "")


# -- Xen's own PV-GRUB --------------------------------------------------------------------------------------------------


OWN_GRUB = {"boot": {"method": "pvgrub", "menu": "(hd0)/boot/grub/menu.lst"}}


@pytest.mark.parametrize(
    "boot, kernel, wrong",
    [
        ({}, "/usr/lib/xen-4.17/boot/pv-grub-x86_64.gz", ""),
        ({}, "/usr/lib/xen/boot/pv-grub.gz", ""),
        ({}, "/usr/lib/xen/boot/pv-grub-x86_32.gz", "pv-grub-x86_64.gz or pv-grub.gz"),
        ({"arch": "i386"}, "/usr/lib/xen/boot/pv-grub-x86_32.gz", ""),
        ({"arch": "i386"}, "/usr/lib/xen/boot/pv-grub-x86_64.gz", "pv-grub-x86_32.gz or pv-grub.gz"),
        ({"image": "mine.gz"}, "/usr/lib/xen/boot/mine.gz", ""),
        ({"image": "mine.gz"}, "/usr/lib/xen/boot/pv-grub-x86_64.gz", "mine.gz"),
        ({}, "", "pv-grub-x86_64.gz or pv-grub.gz"),
    ],
)
def test_images_of_xen_s_own(boot: Any, kernel: str, wrong: str, case: Case) -> None:
    case.boot(kernel)
    case.say()
    evidence = case.one(definition(boot={**OWN_GRUB["boot"], **boot}))
    said = kernel or "a kernel that the toolstack does not name"
    assert reasons(evidence) == (
        [f"its domain was booted from {said}, not from an installed image {wrong}"] if wrong else []
    )
    assert (evidence.image, evidence.proof) == ("", "" if wrong else "kernel, console")


@pytest.mark.parametrize(
    "boot, kernel",
    [
        ({**OWN_GRUB["boot"], "expect": "web.*word"}, "/usr/lib/xen/boot/pv-grub-x86_64.gz"),
        ({"method": "direct", "kernel": "/usr/lib/xen/boot/pv-grub-x86_64.gz", "expect": "word"}, "/usr/lib/xen/boot/pv-grub-x86_64.gz"),
        ({"method": "direct", "kernel": "/usr/lib/grub-xen/grub-x86_64-xen.bin", "expect": "word"}, "/usr/lib/grub-xen/grub-x86_64-xen.bin"),
    ],
)  # fmt: skip
def test_what_the_boot_loader_in_the_guest_prints_proves_nothing(boot: dict[str, Any], kernel: str, case: Case) -> None:
    case.boot(kernel)
    case.say("GNU GRUB  version\nBooting 'x'\nerror: word\nkernel /vmlinuz web=word\nerror: not found\n")
    evidence = case.one(definition(boot=boot))
    echo = next(line for line in ("error: word", "kernel /vmlinuz web=word") if re.search(boot["expect"], line))
    assert told(evidence.problems) == [
        ("web1", "state", "running", f"only its boot loader printed {echo!r}, which {boot['expect']!r} matches",
         f"read {case.log}, and set boot.expect to what the guest's own kernel prints")
    ]  # fmt: skip
    case.say("[    0.000000] Linux version 6.1.0-50-amd64 (x)\n[    0.000000] Command line: web=word\n")
    evidence = case.one(definition(boot=boot))
    assert (evidence.proof, reasons(evidence)) == ("kernel, console", [])
    assert evidence.console.matched == "[    0.000000] Command line: web=word"


def test_pvgrub2_is_an_image_of_the_store_only(case: Case) -> None:
    case.boot("/boot/pvgrub2-x86_64")
    case.say()
    assert len(case.one(definition(**GRUB)).problems) == 1


def test_a_pvgrub_image_of_the_store_is_checked(case: Case) -> None:
    image = case.install(b"grub", "pv-grub-x86_64.gz")
    case.boot(image.path)
    case.say()
    assert case.one(definition(**OWN_GRUB)).image == f"pv-grub-x86_64.gz {image.version[:8]}"
    Path(image.path).write_bytes(b"evil")
    assert len(case.one(definition(**OWN_GRUB)).problems) == 1
    other = case.install(b"grub", "pv-grub-x86_32.gz")
    case.boot(other.path)
    assert "not from an installed image pv-grub-x86_64.gz" in reasons(case.one(definition(**OWN_GRUB)))[0]


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
            f"read {case.log}, or set boot.expect to what this guest prints",
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


def test_a_console_that_is_expected_to_say_nothing_is_not_asked(case: Case) -> None:
    boot = {"method": "direct", "kernel": "/boot/vmlinuz", "expect": ""}
    evidence = case.one(definition(boot=boot), wait=60.0)
    assert (evidence.proof, evidence.problems, evidence.console.log, case.now) == ("kernel", [], "", 0.0)


def test_all_consoles_share_one_wait(case: Case) -> None:
    case.toolstack = FakeToolstack(domain("a", 1), domain("b", 2), domain("web1", 7))
    case.to_say = [BOOTED + "\n"]
    evidence = case.run(definition("a"), definition("b"), definition("web1"), "nonsense", wait=4.0)
    assert [item.proof for item in evidence] == ["", "", "kernel, console", ""]
    assert case.now == 4.0
    assert [item.name for item in evidence] == ["a", "b", "web1", "number 4 of the list"]
    assert [problem.key for problem in evidence[3].problems] == ["guest"]

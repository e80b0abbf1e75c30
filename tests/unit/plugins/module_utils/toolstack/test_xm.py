# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The class for xm: its texts are those of Xen's own sources, 3.3 to 4.1. What takes time is asked of the fake Xen."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import xm as module
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import (
    BootFiles,
    Domain,
    DomainFacts,
    NotXenError,
    ToolstackError,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm
from api import FakeXen

HEAD = "Name                                        ID   Mem VCPUs      State   Time(s)\n"
DOM0 = "Domain-0                                     0  1024     2     r-----     30.1\n"
WIN1 = "win1                                         5   512     1     -b----      1.5\n"
WIN1_DM = "win1-dm                                      6    32     1     -b----      0.5\n"
INFO = """\
host                   : xen1
nr_cpus                : 2
virt_caps              : hvm
total_memory           : 3071
free_memory            : 1990
xen_major              : 3
xen_minor              : 4
xen_extra              : .0
xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_64
"""
LONG = """\
(domain
    (domid 5)
    (uuid 5f0c2f5e-9a49-4f6e-8ab7-0b3f7c3b3d11)
    (name win1)
    (start_time 1700000000.25)
    (image (hvm (kernel /usr/lib/xen/boot/hvmloader) (vncpasswd geheim)))
)
(domain
    (domid 6)
    (uuid 0f0c2f5e-9a49-4f6e-8ab7-0b3f7c3b3d11)
    (name win1-dm)
    (image (linux (kernel /usr/lib/xen/boot/ioemu-stubdom.gz) (ramdisk /srv/initrd) (args ' -d 5')))
)
"""
SCRIPT = 'creation="xm create -c {} target=$domid memory=32 extra=\\"$extra\\""\n'

WIN = Domain(5, "win1", 512, 1, "-b----", 1.5)
STUB = Domain(6, "win1-dm", 32, 1, "-b----", 0.5)


class Runner:
    """Answers each command of xm, and xenstore-read, from a table; what it was asked is in ``calls``."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[list[str]] = []

    def __call__(self, argv: list[str]) -> Result:
        self.calls.append(argv)
        command = argv[1] if argv[0] == "xm" else "xenstore_read"
        answer = self.answers["long" if "--long" in argv else command]
        if isinstance(answer, dict):
            answer = (0, answer[argv[1]], "") if argv[1] in answer else (1, "", f"couldn't read path {argv[1]}")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return Result(argv, *answer)


def xm(root: Path | None = None, **answers: Any) -> tuple[Xm, Runner]:
    runner = Runner(**{"info": (0, INFO, ""), "xenstore_read": {}, **answers})
    return Xm(runner, 0, root), runner


def test_info() -> None:
    state = xm()[0].info()
    assert (state.version, state.release, state.toolstack) == ("3.4.0", (3, 4), "xm")
    assert (state.free_memory, state.total_memory, state.cpus) == (1990, 3071, 2)
    assert (state.capabilities, state.commandline) == (["xen-3.0-x86_64", "hvm-3.0-x86_64"], "")


NO_XEND = "Error: Unable to connect to xend: Connection refused. Is xend running?"


@pytest.mark.parametrize(
    "answer, uid, text",
    [
        (
            (127, "", "xm: command not found"),
            0,
            (
                "this is not a Xen host with xend: it has no xm. Remedy: use toolstack: auto, or install Xen and its tools "
                "and boot into it, or remove the host from the group."
            ),
        ),
        (
            (1, "", NO_XEND + "\n"),
            0,
            (
                f"this host has xm, but xend does not answer: xm info printed {NO_XEND}. Remedy: boot the host into Xen and "
                "start xend (xend start), or remove the host from the group."
            ),
        ),
        (
            (1, "", "Error: Most commands need root access. Please try again as root.\n"),
            1000,
            (
                "xm does not work for an ordinary user (Error: Most commands need root access. Please try again as root.). "
                "Remedy: set become: true."
            ),
        ),
    ],
)
def test_a_machine_whose_xend_does_not_answer(answer: Any, uid: int, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    with pytest.raises(NotXenError) as caught:
        xm(info=answer)[0].info()
    assert str(caught.value) == text


def test_domains_are_those_that_run() -> None:
    """xend lists the guests that it manages, too; their rows have neither an id nor a state."""
    rows = (
        "managed                                            256     1                 0.0\n"
        "x" + "x" * 44 + "     2   128     1     --p---      0.0\n"
        "crashed                                      3   128     1     ---sc-      9.9\n"
    )
    found = xm(list=(0, HEAD + DOM0 + rows, ""))[0].domains()
    assert [(one.domid, one.name[:4], one.condition) for one in found] == [
        (0, "Doma", "running"), (2, "xxxx", "paused"), (3, "cras", "crashed"),
    ]
    assert found[0] == Domain(0, "Domain-0", 1024, 2, "r-----", 30.1)


def test_a_row_that_cannot_be_read() -> None:
    with pytest.raises(ToolstackError, match="^xm list printed a row that cannot be read: 'web1 one 256'$"):
        xm(list=(0, HEAD + "web1 one 256\n", ""))[0].domains()


def test_facts_are_xends_own() -> None:
    toolstack, runner = xm(long=(0, LONG, ""))
    assert toolstack.facts_of(WIN) == DomainFacts("5f0c2f5e-9a49-4f6e-8ab7-0b3f7c3b3d11", 1700000000.25)
    assert runner.calls == [["xm", "list", "--long", "5"]]
    assert toolstack.facts_of(STUB) == DomainFacts("0f0c2f5e-9a49-4f6e-8ab7-0b3f7c3b3d11", 0.0)
    image = "/usr/lib/xen/boot/ioemu-stubdom.gz"
    assert (toolstack.kernel_of(STUB), toolstack.kernel_of(WIN)) == (image, "")


def test_facts_of_many_are_one_question() -> None:
    toolstack, runner = xm(long=(0, LONG, ""))
    gone = Domain(9, "gone", 1, 1, "------", 0)
    found = toolstack.facts_of_all([WIN, gone, STUB])
    assert runner.calls == [["xm", "list", "--long"]]
    assert found == {5: toolstack.facts_of(WIN), 9: DomainFacts(), 6: toolstack.facts_of(STUB)}
    asked = len(runner.calls)
    assert (toolstack.facts_of_all([]), len(runner.calls)) == ({}, asked)


@pytest.mark.parametrize("answer", [(3, "", "Error: Domain '5' does not exist."), (0, "(domain (domid 7))", ""), (0, "", "")])
def test_nothing_is_known_of_a_domain_that_has_ended(answer: Any) -> None:
    assert xm(long=answer)[0].facts_of(WIN) == DomainFacts()


def test_what_xend_prints_and_nobody_can_read_is_not_shown() -> None:
    """There may be passwords in it."""
    with pytest.raises(ToolstackError) as caught:
        xm(long=(0, "(domain (vncpasswd geheim)", ""))[0].facts_of(WIN)
    assert str(caught.value) == "xm list --long printed something that cannot be read: a list without an end"


def test_what_domains_were_booted_from_is_one_question() -> None:
    """A RAM disk is a stub domain's affair only, and hvmloader is nothing that a guest is booted from."""
    toolstack, runner = xm(long=(0, LONG, ""))
    gone, renamed = Domain(9, "gone", 1, 1, "------", 0), Domain(6, "win1", 1, 1, "------", 0)
    image = "/usr/lib/xen/boot/ioemu-stubdom.gz"
    assert toolstack.booted_from([WIN, STUB, gone]) == {5: BootFiles(), 6: BootFiles(image, "/srv/initrd"), 9: BootFiles()}
    assert toolstack.booted_from([renamed]) == {6: BootFiles(image)}
    assert runner.calls == 2 * [["xm", "list", "--long"]]
    assert (toolstack.booted_from([]), len(runner.calls)) == ({}, 2)


def test_a_list_that_fails_for_good() -> None:
    with pytest.raises(ToolstackError, match="^xm list --long failed with exit code 1: Error: no$"):
        xm(long=(1, "", "Error: no"))[0].booted_from([WIN])


@pytest.mark.parametrize(
    "script, release, name, file",
    [
        (SCRIPT.format("stubdom-$domname"), "3.4", "stubdom-win1", "stubdom-win1"),
        (SCRIPT.format("$domname-dm"), "3.4", "win1-dm", "win1-dm"),
        (SCRIPT.format("/etc/xen/stubdoms/$domname-dm"), "3.4", "win1-dm", ""),
        ("nobody understands this", "3.4", "win1-dm", ""),
        (None, "3.4", "win1-dm", ""),
    ],
)
def test_the_installed_script_names_stub_domains(
    script: str | None, release: str, name: str, file: str, tmp_path: Path
) -> None:
    if script is not None:
        (tmp_path / "usr/lib/xen/bin").mkdir(parents=True)
        (tmp_path / "usr/lib/xen/bin/stubdom-dm").write_text(script, encoding="utf-8")
    toolstack, runner = xm(tmp_path)
    assert (toolstack.stub_name_of("win1"), toolstack.stub_file_of("win1")) == (name, file)
    assert runner.calls == [["xm", "info"]], "it is asked once"


def test_which_domain_a_stub_domain_serves() -> None:
    rows = (0, HEAD + DOM0 + WIN1 + WIN1_DM, "")
    toolstack, runner = xm(list=rows, xenstore_read={"/local/domain/6/target": "5\n"})
    assert (toolstack.target_of(STUB), toolstack.target_of(WIN)) == (5, None)
    assert len(runner.calls) == 1
    assert toolstack.target_of(Domain(7, "stubdom-win1", 32, 1, "-b----", 0)) is None
    assert (toolstack.stub_domain_of(WIN), toolstack.stub_domain_of(STUB)) == (6, None)
    assert toolstack.stub_domain_of(Domain(8, "win1", 512, 1, "-b----", 0)) is None, "it serves another one"
    assert toolstack.stub_domain_of(Domain(9, "web1", 512, 1, "-b----", 0)) is None
    assert toolstack.stub_domain_of(Domain(0, "Domain-0", 512, 1, "r-----", 0)) is None


def test_a_pv_guest_is_asked_to_shut_down() -> None:
    toolstack, runner = xm(long=(0, LONG, ""), shutdown=(0, "", ""))
    toolstack.shutdown(STUB)
    assert runner.calls[1:] == [["xm", "shutdown", "6"]]
    with pytest.raises(ToolstackError, match="^xm shutdown 6 failed with exit code 1: Error: no$"):
        xm(long=(0, LONG, ""), shutdown=(1, "", "Error: no"))[0].shutdown(STUB)


def test_the_power_button_of_an_hvm_guest_is_pressed() -> None:
    """xm shutdown would cut its power where it has no PV drivers."""
    toolstack, runner = xm(long=(0, LONG, ""), trigger=(0, "", ""))
    toolstack.shutdown(WIN)
    assert runner.calls[1:] == [["xm", "trigger", "5", "power"]]


@pytest.mark.parametrize(
    "answer, text",
    [
        ((3, "", "Error: Domain '5' does not exist."), "xm list --long 5 failed with exit code 3: Error: Domain '5' does not exist."),
        ((0, "", ""), "xm list --long 5 does not name the type of that domain"),
    ],
)
def test_a_domain_of_an_unknown_kind_is_asked_nothing(answer: Any, text: str) -> None:
    """It may be an HVM guest."""
    toolstack, runner = xm(long=answer)
    with pytest.raises(ToolstackError) as caught:
        toolstack.shutdown(WIN)
    assert str(caught.value) == text
    assert {call[1] for call in runner.calls} == {"list"}


@pytest.mark.parametrize(
    "err, text",
    [
        ("Error: no\n", "xm trigger 5 power failed with exit code 1: Error: no"),
        (
            "Error: Invalid trigger: power\n",
            (
                "Xen 3.3 has no power button for an HVM guest, and xm shutdown may cut its power at once. Remedy: shut it "
                "down from inside, or set guests_stop_force: true (option stop_force of guest_state)."
            ),
        ),
    ],
)
def test_a_power_button_that_does_not_work(err: str, text: str) -> None:
    with pytest.raises(ToolstackError) as caught:
        xm(long=(0, LONG, ""), trigger=(1, "", err))[0].shutdown(WIN)
    assert str(caught.value) == text


def test_its_own_words() -> None:
    toolstack = xm()[0]
    assert toolstack.log_of("web1") == "/var/log/xen/xend.log"
    assert toolstack.more_output == "/var/log/xen/xend.log has more"


# -- domains that come and go: the fake Xen -------------------------------------------------------------------------


class Host:
    """A pretended host with xend; its files are below a folder of their own."""

    def __init__(self, folder: Path, release: tuple[int, int], dm_config: str) -> None:
        self.fake_xen = FakeXen(folder / "host", ["xm"])
        self.fake_xen.setup_xm(release, dm_config)
        self.etc = folder / "etc"
        self.etc.mkdir()
        self.fake_xen.set_option(config_dir=str(self.etc), firmware_dir=str(folder))
        self.kernel = folder / "ioemu-stubdom.gz"
        self.kernel.write_bytes(b"kernel")
        script = dm_config.format("$domname") or "/etc/xen/stubdoms/$domname-dm"
        (folder / "usr/lib/xen/bin").mkdir(parents=True)
        (folder / "usr/lib/xen/bin/stubdom-dm").write_text(SCRIPT.format(script), encoding="utf-8")
        self.xm = Xm(self._run, 0, folder)

    def _run(self, argv: list[str]) -> Result:
        done = self.fake_xen.run(*argv)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def guest(self, name: str = "win1", model: str = "/usr/lib/xen/bin/stubdom-dm") -> str:
        """The files of an HVM guest, if its stub domain has one; the path of its own."""
        path = self.etc / name
        lines = [f"name = '{name}'", "builder = 'hvm'", f"kernel = '{self.kernel}'", f"device_model = '{model}'"]
        path.write_text("\n".join([*lines, "memory = 256", ""]), encoding="utf-8")
        second = self.xm.stub_file_of(name)
        if second:
            (self.etc / second).write_text(f"kernel = '{self.kernel}'\nvif = ['']\n", encoding="utf-8")
        return str(path)

    def found(self, name: str = "win1") -> Domain:
        return next(domain for domain in self.xm.domains() if domain.name == name)

    def names(self) -> list[str]:
        return sorted(self.fake_xen.domains())


ALL = [((3, 3), "stubdom-{}"), ((3, 3), "{}-dm"), ((3, 4), ""), ((4, 1), "")]


@pytest.fixture(params=ALL, ids=lambda param: f"{param[0][0]}.{param[0][1]}-{param[1]}")
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    """Each way in which a release of xm has stub domains."""
    return Host(tmp_path, *request.param)


@pytest.fixture
def new(tmp_path: Path) -> Host:
    """Xen 4.1."""
    return Host(tmp_path, (4, 1), "")


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stub domain is waited for five times only."""
    monkeypatch.setattr(module, "_START", 5)


def test_create_returns_when_both_domains_run(host: Host) -> None:
    host.fake_xen.set_behaviour("win1", stub_polls=5)
    host.xm.create(host.guest())
    stub = host.xm.stub_name_of("win1")
    assert host.names() == sorted(["Domain-0", stub, "win1"])
    assert host.xm.target_of(host.found(stub)) == host.found().domid == host.fake_xen.domains()[stub]["target"]


@pytest.mark.parametrize("mode", [None, 0o755, 0o700])
def test_others_cannot_read_the_password_in_the_file_of_stubdom_dm(new: Host, mode: int | None, tmp_path: Path) -> None:
    """Seen on 4.4.4: it writes the file with mode 0644 into a folder with mode 0755."""
    new.etc = tmp_path / "etc" / "xen"
    new.etc.mkdir()
    stubdoms = new.etc / "stubdoms"
    if mode is not None:
        stubdoms.mkdir(mode)
        stubdoms.chmod(mode)
    new.fake_xen.set_option(config_dir=str(new.etc))
    new.xm.create(new.guest())
    assert (stubdoms / "win1-dm").is_file()
    assert stat.S_IMODE(stubdoms.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_hidden_is_told_before_the_guest_starts(new: Host, tmp_path: Path) -> None:
    new.etc = tmp_path / "etc" / "xen"
    new.etc.mkdir()
    (new.etc / "stubdoms").write_text("")
    with pytest.raises(ToolstackError, match="stubdoms cannot be hidden from other users"):
        new.xm.create(new.guest())
    assert new.names() == ["Domain-0"]


def test_guests_elsewhere_and_those_without_a_stub_domain_leave_the_folder_alone(new: Host, tmp_path: Path) -> None:
    new.xm.create(new.guest())
    new.xm.create(new.guest("win2", model="/usr/lib/xen/bin/qemu-dm"))
    assert not (tmp_path / "etc" / "xen").exists()


def test_a_destroy_of_what_has_just_ended_is_no_failure(host: Host) -> None:
    """xm has two errors for it: one of xend, and one of the hypervisor."""
    host.fake_xen.add_domain("web1")
    found = host.found("web1")
    host.fake_xen.remove_domain("web1")
    host.xm.end(found)
    assert host.fake_xen.calls("destroy") == [["xm", "destroy", str(found.domid)]]


def test_xend_that_restarts_is_waited_for(new: Host) -> None:
    new.fake_xen.restart_xend(3)
    new.xm.create(new.guest())
    found = new.found()
    new.fake_xen.restart_xend(40)
    with pytest.raises(ToolstackError, match="Is xend running"):
        new.xm.pause(found)


def test_the_warning_of_4_4_hides_no_error(tmp_path: Path) -> None:
    host = Host(tmp_path, (4, 4), "")
    for _first_and_later in range(2):
        with pytest.raises(ToolstackError) as caught:
            host.xm.pause(Domain(99, "gone", 1, 1, "r-----", 0))
        assert str(caught.value) == "xm pause 99 failed with exit code 3: Error: Domain '99' does not exist."


def test_destroy_leaves_neither_domain(host: Host) -> None:
    host.xm.create(host.guest())
    host.fake_xen.set_behaviour(polls=3)
    host.xm.destroy(host.found())
    assert host.names() == ["Domain-0"]


def test_a_stub_domain_that_xend_forgot_is_destroyed_with_its_guest(host: Host) -> None:
    host.fake_xen.set_behaviour("win1", leaks=True)
    host.xm.create(host.guest())
    host.xm.destroy(host.found())
    assert host.names() == ["Domain-0"]
    assert len(host.fake_xen.calls("destroy")) == 2


@pytest.mark.parametrize("is_there", [False, True])
def test_a_stub_domain_that_cannot_be_destroyed(new: Host, is_there: bool) -> None:
    """It is no fault where it has gone meanwhile."""
    new.fake_xen.set_behaviour("win1", leaks=True)
    new.xm.create(new.guest())
    stub = new.found("win1-dm").domid
    effect = "before" if is_there else "after"
    new.fake_xen.add_fault("destroy", name="win1-dm", rc=1, stderr="Error: no\n", effect=effect)
    if is_there:
        with pytest.raises(ToolstackError, match=f"^xm destroy {stub} failed with exit code 1: Error: no$"):
            new.xm.destroy(new.found())
    else:
        new.xm.destroy(new.found())
    assert ("win1-dm" in new.names()) == is_there


def test_a_guest_whose_stub_domain_does_not_come_is_destroyed(new: Host, short_wait: None) -> None:
    new.fake_xen.set_behaviour("win1", stub_polls=1000)
    path = new.guest()
    with pytest.raises(ToolstackError) as caught:
        new.xm.create(path)
    said = "started the guest, but its stub domain win1-dm does not run after 5 seconds"
    assert str(caught.value) == f"xm create -q {path} {said}"
    assert len(new.fake_xen.calls("list")) <= 10
    assert new.names() == ["Domain-0"]


@pytest.mark.parametrize("release", [(3, 4), (4, 1)])
def test_a_stub_domain_that_does_not_run_is_destroyed_with_its_guest(
    release: tuple[int, int], tmp_path: Path, short_wait: None
) -> None:
    host = Host(tmp_path, release, "")
    host.fake_xen.add_fault("create", name="win1", kind="stub_dies")
    with pytest.raises(ToolstackError, match="its stub domain win1-dm does not run after 5 seconds$"):
        host.xm.create(host.guest())
    assert host.names() == ["Domain-0"]


def test_a_domain_of_that_name_that_serves_somebody_else_does_not_count(new: Host, short_wait: None) -> None:
    new.fake_xen.set_xenstore(**{"/local/domain/2/target": "99"})
    with pytest.raises(ToolstackError, match="its stub domain win1-dm does not run after 5 seconds$"):
        new.xm.create(new.guest())


def test_a_stub_domain_that_ends_is_not_waited_for(new: Host) -> None:
    new.fake_xen.add_fault("create", name="win1", kind="stub_dies")
    path = new.guest()
    runs = new.xm._run

    def ends_later(argv: list[str]) -> Result:
        if len(new.fake_xen.calls("list")) == 5:
            new.fake_xen.remove_domain("win1-dm")
        return runs(argv)

    new.xm._run = ends_later
    with pytest.raises(ToolstackError, match="its stub domain win1-dm has ended$"):
        new.xm.create(path)
    assert len(new.fake_xen.calls("list")) < 10
    assert new.names() == ["Domain-0"]


def test_what_cannot_be_destroyed_after_a_failure_is_told(new: Host, short_wait: None) -> None:
    new.fake_xen.set_behaviour("win1", stub_polls=1000)
    new.fake_xen.add_fault("destroy", name="win1", rc=1, stderr="Error: busy\n")
    with pytest.raises(ToolstackError, match="does not run after 5 seconds; xm destroy 1 failed .*Error: busy"):
        new.xm.create(new.guest())
    assert new.names() == ["Domain-0", "win1"]


def test_a_guest_that_ends_at_once_is_the_callers_to_see(new: Host) -> None:
    new.fake_xen.set_behaviour("win1", dies="poweroff", polls=0, stub_polls=1000)
    new.xm.create(new.guest())
    assert new.names() == ["Domain-0"]


@pytest.mark.parametrize(
    "release, other, remedy",
    [
        ((4, 1), "win1-dm", "examine it"),
        ((4, 1), "old-win1-dm", "rename one of the two guests"),
        ((3, 4), "oldwin1-dm", "rename one of the two guests"),
    ],
)
def test_a_domain_that_stubdom_dm_would_wait_for(
    release: tuple[int, int], other: str, remedy: str, tmp_path: Path
) -> None:
    new = Host(tmp_path, release, "")
    domid = new.fake_xen.add_domain(other)
    with pytest.raises(ToolstackError) as caught:
        new.xm.create(new.guest())
    assert str(caught.value) == (
        f"stubdom-dm would wait for ever, as domain {domid} ({other}) exists, whose name contains win1-dm. Remedy: {remedy}."
    )
    assert new.fake_xen.calls("create") == []


def test_a_part_of_a_word_does_not_block_4_0(new: Host) -> None:
    new.fake_xen.add_domain("oldwin1-dm")
    new.xm.create(new.guest())
    assert new.names() == ["Domain-0", "oldwin1-dm", "win1", "win1-dm"]


def test_a_guest_with_qemu_in_dom0_is_not_waited_for(new: Host) -> None:
    new.xm.create(new.guest(model="/usr/lib/xen/bin/qemu-dm"))
    assert new.names() == ["Domain-0", "win1"]
    assert new.fake_xen.calls("list") == []
    new.xm.destroy(new.found())
    assert new.names() == ["Domain-0"]


@pytest.mark.parametrize("text", ["import os\n", "name = 'a"])
def test_a_file_that_cannot_be_read_is_xms_to_judge(text: str, new: Host) -> None:
    path = new.etc / "web1"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ToolstackError, match=f"^xm create -q {path} failed with exit code 1: Error: "):
        new.xm.create(str(path))


def test_the_name_of_a_file_is_that_of_its_guest_unless_it_has_one(new: Host) -> None:
    path = Path(new.guest())
    path.write_text(path.read_text(encoding="utf-8").replace("name = 'win1'\n", ""), encoding="utf-8")
    new.xm.create(str(path))
    assert new.names() == ["Domain-0", "win1", "win1-dm"]


def test_a_folder_is_no_file(new: Host) -> None:
    with pytest.raises(ToolstackError, match="Unable to open config file"):
        new.xm.create(str(new.etc))


def test_what_identifies_domains_is_one_question() -> None:
    device = "(device (vbd (dev xvda:disk) (uname file:/srv/web1.img) (mode w)))"
    toolstack, runner = xm(long=(0, f"(domain (domid 3) (uuid 6F0F) {device})", ""))
    web1, db1 = Domain(3, "web1", 128, 1, "-b----", 1.0), Domain(4, "db1", 128, 1, "-b----", 1.0)
    found = toolstack.identities([web1])
    assert (found[3].uuid, found[3].writes) == ("6f0f", {"/srv/web1.img"})
    assert runner.calls == [["xm", "list", "--long"]]
    with pytest.raises(ToolstackError, match=r"xm list --long does not name domain 4 \(db1\)"):
        toolstack.identities([web1, db1])

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The toolstack class and what it runs programs with; its texts are those that Xen 4.17's xl was seen to print."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import detect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import (
    BootFiles,
    Domain,
    DomainFacts,
    Identity,
    NotXenError,
    ToolstackError,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl

HEAD = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
DOM0 = "Domain-0                                     0  1024     2     r-----      30.1\n"
INFO = """\
host                   : xen1
nr_cpus                : 2
virt_caps              : pv hvm hap shadow
total_memory           : 3071
free_memory            : 1990
xen_major              : 4
xen_minor              : 17
xen_version            : 4.17.5
xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_64
xen_commandline        : placeholder dom0_mem=1024M,max:1024M loglvl=all:x
"""


class Runner:
    """Answers each command from a table; a list gives its answers one after the other, the last for ever."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[list[str]] = []

    def __call__(self, argv: list[str]) -> Result:
        self.calls.append(argv)
        answer = self.answers[argv[1] if argv[0] == "xl" else argv[0].replace("-", "_")]
        if isinstance(answer, dict):
            answer = answer.get(argv[1], (1, "", f"couldn't read path {argv[1]}"))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return Result(argv, *answer)


def xl(**answers: Any) -> tuple[Xl, Runner]:
    runner = Runner(**answers)
    return Xl(runner, pause=0), runner


def test_info() -> None:
    state = xl(info=(0, INFO, ""))[0].info()
    assert (state.version, state.release, state.toolstack) == ("4.17.5", (4, 17), "xl")
    assert (state.free_memory, state.total_memory, state.cpus) == (1990, 3071, 2)
    assert state.capabilities == ["xen-3.0-x86_64", "hvm-3.0-x86_64"]
    assert state.virt_capabilities == ["pv", "hvm", "hap", "shadow"]
    assert state.commandline == "placeholder dom0_mem=1024M,max:1024M loglvl=all:x"


def test_info_of_an_xl_that_names_no_version() -> None:
    state = xl(info=(0, INFO.replace("xen_version            : 4.17.5\n", ""), ""))[0].info()
    assert (state.version, state.release) == ("4.17", (4, 17))


@pytest.mark.parametrize(
    "out, words",
    [
        ("", "'None.None' is not a Xen version. Remedy: write it as 4.17, in quotes."),
        (INFO.replace("1990", "much"), "invalid literal for int() with base 10: 'much'"),
    ],
)
def test_info_that_cannot_be_read(out: str, words: str) -> None:
    with pytest.raises(NotXenError) as caught:
        xl(info=(0, out, ""))[0].info()
    assert str(caught.value) == f"xl info printed something that cannot be read: {words}"


@pytest.mark.parametrize(
    "answer, uid, text",
    [
        (
            (127, "", "xl: command not found"),
            0,
            (
                "this is not a Xen host: it has no xl. Remedy: install Xen and its tools (Debian: xen-system-amd64) "
                "and boot into it, or remove the host from the group."
            ),
        ),
        (
            (1, "", "ERROR:  Can't find hypervisor information in sysfs!\n"),
            0,
            (
                "this host has xl but does not run Xen: xl info printed ERROR:  Can't find hypervisor information in sysfs!. "
                "Remedy: boot the host into Xen and check that xenstored runs (Debian: systemctl status xen), or remove the "
                "host from the group."
            ),
        ),
        (
            (1, "", "xencall: error: Permission denied\ncannot init xl context\n"),
            1000,
            (
                "xl does not work for an ordinary user (xencall: error: Permission denied; cannot init xl context). "
                "Remedy: set become: true."
            ),
        ),
    ],
)
def test_a_machine_that_is_no_xen_host(answer: Any, uid: int, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    with pytest.raises(NotXenError) as caught:
        xl(info=answer)[0].info()
    assert str(caught.value) == text


def test_domains() -> None:
    rows = (
        "web1                                         1   256     2     -b----       1.5\n"
        "x" + "x" * 44 + "     2   128     1     --p---       0.0\n"
        "crashed                                      3   128     1     ---sc-       9.9\n"
        "(null)                                       4     0     1     --ps-d       0.0\n"
    )
    found = xl(list=(0, HEAD + DOM0 + rows, ""))[0].domains()
    assert found[1] == Domain(1, "web1", 256, 2, "-b----", 1.5)
    assert [(one.domid, one.name[:4], one.condition) for one in found] == [
        (0, "Doma", "running"),
        (1, "web1", "running"),
        (2, "xxxx", "paused"),
        (3, "cras", "crashed"),
    ]


@pytest.mark.parametrize(
    "state, word",
    [
        ("r-----", "running"),
        ("-b----", "running"),
        ("------", "running"),
        ("--p---", "paused"),
        ("---s--", "shutdown"),
        ("---sr-", "shutdown"),
        ("---sc-", "crashed"),
        ("-----d", "dying"),
        ("--psrd", "dying"),
        ("---ss-", "suspended"),
    ],
)
def test_condition(state: str, word: str) -> None:
    assert Domain(1, "web1", 256, 1, state, 0.0).condition == word


def test_a_row_that_cannot_be_read() -> None:
    with pytest.raises(ToolstackError, match="^xl list printed a row that cannot be read: 'web1 1 256'$"):
        xl(list=(0, HEAD + DOM0 + "web1 1 256\n", ""))[0].domains()


def test_a_list_that_fails_for_a_moment_is_asked_again() -> None:
    toolstack, runner = xl(list=[(1, "", "libxl: error"), (1, "", "libxl: error"), (0, HEAD + DOM0, "")])
    assert [one.name for one in toolstack.domains()] == ["Domain-0"]
    assert len(runner.calls) == 3


def test_a_list_that_fails_for_good() -> None:
    toolstack, runner = xl(list=(3, "", "libxl: error: no\n\n  and why \n"))
    with pytest.raises(ToolstackError) as caught:
        toolstack.domains()
    assert str(caught.value) == "xl list failed with exit code 3: libxl: error: no; ; and why"
    assert len(runner.calls) == 4


@pytest.mark.parametrize(
    "act, argv",
    [
        (lambda toolstack: toolstack.create("/etc/xen/web1.cfg"), ["xl", "create", "-q", "/etc/xen/web1.cfg"]),
        (lambda toolstack: toolstack.create_paused("/tmp/a.cfg"), ["xl", "create", "-q", "-p", "/tmp/a.cfg"]),
        (lambda toolstack: toolstack.unpause(Domain(7, "web1", 1, 1, "--p---", 0)), ["xl", "unpause", "7"]),
        (lambda toolstack: toolstack.shutdown(Domain(7, "web1", 1, 1, "r-----", 0)), ["xl", "shutdown", "-F", "7"]),
        (lambda toolstack: toolstack.destroy(Domain(7, "web1", 1, 1, "r-----", 0)), ["xl", "destroy", "7"]),
    ],
)
def test_what_changes_something_is_asked_once(act: Any, argv: list[str]) -> None:
    command = argv[1]
    toolstack, runner = xl(**{command: (0, "", "")})
    act(toolstack)
    assert runner.calls == [argv]
    toolstack, runner = xl(**{command: (1, "", "no"), "list": (0, LIST.format("web1"), "")})
    with pytest.raises(ToolstackError) as caught:
        act(toolstack)
    assert str(caught.value) == f"{' '.join(argv)} failed with exit code 1: no"
    assert [call for call in runner.calls if call[1] != "list"] == [argv]


LIST = "Name ID Mem VCPUs State Time(s)\n{} 7 128 1 r----- 1.5\n"


@pytest.mark.parametrize(
    "listed, fails",
    [
        ((0, LIST.format("web1"), ""), True),
        ((0, LIST.format("(null)"), ""), True),
        ((0, LIST.format("web1").replace(" 7 ", " 8 "), ""), False),
        ((1, "", "no answer"), True),
    ],
    ids=["the domain is there", "it has no name any more", "it has ended meanwhile", "unknown"],
)
def test_a_destroy_of_what_has_just_ended_is_no_failure(listed: tuple[int, str, str], fails: bool) -> None:
    toolstack, _runner = xl(destroy=(1, "", "7 is an invalid domain identifier (rc=-6)"), list=listed)
    with pytest.raises(ToolstackError, match="invalid domain identifier") if fails else nullcontext():
        toolstack.destroy(Domain(7, "web1", 1, 1, "r-----", 0))


WEB1 = Domain(3, "web1", 256, 1, "-b----", 0)
HOME, VM = "/local/domain/3", "/vm/5f0c2f5e"


@pytest.mark.parametrize(
    "keys, facts",
    [
        ({}, DomainFacts()),
        ({f"{HOME}/vm": VM}, DomainFacts("5f0c2f5e")),
        (
            {f"{HOME}/vm": VM, f"{VM}/start_time": "1700000000.25"},
            DomainFacts("5f0c2f5e", 1700000000.25),
        ),
        ({f"{HOME}/vm": VM, f"{VM}/start_time": "soon"}, DomainFacts("5f0c2f5e")),
        ({f"{HOME}/vm": VM, f"{VM}/start_time": "1700000000"}, DomainFacts("5f0c2f5e", 1700000000.0)),
    ],
)
def test_facts_of(keys: dict[str, str], facts: DomainFacts) -> None:
    toolstack, _runner = xl(xenstore_read={key: (0, f"{value}\n", "") for key, value in keys.items()})
    assert toolstack.facts_of(WEB1) == facts


@pytest.mark.parametrize(
    "said, kernel",
    [
        ('[{"domid": 7, "config": {"b_info": {"kernel": "/boot/grub.bin"}}}]', "/boot/grub.bin"),
        ('[{"domid": 7, "config": {"b_info": {}}}]', ""),
        ("[]", ""),
        ("", ""),
        ("null", ""),
        ("not what it should be", ""),
    ],
)
def test_kernel_of(said: str, kernel: str) -> None:
    toolstack, runner = xl(list=(0, said, ""))
    assert toolstack.kernel_of(WEB1) == kernel
    assert runner.calls == [["xl", "list", "-l", str(WEB1.domid)]]


def test_console_of() -> None:
    toolstack, _runner = xl(xenstore_read={f"{HOME}/console/tty": (0, "/dev/pts/4\n", "")})
    assert toolstack.console_of(WEB1) == "/dev/pts/4"
    assert toolstack.console_of(Domain(4, "new", 32, 1, "--p---", 0)) == ""


def test_target_of_a_stub_domain() -> None:
    toolstack, runner = xl(xenstore_read={"/local/domain/4/target": (0, "3\n", "")})
    assert toolstack.target_of(Domain(4, "web1-dm", 32, 1, "-b----", 0)) == 3
    assert toolstack.target_of(Domain(5, "own-dm", 32, 1, "-b----", 0)) is None
    asked = len(runner.calls)
    assert toolstack.target_of(WEB1) is None
    assert len(runner.calls) == asked, "only what is named like a stub domain is asked"


def test_the_stub_domain_that_a_guest_was_given() -> None:
    toolstack, _runner = xl(xenstore_read={"/local/domain/3/image/device-model-domid": (0, "4\n", "")})
    assert toolstack.stub_domain_of(WEB1) == 4
    assert toolstack.stub_domain_of(Domain(5, "pv", 32, 1, "-b----", 0)) is None


class Xenstore:
    """xenstore-read as it was seen: it prints the values up to the first key that does not exist."""

    def __init__(self, **keys: str) -> None:
        self.keys = {key.replace("__", "/"): value for key, value in keys.items()}
        self.calls: list[list[str]] = []

    def __call__(self, argv: list[str]) -> Result:
        assert argv[0] == "xenstore-read"
        self.calls.append(argv[1:])
        out = ""
        for key in argv[1:]:
            if key not in self.keys:
                return Result(argv, 1, out, f"xenstore-read: couldn't read path {key}\n")
            out += self.keys[key] + "\n"
        return Result(argv, 0, out, "")


def test_booted_from() -> None:
    """A stub domain, a PV guest, a mini-OS stub domain, an HVM guest, and one that has just ended, by few processes."""
    store = Xenstore(
        __local__domain__4__vm="/vm/d", __vm__d__image__kernel="/k", __vm__d__image__ramdisk="/r",
        __local__domain__5__vm="/vm/e", __vm__e__image__kernel="/e",
        __local__domain__6__vm="/vm/f", __vm__f__image__kernel="/f",
        __local__domain__7__vm="/vm/g",
    )  # fmt: skip
    names = {4: "a-dm", 5: "pv", 6: "b-dm", 7: "hvm", 8: "gone"}
    domains = [Domain(domid, name, 32, 1, "-b----", 0) for domid, name in names.items()]
    assert Xl(store, pause=0).booted_from(domains) == {
        4: BootFiles("/k", "/r"), 5: BootFiles("/e"), 6: BootFiles("/f"), 7: BootFiles(), 8: BootFiles(),
    }  # fmt: skip
    # One for the places, and one for the files; one more after each that is not there, but for the last.
    assert [len(call) for call in store.calls] == [5, 6, 1]
    assert store.calls[1][-2:] == ["/vm/f/image/ramdisk", "/vm/g/image/kernel"]


def test_facts_of_many_in_two_processes() -> None:
    keys = {f"__local__domain__{domid}__vm": f"/vm/{domid}" for domid in range(1, 401)}
    store = Xenstore(**keys, **{f"__vm__{domid}__start_time": f"{domid}.5" for domid in range(1, 401)})
    domains = [Domain(domid, f"g{domid}", 32, 1, "-b----", 0) for domid in range(1, 401)]
    found = Xl(store, pause=0).facts_of_all(domains)
    assert (found[1], found[400], len(store.calls)) == (DomainFacts("1", 1.5), DomainFacts("400", 400.5), 2)


def test_facts_of_many_of_which_one_has_ended() -> None:
    store = Xenstore(
        __local__domain__4__vm="/vm/d", __vm__d__start_time="4",
        __local__domain__6__vm="/vm/f", __vm__f__start_time="6",
    )  # fmt: skip
    domains = [Domain(domid, f"g{domid}", 32, 1, "-b----", 0) for domid in (4, 5, 6)]
    found = Xl(store, pause=0).facts_of_all(domains)
    assert found == {4: DomainFacts("d", 4.0), 5: DomainFacts(), 6: DomainFacts("f", 6.0)}


def test_nothing_is_asked_of_nobody() -> None:
    toolstack, runner = xl()
    assert (toolstack.facts_of_all([]), runner.calls) == ({}, [])


def test_booted_from_in_two_processes() -> None:
    keys = {f"__local__domain__{domid}__vm": f"/vm/{domid}" for domid in range(1, 401)}
    files = {f"__vm__{domid}__image__kernel": f"/{domid}" for domid in range(1, 401)}
    store = Xenstore(**keys, **files)
    domains = [Domain(domid, f"g{domid}", 32, 1, "-b----", 0) for domid in range(1, 401)]
    found = Xl(store, pause=0).booted_from(domains)
    assert (found[1], found[400], len(store.calls)) == (BootFiles("/1"), BootFiles("/400"), 2)


def test_a_host_without_xenstore_read_is_asked_once() -> None:
    toolstack, runner = xl(xenstore_read=(127, "", "xenstore-read: command not found"))
    domains = [Domain(domid, f"g{domid}", 32, 1, "-b----", 0) for domid in range(1, 401)]
    assert toolstack.booted_from(domains)[400] == BootFiles()
    assert len(runner.calls) == 1


def test_nobody_is_booted_from_nothing() -> None:
    toolstack, runner = xl()
    assert (toolstack.booted_from([]), runner.calls) == ({}, [])


@pytest.mark.parametrize("wanted", ["auto", "xl"])
def test_detect(wanted: str) -> None:
    runner = Runner(info=(0, INFO, ""))
    assert detect.detect(wanted, runner).info().toolstack == "xl"


TREE = """\
/local/domain/0/backend/vbd/3/51712/params = "/dev/vg0/web1"
/local/domain/0/backend/vbd/3/51712/mode = "w"
/local/domain/3/vm = "/vm/6f0f4b9c-4b7e-4a53-9d0b-2f4b7f7f2a11"
"""
WEB1, DB1 = Domain(3, "web1", 128, 1, "-b----", 1.0), Domain(4, "db1", 128, 1, "-b----", 1.0)


def test_what_identifies_domains_is_one_question() -> None:
    toolstack, runner = xl(xenstore_ls=(0, TREE, ""))
    dom0, dying = Domain(0, "Domain-0", 1024, 2, "r-----", 1.0), Domain(9, "old", 128, 1, "-----d", 1.0)
    assert toolstack.identities([dom0, WEB1, dying]) == {
        0: Identity(), 3: Identity("6f0f4b9c-4b7e-4a53-9d0b-2f4b7f7f2a11", frozenset({"/dev/vg0/web1"})), 9: Identity()}
    assert runner.calls == [["xenstore-ls", "-f", "/local/domain"]]


def test_a_xenstore_that_does_not_know_all_domains_or_does_not_answer() -> None:
    with pytest.raises(ToolstackError, match=r"xenstore does not know domain 4 \(db1\), which xl lists"):
        xl(xenstore_ls=(0, TREE, ""))[0].identities([WEB1, DB1])
    for_a_moment = [(1, "", "xenstore-ls: xs_directory: No such file or directory"), (0, TREE, "")]
    assert xl(xenstore_ls=for_a_moment)[0].identities([WEB1])[3].writes == {"/dev/vg0/web1"}
    with pytest.raises(ToolstackError, match="xenstore-ls -f /local/domain failed with exit code 127"):
        xl(xenstore_ls=(127, "", "xenstore-ls: command not found"))[0].identities([WEB1])

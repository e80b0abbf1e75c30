# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for guests whose state is not final."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain, nameless_words
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.transitions import (
    LIMIT,
    may_change,
    remaining,
    settle,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xl import Xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xm import Xm
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain
from ansible_collections.xenfleet.stubdom.tests.unit.plugins.module_utils.toolstack.test_monitors import process

NEW = replace(domain("web1", 8, "--p---"), cpu_time=0.0)


@pytest.mark.parametrize("state, is_open", [
    ("r-----", False), ("-b----", False), ("------", False), ("--p---", False), ("---sr-", True), ("--psr-", True),
    ("--ps--", True), ("--psc-", True), ("---ss-", True), ("-----d", True),
])  # fmt: skip
def test_which_states_may_change(state: str, is_open: bool) -> None:
    assert may_change({"web1": domain("web1", 7, state)}, "web1") is is_open


@pytest.mark.parametrize("name, is_open", [
    ("web1--incoming", True), ("web1--migratedaway", True), ("migrating-web1", True), ("web10--incoming", False), ("xweb1", False),
])  # fmt: skip
def test_names_that_show_a_migration(name: str, is_open: bool) -> None:
    domains = {"web1": domain("web1", 7), name: domain(name, 9)}
    assert may_change(domains, "web1") is is_open
    assert may_change({}, "web1") and may_change({"web1": NEW}, "web1")


def waited(toolstack: FakeToolstack, *changes: Any) -> tuple[dict[str, Any], dict[str, str], int]:
    """Settle web1, while each second the next of the changes is made."""
    left, slept = list(changes), []

    def sleep(seconds: float) -> None:
        if seconds:
            slept.append(seconds)
        if left and seconds:
            toolstack.running, toolstack.monitored = left.pop(0)

    found = settle(toolstack, toolstack.by_name(), ["web1"], sleep)
    return {name: one.condition for name, one in found.domains.items()}, dict(found.unsettled), len(slept)


MONITORED = {"web1"}


def test_a_reboot_is_waited_for_in_all_its_phases() -> None:
    toolstack = FakeToolstack(domain("web1", 7, "---sr-"))
    toolstack.monitored = MONITORED
    phases = [([domain("web1", 7, "--psr-")], MONITORED), ([], MONITORED), ([], MONITORED), ([NEW], MONITORED)]
    assert waited(toolstack, *phases, ([domain("web1", 8)], MONITORED)) == ({"web1": "running"}, {}, 5)


@pytest.mark.parametrize("state, condition", [("---sr-", "shutdown"), ("---s--", "shutdown"), ("---sc-", "crashed"), ("-----d", "dying")])
def test_without_a_process_a_state_is_final_at_once(state: str, condition: str) -> None:
    assert waited(FakeToolstack(domain("web1", 7, state))) == ({"web1": condition}, {}, 0)
    assert waited(FakeToolstack()) == ({}, {}, 0)


def test_an_end_is_final_when_the_process_is_gone() -> None:
    toolstack = FakeToolstack(domain("web1", 7, "--ps--"))
    toolstack.monitored = MONITORED
    assert waited(toolstack, ([], MONITORED), ([], set())) == ({}, {}, 2)


def test_there_is_a_limit() -> None:
    toolstack = FakeToolstack(domain("web1", 7, "--psc-"))
    toolstack.monitored = MONITORED
    reason = "its domain 7 is crashed, and process 99 of xl is about to change that"
    assert waited(toolstack) == ({"web1": "crashed"}, {"web1": reason}, int(LIMIT))
    toolstack.running = []
    reason = "it has no domain, and process 99 of xl is about to change that"
    assert waited(toolstack) == ({}, {"web1": reason}, int(LIMIT))


def test_a_migration_and_a_save_need_no_process() -> None:
    reason = "its domain 7 is suspended, as while it is saved or migrated"
    assert waited(FakeToolstack(domain("web1", 7, "---ss-")))[1] == {"web1": reason}
    reason = "is being migrated, as domain 9 (web1--incoming) shows"
    assert waited(FakeToolstack(domain("web1--incoming", 9)))[1] == {"web1": reason}
    assert waited(FakeToolstack(domain("web1--incoming", 9)), ([domain("web1", 9)], set())) == ({"web1": "running"}, {}, 1)


def test_a_guest_that_runs_costs_nothing() -> None:
    toolstack = FakeToolstack(domain("web1", 7))
    domains, before = toolstack.by_name(), toolstack.lists
    assert settle(toolstack, domains, ["web1"], lambda _seconds: None).domains == domains
    assert toolstack.lists == before


def xl() -> Xl:
    return Xl(lambda argv: Result(argv, 1, "", ""), pause=0)


def test_xl_says_so_by_its_processes(tmp_path: Path) -> None:
    log = tmp_path / "xl-web1.log"
    log.write_text("Waiting for domain web1 (domid 8) to die [pid 7]\n")
    process(tmp_path, 7, ["xl", "create", "web1.cfg"], str(log))
    gone = {"web1": "process 7 of xl"}
    assert xl().at_work(["web1", "web2"], {}, str(tmp_path)) == gone
    assert xl().at_work(["web1"], {"web1": domain("web1", 8, "---sr-")}, str(tmp_path)) == gone
    # xl create -p: the process waits for the domain already.
    assert xl().at_work(["web1"], {"web1": NEW}, str(tmp_path)) == {}
    log.write_text("Done. Rebooting now\n")
    assert xl().at_work(["web1"], {"web1": NEW}, str(tmp_path)) == gone


@pytest.mark.parametrize("last, domains, is_at_work", [
    ("", {"web1-old": domain("web1-old", 8)}, False),
    ("", {"web1-old": domain("web1-old", 8, "--p---")}, False),
    ("", {"other": domain("other", 9)}, True),
    ("Done. Rebooting now\n", {"Domain-0": domain("Domain-0", 0)}, True),
    # on_crash: rename-restart
    ("Domain 8 needs to be cleaned up: destroying the domain\n", {"web1-1": domain("web1-1", 8)}, True),
    ("", {"web1-1": domain("web1-1", 8, "---sc-")}, True),
], ids=["renamed", "paused", "gone", "dom0", "replaced", "crashed"])  # fmt: skip
def test_the_process_of_a_renamed_domain_makes_no_guest(last: str, domains: Any, is_at_work: bool, tmp_path: Path) -> None:
    log = tmp_path / "xl-web1.log"
    log.write_text("Waiting for domain web1 (domid 8) to die [pid 7]\n" + last)
    process(tmp_path, 7, ["xl", "create", "web1.cfg"], str(log))
    assert xl().at_work(["web1"], domains, str(tmp_path)) == ({"web1": "process 7 of xl"} if is_at_work else {})


def test_a_domain_that_somebody_makes_now(tmp_path: Path) -> None:
    new = {"web1": NEW}
    assert xl().at_work(["web1"], new, str(tmp_path)) == {}
    process(tmp_path, 7, ["xl", "create", "web1.cfg"], "/dev/pts/0")
    assert xl().at_work(["web1", "web2"], new, str(tmp_path)) == {"web1": "process 7 of xl"}


LONG = "(domain (domid 7) (name web1) (on_poweroff {}) (on_reboot {}) (on_crash {}) (state {}))"
VM = '12 = ""\n name = "old"\n xend = ""\n  restart_count = "1"\n34 = ""\n name = "web1"\n xend = ""\n  restart_in_progress = "True"\n'


@pytest.mark.parametrize("state, actions, is_at_work", [
    ("---s--", ("destroy", "restart", "preserve"), True), ("---s--", ("preserve", "restart", "restart"), False),
    ("---s--", ("destroy", "preserve", "restart"), False), ("---sc-", ("preserve", "preserve", "restart"), True),
    ("---sc-", ("destroy", "restart", "preserve"), False), ("---sc-", ("destroy", "restart", "coredump-restart"), True),
])  # fmt: skip
def test_xend_acts_on_what_it_does_not_keep(state: str, actions: tuple[str, ...], is_at_work: bool, tmp_path: Path) -> None:
    xm = Xm(lambda argv: Result(argv, 0, LONG.format(*actions, state), ""), pause=0)
    found = xm.at_work(["web1"], {"web1": domain("web1", 7, state)}, str(tmp_path))
    assert found == ({"web1": "xend"} if is_at_work else {})


def test_xend_records_a_restart(tmp_path: Path) -> None:
    xm = Xm(lambda argv: Result(argv, 0, VM if argv == ["xenstore-ls", "/vm"] else "", ""), pause=0)
    assert xm.at_work(["web1", "old", "other"], {}, str(tmp_path)) == {"web1": "xend"}
    assert xm.at_work(["web1"], {"web1": NEW}, str(tmp_path)) == {"web1": "xend"}
    nothing = Xm(lambda argv: Result(argv, 127, "", ""), pause=0)
    assert nothing.at_work(["web1"], {}, str(tmp_path)) == {}


HEAD = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
DOM0 = "Domain-0                                     0  1024     2     r-----      30.1\n"


@pytest.mark.parametrize("kind, name", [(Xl, "(null)"), (Xm, "Zombie-web1")])
def test_what_is_left_of_destroyed_domains(kind: Any, name: str) -> None:
    row = f"{name:<40} {7:>5} {512:5d} {1:5d} {'--ps-d':>10} {9.0:9.1f}\n"
    texts = [row, row, ""]
    toolstack = kind(lambda argv: Result(argv, 0, HEAD + DOM0 + texts.pop(0), ""), pause=0)
    assert [one.name for one in toolstack.domains()] == ["Domain-0"]
    assert [one.domid for one in toolstack.nameless] == [7]
    left = remaining(toolstack, toolstack.nameless)
    assert [one.domid for one in left] == [7]
    assert remaining(toolstack, left) == []


def test_nameless_domains_in_words() -> None:
    zombies = [Domain(number, "(null)", 64, 1, "--ps-d", 0.0) for number in (7, 9)]
    reason, remedy = nameless_words(zombies)
    assert reason == "domains 7 (64 MiB), 9 (64 MiB) have no names: they were destroyed, and still hold memory, and perhaps disks of guests"
    assert "boot the host" in remedy

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a start that fails quotes: the log that has the cause, and nothing that costs a process where nothing failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import ToolstackError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, definition, hvm, told
from ansible_collections.xenfleet.stubdom.tests.unit.lifecycle_case import TEXT, TRY_AGAIN, Case

FAULT = "Page fault at linear address 18, rip 5b2a, regs 0x7fe28, sp 7fed0, our_sp 0x7fdf0, code 0"
BIOS = "(d1) HVM Loader\n(d1) Unknown BIOS rombios, no ROM image found\n"


class Writing(FakeToolstack):
    """A toolstack whose start writes into a log, and then fails, or makes a domain in that state; "" for none that stays."""

    def __init__(self, folder: Path, log: str, text: str, state: str | None = None) -> None:
        super().__init__()
        self.folder, self.log, self.text, self.state = folder, log, text, state

    def create(self, path: str, uuid: str = "") -> None:
        if self.log:
            (self.folder / self.log).write_text(self.text, encoding="utf-8")
        if self.state is None:
            raise ToolstackError("no")
        super().create(path, uuid)
        self.running = [replace(found, state=self.state) for found in self.running] if self.state else []


def told_of(folder: Path, item: dict[str, Any], log: str, text: str, state: str | None = None, dmesg: str = "") -> tuple[str, str]:
    """Reason and remedy of a guest whose start fails, or whose domain is in that state after it."""
    toolstack = Writing(folder, log, text, state)
    toolstack.dmesg = dmesg
    (found,) = told(Case(folder, toolstack).one(item).problems)
    return found[3], found[4]


@pytest.mark.parametrize(
    "log, text, words",
    [
        ("qemu-dm-win1.log", FAULT, "its stub domain printed: Page fault at linear address 18, rip 5b2a"),
        ("qemu-dm-win1-dm.log", "Could not read keymap file: '/k'", "{0} has: Could not read keymap file: '/k'"),
        ("qemu-dm-win1-dm.log", "xen be core: something", "{0} has: xen be core: something"),
    ],
)
def test_a_start_that_fails_quotes_the_log_with_the_cause(log: str, text: str, words: str, tmp_path: Path) -> None:
    reason, remedy = told_of(tmp_path, hvm("win1"), log, text)
    assert reason == f"no; {words.format(tmp_path / log)}"
    assert remedy.startswith(f"read {tmp_path}/qemu-dm-win1") and remedy.endswith(TRY_AGAIN)


@pytest.mark.parametrize("scheme, words", [("minios", "its stub domain printed"), ("dom0", "{0} has")])
def test_a_guest_whose_scheme_is_the_hosts(scheme: str, words: str, tmp_path: Path) -> None:
    toolstack = Writing(tmp_path, "qemu-dm-win1.log", "Could not read keymap file: '/k'")
    configured = {"win1": {"digest": digest(TEXT), "problems": [], "scheme": scheme}}
    (found,) = told(Case(tmp_path, toolstack).one(hvm("win1"), configured=configured).problems)
    assert found[3] == f"no; {words.format(tmp_path / 'qemu-dm-win1.log')}: Could not read keymap file: '/k'"


def test_a_guest_whose_firmware_is_missing_quotes_xen_s_log(tmp_path: Path) -> None:
    reason, remedy = told_of(tmp_path, hvm("win1"), "", "", "---sc-", BIOS)
    assert reason == "was started, and is crashed; xl dmesg has: HVM Loader / Unknown BIOS rombios, no ROM image found"
    assert remedy == TRY_AGAIN


def test_a_guest_of_which_xen_logs_nothing(tmp_path: Path) -> None:
    reason, remedy = told_of(tmp_path, hvm("win1"), "", "", "---sc-")
    assert reason == "was started, and is crashed"
    assert remedy == "boot Xen with guest_loglvl=all: xl dmesg then has what the guest's firmware prints"


def test_a_guest_that_ends_at_once_is_known_by_the_log_of_its_monitor(tmp_path: Path) -> None:
    log = "Waiting for domain win1 (domid 1) to die [pid 9]\n"
    reason, _remedy = told_of(tmp_path, hvm("win1"), "xl-win1.log", log, "", BIOS)
    assert reason == "was started, and ended at once; xl dmesg has: HVM Loader / Unknown BIOS rombios, no ROM image found"


@pytest.mark.parametrize("text, words", [(FAULT, FAULT.partition(", regs")[0]), ("Kernel panic - not syncing: VFS", "Kernel panic - not syncing: VFS")])
def test_a_pv_guest_prints_its_cause_on_its_console(text: str, words: str, tmp_path: Path) -> None:
    reason, remedy = told_of(tmp_path, definition(), "console/guest-web1.log", text, "---sc-")
    assert reason == f"was started, and is crashed; {tmp_path}/console/guest-web1.log has: {words}"
    assert remedy == "read its console log"


def test_a_start_that_succeeds_asks_for_no_log(tmp_path: Path) -> None:
    toolstack = Writing(tmp_path, "qemu-dm-win1.log", FAULT, "-b----")
    case = Case(tmp_path, toolstack)
    assert (case.one(hvm("win1")).problems, toolstack.calls) == ([], [("create", "win1")])


def test_an_old_log_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "qemu-dm-win1.log").write_text(FAULT, encoding="utf-8")
    (tmp_path / "qemu-dm-win1-dm.log").write_text("qemu: gone", encoding="utf-8")
    assert told_of(tmp_path, hvm("win1"), "", "")[0] == "no"

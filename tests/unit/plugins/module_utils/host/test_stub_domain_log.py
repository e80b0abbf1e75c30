# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a stub domain gave up, from its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.log_files import Mark, mark, stub_domain_log_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.stub_domain_log import reason_since

BOOT = "[    0.000000] Linux version 6.1.0-50-amd64\r\n[    4.1] Run /init as init process\r\n"
NO_DISK = "no disk /dev/xvda within 10 seconds"
FAILED = f"xenfleet-stubdom: 5.31 FAILED: {NO_DISK}"
PANIC = "[    3.2] Kernel panic - not syncing: System is deadlocked on memory"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", ""),
        (BOOT, ""),
        (BOOT + "xenfleet-stubdom: 4.90 QEMU starts\r\n", ""),
        (BOOT + FAILED + "\r\n", NO_DISK),
        (BOOT + PANIC + "\n", "Kernel panic - not syncing: System is deadlocked on memory"),
        # Before there is a clock to be read.
        (f"xenfleet-stubdom: FAILED: {NO_DISK}\n", NO_DISK),
        (f"xenfleet-stubdom:  FAILED: {NO_DISK}\n", NO_DISK),
        # Its own words come before the panic that they end in.
        (f"{FAILED}\n[ 6.0] Kernel panic - not syncing: Attempted to kill init!\n", NO_DISK),
        (FAILED + "\nxenfleet-stubdom: 9.00 FAILED: QEMU has ended\n", "QEMU has ended"),
        # As a terminal is told, and without an end of the line.
        ("\x1b[31m" + FAILED + "\x1b[0m", NO_DISK),
        ("other-program: 1.0 FAILED: no\n", ""),
        # What stubdom-dm was told by xm, and mini-OS by nobody.
        ("Using config file\nError: Unable to open config file: win1-dm\n", "Unable to open config file: win1-dm"),
        ("there was no Error: at all\n", ""),
        ("Xen Minimal OS!\nNo FS backend found, is it running?\nDo_exit called!\n", "No FS backend found"),
    ],
)
def test_reasons(text: str, reason: str, tmp_path: Path) -> None:
    log = stub_domain_log_of(tmp_path, "win1")
    assert log.name == "qemu-dm-win1.log"
    log.write_bytes(text.encode())
    assert reason_since(log, Mark()) == reason


def test_what_an_earlier_start_wrote_does_not_count(tmp_path: Path) -> None:
    log = stub_domain_log_of(tmp_path, "win1")
    log.write_text(FAILED + "\n", encoding="utf-8")
    before = mark(log)
    assert reason_since(log, before) == ""
    with log.open("a", encoding="utf-8") as out:
        out.write(PANIC + "\n")
    assert reason_since(log, before) == "Kernel panic - not syncing: System is deadlocked on memory"


def test_a_log_that_libxl_has_renamed_is_another_one(tmp_path: Path) -> None:
    """Even when the new one is longer than the old one was."""
    log = stub_domain_log_of(tmp_path, "win1")
    log.write_text("short\n", encoding="utf-8")
    before = mark(log)
    log.rename(f"{log}.1")
    log.write_text(FAILED + "\n" + "more\n" * 10, encoding="utf-8")
    assert reason_since(log, before) == NO_DISK


def test_no_log(tmp_path: Path) -> None:
    log = stub_domain_log_of(tmp_path / "nothing", "win1")
    assert mark(log) == Mark()
    assert reason_since(log, Mark()) == ""
    # One that is there for the first time is new from its beginning.
    first = stub_domain_log_of(tmp_path, "win1")
    before = mark(first)
    first.write_text(PANIC, encoding="utf-8")
    assert reason_since(first, before).startswith("Kernel panic")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which words of which log state why a guest failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.failure_logs import (
    Quote,
    cause_since,
    last_words,
    monitored_domain,
    of_hypervisor,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.log_files import (
    Mark,
    mark,
    model_logs,
    stub_domain_log_of,
    toolstack_logs,
)

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
        # mini-OS, before it ends or is ended.
        (
            "x\nPage fault at linear address 18, rip 5b2a, regs 0x7fe28, sp 7fed0, our_sp 0x7fdf0, code 0\nThread: main\n",
            "Page fault at linear address 18, rip 5b2a",
        ),
        ("Page fault in pagetable walk (access to invalid memory?).\n", "Page fault in pagetable walk"),
        ("GPF rip: 5b2a, error_code=0\nThread: main\n", "GPF rip: 5b2a, error_code=0"),
        ("GPF eip: 0x5b2a, error_code=0\n", "GPF eip: 0x5b2a, error_code=0"),
        ("FATAL:  Unhandled Trap 6 (invalid operand), error code=0x0\nRegs address 0x1\n", "Unhandled Trap 6 (invalid operand)"),
        ("FATAL:  Unhandled Trap 0 (divide error), error code=0x0\n", "Unhandled Trap 0 (divide error)"),
        ("Debug exception\n", "Debug exception"),
        ("Cannot handle page request order 3!\n", "Cannot handle page request order 3"),
        ("Heap exhausted: 1 + 2 = 3 > 2\n", "Heap exhausted: 1 + 2 = 3 > 2"),
        ("Unsupported function socket called in Mini-OS kernel\n", "Unsupported function socket called in Mini-OS kernel"),
        ("Unsupported function socket called in Mini-OS kernel\nGPF rip: 1, error_code=0\n", "GPF rip: 1, error_code=0"),
        ("Couldn't read vm path\n", "Couldn't read vm path"),
        ("ASSERTION FAILED: x at mm.c:1.\n", "ASSERTION FAILED: x at mm.c:1."),
        # QEMU, in the stub domain and in dom0.
        ("qemu: could not open serial device 'file:/x'\nmain returned 1\nDo_exit called!\n",
         "qemu: could not open serial device 'file:/x'"),
        ("domid: 7\nCould not read keymap file: '/usr/share/xen/qemu/keymaps/en-us'\n",
         "Could not read keymap file: '/usr/share/xen/qemu/keymaps/en-us'"),
        ("/usr/libexec/xen-qemu-system-i386: -drive file=/x: Could not open '/x': No such file\n",
         "-drive file=/x: Could not open '/x': No such file"),
        ("qemu-system-i386: warning: TCG does not support\n", ""),
    ],
)
def test_causes(text: str, reason: str, tmp_path: Path) -> None:
    log = stub_domain_log_of(tmp_path, "win1")
    assert log.name == "qemu-dm-win1.log"
    log.write_bytes(text.encode())
    assert cause_since({log: Mark()}, "win1") == (Quote(str(log), reason) if reason else None)


def test_what_an_earlier_start_wrote_does_not_count(tmp_path: Path) -> None:
    log = stub_domain_log_of(tmp_path, "win1")
    log.write_text(FAILED + "\n", encoding="utf-8")
    before = mark(log)
    assert cause_since({log: before}, "win1") is None
    with log.open("a", encoding="utf-8") as out:
        out.write(PANIC + "\n")
    assert cause_since({log: before}, "win1") == Quote(str(log), "Kernel panic - not syncing: System is deadlocked on memory")


def test_a_log_that_libxl_has_renamed_is_another_one(tmp_path: Path) -> None:
    """Even when the new one is longer than the old one was."""
    log = stub_domain_log_of(tmp_path, "win1")
    log.write_text("short\n", encoding="utf-8")
    before = mark(log)
    log.rename(f"{log}.1")
    log.write_text(FAILED + "\n" + "more\n" * 10, encoding="utf-8")
    assert cause_since({log: before}, "win1") == Quote(str(log), NO_DISK)


def test_no_log(tmp_path: Path) -> None:
    log = stub_domain_log_of(tmp_path / "nothing", "win1")
    assert mark(log) == Mark()
    assert cause_since({log: Mark()}, "win1") is None
    # One that is there for the first time is new from its beginning.
    first = stub_domain_log_of(tmp_path, "win1")
    before = mark(first)
    first.write_text(PANIC, encoding="utf-8")
    assert str(cause_since({first: before}, "win1")).count("Kernel panic") == 1


def logs(folder: Path, toolstack_log: str = "/var/log/xen/xl-win1.log") -> dict[Path, Mark]:
    paths = [*model_logs(folder, "win1", "win1-dm"), *toolstack_logs(folder, toolstack_log)]
    return {log: mark(log) for log in paths}


def test_the_logs_of_each_toolstack(tmp_path: Path) -> None:
    names = [log.name for log in logs(tmp_path)]
    assert names == ["qemu-dm-win1.log", "qemu-dm-win1-dm.log", "xl-win1.log"]
    names = [log.name for log in logs(tmp_path, "/var/log/xen/xend.log")]
    assert names == ["qemu-dm-win1.log", "qemu-dm-win1-dm.log", "xend.log", "xend-debug.log"]


def test_the_qemu_in_dom0_states_the_cause_where_the_stub_domain_does_not(tmp_path: Path) -> None:
    found = logs(tmp_path)
    (tmp_path / "qemu-dm-win1.log").write_text("Xen Minimal OS!\n", encoding="utf-8")
    (tmp_path / "qemu-dm-win1-dm.log").write_text("Could not read keymap file: '/k/en-us'\n", encoding="utf-8")
    assert cause_since(found, "win1") == Quote(f"{tmp_path}/qemu-dm-win1-dm.log", "Could not read keymap file: '/k/en-us'")


def test_of_xend_s_log_only_what_names_the_guest_counts(tmp_path: Path) -> None:
    log = tmp_path / "xend.log"
    found = logs(tmp_path, str(log))
    lines = [
        "[2026-11-28 04:03:34 1499] DEBUG (XendDomainInfo:105) XendDomainInfo.create(['vm', ['name', 'win1']])",
        "[2026-11-28 04:03:34 1499] WARNING (XendDomainInfo:2067) Domain has crashed: name=win10 id=12.",
        "[2026-11-28 04:03:34 1499] WARNING (XendDomainInfo:2067) Domain has crashed: name=win1-dm id=13.",
        "[2026-11-28 04:03:35 1499] ERROR (XendDomainInfo:2201) VM win2 restarting too fast.",
    ]
    log.write_text("\n".join(lines), encoding="utf-8")
    assert cause_since(found, "win1") == Quote(str(log), "Domain has crashed: name=win1-dm id=13.")
    assert cause_since(found, "web1") is None


def test_what_xend_itself_fails_with(tmp_path: Path) -> None:
    found = logs(tmp_path, "/var/log/xen/xend.log")
    text = "Traceback (most recent call last):\n  File x\nMemoryError\n"
    (tmp_path / "xend-debug.log").write_text(text, encoding="utf-8")
    assert cause_since(found, "win1") == Quote(f"{tmp_path}/xend-debug.log", "MemoryError")


def test_last_words_are_short_and_without_passwords(tmp_path: Path) -> None:
    found = logs(tmp_path)
    assert last_words(found) is None
    (tmp_path / "qemu-dm-win1-dm.log").write_text(f"first\nrbd:pool:key=secret {'x' * 900}\n\n", encoding="utf-8")
    quote = last_words(found)
    assert quote and len(quote.text) == 200 and quote.text.endswith("...")
    assert "secret" not in quote.text


def test_last_words_are_none_that_each_start_has(tmp_path: Path) -> None:
    found = logs(tmp_path)
    log = tmp_path / "qemu-dm-win1-dm.log"
    usual = "xen be: console-3: xen be: console-3: initialise() failed\ninitialise() failed\n"
    log.write_text(usual, encoding="utf-8")
    assert last_words(found) is None
    log.write_text(f"cannot open the disk\n{usual}", encoding="utf-8")
    assert last_words(found) == Quote(str(log), "cannot open the disk")


def test_which_domain_xl_monitored(tmp_path: Path) -> None:
    found = logs(tmp_path)
    assert monitored_domain(found) is None
    (tmp_path / "xl-win1.log").write_text("Waiting for domain win1 (domid 7) to die [pid 99]\n", encoding="utf-8")
    assert monitored_domain(found) == 7


DMESG = """(XEN) Xen version 4.17.7
(d17) HVM Loader
(d7) HVM Loader
(d7) Detected Xen v4.17.7
(d7) Unknown BIOS rombios, no ROM image found
(d7) *** HVMLoader bug at hvmloader.c:229
(XEN) d7v0 Triple fault - invoking HVM shutdown action 1
(XEN) d17v0 something else
"""


@pytest.mark.parametrize("stamp", ["", "[2026-11-30 10:00:00] ", "[    3.141] "])
def test_what_xen_logged_of_a_guest(stamp: str) -> None:
    text = DMESG.replace("(XEN) ", f"(XEN) {stamp}").replace("(d7) ", f"(d7) {stamp}")
    assert of_hypervisor(text, 7, "xl dmesg") == Quote(
        "xl dmesg",
        "Unknown BIOS rombios, no ROM image found / *** HVMLoader bug at hvmloader.c:229 / "
        "d7v0 Triple fault - invoking HVM shutdown action 1",
    )
    assert of_hypervisor(text, 1, "xl dmesg") is None

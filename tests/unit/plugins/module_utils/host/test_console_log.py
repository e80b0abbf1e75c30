# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import console_log
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.log_files import console_log_of


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return console_log_of(tmp_path, "web1")


def test_the_log_s_name_is_xenconsoled_s() -> None:
    assert console_log_of(Path("/var/log/xen/console"), "web1") == Path("/var/log/xen/console/guest-web1.log")


def test_no_log(tmp_path: Path) -> None:
    assert console_log.read(tmp_path, "web1", 0, "Linux") == console_log.ConsoleOutput()


def test_the_first_line_that_matches_and_the_last_five(log: Path) -> None:
    log.write_text("a\r\nLinux version 1\r\n\nLinux version 2\nb\nc\nd\ne", encoding="utf-8")
    said = console_log.read(log.parent, "web1", 0, "Linux v")
    assert said == console_log.ConsoleOutput(str(log), "Linux version 1", ["Linux version 2", "b", "c", "d", "e"])


def test_terminal_codes_are_left_out(log: Path) -> None:
    log.write_bytes(b"\x1b[2J\x1b[0;30;47m GNU GRUB \x1b[m\x1b(B\x1b[?25h\r\nLi\x1b[1mnux\n")
    said = console_log.read(log.parent, "web1", 0, "^Linux$")
    assert (said.matched, said.tail) == ("Linux", ["GNU GRUB", "Linux"])


@pytest.mark.parametrize(
    "offset, matched",
    [(0, "Linux old"), (10, "Linux new"), (9, "Linux new"), (20, ""), (21, "Linux old"), (10**9, "Linux old")],
)
def test_only_what_was_said_since_the_offset_counts_unless_the_log_was_rotated(
    offset: int, matched: str, log: Path
) -> None:
    log.write_text("Linux old\nLinux new\n", encoding="utf-8")
    assert console_log.read(log.parent, "web1", offset, "Linux").matched == matched


def test_bytes_that_are_no_text(log: Path) -> None:
    log.write_bytes(b"\xff\xfe\0\nLinux \xe9\n")
    assert console_log.read(log.parent, "web1", 0, "Linux").matched == "Linux \ufffd"


def test_a_guest_that_talks_for_days_does_not_fill_the_memory(log: Path) -> None:
    with log.open("wb") as out:
        out.write(b"Linux version\n")
        out.truncate(1 << 30)
    said = console_log.read(log.parent, "web1", 0, "Linux")
    assert said.matched == "Linux version"
    assert sum(map(len, said.tail)) <= 4 << 20


def test_a_line_of_the_boot_loader_is_an_echo(log: Path) -> None:
    log.write_text("GNU GRUB  version 0.97\nkernel /vmlinuz word\nboot start ffff\nNetBSD\n", encoding="utf-8")
    tail = ["GNU GRUB  version 0.97", "kernel /vmlinuz word", "boot start ffff", "NetBSD"]
    assert console_log.read(log.parent, "web1", 0, "word", "pvgrub") == console_log.ConsoleOutput(
        str(log), "", tail, "kernel /vmlinuz word"
    )
    assert console_log.read(log.parent, "web1", 0, "word").matched == "kernel /vmlinuz word"
    assert console_log.read(log.parent, "web1", 0, "BSD", "pvgrub") == console_log.ConsoleOutput(str(log), "NetBSD", tail)
    assert console_log.read(log.parent, "web1", 0, "other", "pvgrub").echo == ""

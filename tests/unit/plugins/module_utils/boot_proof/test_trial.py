# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What proves that a boot loader boots; its texts are those of the real ones, with the control sequences that they send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof import trial
from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof.trial import (
    BootProgress,
    BootTrial,
    read_progress,
)

SHA = "0f3c9a51" * 8
LEGACY = (
    "\x1b[H\x1b[J\r\n    GNU GRUB  version 0.97  (65536K lower / 0K upper memory)\r\n\r\n"
    "       [ Minimal BASH-like line editing is supported. ]\r\n\r\ngrubdom> "
)
GRUB2 = (
    "Welcome to GRUB!\r\n\r\nPV-GRUB2: no disk of this guest has a /boot/grub/grub.cfg\r\n"
    "\x1b[2J\x1b[1;1H\x1b[30C GNU GRUB  version 2.06-13+deb12u2\r\n\r\n   Minimal BASH-like line editing\r\n\r\n\x1b[mgrub> "
)


@pytest.mark.parametrize(
    "text, ready",
    [
        (LEGACY, "grubdom>"),
        (GRUB2, "grub>"),
        ("MiniOS\r\ngrubdom> \x1b[9;10H", "grubdom>"),
        (LEGACY.replace("grubdom>", ""), "GNU GRUB  version 0.97  (65536K lower / 0K upper memory)"),
        (GRUB2.replace("grub>", ""), "GNU GRUB  version 2.06-13+deb12u2"),
    ],
)
def test_a_prompt_or_the_head_of_a_menu_proves_it(text: str, ready: str) -> None:
    progress = read_progress(text)
    assert (progress.ready, progress.failure) == (ready, "")


@pytest.mark.parametrize(
    "text", ["", "Welcome to GRUB!\r\n", "Bootstrapping...\r\nXen Minimal OS!\r\n", "GNU GRU", "GNU is not GRUB", "grub"]
)
def test_nothing_else_does(text: str) -> None:
    progress = read_progress(text)
    assert (progress.ready, progress.failure) == ("", "")


def test_a_grub_without_its_modules_boots_nothing() -> None:
    progress = read_progress("Welcome to GRUB!\r\nerror: unknown filesystem.\r\nEntering rescue mode...\r\ngrub rescue> ")
    assert (progress.ready, progress.failure) == ("", "GRUB does not find its own modules")
    assert progress.lines[-1] == "grub rescue>"


def test_the_last_lines_are_kept() -> None:
    assert read_progress("\r\n".join(map(str, range(20)))) == BootProgress("", "", [str(number) for number in range(12, 20)])


@given(st.text(alphabet=st.characters(exclude_characters="\x1b>", exclude_categories=["Cs"])), st.integers(min_value=0))
def test_what_was_said_before_does_not_matter_nor_where_a_piece_ends(before: str, cut: int) -> None:
    """Of the prompt alone: it counts when it is there whole, and not a character earlier."""
    whole = f"{before}\r\ngrubdom> "
    assert read_progress(whole).ready.endswith("grubdom>")
    part = whole[: cut % (len(whole) - 1)]
    assert read_progress(part).ready == "" or "GNU GRUB " in part


@given(st.text(max_size=200))
def test_nothing_that_a_console_says_is_an_error(text: str) -> None:
    progress = read_progress(text)
    assert "\x1b[" not in progress.ready
    assert all(line and line == line.strip() and "\n" not in line for line in progress.lines)


ENDS = 'on_crash = "destroy"\non_poweroff = "destroy"\non_reboot = "destroy"\n'


NAMED = 'name = "xenfleet-proof-0f3c9a51"\n'
BUILT = 'memory = 64\nvcpus = 1\nkernel = "/tmp/image0"\n'
NO_MENU = 'extra = "(hd0)/boot/grub/menu.lst"\n'
NO_DEVICES = "disk = [ ]\nvif = [ ]\n"


@pytest.mark.parametrize(
    "name, toolstack, release, text",
    [
        ("pvgrub2-x86_64", "xl", (4, 17), f'{NAMED}type = "pv"\n{BUILT}{NO_MENU}{NO_DEVICES}'),
        ("pvgrub2-pvh", "xl", (4, 20), f'{NAMED}type = "pvh"\n{BUILT}{NO_DEVICES}'),
        ("pv-grub-x86_32.gz", "xm", (3, 3), f"# -*- coding: utf-8 -*-\n{NAMED}{BUILT}{NO_MENU}{NO_DEVICES}"),
    ],
)
def test_the_guest_has_neither_disk_nor_network(name: str, toolstack: str, release: Any, text: str) -> None:
    guest, problems = trial.guest_of(BootTrial(name, SHA))
    assert guest and problems == []
    assert trial.config_of(guest, "/tmp/image0", release, toolstack) == (text + ENDS, [])


@pytest.mark.parametrize("name", sorted(trial.ARCHS))
def test_each_image_is_tried_as_what_it_is(name: str) -> None:
    guest, _problems = trial.guest_of(BootTrial(name, SHA))
    assert guest
    assert (guest.type, guest.boot.arch) == ("pvh" if name.endswith("pvh") else "pv", trial.ARCHS[name])


def test_a_pvh_image_needs_a_release_that_has_such_guests() -> None:
    guest, _problems = trial.guest_of(BootTrial("pvgrub2-pvh", SHA))
    assert guest
    text, problems = trial.config_of(guest, "/k", (4, 9), "xl")
    assert (text, [problem.reason for problem in problems]) == ("", ["this host cannot run PVH guests"])


@pytest.mark.parametrize(
    "asked, reason",
    [
        (BootTrial("ioemu-stubdom", SHA), "is not a boot loader that shows a prompt"),
        (BootTrial("pvgrub2-x86_64", "../../etc/passwd"), "sha256 = '../../etc/passwd' is not a SHA-256 digest"),
        (BootTrial("pvgrub2-x86_64", SHA, timeout=0), "timeout = 0 is too short"),
        (BootTrial("pvgrub2-x86_64", SHA, memory=0), "is outside 8 to 16777216"),
    ],
)
def test_what_cannot_be_tried(asked: BootTrial, reason: str) -> None:
    guest, problems = trial.guest_of(asked)
    assert (guest, len(problems)) == (None, 1)
    assert reason in problems[0].reason
    assert problems[0].remedy

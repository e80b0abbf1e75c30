# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.loader_output import lines_of_the_kernel
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.terminal import lines_in

# What mini-OS of 4.17 and GRUB 0.97 print, up to a kernel that is in memory.
PVGRUB_MENU = (
    "Xen Minimal OS (pv)!\n    cmd_line: (hd0,0)/boot/grub/menu.lst\nMM: Init\n"
    "\x1b[H\x1b[J\n    GNU GRUB  version 0.97  (262144K lower / 0K upper memory)\n\n"
    "\x1b[4;3H word in a title   \x1b[16;3H Use the ^ and v keys to select which entry is highlighted.\n"
)
PVGRUB_ENTRY = (
    "  Booting 'word in a title'\n\nroot (hd0,0)\n Filesystem type is ext2fs, partition type 0x83\n"
    "kernel /boot/vmlinuz root=/dev/xvda1 word\nbooting with cmdline root=/dev/xvda1 word\n"
)
PVGRUB_END = "virt base at ffffffff80000000\nboot start info ffffffff83f92000\nboot start ffffffff82b0c1c0\n"
# The same of GRUB 2, whose text menu is drawn by moves of the cursor.
GRUB2_MENU = (
    "Welcome to GRUB!\r\n\r\nPV-GRUB2: reading (xen/xvda)/boot/grub/grub.cfg\r\n"
    "\x1b[H\x1b[J\x1b[1;1H\r\n                             GNU GRUB  version 2.06\r\n\r\n"
    "      Use the ^ and v keys to select which entry is highlighted.          \r\n"
    "      Press enter to boot the selected OS, `e' to edit the commands       \r\n"
    "      before booting or `c' for a command-line.\x1b[5;3H*word in a title\x1b[6;3H another word"
)
GRUB2_BOOT = "\x1b[H\x1b[J\x1b[1;1H  Booting `word in a title'\r\n\r\nLoading Linux 6.1.0-word-amd64 ...\r\n"
LINUX = "[    0.000000] Linux version 6.1.0-50-amd64 (debian-kernel@lists.debian.org)\n[    0.000000] Command line: word\n"


def kernel_printed(text: str, loader: str, word: str = "word") -> list[str]:
    return [line for line in lines_of_the_kernel(text, loader) if word in line]


@pytest.mark.parametrize(
    "text, loader",
    [
        (PVGRUB_MENU, "pvgrub"),
        (PVGRUB_MENU + PVGRUB_ENTRY, "pvgrub"),
        (PVGRUB_MENU + PVGRUB_ENTRY + "Error 15: File not found\nword\n", "pvgrub"),
        (PVGRUB_MENU + PVGRUB_ENTRY + PVGRUB_END, "pvgrub"),
        (PVGRUB_MENU + PVGRUB_ENTRY + "boot start word\n", "pvgrub"),
        (PVGRUB_MENU.replace("word", "Linux version 5") + "word\n", "pvgrub"),
        (GRUB2_MENU, "pvgrub2"),
        (GRUB2_MENU + "\x1b[20;1H   The highlighted entry will be executed automatically in 5s.", "pvgrub2"),
        (GRUB2_MENU + GRUB2_BOOT, "pvgrub2"),
        (GRUB2_MENU + GRUB2_BOOT + "error: file `/boot/word' not found.\r\n", "pvgrub2"),
        (GRUB2_MENU + GRUB2_BOOT + "word\r\nerror: you need to load the kernel first.\r\n\r\nPress any key to continue...", "pvgrub2"),
        (GRUB2_MENU + GRUB2_BOOT + "echo of a menu: word\r\n[    0.000000] Linux version 6.1.0 (x)\r\n", "pvgrub2"),
        (GRUB2_MENU + "\r\ngrub> linux /boot/vmlinuz word", "pvgrub2"),
        ("word\n" + GRUB2_MENU + GRUB2_BOOT, "pvgrub2"),
        (GRUB2_MENU.replace("Welcome to GRUB!", "Linux version word"), "pvgrub2"),
    ],
)
def test_what_a_boot_loader_prints_is_not_the_kernel_s(text: str, loader: str) -> None:
    assert any("word" in line for line in lines_in(text))
    assert kernel_printed(text, loader) == []


@pytest.mark.parametrize(
    "text, loader, found",
    [
        (PVGRUB_MENU + PVGRUB_ENTRY + PVGRUB_END + LINUX, "pvgrub", ["[    0.000000] Command line: word"]),
        # A system that is not Linux, and Linux that is quiet.
        (PVGRUB_MENU + PVGRUB_ENTRY + PVGRUB_END + "NetBSD 9.3 (word)\n", "pvgrub", ["NetBSD 9.3 (word)"]),
        (GRUB2_MENU + GRUB2_BOOT + "\r\nword login: ", "pvgrub2", ["word login:"]),
        (GRUB2_MENU + GRUB2_BOOT + LINUX, "pvgrub2", ["[    0.000000] Command line: word"]),
        # A PV-GRUB without its messages about the start of the kernel.
        (PVGRUB_MENU + PVGRUB_ENTRY + LINUX, "pvgrub", ["[    0.000000] Command line: word"]),
        # A line of the first boot counts while the second one is in the menu.
        (GRUB2_MENU + GRUB2_BOOT + LINUX + GRUB2_MENU, "pvgrub2", ["[    0.000000] Command line: word"]),
        # The log was rotated while the guest ran.
        ("word login: \n", "pvgrub", ["word login:"]),
        ("", "pvgrub2", []),
    ],
)
def test_what_the_kernel_prints(text: str, loader: str, found: list[str]) -> None:
    assert kernel_printed(text, loader) == found


@given(st.lists(st.text(alphabet="ab :\x1b[1;H\n", max_size=20), max_size=8), st.sampled_from(["pvgrub", "pvgrub2"]))
def test_the_kernel_s_lines_are_lines_of_the_log_in_their_order(rows: list[str], loader: str) -> None:
    text = "\n".join(["GNU GRUB version 0.97", *rows, LINUX, *rows])
    lines = lines_in(text)
    of_kernel = lines_of_the_kernel(text, loader)
    assert lines[len(lines) - len(of_kernel) :] == of_kernel
    assert of_kernel[0].startswith("[    0.000000] Linux version")

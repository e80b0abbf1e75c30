# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Separate what a guest's own kernel printed from what its boot loader did: menus, titles, kernel lines (pure).

Both are in one log. A line of the boot loader proves nothing: PV-GRUB repeats the kernel's command line, and stays at its
prompt after that where the kernel cannot be read.
"""

from __future__ import annotations

import re

from .terminal import MOVE, lines_in

# What a boot loader prints where a boot begins: mini-OS below PV-GRUB, GRUB, and the menu of a PV-GRUB2 image.
_BEGIN = re.compile(r"Xen Minimal OS|GNU GRUB +version|Welcome to GRUB!|PV-GRUB2: ")

# The last line but those of closed devices that PV-GRUB prints, once the kernel is in memory and its page table is pinned
# (stubdom/grub/kexec.c, 3.3 to 4.22).
_HANDED_OVER = re.compile(r"boot start [0-9a-f]+$")

# Linux, where its own messages are not turned off by "quiet".
_LINUX = re.compile(r"\[ *[0-9]+\.[0-9]{6}\] |Linux version \S+ \(")

# GRUB 2 prints nothing when it starts the kernel: what it printed before is known by its words (grub-core/normal/menu.c,
# menu_text.c, main.c), and those of the entries that Debian's update-grub writes.
_GRUB2 = re.compile(
    r"Booting [`'\"]|Booting a command list|Loading (Linux|initial ramdisk) .*\.\.\.$|Press any key to continue"
    r"|Press enter to boot|Press Enter or|Use the .* keys|The highlighted entry will be executed|Minimal BASH-like|grub> ?|error: "
)


def lines_of_the_kernel(text: str, loader: str) -> list[str]:
    """Return the lines that did not come from the boot loader; all of them where the log has no begin of a boot.

    ``loader`` is ``pvgrub`` or ``pvgrub2``. A guest may have booted several times.

    >>> lines_of_the_kernel("GNU GRUB version 0.97\\r\\nboot start 1f0\\r\\nclose blk: backend=/x\\r\\nhello", "pvgrub")
    ['close blk: backend=/x', 'hello']
    """
    lines: list[str] = []
    # Lines that are the kernel's unless GRUB 2 prints more, or Linux begins later.
    perhaps: list[str] = []
    found, by_kernel = False, False
    for row in re.split(r"[\r\n]+", text):
        # A menu is drawn, with its titles, by moves of the cursor.
        drawn = MOVE.search(row) is not None
        for line in lines_in(row):
            if _BEGIN.match(line):
                found, by_kernel, perhaps = True, False, []
            elif by_kernel:
                lines.append(line)
            elif _LINUX.match(line):
                by_kernel, perhaps = True, []
                lines.append(line)
            elif loader == "pvgrub":
                by_kernel = _HANDED_OVER.match(line) is not None
            elif _GRUB2.match(line):
                perhaps = []
            elif not drawn:
                perhaps.append(line)
    return lines + perhaps if found else lines_in(text)

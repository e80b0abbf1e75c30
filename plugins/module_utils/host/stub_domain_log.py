# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the reason why a stub domain did not start in its log."""

from __future__ import annotations

import re
from pathlib import Path

from .console_log import lines_of
from .log_files import Mark, mark

# What the root file system that this collection builds prints when it fails, often after the seconds since its start;
# and what Linux prints.
_FAILED = re.compile(r"xenfleet-stubdom:\s+(?:[0-9.]+\s+)?FAILED: (.+)")
_PANIC = re.compile(r"(Kernel panic .+)")
# What xm prints to stubdom-dm, and mini-OS before it ends (Xen 3.3 to 4.0, extras/mini-os/main.c).
_REFUSED = re.compile(r"^Error: (.+)")
_NO_FILES = re.compile(r"(No FS backend found).*")


def reason_since(log: Path, start: Mark) -> str:
    """Return why the stub domain has failed since then, "" where its log has no reason.

    Its own message is more precise than the kernel panic that may follow it.
    """
    offset = start.size if mark(log).inode == start.inode else 0
    lines = lines_of(log, offset) or []
    patterns = (_FAILED, _PANIC, _REFUSED, _NO_FILES)
    found_words = [[found.group(1) for line in lines for found in [pattern.search(line)] if found] for pattern in patterns]
    return next((words[-1] for words in found_words if words), "")

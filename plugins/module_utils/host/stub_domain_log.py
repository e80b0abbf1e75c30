# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a stub domain did not start, as far as its own log tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .console_log import lines_of

# What the root file system that this collection builds prints when it gives up, as a rule with the seconds since its
# start before it; and what Linux does.
_FAILED = re.compile(r"xenfleet-stubdom:\s+(?:[0-9.]+\s+)?FAILED: (.+)")
_PANIC = re.compile(r"(Kernel panic .+)")
# What xm tells stubdom-dm, and mini-OS before it gives up (Xen 3.3 to 4.0, extras/mini-os/main.c).
_REFUSED = re.compile(r"^Error: (.+)")
_NO_FILES = re.compile(r"(No FS backend found).*")


@dataclass(frozen=True)
class Mark:
    """How far a log went at some time. libxl gives each start a log of its own, and renames the one before; another
    file of the same name is told by its inode."""

    inode: int = 0
    size: int = 0


def log_of(folder: Path, name: str) -> Path:
    """What the stub domain of a guest prints; of a guest whose QEMU is in dom0, what that prints."""
    return folder / f"qemu-dm-{name}.log"


def mark(log: Path) -> Mark:
    """Where a log ends now."""
    try:
        status = log.stat()
    except OSError:
        return Mark()
    return Mark(status.st_ino, status.st_size)


def reason_since(log: Path, start: Mark) -> str:
    """Why the stub domain gave up since then, "" when its log does not tell. Its own words say more than the panic that
    they may end in."""
    offset = start.size if mark(log).inode == start.inode else 0
    lines = lines_of(log, offset) or []
    patterns = (_FAILED, _PANIC, _REFUSED, _NO_FILES)
    told = [[found.group(1) for line in lines for found in [pattern.search(line)] if found] for pattern in patterns]
    return next((words[-1] for words in told if words), "")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find where a path of this host leads: paths of one place are names of one disk. Read only, without a process."""

from __future__ import annotations

import os
import stat
from typing import Callable, Tuple

# A block device by its number, or a file by its file system and inode.
Place = Tuple[str, int, int]


def place_of(path: str, look: Callable[[str], os.stat_result]) -> Place | None:
    """Return where a path leads, as ``look`` (os.stat) shows it; None for what is no path, or cannot be read."""
    try:
        found = look(path) if path.startswith("/") else None
    except (OSError, ValueError):
        return None
    if found is None:
        return None
    return ("device", found.st_rdev, 0) if stat.S_ISBLK(found.st_mode) else ("file", found.st_dev, found.st_ino)

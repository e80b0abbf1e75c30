# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts files of a mini-OS image where Xen's own programs look for them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Collection, Iterable

from ..common.errors import BuildError
from ..common.files import below, write_atomic
from .minios_layout import Placed
from .store import sha256_of

ROOT = Path("/")
# What somebody else had there is kept beside it by this name.
KEPT = ".orig"


def look(placed: Iterable[Placed], root: Path | None = None) -> dict[str, tuple[str, int]]:
    """The sha256 and the mode of what is at the files' paths. Raises OSError, for a folder in the place of a file too."""
    found = {}
    for one in placed:
        path = below(root or ROOT, one.path)
        if path.exists():
            found[one.path] = (sha256_of(path), stat.S_IMODE(path.stat().st_mode))
    return found


def put(one: Placed, ours: Collection[str], root: Path | None = None) -> None:
    """Replaces one file. What is there is kept once, unless it is of an image of ours, by its sha256.

    Raises BuildError when the store's file is not what was announced; OSError, and the old file is untouched then.
    """
    path = below(root or ROOT, one.path)
    content = Path(one.source).read_bytes()
    if sha256_of(Path(one.source)) != one.sha256:
        raise BuildError(f"{one.source} is not the file that was installed. Remedy: install the image again.")
    kept = path.with_name(f"{path.name}{KEPT}")
    if path.exists() and sha256_of(path) not in ours and not kept.exists():
        write_atomic(kept, path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
    write_atomic(path, content, one.mode)

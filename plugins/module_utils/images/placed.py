# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record which files this collection put into Xen's own folders, and which copies of the host's files it made there.

A version of the store may be gone while its file is still in its place, and a copy of the host's file is ours only if we
made it: nothing else on the host shows either.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Mapping

from ..common.files import below, write_atomic
from .store import sha256_of

#: The record's name in the store.
RECORD = "placed.json"
#: The host's own file is kept beside the installed one by this suffix.
ORIGINAL_SUFFIX = ".orig"


@dataclass(frozen=True)
class PlacedFile:
    """Describe a file in one of Xen's folders: the sha256 of ours, and of the copy of the host's own, "" for none.

    ``before`` is the sha256 of ours that this one replaces, "" for none: a run that is interrupted leaves that one there.
    """

    sha256: str
    original: str = ""
    before: str = ""

    def is_ours(self, sha256: str) -> bool:
        """Return whether a file with this sha256 is one that this collection put there."""
        return sha256 in (self.sha256, self.before)


def read_record(store: Path) -> dict[str, PlacedFile]:
    """Return the files by their paths on the host; none where there is no record, or it cannot be read."""
    try:
        rows = json.loads((store / RECORD).read_text(encoding="utf-8"))
        return {str(path): _file_of(row) for path, row in rows.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _file_of(row: Mapping[str, Any]) -> PlacedFile:
    return PlacedFile(str(row["sha256"]), str(row["original"]), str(row.get("before", "")))


def write_record(store: Path, files: Mapping[str, PlacedFile]) -> None:
    """Replace the record. Raise OSError."""
    rows = {path: asdict(file) for path, file in sorted(files.items())}
    write_atomic(store / RECORD, json.dumps(rows, indent=2) + "\n", 0o644)


def copy_of(path: Path) -> Path:
    """Return where the host's own file is kept."""
    return path.with_name(f"{path.name}{ORIGINAL_SUFFIX}")


def sum_at(path: Path) -> str:
    """Return the sha256 of a file, "" where there is none. Raise OSError, also for a folder."""
    return sha256_of(path) if os.path.lexists(path) else ""


def changes(store: Path, root: Path = Path("/")) -> list[dict[str, Any]]:
    """Return the recorded files that are no longer ours, and what became of each: an upgrade of the distribution's package
    replaces them. Nothing is read without a record."""
    found = []
    for path, file in read_record(store).items():
        try:
            sha256 = sum_at(below(root, path))
        except OSError:
            sha256 = "unknown"
        if sha256 != file.sha256:
            found.append({"path": path, "state": "replaced" if sha256 else "missing"})
    return found

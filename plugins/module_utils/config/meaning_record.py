# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record which earlier texts, and which running domain, mean the same to the host's toolstack as a guest's present file.

guest_config writes the record before it replaces a file by one that is spelled differently: whoever decides later whether a
domain needs a restart, in this run or in another one, has the judgement of the time at which both texts were there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

from ..common.files import write_atomic
from .same_meaning import MeaningRecord, from_dict

FOLDER = "meaning"
_SUFFIX = ".json"
_MODE = 0o600


def load(records: Path, name: str, digest: str, given: Mapping[str, Any] | None = None) -> MeaningRecord:
    """Return what is known of the configuration with this digest: from ``given``, a result of guest_config, else from its
    record; a record without knowledge where there is none."""
    for found in (from_dict(given), read(path_of(records, name))):
        if found and found.digest == digest:
            return found
    return MeaningRecord(digest)


def save(records: Path, name: str, record: MeaningRecord) -> None:
    """Write the record of a guest. Raise OSError."""
    write_atomic(path_of(records, name), json.dumps(record.as_dict(), indent=2) + "\n", _MODE)


def path_of(records: Path, name: str) -> Path:
    """Return the path of the record of a guest."""
    return records / FOLDER / f"{name}{_SUFFIX}"


def read(path: Path) -> MeaningRecord | None:
    """Return the record in a file, None where the file is not one."""
    try:
        return from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def adopted_files(records: Path) -> dict[str, str]:
    """Return the names of all files that were adopted as they were, each with its guest. Raise OSError."""
    found = {}
    folder = records / FOLDER
    for path in sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []:
        record = read(path)
        found.update({file.name: path.stem for file in record.kept.files} if record and record.kept else {})
    return found

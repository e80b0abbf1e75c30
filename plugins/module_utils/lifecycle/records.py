# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record which domains this collection started or paused, so that a later run recognises them.

Each guest has up to four files below the folder of records: NAME.json for its last start, starting/NAME.json during a
start, paused/NAME.json while the guest is paused by this collection, and meaning/NAME.json, which guest_config writes
(``config.meaning_record``). The file names of two guests are never the same.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..common.files import unfinished, write_atomic
from ..config import meaning_record, same_meaning
from .observation import Record

_STARTING = "starting"
_PAUSED = "paused"
_SUFFIX = ".json"


def save(folder: Path, name: str, record: Record) -> None:
    """Record a start that has succeeded. Raise OSError."""
    _write(folder / f"{name}.json", asdict(record))
    forget_begun(folder, name)


def begin(folder: Path, name: str, record: Record) -> None:
    """Record a start before it is made: a domain of that uuid is ours, even if the run is interrupted. Raise OSError."""
    _write(_begun_path(folder, name), asdict(record))


def pause(folder: Path, name: str, uuid: str) -> None:
    """Record that this collection pauses the guest's domain. Raise OSError."""
    _write(_pause_path(folder, name), {"uuid": uuid})


def forget(folder: Path, name: str) -> None:
    """Remove all records of a guest. Raise OSError, but not for a record that does not exist."""
    for path in paths_of(folder, name):
        path.unlink(missing_ok=True)


def forget_begun(folder: Path, name: str) -> None:
    """Remove the record of a start that is over. Raise OSError."""
    _begun_path(folder, name).unlink(missing_ok=True)


def forget_pause(folder: Path, name: str) -> None:
    """Remove the record of a pause. Raise OSError."""
    _pause_path(folder, name).unlink(missing_ok=True)


def paths_of(folder: Path, name: str) -> list[Path]:
    """Return the paths of all records that a guest can have."""
    last = folder / f"{name}{_SUFFIX}"
    return [last, _begun_path(folder, name), _pause_path(folder, name), meaning_record.path_of(folder, name)]


def folders_of(folder: Path) -> list[Path]:
    """Return the folders that hold records, the folder itself last."""
    return [folder / _STARTING, folder / _PAUSED, folder / meaning_record.FOLDER, folder]


def is_record(path: Path) -> bool:
    """Return whether a file of these folders is ours: by its content, as anybody can put a file there; or by its name,
    where the run that wrote it was interrupted."""
    if path.is_symlink() or not path.is_file():
        return False
    if unfinished(path.name).endswith(_SUFFIX):
        return True
    if path.suffix != _SUFFIX:
        return False
    content = _read(path)
    is_pause = path.parent.name == _PAUSED and isinstance(content, dict) and list(content) == ["uuid"]
    is_meaning = path.parent.name == meaning_record.FOLDER and same_meaning.from_dict(content) is not None
    return is_pause or is_meaning or _record(path) is not None


def load(folder: Path, name: str) -> Record | None:
    """Return the record of the last start, None for none. Its domain may be gone since: compare the uuid."""
    return _record(folder / f"{name}.json")


def begun(folder: Path, name: str) -> Record | None:
    """Return the record of a start whose end no run has seen, None for none."""
    return _record(_begun_path(folder, name))


def paused(folder: Path, name: str) -> str:
    """Return the uuid of the guest's domain that this collection paused, "" for none. Compare it with the domain's."""
    content = _read(_pause_path(folder, name))
    return str(content.get("uuid", "")) if isinstance(content, dict) else ""


def _begun_path(folder: Path, name: str) -> Path:
    return folder / _STARTING / f"{name}{_SUFFIX}"


def _pause_path(folder: Path, name: str) -> Path:
    return folder / _PAUSED / f"{name}{_SUFFIX}"


def _record(path: Path) -> Record | None:
    content = _read(path)
    try:
        return Record(str(content["uuid"]), str(content["digest"]), int(content["console_offset"]))
    except (ValueError, KeyError, TypeError):
        return None  # Without a readable record, what Xen itself recorded decides.


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(path: Path, content: dict[str, Any]) -> None:
    write_atomic(path, json.dumps(content, indent=2) + "\n", 0o600)

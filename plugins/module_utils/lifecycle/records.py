# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection remembers of a domain that it started or paused, so that a later run can tell whose it is.

Three files for each guest, below the folder of records: NAME.json for its last start, starting/NAME.json while a start
is under way, paused/NAME.json while the guest is paused by us. No name of a guest can make one of them another's.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..common.files import unfinished, write_atomic

_STARTING = "starting"
_PAUSED = "paused"
_SUFFIX = ".json"


@dataclass(frozen=True)
class Record:
    """``uuid`` names the domain; ``digest`` is that of the configuration it was started from; ``console_offset``
    is the length, in bytes, that its console log had just before."""

    uuid: str
    digest: str
    console_offset: int


def save(folder: Path, name: str, record: Record) -> None:
    """The start has come to its end. Raises OSError."""
    _write(folder / f"{name}.json", asdict(record))
    forget_begun(folder, name)


def begin(folder: Path, name: str, record: Record) -> None:
    """Notes a start before anything of it is done: a domain of that uuid is ours, even if nobody sees the start end.
    Raises OSError."""
    _write(folder / _STARTING / f"{name}.json", asdict(record))


def pause(folder: Path, name: str, uuid: str) -> None:
    """Notes that the guest's domain is paused by us. Raises OSError."""
    _write(folder / _PAUSED / f"{name}.json", {"uuid": uuid})


def forget(folder: Path, name: str) -> None:
    """All of a guest. Raises OSError, but not for a record that does not exist."""
    (folder / f"{name}.json").unlink(missing_ok=True)
    forget_begun(folder, name)
    forget_pause(folder, name)


def forget_begun(folder: Path, name: str) -> None:
    """Raises OSError."""
    (folder / _STARTING / f"{name}.json").unlink(missing_ok=True)


def forget_pause(folder: Path, name: str) -> None:
    """Raises OSError."""
    (folder / _PAUSED / f"{name}.json").unlink(missing_ok=True)


def folders_of(folder: Path) -> list[Path]:
    """All that files are kept in, the folder itself last."""
    return [folder / _STARTING, folder / _PAUSED, folder]


def is_record(path: Path) -> bool:
    """Whether a file of these folders is ours: by its content, as anybody can put a file there; or by its name, where
    a run was killed while it wrote it."""
    if path.is_symlink() or not path.is_file():
        return False
    if unfinished(path.name).endswith(_SUFFIX):
        return True
    if path.suffix != _SUFFIX:
        return False
    said = _read(path)
    is_pause = path.parent.name == _PAUSED and isinstance(said, dict) and list(said) == ["uuid"]
    return is_pause or _record(path) is not None


def load(folder: Path, name: str) -> Record | None:
    """The record of the last start, or None. Its domain may be gone since: compare the uuid."""
    return _record(folder / f"{name}.json")


def begun(folder: Path, name: str) -> Record | None:
    """The start that nobody saw come to its end, or None."""
    return _record(folder / _STARTING / f"{name}.json")


def paused(folder: Path, name: str) -> str:
    """The uuid of the guest's domain that we paused, "" for none. It may be another domain since: compare it."""
    said = _read(folder / _PAUSED / f"{name}.json")
    return str(said.get("uuid", "")) if isinstance(said, dict) else ""


def _record(path: Path) -> Record | None:
    said = _read(path)
    try:
        return Record(str(said["uuid"]), str(said["digest"]), int(said["console_offset"]))
    except (ValueError, KeyError, TypeError):
        return None  # Without a readable record the guest is judged by what Xen itself recorded.


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(path: Path, content: dict[str, Any]) -> None:
    write_atomic(path, json.dumps(content, indent=2) + "\n", 0o600)

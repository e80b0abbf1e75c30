# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection remembers of a domain that it started, so that a later run can tell one boot from another."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .files import write_atomic


@dataclass(frozen=True)
class Record:
    """``uuid`` names the domain; ``digest`` is that of the configuration it was started from; ``console_offset``
    is the length, in bytes, that its console log had just before."""

    uuid: str
    digest: str
    console_offset: int


def save(folder: Path, name: str, record: Record) -> None:
    """Raises OSError."""
    write_atomic(folder / f"{name}.json", json.dumps(asdict(record), indent=2) + "\n", 0o600)


def forget(folder: Path, name: str) -> None:
    """Raises OSError, but not for a record that does not exist."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def load(folder: Path, name: str) -> Record | None:
    """The record of the last start, or None. Its domain may be gone since: compare the uuid."""
    try:
        said = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return Record(str(said["uuid"]), str(said["digest"]), int(said["console_offset"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # Without a readable record the guest is judged by what Xen itself recorded.

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record which files this collection put into Xen's own folders, when, and which copies of the host's files it made there.

A version of the store may be gone while its file is still in its place, a copy of the host's file is ours only if we made
it, and a domain that runs was started from what was there then: nothing else on the host shows any of it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

from ..common.files import below, write_atomic
from .store import PLACED, sha256_of

#: The host's own file is kept beside the installed one by this suffix.
ORIGINAL_SUFFIX = ".orig"


#: How many files one after the other are remembered of a place.
_REMEMBERED = 32


@dataclass(frozen=True)
class Presence:
    """Describe a file that was in one of Xen's folders: since when, in seconds since 1970, and its sha256.

    ``source`` is where it is kept, or was: in the store, or as the copy of the host's own.
    """

    since: float
    sha256: str
    source: str


@dataclass(frozen=True)
class PlacedFile:
    """Describe a file in one of Xen's folders: the sha256 of ours, and of the copy of the host's own, "" for none.

    ``before`` is the sha256 of ours that this one replaces, "" for none: a run that is interrupted leaves that one there.
    ``history`` has what was there, in the order of time; the last one is ours.
    """

    sha256: str
    original: str = ""
    before: str = ""
    history: tuple[Presence, ...] = ()

    @property
    def image(self) -> str:
        """Return the name of the image that our file is of, "" where that is not recorded."""
        return Path(self.history[-1].source).parent.parent.name if self.history else ""

    def at(self, time: float) -> Presence | None:
        """Return what was there at a time, None where that is unknown."""
        return next((presence for presence in reversed(self.history) if presence.since <= time), None)

    def is_ours(self, sha256: str) -> bool:
        """Return whether a file with this sha256 is one that this collection put there."""
        return sha256 in (self.sha256, self.before)


def read_record(store: Path) -> dict[str, PlacedFile]:
    """Return the files by their paths on the host; none where there is no record, or it cannot be read."""
    try:
        rows = json.loads((store / PLACED).read_text(encoding="utf-8"))
        return {str(path): _file_of(row) for path, row in rows.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _file_of(row: Mapping[str, Any]) -> PlacedFile:
    history = [Presence(float(seen["since"]), str(seen["sha256"]), str(seen["source"])) for seen in row.get("history", [])]
    return PlacedFile(str(row["sha256"]), str(row["original"]), str(row.get("before", "")), tuple(history))


def history_with(history: Sequence[Presence], *seen: Presence) -> tuple[Presence, ...]:
    """Return what was at a place, with what was seen there since.

    What the record has of a later time has never been there: that run was interrupted.

    >>> one, two = Presence(5.0, "1" * 64, "/one"), Presence(9.0, "2" * 64, "/two")
    >>> [presence.source for presence in history_with([], one, two)]
    ['/one', '/two']
    >>> [presence.source for presence in history_with([one, two], one)]
    ['/one']
    >>> history_with([one], Presence(7.0, one.sha256, "/one")) == (one,)
    True
    """
    found = list(history)
    for presence in seen:
        if not found or found[-1].sha256 != presence.sha256:
            found = [known for known in found if known.since <= presence.since]
        if not found or found[-1].sha256 != presence.sha256:
            found.append(presence)
    return tuple(found[-_REMEMBERED:])


def write_record(store: Path, files: Mapping[str, PlacedFile]) -> None:
    """Replace the record. Raise OSError."""
    rows = {path: asdict(file) for path, file in sorted(files.items())}
    write_atomic(store / PLACED, json.dumps(rows, indent=2) + "\n", 0o644)


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

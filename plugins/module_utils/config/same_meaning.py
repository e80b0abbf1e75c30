# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe which earlier texts, and which domain, mean the same to the host's toolstack as a guest's present file (pure)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class EarlierText:
    """Describe a text that the guest's file had before: its digest, and when it was last changed, in seconds since 1970."""

    digest: str
    changed_at: float


@dataclass(frozen=True)
class KeptFile:
    """Describe a file of another origin that was adopted as it is: its name, and the digest of its text."""

    name: str
    digest: str


@dataclass(frozen=True)
class Kept:
    """Hold the files of another origin that stay, as they mean the same as the guest's definition.

    ``stands_for`` is the digest of the text that the definition results in, "" once that replaces them; ``judge`` is the
    toolstack with its release that has compared the two: another release can read a key that this one ignores.
    """

    stands_for: str
    judge: str
    files: tuple[KeptFile, ...]

    def digest_of(self, name: str) -> str:
        """Return the digest of the file of that name as it was adopted, "" for a file that was not."""
        return next((file.digest for file in self.files if file.name == name), "")


@dataclass(frozen=True)
class MeaningRecord:
    """Hold what is known of the meaning of a guest's configuration with this ``digest``.

    ``earlier`` are texts of the same meaning; of files that stay, the present one is among them, with the time of its last
    change as it was when they were adopted. ``uuid`` is that of a domain which something else started and which ran when
    the file was replaced, "" for none; ``is_same``: it was made from a configuration of the same meaning. ``kept`` are files
    of another origin that were adopted as they are, None for none.
    """

    digest: str
    earlier: tuple[EarlierText, ...] = ()
    uuid: str = ""
    is_same: bool = False
    kept: Kept | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the record as data, for a file and for a module's result."""
        found = {**asdict(self), "earlier": [asdict(text) for text in self.earlier]}
        if self.kept:
            found["kept"]["files"] = [asdict(file) for file in self.kept.files]
        return found

    @property
    def digests(self) -> set[str]:
        """Return the digests of all texts of this meaning."""
        stands_for = {self.kept.stands_for} if self.kept and self.kept.stands_for else set()
        return {self.digest, *(text.digest for text in self.earlier), *stands_for}


def from_dict(content: Any) -> MeaningRecord | None:
    """Return the record from data, None for anything else."""
    try:
        earlier = [EarlierText(str(text["digest"]), float(text["changed_at"])) for text in content["earlier"]]
        return MeaningRecord(
            str(content["digest"]), tuple(earlier), str(content["uuid"]), content["is_same"] is True, _kept(content.get("kept"))
        )
    except (KeyError, TypeError, ValueError):
        return None


def _kept(content: Any) -> Kept | None:
    """Return the adopted files from data. Raise KeyError, TypeError or ValueError for anything else."""
    if content is None:
        return None
    files = [KeptFile(str(file["name"]), str(file["digest"])) for file in content["files"]]
    return Kept(str(content["stands_for"]), str(content["judge"]), tuple(files))

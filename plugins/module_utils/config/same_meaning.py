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
class MeaningRecord:
    """Hold what is known of the meaning of a guest's configuration with this ``digest``.

    ``earlier`` are texts of the same meaning. ``uuid`` is that of a domain which something else started and which ran when
    the file was replaced, "" for none; ``is_same``: it was made from a configuration of the same meaning.
    """

    digest: str
    earlier: tuple[EarlierText, ...] = ()
    uuid: str = ""
    is_same: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the record as data, for a file and for a module's result."""
        return {**asdict(self), "earlier": [asdict(text) for text in self.earlier]}

    @property
    def digests(self) -> set[str]:
        """Return the digests of all texts of this meaning."""
        return {self.digest, *(text.digest for text in self.earlier)}


def from_dict(content: Any) -> MeaningRecord | None:
    """Return the record from data, None for anything else."""
    try:
        earlier = [EarlierText(str(text["digest"]), float(text["changed_at"])) for text in content["earlier"]]
        return MeaningRecord(
            str(content["digest"]), tuple(earlier), str(content["uuid"]), content["is_same"] is True
        )
    except (KeyError, TypeError, ValueError):
        return None

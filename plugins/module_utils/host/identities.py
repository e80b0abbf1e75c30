# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the uuids of domains and the disks that they have open for writing, also under other paths. Read only."""

from __future__ import annotations

import os
from typing import Any, Iterable

from ..common.secrets import hide_parts
from ..toolstack.base import Domain, Toolstack, ToolstackError
from .disk_places import Place, place_of


def identify(
    toolstack: Toolstack, found: list[Domain], rows: list[dict[str, Any]], targets: Iterable[str]
) -> dict[str, str]:
    """Add ``uuid`` and ``writes`` to the rows of ``info.domains``, and return ``unidentified``, the reason where that fails.

    The disks of a stub domain are also those of the guest that it serves. Passwords in targets are hidden.
    """
    try:
        known = toolstack.identities(found)
    except ToolstackError as error:
        return {"unidentified": str(error)}
    same = SameDisks(targets)
    disks = {domid: same.with_targets(identity.writes) for domid, identity in known.items()}
    for row in rows:
        stubs = [other["domid"] for other in rows if other["serves"] == row["domid"]]
        row["uuid"] = known[row["domid"]].uuid
        writes = disks[row["domid"]].union(*(disks[stub] for stub in stubs))
        row["writes"] = sorted({hide_parts(target) for target in writes})
    return {"unidentified": ""}


class SameDisks:
    """Find the targets of a fleet among the paths of one host: another path can lead to the same device or file."""

    def __init__(self, targets: Iterable[str]) -> None:
        self._targets = sorted(set(targets))
        self._places: dict[Place | None, set[str]] | None = None

    def with_targets(self, paths: Iterable[str]) -> set[str]:
        """Return the paths, and each target that is the same disk as one of them."""
        found = set(paths)
        others = found.difference(self._targets) if self._targets else set()
        if not others:
            return found
        if self._places is None:
            self._places = {}
            for target in self._targets:
                self._places.setdefault(place_of(target, os.stat), set()).add(target)
            self._places.pop(None, None)
        return found.union(*(self._places.get(place_of(path, os.stat), set()) for path in others))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe what was done to one guest, as a module returns it (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..common.problem import Problem


@dataclass
class Outcome:
    """Report what was done to one guest, or would be done in check mode.

    ``cause`` is the reason of a restart (``decide.Decision``). ``restart_needed`` is None where it is unknown.
    ``stale``: the guest runs from an older image than the installed one. ``older`` has the versions that it ran from
    when it was observed, by the names of the images. ``order`` is that of the definition, ``depth`` the number of guests
    of that order that start one after the other before it, as it needs them. ``refused``: guest_config did not write the
    guest's file, so that nothing was done. ``notes`` are information, not problems.
    """

    name: str
    action: str = "none"
    cause: str = ""
    state: str = "off"
    domid: int | None = None
    restart_needed: bool | None = False
    stale: bool = False
    older: dict[str, str] = field(default_factory=dict)
    order: int = 0
    depth: int = 0
    refused: bool = False
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as data, for a module's result."""
        return {**vars(self), "problems": [problem.as_dict() for problem in self.problems]}

    def note(self, text: str) -> None:
        """Add a note, which begins with the name of the guest."""
        self.notes.append(f"guest {self.name}: {text}")

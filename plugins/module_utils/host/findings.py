# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect what the checks of a guest find on its host: problems, and notes where the host cannot decide (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ..common.problem import Problem
from ..guest.model import Guest
from ..guest.settings import definition_key
from ..xencfg.values import Value


@dataclass
class Findings:
    """Hold what is found of one guest. ``values`` are the keys of its own file.

    A problem keeps the guest from being written, so it is for what surely fails when the guest starts; what may work on
    some host is a note.
    """

    guest: Guest
    values: Mapping[str, Value] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self, key: str) -> str:
        """Return a key of the file that has one string, "" where it is not given."""
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def is_on(self, key: str) -> bool:
        """Return whether a key of the file is a number other than 0."""
        value = self.values.get(key)
        return bool(value) if isinstance(value, int) else isinstance(value, str) and value.strip("0 ") != ""

    def problem(self, key: str, reason: str, remedy: str, value: Any = None, release: str = "") -> None:
        """Add a problem of a key as the definition names it."""
        self.problems.append(Problem(reason, remedy, guest=self.guest.name, key=key, value=value, release=release))

    def place_of(self, key: str) -> str:
        """Return how the definition calls a key of the file."""
        return definition_key(key, self.guest.type, self.guest.settings, self.guest.extra)

    def problem_of_file(self, key: str, reason: str, remedy: str, value: Any = None, release: str = "") -> None:
        """Add a problem of a key of the file, with the key's value when none is given."""
        self.problem(self.place_of(key), reason, remedy, self.values.get(key) if value is None else value, release)

    def note(self, text: str) -> None:
        """Add a note."""
        self.notes.append(f"guest {self.guest.name}: {text}")

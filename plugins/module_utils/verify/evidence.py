# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold what the host shows of one guest, and the problems with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..common.problem import Problem
from ..guest.model import Guest
from ..host.console_log import ConsoleOutput


@dataclass
class Evidence:
    """Hold what the host shows of one guest. ``proof`` names what was proven, "" for nothing.

    ``image`` is what the domain was booted from or, of an HVM guest, its stub domain. ``device_model`` is where an HVM
    guest's QEMU runs: ``stub domain``, ``dom0``, or "" for not found; ``stub_domain`` is the name of that domain.
    """

    name: str
    state: str = "off"
    domid: int | None = None
    uuid: str = ""
    memory: int = 0
    boot: str = ""
    kernel: str = ""
    image: str = ""
    stale: bool = False
    pygrub: bool = False
    device_model: str = ""
    stub_domain: str = ""
    console: ConsoleOutput = field(default_factory=ConsoleOutput)
    proof: str = ""
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the evidence as data, for a module's result."""
        shown = {**vars(self), "console": asdict(self.console)}
        return {**shown, "problems": [problem.as_dict() for problem in self.problems]}

    def add_problem(self, guest: Guest, reason: str, remedy: str) -> None:
        """Add a problem of the guest."""
        self.problems.append(Problem(reason, remedy, guest=guest.name, key="state", value=guest.state))

    def add_changed_files(self, guest: Guest, paths: list[str]) -> None:
        """Add a problem for each of ``paths``, files of the store that differ from their manifest."""
        for path in paths:
            remedy = "install the image again, then find out who changed it"
            self.add_problem(guest, f"{path} is not the image that was installed", remedy)

    def note(self, text: str) -> None:
        """Add a note, which begins with the name of the guest."""
        self.notes.append(f"guest {self.name}: {text}")

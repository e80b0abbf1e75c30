# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the host shows of one guest, and what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..common.problem import Problem
from ..guest.model import Guest
from ..host.console_log import Said


@dataclass
class Evidence:
    """What the host shows of one guest. ``proof`` says in a few words what was proven, "" while nothing is.

    ``image`` is what the domain was booted from or, of an HVM guest, its stub domain. ``device_model`` is where an HVM
    guest's QEMU was seen: ``stub domain``, ``dom0``, or "" for nowhere; ``stub_domain`` is the name of that domain.
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
    console: Said = field(default_factory=Said)
    proof: str = ""
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        shown = {**vars(self), "console": asdict(self.console)}
        return {**shown, "problems": [problem.as_dict() for problem in self.problems]}

    def fault(self, guest: Guest, reason: str, remedy: str) -> None:
        self.problems.append(Problem(reason, remedy, guest=guest.name, key="state", value=guest.state))

    def fault_changed(self, guest: Guest, paths: list[str]) -> None:
        """``paths`` are files of the store that are not what their manifest says."""
        for path in paths:
            remedy = "install the image again, then find out who changed it"
            self.fault(guest, f"{path} is not the image that was installed", remedy)

    def note(self, text: str) -> None:
        self.notes.append(f"guest {self.name}: {text}")

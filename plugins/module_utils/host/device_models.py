# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which device model each HVM guest of a host has, as far as the host shows it. Looks, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection

from ..toolstack.base import BootFiles, Domain, Toolstack
from .processes import device_model_of


@dataclass(frozen=True)
class Seen:
    """Of one guest: whether a QEMU of dom0 emulates for it, the stub domain that serves it, and what that was booted
    from."""

    in_dom0: bool = False
    stub: Domain | None = None
    files: BootFiles = field(default_factory=BootFiles)

    @property
    def where(self) -> str:
        """``dom0`` when any part of it is there: what is to be out of dom0 must be so wholly."""
        return "dom0" if self.in_dom0 else "stub domain" if self.stub else ""


class DeviceModels:
    """All device models of a host. ``lines`` are the command lines of dom0's processes. Raises ToolstackError."""

    def __init__(self, toolstack: Toolstack, domains: Collection[Domain], lines: list[list[str]]) -> None:
        self._lines = lines
        #: Which domain each domain serves, None for one that is no stub domain, by their ids.
        self.targets = {domain.domid: toolstack.target_of(domain) for domain in domains}
        served = [(self.targets[domain.domid], domain) for domain in domains]
        self._stubs = {target: domain for target, domain in served if target is not None}
        #: What each stub domain was booted from, by their ids.
        self.files = toolstack.booted_from(list(self._stubs.values())) if self._stubs else {}

    def of(self, domid: int) -> Seen:
        stub = self._stubs.get(domid)
        files = self.files.get(stub.domid, BootFiles()) if stub else BootFiles()
        return Seen(device_model_of(self._lines, domid), stub, files)

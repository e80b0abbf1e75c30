# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the device model of each HVM guest of a host, as far as the host shows it. Read only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Collection

from ..images.started_from import stored_files
from ..toolstack.base import BootFiles, Domain, Toolstack
from .processes import device_model_of


@dataclass(frozen=True)
class ObservedDeviceModel:
    """Describe the device model of one guest: whether a QEMU in dom0 emulates its devices, the stub domain that serves it,
    and the files that this was booted from."""

    in_dom0: bool = False
    stub: Domain | None = None
    files: BootFiles = field(default_factory=BootFiles)

    @property
    def where(self) -> str:
        """Return ``dom0`` when any part of it runs there, ``stub domain``, or "" for none found."""
        return "dom0" if self.in_dom0 else "stub domain" if self.stub else ""


class DeviceModels:
    """Find all device models of a host. ``lines`` are the command lines of dom0's processes, ``store`` is that of the images.

    Raise ToolstackError.
    """

    def __init__(self, toolstack: Toolstack, store: Path, domains: Collection[Domain], lines: Collection[list[str]]) -> None:
        self._lines = lines
        #: The domain that each domain serves, None for one that is not a stub domain, by their ids.
        self.targets = {domain.domid: toolstack.target_of(domain) for domain in domains}
        served = [(self.targets[domain.domid], domain) for domain in domains]
        self._stubs = {target: domain for target, domain in served if target is not None}
        #: The files that each stub domain was booted from, by their ids.
        self.files: dict[int, BootFiles] = {}
        if self._stubs:
            stubs = list(self._stubs.values())
            self.files = stored_files(toolstack, store, stubs, toolstack.booted_from(stubs))

    def of(self, domid: int) -> ObservedDeviceModel:
        """Return the device model of the domain with that id."""
        stub = self._stubs.get(domid)
        files = self.files.get(stub.domid, BootFiles()) if stub else BootFiles()
        return ObservedDeviceModel(device_model_of(self._lines, domid), stub, files)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that a host has what a guest needs there: firmware, scripts, bridges, PCI devices, users. Read only.

What surely fails at a start is a problem, and what may work is a note: a guest that runs is never refused. No check
starts a process, and a file is read once, however many guests need it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Collection

from ..common.errors import with_remedy
from ..common.files import below
from ..common.paths import SCRIPT_DIR
from ..common.problem import Problem
from ..guest.device_strings import is_driver_domain
from ..guest.model import Guest
from ..schemes.files import GuestFiles
from ..toolstack.base import HostState
from ..xen.releases import MINIOS_SCHEMES, Release
from . import bridge_checks, host_defaults, libxl_paths, script_checks
from .findings import Findings

if TYPE_CHECKING:
    from .hotplug_checks import HotplugRules
    from .model_programs import ModelPrograms

ROOT = Path("/")

# Keys that only the checks of users, and those of processors, read.
_USERS = ("device_model_user", "dm_restrict")
_PROCESSORS = ("cpus", "cpus_soft")


class HostNeeds:
    """Run the checks of all guests of a host. ``host`` is None on a machine that is not the host: then only bridges are
    checked, as other machines of the network can have them too."""

    def __init__(
        self,
        toolstack: str,
        host: HostState | None,
        root: Path | None = None,
        program: str = "",
        coming: Collection[str] = (),
    ) -> None:
        """Read the host's defaults. ``program`` is its ``xl``, by default the one that is found first; ``coming`` are paths in
        Xen's folders that a run in check mode has announced and not installed."""
        self._toolstack = toolstack
        self._host = host
        self._root = root or ROOT
        self._program = program
        self._coming = coming
        self._found_paths: libxl_paths.LibxlPaths | None = None
        self._programs: ModelPrograms | None = None
        self.defaults = host_defaults.read(toolstack, self._root)
        self._scripts = script_checks.Scripts(self._root, self._script_folders)
        self._rules: HotplugRules | None = None

    def run(self, guest: Guest, result: GuestFiles) -> tuple[list[Problem], list[str]]:
        """Return the problems of a guest on this host, and notes on what the host cannot decide."""
        found = Findings(guest, result.files[0].values if result.files else {})
        if guest.vifs:
            self._check_network(found)
        if self._host and result.files:
            self._check_own(found, result.scheme, self._host)
        return found.problems, found.notes

    def check_default_backend(self, guests: list[Guest], running: set[str]) -> list[Problem]:
        """Return a problem for each guest that is to start with interfaces in a driver domain, which the host's own file
        names, and which neither runs nor is one of the guests that start.

        libxl looks the name up at each start (libxl__resolve_domid); a number is a domain's id.
        """
        name = self.defaults.backend
        if not is_driver_domain(name):
            return []
        starting = {guest.name: guest for guest in guests if guest.has_domain and guest.name not in running}
        if name in running or name in starting:
            return []
        reason = f"the host's default back end, {name}, does not run, and connects interfaces without a backend"
        remedy = f"start that domain, give the interfaces backend: Domain-0, or correct {self.defaults.source}"
        return [
            Problem(reason, remedy, guest=guest.name, key="vifs")
            for guest in starting.values()
            if any(not vif.backend for vif in guest.vifs)
        ]

    def notes_before_start(self, guest: Guest, scheme: str) -> list[str]:
        """Return notes on what can go wrong at the start of a guest that does not run."""
        if scheme not in MINIOS_SCHEMES or not self._host:
            return []
        bridges = [vif.bridge or self.defaults.bridge for vif in guest.vifs if script_checks.is_of_dom0(vif, self.defaults)]
        if not bridges:
            return []
        # Few guests have a stub domain of mini-OS.
        from .ipv6_checks import settings_to_change

        settings = settings_to_change(bridges, self._root)
        if not settings:
            return []
        reason = "a network card of a mini-OS stub domain can stay deaf, as dom0 sends IPv6 packets to an interface that appears"
        remedy = f"if it does, run sysctl -w {' '.join(settings)} and restart the guest"
        return [f"guest {guest.name}: {with_remedy(reason, remedy)}"]

    def _check_network(self, found: Findings) -> None:
        if self.defaults.unreadable:
            found.note(f"{self.defaults.source} cannot be read, so its defaults are not checked: {self.defaults.unreadable}")
        if self._host:
            script_checks.check_vif_scripts(found, self.defaults, self._scripts)
        bridge_checks.check(found, self.defaults, self._scripts, self._root)

    def _check_own(self, found: Findings, scheme: str, host: HostState) -> None:
        """Check what only some guests have; each file of checks is loaded for those."""
        if found.guest.disks:
            script_checks.check_disk_scripts(found, self._scripts)
        if any(key in found.values for key in _PROCESSORS):
            from . import processor_checks

            processor_checks.check(found, host.cpus)
        if "pci" in found.values:
            from . import pci_checks

            pci_checks.check(found, host, self._root)
        if found.guest.type == "hvm":
            self._model_programs(host.release).check(found, scheme)
        if self._toolstack != "xl":
            self._check_hotplug(found)
            if found.guest.type == "hvm":
                from . import firmware_checks

                firmware_checks.check_xm(found, host.release, self._root, self._coming)
            return
        if found.guest.type == "hvm" or "bootloader" in found.values or "pvshim" in found.values:
            from . import firmware_checks

            firmware_checks.check(found, scheme, host.release, self._paths(), self._root, self._coming)
        if any(key in found.values for key in _USERS):
            from . import user_checks

            user_checks.check(found, scheme, host.release)

    def _model_programs(self, release: Release) -> ModelPrograms:
        if self._programs is None:
            from .model_programs import ModelPrograms

            paths = self._paths() if self._toolstack == "xl" else libxl_paths.LibxlPaths()
            self._programs = ModelPrograms(self._toolstack, release, paths, self._coming, self._root)
        return self._programs

    def _check_hotplug(self, found: Findings) -> None:
        """Check what runs Xen's scripts; a machine without these is no host that shows itself."""
        if not below(self._root, SCRIPT_DIR).is_dir():
            return
        from . import hotplug_checks

        self._rules = self._rules or hotplug_checks.HotplugRules(self._root)
        hotplug_checks.check(found, self._rules)

    def _paths(self) -> libxl_paths.LibxlPaths:
        if self._found_paths is None:
            self._found_paths = libxl_paths.LibxlPaths()
            if self._host:
                self._found_paths = libxl_paths.find(self._host.release, self._root, self._program)
        return self._found_paths

    def _script_folders(self) -> tuple[str, ...]:
        """Return XEN_SCRIPT_DIR, none where it is not known. xend has the usual one only, which a host with xm has."""
        if self._toolstack == "xl":
            return self._paths().scripts
        return (SCRIPT_DIR,) if below(self._root, SCRIPT_DIR).is_dir() else ()

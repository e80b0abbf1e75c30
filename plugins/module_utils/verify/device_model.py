# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify where an HVM guest's device model runs, and from which files its stub domain was booted."""

from __future__ import annotations

import re
from pathlib import Path

from ..common.paths import LOG_DIR
from ..guest.model import Guest
from ..host.device_models import ObservedDeviceModel
from ..host.log_files import Mark, model_logs, stub_domain_log_of
from ..images.origin import Origin, StoreIndex
from ..toolstack.base import BootFiles, Domain, Toolstack
from ..xen.releases import XEN_DIRECTORIES
from .evidence import Evidence

# The folders of the images of Xen's own build, for any release.
_XEN_BOOT = [re.escape(f"{name}/boot").replace(re.escape("{release}"), r"[0-9]+\.[0-9]+") for name in XEN_DIRECTORIES]


class DeviceModelVerifier:
    """Verify the device models of HVM guests. ``scheme`` is that of guests whose definition has scheme: auto."""

    def __init__(self, toolstack: Toolstack, installed: StoreIndex, scheme: str) -> None:
        self._toolstack = toolstack
        self._installed = installed
        self._scheme = scheme

    def verify(
        self, guest: Guest, evidence: Evidence, domain: Domain, seen: ObservedDeviceModel, restart_needed: bool
    ) -> None:
        """Add to ``evidence`` what is wrong with the device model of a guest whose domain exists."""
        self._verify_place(guest, evidence, domain, seen, restart_needed)
        if seen.stub:
            self._verify_files(guest, evidence, seen.files, restart_needed)

    def _verify_place(
        self, guest: Guest, evidence: Evidence, domain: Domain, seen: ObservedDeviceModel, restart_needed: bool
    ) -> None:
        """Verify that QEMU runs where the guest's scheme runs it, and nowhere else."""
        remedy = f"read {stub_domain_log_of(Path(LOG_DIR), guest.name)}, then restart the guest"
        if seen.stub and seen.in_dom0:
            reason = f"a QEMU in dom0 emulates its devices, too, beside its stub domain {seen.stub.name}"
            evidence.add_problem(guest, reason, "find out who started that QEMU, then restart the guest")
            return
        if seen.stub and seen.stub.condition != "running":
            reason = f"its stub domain {seen.stub.name} is {seen.stub.condition}"
            evidence.add_problem(guest, reason + self._printed(guest), remedy)
            return
        lost = None if seen.where else self._toolstack.stub_domain_of(domain)
        if lost is not None:
            reason = f"its stub domain, which was domain {lost}, is gone, and its device model with it"
            evidence.add_problem(guest, reason + self._printed(guest), remedy)
            return
        scheme = guest.device_model.scheme_or(self._scheme)
        wanted, words = ("dom0", "dom0") if scheme == "dom0" else ("stub domain", "a stub domain")
        if seen.where == wanted or restart_needed:
            return
        if seen.where:
            reason = f"its device model runs in {seen.where}, and not in {words}"
            evidence.add_problem(guest, reason, "restart the guest")
        else:
            evidence.add_problem(guest, f"its device model was not found in {words}", remedy)

    def _printed(self, guest: Guest) -> str:
        """Return what the logs of a device model that has ended state as the cause, as the rest of a sentence; "" for nothing.

        Each start of a guest begins them anew.
        """
        # Only for a failure.
        from ..host.failure_logs import cause_since, shown

        logs = model_logs(Path(LOG_DIR), guest.name, self._toolstack.stub_name_of(guest.name))
        return shown(cause_since({log: Mark() for log in logs}, guest.name))

    def _verify_files(self, guest: Guest, evidence: Evidence, files: BootFiles, restart_needed: bool) -> None:
        """Verify that kernel and root file system of the stub domain are those of the definition, and of one image."""
        if not files.kernel:
            evidence.note("the toolstack does not name the files that its stub domain was booted from")
            return
        origin = self._installed.origin_of(files.kernel, files.ramdisk)
        evidence.image, evidence.stale = origin.text, bool(origin.stale)
        for name in origin.stale:
            evidence.note(f"its stub domain was booted from an older {name} than the installed one")
        if not restart_needed:
            self._verify_origin(guest, evidence, files, origin)
        evidence.add_changed_files(guest, self._installed.changed_files(origin))

    @staticmethod
    def _verify_origin(guest: Guest, evidence: Evidence, files: BootFiles, origin: Origin) -> None:
        remedy = "find out who started it, then restart it"
        model = guest.device_model
        for path, own in ((files.kernel, model.kernel), (files.ramdisk, model.ramdisk)):
            wanted = own or "an installed image"
            # A file that the toolstack does not name may not exist: mini-OS has no RAM disk.
            is_wrong = path != own if own else path in origin.others and not _is_of_xen(path)
            if path and is_wrong:
                evidence.add_problem(guest, f"its stub domain was booted from {path}, not from {wanted}", remedy)
        if origin.is_mixed and not (model.kernel or model.ramdisk):
            reason = f"its stub domain was booted from two versions of one image: {files.kernel} and {files.ramdisk}"
            evidence.add_problem(guest, reason, remedy)


def _is_of_xen(path: str) -> bool:
    return any(re.fullmatch(folder, path.rpartition("/")[0]) for folder in _XEN_BOOT)

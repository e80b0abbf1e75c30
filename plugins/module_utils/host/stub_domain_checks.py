# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that this host has the files that a stub domain boots from, and that its image has the guest's. Read only.

Without these checks, libxl fails after it has waited 30 seconds for the stub domain, and does not name what is missing.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, Collection, Iterable, Mapping

from ..common.problem import Problem
from ..guest.model import Guest
from ..images.origin import StoreIndex
from ..images.store import manifest_in, sha256_of
from ..schemes.files import HostCheck

# The key of a manifest for the host's files that the image holds, with their sha256.
_HELD = "boot_files"


class StubDomainChecks:
    """Run the checks of all guests of a host. A file is read once, however many guests need it.

    ``coming`` has the paths of images, and of programs in Xen's folders, that a run in check mode has announced and not
    installed.
    """

    def __init__(self, index: StoreIndex, coming: Collection[str] = ()) -> None:
        self._coming = coming
        self._installed = index
        self._sums: dict[str, str] = {}

    def run(self, guest: Guest, checks: Iterable[HostCheck]) -> tuple[list[Problem], list[str]]:
        """Return the problems that the checks of a guest find, and the notes of those that do not prove that all is well."""
        problems: list[Problem] = []
        notes = []
        for check in checks:
            found = self._run_one(guest, check)
            problems += found or []
            if check.note and (found is None or found):
                notes.append(check.note)
        return problems, notes

    def _run_one(self, guest: Guest, check: HostCheck) -> list[Problem] | None:
        """Return the problems that one check finds; None where this host cannot decide it."""
        if check.subject == "boot files":
            return self._check_held(guest, check.path)
        return self._check_file(guest, check.subject, check.path, getattr(guest.device_model, check.subject))

    def _check_file(self, guest: Guest, part: str, path: str, own: str) -> list[Problem]:
        """Return a problem for a file that cannot be used. ``own`` files that are missing are reported by ``checks``."""
        if path in self._coming and not os.path.lexists(path):
            return []
        origin = self._installed.origin_of(path)
        reason = _file_problem(path)
        if own and not os.path.isfile(path):
            return []
        if not reason and self._installed.changed_files(origin):
            reason = "is not the image that was installed"
        if not reason:
            return []
        remedy = "copy the file to the host again" if own else "install the image again"
        return [Problem(reason, remedy, guest=guest.name, key=f"device_model.{part}", value=path)]

    def _check_held(self, guest: Guest, ramdisk: str) -> list[Problem] | None:
        """Require the kernel and the RAM disk of a direct boot in the image ``ramdisk``: QEMU runs in the stub domain, and
        opens them there. Return None where no manifest lists what the image holds."""
        held = self._held_by(ramdisk)
        if held is None:
            return None
        found = []
        for key, path in (("boot.kernel", guest.boot.kernel), ("boot.ramdisk", guest.boot.ramdisk)):
            if not path or not os.path.isfile(path):
                continue
            reason, remedy = "", ""
            if path not in held:
                reason = "the stub domain's image does not hold it: QEMU reads it there"
                remedy = "add it to build_linux_stubdom_boot_files and build again"
            elif self._sum_of(path) != held[path]:
                reason = "the stub domain's image holds another version of it: QEMU reads it there"
                remedy = "build the image again, from this file"
            if reason:
                found.append(Problem(reason, remedy, guest=guest.name, key=key, value=path))
        return found

    def _held_by(self, ramdisk: str) -> Mapping[str, Any] | None:
        """Return the files of the host that an installed image holds, None where no manifest lists them."""
        if not self._installed.origin_of(ramdisk).stored:
            return None
        held = manifest_in(Path(ramdisk).parent).get(_HELD)
        return held if isinstance(held, dict) else None

    def _sum_of(self, path: str) -> str:
        if path not in self._sums:
            try:
                self._sums[path] = sha256_of(Path(path))
            except OSError:
                self._sums[path] = ""
        return self._sums[path]


def _file_problem(path: str) -> str:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "is not a regular file"
        with open(path, "rb"):
            return "" if status.st_size else "is empty"
    except OSError as error:
        return f"cannot be read: {error.strerror}"

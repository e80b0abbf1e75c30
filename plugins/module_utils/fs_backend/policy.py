# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide whether a host needs fs-backend, and what is wrong with the one that it runs (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from ..common.errors import with_remedy
from ..common.problem import Problem
from ..xen.releases import EXPORTS, FS_BACKEND, FS_BACKEND_REQUIRED, Release, from_to, shown, within

# The name of its image in the store, of its file there, and of its process.
NAME = "fs-backend"
# The path that the service starts it from; roles/fs_backend/files has the same. The files of an image in the store are not
# executable.
PROGRAM = f"/usr/local/lib/xenfleet/{NAME}"
SERVICE = f"xenfleet-{NAME}"
# The service has this file open as that descriptor; it contains the sha256 of the program that was started.
LOCK, LOCK_FD = f"/run/{SERVICE}/lock", 9
# The role's files, their paths on the host and their modes, by service manager.
_SCRIPT = ("service.sh", f"{PROGRAM}-service", "0755")
_FILES = {
    "systemd": (_SCRIPT, (f"{SERVICE}.service", f"/etc/systemd/system/{SERVICE}.service", "0644")),
    "sysvinit": (_SCRIPT, ("init.sh", f"/etc/init.d/{SERVICE}", "0755")),
}

# All files that the role may leave on a host, and among them those of the service manager.
UNITS = tuple(sorted({dest for rows in _FILES.values() for _name, dest, _mode in rows} - {_SCRIPT[1]}))
PATHS = (*UNITS, _SCRIPT[1], PROGRAM, LOCK, f"/run/{SERVICE}/supervisor")


@dataclass(frozen=True)
class Need:
    """Describe what a release needs: fs-backend, /exports; the reason; and whether stub domains do not start without it."""

    wanted: bool
    exports: bool
    reason: str
    required: bool = False


@dataclass(frozen=True)
class Process:
    """Describe an fs-backend that runs; it is ``ours`` when the service started it."""

    pid: int
    ours: bool


def need_of(release: Release) -> Need:
    """Return what a release needs.

    >>> need_of((4, 1)).reason
    'Xen 4.1 has no fs-backend: Xen 3.3 to 4.0 have it, and later stub domains do not need it'
    """
    xen = f"Xen {shown(release)}"
    if not within(release, FS_BACKEND):
        since = ", and later stub domains do not need it" if release > FS_BACKEND[0] else ""
        return Need(False, False, f"{xen} has no fs-backend: Xen {from_to(FS_BACKEND)} have it{since}")
    has_exports = within(release, EXPORTS)
    serves = "it serves /exports" if has_exports else "it serves /var/lib/xen itself, and /exports is not used"
    if within(release, FS_BACKEND_REQUIRED):
        return Need(True, has_exports, f"stub domains of {xen} do not start without it; {serves}", required=True)
    return Need(True, has_exports, f"stub domains of {xen} are not saved and restored without it; {serves}")


def files_of(manager: str) -> list[dict[str, str]]:
    """Return the files of the service; ``manager`` is systemd or sysvinit."""
    return [{"file": name, "dest": dest, "mode": mode} for name, dest, mode in _FILES[manager]]


def check_running(found: Sequence[Process]) -> list[Problem]:
    """Return a problem for each process that the service did not start.

    A second fs-backend removes the entries of the first from xenstore (3.3.0-rc7:tools/fs-back/fs-backend.c, main).
    """
    return [
        Problem(
            f"fs-backend runs already, and the service {SERVICE} did not start it; a second one would disconnect all "
            "stub domains from their files",
            "stop the guests whose stub domains it serves and end it, find what starts it at boot, and run again",
            key="pid",
            value=process.pid,
        )
        for process in found
        if not process.ours
    ]


def outdated_notes(found: Sequence[Process], started: str, installed: str) -> list[str]:
    """Return a note for each process of ours that runs another program than the installed one; both are sha256."""
    return [
        f"fs-backend (pid {process.pid}) runs from an older file until it is restarted, which disconnects running "
        f"stub domains from their files: {PROGRAM}-service guests names their guests"
        for process in found
        if process.ours and started != installed
    ]


def leftover_note(need: Need) -> str:
    """Return a note for the program of an earlier release."""
    remedy = f"end and disable the service {SERVICE}, and remove {PROGRAM}"
    return with_remedy(f"{PROGRAM} is a leftover of an earlier release: {need.reason}", remedy)

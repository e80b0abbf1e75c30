# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a host needs fs-backend, and what is said of the one that it has (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from ..common.problem import Problem
from ..xen.releases import EXPORTS, FS_BACKEND, FS_BACKEND_REQUIRED, Release, from_to, shown, within

# The name of its image in the store, of its file there, and of its process.
NAME = "fs-backend"
# Where the service starts it from; roles/fs_backend/files has the same. An image of the store cannot be run: its files
# are not executable.
PROGRAM = f"/usr/local/lib/xenfleet/{NAME}"
SERVICE = f"xenfleet-{NAME}"
# The service holds this open as that descriptor; the sha256 of the program that was started is in it.
LOCK, LOCK_FD = f"/run/{SERVICE}/lock", 9
# The role's files, where each goes, and its mode, by the manager of the host's services.
_SCRIPT = ("service.sh", f"{PROGRAM}-service", "0755")
_FILES = {
    "systemd": (_SCRIPT, (f"{SERVICE}.service", f"/etc/systemd/system/{SERVICE}.service", "0644")),
    "sysvinit": (_SCRIPT, ("init.sh", f"/etc/init.d/{SERVICE}", "0755")),
}

# All that the role can leave on a host; those of the service manager by themselves.
UNITS = tuple(sorted({dest for rows in _FILES.values() for _name, dest, _mode in rows} - {_SCRIPT[1]}))
PATHS = (*UNITS, _SCRIPT[1], PROGRAM, LOCK, f"/run/{SERVICE}/supervisor")


@dataclass(frozen=True)
class Need:
    """What a release has: fs-backend at all, /exports as what it serves; why, for a person; and whether no stub domain
    starts without it."""

    wanted: bool
    exports: bool
    reason: str
    required: bool = False


@dataclass(frozen=True)
class Process:
    """One fs-backend that runs; it is ``ours`` when the service has started it."""

    pid: int
    ours: bool


def need_of(release: Release) -> Need:
    """
    >>> need_of((4, 1)).reason
    'Xen 4.1 has no fs-backend: it is there from 3.3 to 4.0, and stub domains do without it since'
    """
    xen = f"Xen {shown(release)}"
    if not within(release, FS_BACKEND):
        since = ", and stub domains do without it since" if release > FS_BACKEND[0] else ""
        return Need(False, False, f"{xen} has no fs-backend: it is there from {from_to(FS_BACKEND)}{since}")
    has_exports = within(release, EXPORTS)
    serves = "it serves /exports" if has_exports else "it serves /var/lib/xen itself, and /exports is not used"
    if within(release, FS_BACKEND_REQUIRED):
        return Need(True, has_exports, f"stub domains of {xen} do not start without it; {serves}", required=True)
    return Need(True, has_exports, f"stub domains of {xen} are not saved and restored without it; {serves}")


def files_of(manager: str) -> list[dict[str, str]]:
    """What is installed for the service, where ``manager`` is systemd or sysvinit."""
    return [{"file": name, "dest": dest, "mode": mode} for name, dest, mode in _FILES[manager]]


def check_running(found: Sequence[Process]) -> list[Problem]:
    """One that starts removes what the one before has in xenstore (3.3.0-rc7:tools/fs-back/fs-backend.c, main)."""
    return [
        Problem(
            f"fs-backend runs already, and the service {SERVICE} has not started it; a second one would take their "
            "files from all stub domains",
            "stop the guests whose stub domains it serves and end it, see who starts it at boot, and run again",
            key="pid",
            value=process.pid,
        )
        for process in found
        if not process.ours
    ]


def outdated(found: Sequence[Process], started: str, installed: str) -> list[str]:
    """What is told of one that runs from another program than the installed one; both by their sha256."""
    return [
        f"fs-backend (pid {process.pid}) runs from an older file until it is restarted, which takes their files from "
        f"running stub domains: {PROGRAM}-service guests names their guests"
        for process in found
        if process.ours and started != installed
    ]


def left_over(need: Need) -> str:
    """What is told of a program that an earlier release had."""
    remedy = f"end and disable the service {SERVICE}, and remove {PROGRAM}"
    return f"{PROGRAM} is left from an earlier release: {need.reason}. Remedy: {remedy}."

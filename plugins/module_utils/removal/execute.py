# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove what a plan names and no other module removes: images, records, programs and folders of ours."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Callable

from ..common import host_lock
from ..common.problem import Problem
from ..images import install as image_install
from ..images import minios_restore
from ..images import store as image_store
from .plan import RemovalPlan


def run(plan: Callable[[], RemovalPlan], lock: Path, timeout: int) -> tuple[RemovalPlan, list[Problem]]:
    """Carry out the plan under the host's lock, unless there is nothing to remove: then no lock is left, either.

    ``timeout`` is in seconds. Return what was removed. Raise LockError, OSError, and what ``plan`` raises.
    """
    found = plan()
    problems = check(found)
    if problems or not found.paths:
        return found, problems
    # Taking the lock makes these; they were not there before.
    made = {str(path) for path in (lock, lock.parent) if not os.path.lexists(path)}
    with host_lock.hold(lock, timeout, "removal"):
        found = plan()
        problems = check(found)
        if not problems:
            carry_out(found, lock)
    found.lock = "" if found.lock in made else found.lock
    found.folders = [folder for folder in found.folders if folder not in made]
    return found, problems


def check(plan: RemovalPlan) -> list[Problem]:
    """Return a problem for each guest of ours that is still there: it needs its images."""
    return [
        Problem(
            "still exists, and boots from what is to be removed",
            "remove it first (playbook remove.yml), or repeat this run when no other run is under way",
            guest=guest.name,
            key="file",
            value=guest.paths[0],
        )
        for guest in plan.guests
    ]


def carry_out(plan: RemovalPlan, lock: Path) -> None:
    """Remove what the plan names; the caller has the lock. The next run completes an interrupted one. Raise OSError."""
    # Before the images, which show which files in Xen's folders are ours.
    for path, before in plan.placed.items():
        minios_restore.restore_file(Path(path), before)
    for tree in map(Path, plan.trees):
        if image_store.VERSION_PATTERN.fullmatch(tree.name):
            image_install.remove_folder(tree)
        else:
            shutil.rmtree(tree)
    for file in plan.files:
        Path(file).unlink(missing_ok=True)
    folders = [Path(folder) for folder in plan.folders]
    for folder in folders:
        if folder not in lock.parents:
            _remove_empty(folder)
    # From here on another run can make a lock of its own: only the empty folders that held the lock are removed, and a
    # run that has seen one of them makes it again (host_lock).
    host_lock.remove(lock)
    for folder in folders:
        if folder in lock.parents:
            _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    """Remove a folder, unless something was put into it meanwhile."""
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes what a plan names and no other module removes: images, records, programs and folders of ours."""

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
from .plan import Plan


def run(plan: Callable[[], Plan], lock: Path, timeout: int) -> tuple[Plan, list[Problem]]:
    """Plans and carries that out with the host's lock, unless there is nothing to remove: no lock is left then, either.
    ``timeout`` is in seconds. Gives what was removed. Raises LockError, OSError, and what ``plan`` raises."""
    found = plan()
    problems = check(found)
    if problems or not found.paths:
        return found, problems
    # Made by taking the lock, and nothing that was there before.
    made = {str(path) for path in (lock, lock.parent) if not os.path.lexists(path)}
    with host_lock.locked(lock, timeout, "removal"):
        found = plan()
        problems = check(found)
        if not problems:
            carry_out(found, lock)
    found.lock = "" if found.lock in made else found.lock
    found.folders = [folder for folder in found.folders if folder not in made]
    return found, problems


def check(plan: Plan) -> list[Problem]:
    """A guest of ours that is still there needs its images."""
    return [
        Problem(
            "is still there, and boots from what is to be removed",
            "remove it first (playbook remove.yml), or run this again when no other run is under way",
            guest=guest.name,
            key="file",
            value=guest.paths[0],
        )
        for guest in plan.guests
    ]


def carry_out(plan: Plan, lock: Path) -> None:
    """For who has the lock. What a killed run leaves is finished by the next one. Raises OSError."""
    # Before the images, as these tell which files in Xen's folders are ours.
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
    # From here on another run can come in, which makes a lock of its own: no more is removed than the empty folders that
    # the lock lay in, and who has seen one of them makes it again (host_lock).
    host_lock.remove(lock)
    for folder in folders:
        if folder in lock.parents:
            _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    """A folder that somebody has put something into meanwhile stays."""
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise

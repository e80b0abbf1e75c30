# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes what a plan names and no other module removes: images, records, programs and folders of ours."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from . import images
from .problem import Problem
from .removal import Plan


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


def carry_out(plan: Plan) -> None:
    """What a killed run leaves is finished by the next one. Raises OSError."""
    for tree in map(Path, plan.trees):
        if images.VERSION_PATTERN.fullmatch(tree.name):
            images.take_out(tree)
        else:
            shutil.rmtree(tree)
    for file in plan.files:
        Path(file).unlink(missing_ok=True)
    for folder in plan.folders:
        _remove_empty(Path(folder))


def _remove_empty(folder: Path) -> None:
    """A folder that somebody has put something into meanwhile stays."""
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have the host's own toolstack read each text that is to become a file, before anything of the guest is changed.

It is loaded only where a file changes: a guest whose files stay costs no process.
"""

from __future__ import annotations

from typing import Callable, Iterable

from ..common.problem import Problem
from ..toolstack.base import Toolstack
from ..toolstack.dry_run import DryRun, FileRefused, Hangs, NoAnswer, dry_run
from .file_plan import FilePlan
from .guest_plan import GuestPlan

# Returns what the toolstack makes of the text that is to be a file; tests replace it.
Rehearse = Callable[[str, str], DryRun]

_REMEDY = "correct the definition; until then the guest keeps its file and its domain"


class DryRuns:
    """Rehearse the changed files of a host's guests, each by one process."""

    def __init__(self, toolstack: Toolstack, rehearse: Rehearse | None = None) -> None:
        self._program = toolstack.name
        self._rehearse = rehearse or (lambda path, text: dry_run(toolstack, path, text))
        # Why no other file is rehearsed, "" as long as the toolstack answers.
        self._hangs = ""

    def check(self, plans: Iterable[GuestPlan]) -> None:
        """Add a problem to each guest of which the toolstack refuses a file, and notes of what it warns about."""
        for plan in plans:
            for file in plan.files:
                if file.after is not None and file.after != file.before and not plan.problems:
                    self._check_file(plan, file, file.after)

    def _check_file(self, plan: GuestPlan, file: FilePlan, text: str) -> None:
        try:
            if self._hangs:
                raise Hangs(self._hangs)
            warnings = self._rehearse(str(file.path), text).warnings
        except FileRefused as error:
            plan.problems.append(_problem(plan, file, str(error), _REMEDY))
        except Hangs as error:
            self._hangs = str(error)
            remedy = f"find out what {self._program} waits for: it would not start the guest either"
            plan.problems.append(_problem(plan, file, str(error), remedy))
        except NoAnswer as error:
            plan.notes.append(f"guest {plan.name}: {file.path} was not rehearsed: {error}")
        else:
            if warnings:
                words = "; ".join(warnings)
                plan.notes.append(f"guest {plan.name}: {self._program} warns about {file.path}: {words}")


def _problem(plan: GuestPlan, file: FilePlan, reason: str, remedy: str) -> Problem:
    return Problem(reason, remedy, guest=plan.name, key="file", value=str(file.path))

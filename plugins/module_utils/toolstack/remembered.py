# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run each program that only reads once, however many parts of a module ask the same."""

from __future__ import annotations

import time

from .command import Result, Run, run


class Remembered:
    """Run programs as ``command.run`` does, and answer a repeated question by the first answer.

    Use this for one observation of a host that changes nothing. A program that failed is run again. Time that passes ends
    an observation: ``sleep`` forgets all answers.
    """

    def __init__(self, runner: Run = run) -> None:
        self._run = runner
        self._answers: dict[tuple[str, ...], Result] = {}

    def __call__(self, argv: list[str]) -> Result:
        """Return the end of the program, or of its earlier run."""
        known = self._answers.get(tuple(argv))
        if known:
            return known
        result = self._run(argv)
        if result.rc == 0:
            self._answers[tuple(argv)] = result
        return result

    def sleep(self, seconds: float) -> None:
        """Wait, and ask everything anew afterwards."""
        time.sleep(seconds)
        self._answers.clear()

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program that only reads is run once for one observation."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.remembered import Remembered


class Counter:
    """A program that prints how often it was run, and fails at first."""

    def __init__(self, failures: int = 0) -> None:
        self.runs = 0
        self.failures = failures

    def __call__(self, argv: list[str]) -> Result:
        self.runs += 1
        return Result(argv, int(self.runs <= self.failures), str(self.runs), "")


def test_a_question_is_asked_once_and_another_one_apart() -> None:
    asked = Remembered(Counter())
    assert [asked(["xl", "list"]).out, asked(["xl", "info"]).out, asked(["xl", "list"]).out] == ["1", "2", "1"]


def test_a_failure_is_no_answer() -> None:
    asked = Remembered(Counter(failures=1))
    assert [asked(["xl", "list"]).rc, asked(["xl", "list"]).rc, asked(["xl", "list"]).out] == [1, 0, "2"]


def test_after_a_pause_everything_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    asked = Remembered(Counter())
    asked(["xl", "list"])
    asked.sleep(1.5)
    assert (asked(["xl", "list"]).out, slept) == ("2", [1.5])

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count what passed, failed and was skipped: tests in JUnit files, sessions in nox's report."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree


@dataclass
class Count:
    """Hold how many passed, failed and were skipped, and why those were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Count") -> None:
        """Add another count to this one."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.reasons += other.reasons

    def skip(self, reason: str | None) -> None:
        """Count one that was skipped."""
        self.skipped += 1
        self.reasons[reason or "no reason given"] += 1

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def tests(folder: Path) -> Count:
    """Count the tests in the JUnit files of a folder. A test that could not start (an error) failed."""
    total = Count()
    for file in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                total.failed += 1
            elif skipped is not None:
                total.skip(skipped.get("message"))
            else:
                total.passed += 1
    return total


def sessions(report: Path) -> Count:
    """Count the sessions in a report of nox."""
    total = Count()
    for session in json.loads(report.read_text())["sessions"] if report.exists() else []:
        if session["result"] == "success":
            total.passed += 1
        elif session["result"] == "skipped":
            total.skip(session["reason"])
        else:
            total.failed += 1
    return total

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that the lab reports to its user without a traceback."""

from pathlib import Path

TAIL_LINES = 25


class LabError(Exception):
    """Something the user can act on; the text is complete and printed as it is."""


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, indented; say so when there is no such log or it is empty."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        return f"    (cannot read {path}: {error.strerror})"
    kept = text.replace("\r", "").splitlines()[-lines:]
    return "\n".join("    " + line for line in kept) if kept else "    (empty)"


def with_logs(message: str, *logs: Path) -> LabError:
    """Return an error whose text ends with the name and the last lines of each log."""
    return LabError("\n".join([message, *(f"  last lines of {log}:\n{tail(log)}" for log in logs)]))

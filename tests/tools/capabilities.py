# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of what works where into README.md and docs/, from docs/data/capabilities.yml.

A page has a table between two comments, ``<!-- capabilities: WHICH -->`` and ``<!-- end of capabilities -->``. WHICH is
``overview``, a scheme, or ``pv`` or ``pvh``. With --check nothing is written, and a page that is out of date ends the
program with 1.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Tuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = "docs/data/capabilities.yml"

#: A release, and the first and last release of a span; None for a last one that is open.
Release = Tuple[int, int]
Span = Tuple[Release, Optional[Release]]

#: Each state and what the tables call it, the strongest first.
STATES = {
    "tests": "real host in the tests",
    "hand": "real host by hand",
    "rendered": "rendered and checked",
    "refused": "refused",
}

_SPAN = re.compile(r"(\d+\.\d+)(?: (on)| to (\d+\.\d+))?")
_BLOCK = re.compile(r"(?s)(<!-- capabilities: ([a-z0-9_ ]+) -->\n).*?(<!-- end of capabilities -->)")


class DataError(Exception):
    """The data file or a page is not as it must be."""


@dataclass(frozen=True)
class Entry:
    """Hold the state of one span of releases."""

    releases: str
    span: Span
    state: str
    scenarios: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Capability:
    """Hold the states of a type of guest with its scheme or boot method, with one toolstack, in order of release."""

    guest: str
    way: str
    toolstack: str
    title: str
    entries: tuple[Entry, ...]


def parse_span(text: str) -> Span:
    """Return the span of a text such as ``4.17``, ``4.2 to 4.13`` or ``4.21 on``. Raise DataError for another one."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise DataError(f"{text!r} must be written as 4.17, 4.2 to 4.13 or 4.21 on")
    first = _release(found.group(1))
    if found.group(2):
        return first, None
    return first, _release(found.group(3)) if found.group(3) else first


def read_toolstacks(root: Path = ROOT) -> dict[str, list[Entry]]:
    """Return the releases that the collection writes files for, and those that it refuses, by toolstack."""
    return {name: _entries(spans) for name, spans in _load(root)["toolstacks"].items()}


def read_capabilities(root: Path = ROOT) -> list[Capability]:
    """Return all capabilities in the order of the data file."""
    data = _load(root)
    found = []
    for row in data["capabilities"]:
        way = row.get("scheme") or row["boot"]
        title = data["titles"][way if row["guest"] == "hvm" else f"{row['guest']} {way}"]
        found.append(Capability(row["guest"], way, row["toolstack"], title, tuple(_entries(row["releases"]))))
    return found


def table(which: str, capabilities: list[Capability]) -> str:
    """Return the lines of one table. Raise DataError when there is none of that name."""
    if which == "overview":
        return _overview(capabilities)
    chosen = [found for found in capabilities if which == (found.way if found.guest == "hvm" else found.guest)]
    if not chosen:
        raise DataError(f"there is no table {which!r}")
    return _details(chosen, by_title=which in ("pv", "pvh"))


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Return the text that each page with a table must have, by the page."""
    capabilities = read_capabilities(root)
    found = {}
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        if text.count("<!-- capabilities:") != len(_BLOCK.findall(text)):
            raise DataError(f"{path}: a comment that begins a table has none that ends it")
        if _BLOCK.search(text):
            found[path] = _BLOCK.sub(lambda block: f"{block[1]}{table(block[2], capabilities)}{block[3]}", text)
    return found


def main(arguments: list[str]) -> int:
    """Write the tables, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    check = parser.parse_args(arguments).check
    stale = 0
    for path, text in pages().items():
        present = path.read_text(encoding="utf-8")
        if present == text:
            continue
        name = str(path.relative_to(ROOT))
        if check:
            stale = 1
            lines = difflib.unified_diff(present.splitlines(), text.splitlines(), name, "as the data has it", lineterm="")
            print("\n".join(lines))
            print(f"{name} is out of date; run tests/tools/capabilities.py")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return stale


def _load(root: Path) -> Any:
    return yaml.safe_load((root / DATA).read_text(encoding="utf-8"))


def _release(text: str) -> Release:
    major, minor = text.split(".")
    return int(major), int(minor)


def _entries(spans: dict[str, dict[str, Any]]) -> list[Entry]:
    found = []
    for releases, entry in spans.items():
        unknown = set(entry) - {"state", "scenarios", "note"}
        if unknown or entry["state"] not in STATES:
            raise DataError(f"{releases}: {entry} has a key or a state that is unknown")
        if (entry["state"] == "tests") != bool(entry.get("scenarios")):
            raise DataError(f"{releases}: scenarios go with the state tests, and only with that")
        if entry["state"] in ("hand", "refused") and not entry.get("note"):
            raise DataError(f"{releases}: the state {entry['state']} requires a note")
        scenarios = tuple(entry.get("scenarios", ()))
        found.append(Entry(releases, parse_span(releases), entry["state"], scenarios, entry.get("note", "")))
    return found


def _overview(capabilities: list[Capability]) -> str:
    """Return one row for each capability that is not refused on all releases."""
    rows = []
    for found in capabilities:
        if all(entry.state == "refused" for entry in found.entries):
            continue
        cells = [", ".join(entry.releases for entry in found.entries if entry.state == state) for state in STATES]
        rows.append([found.title, f"`{found.way}`", f"`{found.toolstack}`", *cells])
    return _rows(["guest", "scheme or boot method", "toolstack", *STATES.values()], rows)


def _details(capabilities: list[Capability], by_title: bool) -> str:
    """Return one row for each span of releases."""
    rows = []
    for found in capabilities:
        for entry in found.entries:
            note = entry.note
            if entry.scenarios:
                note = f"scenario {', '.join(f'`{name}`' for name in entry.scenarios)}"
            first = [f"`{found.way}`"] if by_title else []
            rows.append([*first, f"`{found.toolstack}`", entry.releases, STATES[entry.state], note])
    return _rows([*(["boot method"] if by_title else []), "toolstack", "Xen", "state", ""], rows)


def _rows(head: list[str], rows: list[list[str]]) -> str:
    lines = ["|".join(["", *(f" {cell} " if cell else " " for cell in cells), ""]) for cells in [head, *rows]]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:], ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tests/README.md names every folder of tests; the parts of the tests that documents name are there."""

from __future__ import annotations

import re
import sys

from source import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from runner.parts import all_parts

README = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md", *(ROOT / "docs").rglob("*.md")]
PARTS = re.compile(r"PARTS=(?:'([^']+)'|([\w.-]+))")


def test_every_folder_of_tests_is_described() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    described = set(re.findall(r"^\| `([\w-]+)/`", README, re.MULTILINE))
    assert described == folders - {"output"}


def test_parts_that_documents_name_exist() -> None:
    known = {name for part in all_parts(["4.20"]) for name in (part.name, *part.groups)}
    named = {name for path in DOCUMENTS for found in PARTS.findall(path.read_text(encoding="utf-8"))
             for name in "".join(found).split()}
    assert named - known == set()
    assert len(named) >= 5


def test_every_group_is_described() -> None:
    groups = {group for part in all_parts(["4.20"]) for group in part.groups}
    assert [group for group in groups if f"`{group}`" not in README and f"`make {group}`" not in README] == []

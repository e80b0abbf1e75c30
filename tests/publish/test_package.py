# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive that users get: its links, its scripts, its licences, and what Galaxy finds in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.links import broken_links
from publishing import ROOT, run

# Names in the top folder of the checkout that are not in the archive.
CHECKOUT_ONLY = re.compile(r"(?<!\w)(?:tests/(?:lab|run|tools|runner)\b|extensions/|noxfile\.py|\.venv|\.build|make (?:demo|test|setup))")


def test_no_document_of_the_archive_has_a_broken_link(unpacked: Path) -> None:
    pages = sorted(unpacked.rglob("*.md"))
    assert unpacked / "README.md" in pages
    assert unpacked / "docs" / "guests.md" in pages
    assert broken_links(pages, unpacked) == []


def test_what_runs_from_the_archive_needs_nothing_outside_it(unpacked: Path) -> None:
    data = [path for name in ("examples", "playbooks", "roles", "meta") for path in (unpacked / name).rglob("*") if path.is_file()]
    runs = [path for path in data if path.suffix != ".md"]
    assert runs
    found = {str(path.relative_to(unpacked)): CHECKOUT_ONLY.findall(path.read_text(encoding="utf-8")) for path in runs}
    assert {name: words for name, words in found.items() if words} == {}


def test_the_archive_has_nothing_for_developers_alone(unpacked: Path) -> None:
    assert sorted(path.name for path in unpacked.iterdir()) == [
        "COPYING", "FILES.json", "MANIFEST.json", "README.md", "SECURITY.md", "changelogs", "docs", "examples", "meta",
        "playbooks", "plugins", "roles",
    ]  # fmt: skip


def test_each_file_of_the_checkout_has_its_licence() -> None:
    # Of the checkout, and not of the archive: FILES.json is made.
    assert "compliant" in run("reuse", "lint", cwd=ROOT).stdout


def test_galaxy_takes_the_archive(archive: Path, tmp_path: Path) -> None:
    # ansible-lint has a session of its own; the importer gives it two minutes.
    config = tmp_path / "importer.cfg"
    config.write_text("[galaxy-importer]\nRUN_ANSIBLE_LINT = False\n", encoding="utf-8")
    done = run("python", "-m", "galaxy_importer.main", str(archive), cwd=tmp_path, GALAXY_IMPORTER_CONFIG=str(config))
    output = done.stdout + done.stderr
    assert "Importer processing completed successfully" in output
    assert [line for line in output.splitlines() if re.match(r"(ERROR|WARNING)", line)] == []
    result = json.loads((tmp_path / "importer_result.json").read_text(encoding="utf-8"))
    modules = [entry["name"] for entry in result["contents"] if entry["content_type"] == "module"]
    assert sorted(modules) == sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
    assert result["requires_ansible"]


@pytest.mark.parametrize("text, found", [("tests/lab/lab up", 1), ("$root/.venv/bin", 1), ("contests/lab", 0), ("docs/tests.md", 0)])
def test_words_of_the_checkout_are_found(text: str, found: int) -> None:
    assert len(CHECKOUT_ONLY.findall(text)) == found

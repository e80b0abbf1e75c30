# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site of the collection: made from the archive as sites of collections are, it has all guides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publishing import ROOT, run

GUIDES = sorted(path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md"))
# What the documentation of ansible-core defines and a site of this collection alone does not have.
FOREIGN = re.compile(
    r"undefined label: '(?!ansible_collections\.xenfleet)|'envvar' reference target not found: ANSIBLE_(?!XENFLEET)"
)


def our_warnings(log: Path) -> list[str]:
    """Return the warnings of Sphinx that are not about pages which a site of this collection alone lacks."""
    return [line for line in log.read_text(encoding="utf-8").splitlines() if line and not FOREIGN.search(line)]


@pytest.fixture(scope="session")
def site(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site by antsibull-docs' own recipe; return its folder."""
    folder = tmp_path_factory.mktemp("site")
    collections = str(unpacked.parents[2])
    run("antsibull-docs", "sphinx-init", "--use-current", "--fail-on-error", "--dest-dir", str(folder), "xenfleet.stubdom", cwd=folder,
        ANSIBLE_COLLECTIONS_PATH=collections)
    with (folder / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write("\nintersphinx_mapping = {}\n")  # the indexes of other sites are not fetched
    run("antsibull-docs", "--config-file", "antsibull-docs.cfg", "collection", "--cleanup", "everything", "--fail-on-error", "--use-current",
        "--dest-dir", "rst", "xenfleet.stubdom", cwd=folder, ANSIBLE_COLLECTIONS_PATH=collections)
    run("sphinx-build", "-M", "html", "rst", "build", "-c", ".", "-w", "warnings.log", "--keep-going", cwd=folder)
    return folder


def page(site: Path, name: str) -> str:
    return (site / "build" / "html" / "collections" / "xenfleet" / "stubdom" / f"{name}.html").read_text(encoding="utf-8")


def test_antsibull_finds_nothing_wrong_in_what_the_site_is_made_of(unpacked: Path) -> None:
    done = run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", str(unpacked), cwd=unpacked,
               ANSIBLE_COLLECTIONS_PATH=str(unpacked.parents[2]))
    assert done.stdout.strip() == ""


def test_the_site_is_built_without_warnings_of_ours(site: Path) -> None:
    assert our_warnings(site / "warnings.log") == []


@pytest.mark.parametrize(
    "line, ours",
    [
        ("a.rst:1: WARNING: undefined label: 'common_return_values' [ref.ref]", False),
        ("a.rst:1: WARNING: undefined label: 'ansible_collections.xenfleet.stubdom.docsite.no' [ref.ref]", True),
        ("a.rst:1: WARNING: Title underline too short.", True),
    ],
)
def test_a_warning_of_ours_is_told_from_others(line: str, ours: bool, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(line + "\n", encoding="utf-8")
    assert our_warnings(log) == ([line] if ours else [])


@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_each_guide_is_a_page_that_the_front_page_lists(guide: Path, site: Path) -> None:
    title = re.search(r"(?m)^# (.+)$", (ROOT / "docs" / guide).with_suffix(".md").read_text(encoding="utf-8"))
    words = re.sub(r"`", "", title.group(1)) if title else ""
    shown = re.search(r"(?s)<h1>(.*?)<a class=\"headerlink\"", page(site, f"docsite/{guide}"))
    assert shown and re.sub(r"<[^>]+>", "", shown.group(1)).replace("\u2019", "'") == words
    assert f'href="docsite/{guide}.html"' in page(site, "index")


def test_links_between_guides_and_to_modules_stay_on_the_site(site: Path) -> None:
    assert re.search(r'href="guests\.html#\S*docsite-guests-names"', page(site, "docsite/fleet") + page(site, "docsite/troubleshooting"))
    assert re.search(r'href="\.\./report_module\.html', page(site, "docsite/reference"))
    assert re.search(r'href="\.\./images_role\.html', page(site, "docsite/reference"))


def test_tables_are_tables_and_code_keeps_its_lines(site: Path) -> None:
    text = page(site, "docsite/guests")
    assert text.count("<table") >= 7
    assert '<span class="nt">stubdom_guests</span>' in text

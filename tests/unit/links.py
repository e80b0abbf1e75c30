# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the links of pages in Markdown that lead nowhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable

import yaml

from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT

REPOSITORY: str = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
OWN = re.compile(rf"{re.escape(REPOSITORY)}/(?:blob|tree|raw)/main/")
# What the repository's own site makes, and no file is.
MADE = (f"{REPOSITORY}/issues", f"{REPOSITORY}/security")


def links_of(page: Path) -> list[str]:
    """Return the targets of all links of a page outside its fences."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    return re.findall(r"\]\(([^)\s]+)\)", text)


def headings_of(path: Path) -> set[str]:
    """Return the anchors of a page, as its readers make them."""
    text = re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8"))
    titles = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(pages: Iterable[Path], top: Path) -> list[str]:
    """Return the broken links of pages below `top`. A relative link has to stay below it; a link into the repository has to
    be one of the checkout, and other addresses are not visited."""
    broken = []
    for page in pages:
        for target in links_of(page):
            url, _mark, anchor = target.partition("#")
            if OWN.match(url):
                file = ROOT / OWN.sub("", url)
            elif url.startswith(REPOSITORY) and not url.startswith(MADE):
                file = ROOT / "a part of the repository's site that nobody has named here"
            elif "://" in url:
                continue
            else:
                file = (page.parent / url).resolve() if url else page
                if top.resolve() not in [file, *file.parents] and file != page:
                    broken.append(f"{page.relative_to(top)}: {target} leads out")
                    continue
            if not file.exists() or (anchor and anchor not in headings_of(file)):
                broken.append(f"{page.relative_to(top)}: {target}")
    return broken

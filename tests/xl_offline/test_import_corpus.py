# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that were written by hand before Debian's own xl: the definition that is made of one becomes a file of the same meaning,
or what of it no definition says is listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.definitions.definition import Draft, draft_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.meaning import Meaning, differences, meaning_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg import read_xl
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts

try:
    xl.prepare()
except xl.XlMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.cfg"))
#: What cannot be said, by file: the key and the line of each remark.
PARTLY = {
    "alpine-diskless": [("disk", 8)],  # a CD drive of a PV guest
    "mirage-hello": [("kernel", 3)],  # a path that begins where xl was called
    "qubes-like-hvm": [("display.type", 0), ("disk", 13)],  # VNC is on by default; Qubes patches libxl
}
#: What differs for xl where the definition says all: the path of a stub domain's image, which libxl knows by itself.
SPELLED_OUT = {"osstest-stubdom": ["b_info.stubdomain_kernel"]}
LEAST_UNDERSTOOD = 0.9


def meaning(text: str) -> Meaning:
    return meaning_of("xl", json.dumps(xl.parse(text)), read_xl.read(text).values)


def draft(path: Path) -> Draft:
    return draft_of(read_xl.read(path.read_text(encoding="utf-8")), facts("4.17"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CORPUS])
def test_a_file_means_the_same_or_says_what_it_loses(path: Path) -> None:
    made = draft(path)
    assert [(remark.key, remark.line) for remark in made.unsaid] == PARTLY.get(path.stem, [])
    if made.unsaid:
        return
    assert made.own_file
    after = meaning(config_text("xl", made.own_file.values))
    assert differences(meaning(path.read_text(encoding="utf-8")), after) == SPELLED_OUT.get(path.stem, [])


def test_nearly_all_are_understood() -> None:
    understood = [path for path in CORPUS if path.stem not in {*PARTLY, *SPELLED_OUT} and not draft(path).unsaid]
    assert len(understood) >= LEAST_UNDERSTOOD * len(CORPUS)

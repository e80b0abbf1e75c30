# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.helpers import ROOT

PACKAGE = "ansible_collections.xenfleet.stubdom.plugins.module_utils"
FOLDER = ROOT / "plugins" / "module_utils"

# The modules that have an example, by their names below the package.
NAMES = sorted(
    ".".join(path.relative_to(FOLDER).with_suffix("").parts)
    for path in FOLDER.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", NAMES)
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(import_module(f"{PACKAGE}.{name}"))
    assert tried > 0
    assert failed == 0


def test_there_are_examples() -> None:
    assert {"xen.memory", "xen.facts", "guest.display", "schemes.choose", "xencfg.write_xl", "xencfg.write_xm"} <= set(NAMES)

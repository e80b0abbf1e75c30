# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests import the code of the checkout, through a link: a copy would pass when the checkout is broken."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from source import COLLECTION, PLUGINS, ROOT, files

NAMES = [COLLECTION + ".".join(path.relative_to(PLUGINS).with_suffix("").parts) for path in files()
         if path.name != "__init__.py"]


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_is_imported_from_the_checkout(name: str) -> None:
    """A file of the same name elsewhere on sys.path would come first unseen."""
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).resolve() == PLUGINS.joinpath(*name[len(COLLECTION):].split(".")).with_suffix(".py")


def test_what_is_imported_already_comes_from_the_checkout() -> None:
    loaded = [module.__file__ for name, module in list(sys.modules.items())
              if name.startswith("ansible_collections.xenfleet.") and getattr(module, "__file__", None)]
    assert [file for file in loaded if ROOT not in Path(str(file)).resolve().parents] == []


def test_the_link_is_a_link() -> None:
    link = ROOT / ".build" / "links" / "ansible_collections" / "xenfleet" / "stubdom"
    assert link.is_symlink() and link.resolve() == ROOT

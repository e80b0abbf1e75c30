# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has one place in the plugins is written nowhere else: the form of a remedy, the default paths."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import paths
from source import PLUGINS, UTILS, files, short, strings

REMEDY = UTILS / "common" / "errors.py"
PATHS = UTILS / "common" / "paths.py"
DEFAULTS = sorted(value for name, value in vars(paths).items() if name.isupper())
# A default path, or something below one; /etc/xen-tools and /etc/xend are neither.
DEFAULT = re.compile("|".join(rf"{re.escape(path)}(?:/|$)" for path in DEFAULTS))


def plugins_but(place: Path) -> list[object]:
    """Return the plugins as parameters, but for the file that is the place."""
    return [pytest.param(path, id=short(path)) for path in files() if path != place]


def test_there_is_something_to_look_for() -> None:
    assert {"/var/lib/xenfleet/images", "/etc/xen"} <= set(DEFAULTS)
    assert [value for _line, value in strings(REMEDY) if "Remedy:" in value]
    assert [value for _line, value in strings(PATHS) if DEFAULT.match(value)]
    assert len(files()) > 150 and all(PLUGINS in path.parents for path in files())


@pytest.mark.parametrize("path", plugins_but(REMEDY))
def test_no_remedy_is_written_by_hand(path: Path) -> None:
    assert [f"{line}: {value}" for line, value in strings(path) if "Remedy:" in value] == []


@pytest.mark.parametrize("path", plugins_but(PATHS))
def test_no_default_path_is_written_twice(path: Path) -> None:
    assert [f"{line}: {value}" for line, value in strings(path) if DEFAULT.match(value)] == []

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a guest is bound to processors that the host has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.dom0 import Dom0
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest


@pytest.mark.parametrize(
    ("settings", "noted"),
    [
        ({}, []),
        ({"cpus": "0-1"}, []),
        ({"cpus": "1-63"}, []),
        ({"cpus": "all,^0"}, []),
        ({"cpus": "nodes:1"}, []),
        ({"cpus": "node:5,^3"}, []),
        ({"cpus": "2-3"}, ["* settings.cpus = '2-3' names processors from 2 on, and the host has 2, from 0 on"]),
        ({"cpus": ["0", "7"]}, ["* settings.cpus = ['0', '7'] names processors from 7 on, and the host has 2, from 0 on"]),
        ({"cpus_soft": "9"}, ["* settings.cpus_soft = '9' names processors from 9 on, and the host has 2, from 0 on"]),
    ],
)
def test_processors(settings: dict[str, Any], noted: list[str], tmp_path: Path) -> None:
    """It is a note: where some processors are off, the numbers of the others go beyond their count."""
    assert Dom0(tmp_path).found(guest(vcpus=2, settings=settings)) == noted

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.memory import available_mib, needed_mib
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest


@pytest.mark.parametrize(
    "definition, mib",
    [
        # 128 MiB; shadow 4*(256 + 2*128) KiB = 2 MiB; 1 MiB more; rounded up to even.
        ({"memory": 128}, 132),
        ({"memory": 256}, 260),
        ({"memory": 1024, "vcpus": 4}, 1038),
        # Shadow memory is for what the guest may grow to, the rest for what it begins with.
        ({"memory": 256, "maxmem": 4096}, 290),
        ({"memory": 8}, 12),
    ],
)
def test_needed_mib(definition: dict[str, Any], mib: int) -> None:
    assert needed_mib(guest(**definition)) == mib


@pytest.mark.parametrize(
    "free, dom0, commandline, available",
    [
        (100, 1024, "dom0_mem=1024M,max:1024M", 100),
        (100, 1024, "placeholder", 996),
        (100, 1024, "", 996),
        (100, 64, "", 100),
        (0, 128, "", 0),
    ],
)
def test_available_mib(free: int, dom0: int, commandline: str, available: int) -> None:
    assert available_mib(free, dom0, commandline) == available

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real host on which runs are interrupted."""

from __future__ import annotations

import os

import pytest

from real_host import RealHost


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> RealHost:
    """Return that of XENFLEET_INTERRUPTION_HOST, which no other test may use meanwhile."""
    name = os.environ.get("XENFLEET_INTERRUPTION_HOST")
    if not name:
        pytest.skip("XENFLEET_INTERRUPTION_HOST names no host of the lab")
    return RealHost(name, tmp_path_factory.mktemp("interruption"))

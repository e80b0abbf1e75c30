# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ansible-core that all tests of the playbooks run under."""

from __future__ import annotations

import pytest

from deployment import CORE


@pytest.fixture
def core() -> str:
    """Return that of XENFLEET_CORE, else the newest."""
    return CORE

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake build host of a Linux stub domain's image."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    tools,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    Machine,
)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A build host that has every tool."""
    monkeypatch.setattr(tools.shutil, "which", lambda name, path="": f"/usr/bin/{name}")
    return Machine()


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "build"

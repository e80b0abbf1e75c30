# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build hosts of two generations of mini-OS."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import Host


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The tree of 4.17, whose mini-OS and QEMU lie in the mirror."""
    return Host(tmp_path, "4.17", monkeypatch)


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The tree of 3.3, which has all but the archives."""
    return Host(tmp_path, "3.3", monkeypatch)

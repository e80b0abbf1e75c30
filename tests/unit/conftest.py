# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all unit tests need: the way to Xen's parser, the invented fleet and the fake Xen toolstack, and the profiles
of hypothesis."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# ansible-test does not read pyproject.toml, which says the same to pytest.
_TESTS = Path(__file__).resolve().parent.parent
for _folder in ("xen_parser", "status_page", "fake_xen"):
    if str(_TESTS / _folder) not in sys.path:
        sys.path.insert(0, str(_TESTS / _folder))

_COMMON: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "print_blob": True,
    # ansible-test runs each test in a process of its own, so that the first example pays for all imports.
    "suppress_health_check": [HealthCheck.too_slow],
}
# For every run, and for a night: pytest --hypothesis-profile=full tests/unit/plugins/module_utils/config/test_roundtrip.py
settings.register_profile("quick", max_examples=200, **_COMMON)
settings.register_profile("full", max_examples=200_000, **_COMMON)
settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Plugins of the controller come last: what they import makes the process a controller for good (ansible-core 2.19),
    in which modules read their arguments and tell their warnings otherwise."""
    items.sort(key=lambda item: not {"action", "callback", "inventory"}.isdisjoint(item.path.parts))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A fake Xen host; its ``xl`` comes first on PATH. It boots without guests."""
    from api import FakeXen

    fake_xen = FakeXen(tmp_path / "host")
    fake_xen.setup(free_memory=4096)
    for key, value in fake_xen.env().items():
        monkeypatch.setenv(key, value)
    return fake_xen

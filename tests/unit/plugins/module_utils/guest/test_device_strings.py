# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_strings import (
    backends_in,
    parts_of,
    texts_of,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest


@pytest.mark.parametrize("value, texts", [("", [""]), ([], []), (True, []), ([[], ["a", 2]], ["a", "2"]), ([True], [])])
def test_texts(value: Any, texts: list[str]) -> None:
    assert texts_of(value) == texts


@pytest.mark.parametrize("text, parts", [("", {}), ("a", {}), (" a = b = c ,", {"a": "b = c"}), ("a=,a=1", {"a": "1"})])
def test_parts(text: str, parts: dict[str, str]) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    "settings", [{}, {"vtpm": ["uuid=1"]}, {"vtpm": ["backend="]}, {"vscsi": ["/dev/sdx,0:0:0:0"]}, {"vif": ["backend=a"]}]
)
def test_settings_without_a_backend(settings: dict[str, Any]) -> None:
    assert list(backends_in(settings)) == []


def test_the_driver_domains_of_a_guest() -> None:
    made = guest(
        disks=[{"target": "/a", "vdev": "xvda", "backend": "phy"}, {"target": "/b", "vdev": "xvdb", "backend": "disks1"}],
        vifs=[{"backend": "Domain-0"}, {"backend": "net1"}, {"backend": "7"}],
        settings={"vtpm": ["backend=tpm1", "backend=0"]},
        needs=["db"],
    )
    assert made.driver_domains == [("disks[1].backend", "disks1"), ("vifs[1].backend", "net1"), ("settings.vtpm", "tpm1")]
    assert made.needed == ["db", "disks1", "net1", "tpm1"]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a host, of a whole fleet, and how it is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils import hostinfo
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain, host_state


class WithStubs(FakeToolstack):
    """web1 has a stub domain; ``own-dm`` is a guest that is only named like one."""

    def target_of(self, domain: Domain) -> int | None:
        return {"web1-dm": 3}.get(domain.name)


def test_collect(tmp_path: Path) -> None:
    boot = tmp_path / "usr/lib/xen-4.17/boot"
    boot.mkdir(parents=True)
    (boot / "ioemu-stubdom.gz").touch()
    (boot / "hvmloader").touch()
    (tmp_path / "usr/lib/xen/boot").mkdir(parents=True)
    toolstack = WithStubs(
        domain("Domain-0", 0), domain("web1", 3), domain("web1-dm", 4, memory=32), domain("own-dm", 5, "--p---")
    )
    found = hostinfo.collect(toolstack, tmp_path / "store", tmp_path)
    assert found["xen"]["release"] == "4.17"
    assert found["xen"]["version"] == "4.17.5"
    assert found["directories"] == ["/usr/lib/xen-4.17/boot", "/usr/lib/xen/boot"]
    assert found["xen_images"] == ["/usr/lib/xen-4.17/boot/ioemu-stubdom.gz"]
    assert found["images"] == []
    rows = [(one["name"], one["state"], one["stub_domain"], one["serves"]) for one in found["domains"]]
    assert rows == [("web1", "running", "web1-dm", None), ("web1-dm", "running", "", 3), ("own-dm", "paused", "", None)]
    json.dumps(found)


@pytest.mark.parametrize("release, folder", [((4, 17), "/usr/lib/xen-4.17/boot"), ((4, 20), "/usr/lib/xen-4.20/boot")])
def test_debian_s_folder_carries_the_release(release: Any, folder: str, tmp_path: Path) -> None:
    for name in ("4.17", "4.20"):
        (tmp_path / f"usr/lib/xen-{name}/boot").mkdir(parents=True)
    assert hostinfo.boot_folders(host_state(release=release), tmp_path) == [folder]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memory as libxl counts it; the figures are worked out by hand from Xen 4.17's formula."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.memory import available_mib, needed_mib, video_mib
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import facts, guest, hvm_guest, written


@pytest.mark.parametrize(
    "definition, mib",
    [
        # 128 MiB; shadow 4*(256 + 2*128) KiB = 2 MiB; 1 MiB more; rounded up to even.
        ({"memory": 128}, 132),
        ({"memory": 256}, 260),
        ({"memory": 1024, "vcpus": 4}, 1038),
        # Shadow memory is for what the guest may grow to, the rest for what it begins with.
        ({"memory": 256, "maxmem": 4096}, 290),
        ({"memory": 256, "settings": {"maxvcpus": 4}}, 264),
        ({"memory": 256, "settings": {"shadow_memory": 100}}, 358),
        ({"memory": 256, "settings": {"shadow_memory": "0x64"}}, 358),
        ({"memory": 8}, 12),
    ],
)
def test_needed_mib(definition: dict[str, Any], mib: int) -> None:
    assert needed_mib(guest(**definition)) == mib


@pytest.mark.parametrize(
    "definition, release, mib",
    [
        # 4096 MiB; shadow 1 MiB, and one or two pages for each MiB: 16 or 32 MiB; 1 or 2 MiB more.
        ({"type": "pv"}, (4, 16), 4096 + 33 + 1),
        ({"type": "pv"}, (4, 17), 4096 + 17 + 1),
        ({"type": "pv", "settings": {"hap": False}}, (4, 17), 4096 + 17 + 1),
        ({"type": "pvh"}, (4, 16), 4096 + 33 + 2 + 1),
        ({"type": "pvh"}, (4, 17), 4096 + 17 + 2 + 1),
        ({"type": "pvh", "settings": {"hap": True}}, (4, 22), 4096 + 17 + 2 + 1),
        ({"type": "pvh", "settings": {"hap": False}}, (4, 22), 4096 + 33 + 2 + 1),
        ({"type": "pvh", "settings": {"hap": "0"}}, (4, 22), 4096 + 33 + 2 + 1),
        # What xl cannot read as a number it ignores.
        ({"type": "pvh", "settings": {"hap": "no", "shadow_memory": ["8"]}}, (4, 22), 4096 + 17 + 2 + 1),
    ],
)
def test_needed_mib_of_a_release(definition: dict[str, Any], release: Release, mib: int) -> None:
    """Two pages up to 4.16 (libxl_utils.c, libxl_x86.c); then by what the guest uses (libxl_create.c)."""
    assert needed_mib(guest(memory=4096, **definition), release=release) == mib


@pytest.mark.parametrize(
    "scheme, release, model, mib",
    [
        ("dom0", "4.17", {}, 0),
        ("linux", "4.17", {}, 162),
        ("linux", "4.17", {"memory": 192}, 192),
        ("minios", "4.17", {}, 28 + 4),
        ("minios", "4.17", {"memory": 40}, 40 + 4),
        ("minios", "4.5", {}, 32),
    ],
)
def test_a_stub_domain_comes_on_top(scheme: str, release: str, model: dict[str, Any], mib: int) -> None:
    made = hvm_guest(memory=1024, device_model=model)
    stub_mib = written(made, facts(release), scheme).stub_mib
    assert stub_mib == mib
    # Shadow 4*(256 + 1024) KiB = 5 MiB; 2 MiB more; rounded up to even.
    assert needed_mib(made, stub_mib, (4, 17)) == 1024 + mib + 8


@pytest.mark.parametrize(
    "settings, linux, minios",
    [
        ({}, 0, 4),
        ({"vga": "none"}, 0, 0),
        ({"vga": "cirrus"}, 8, 4),
        ({"vga": "stdvga"}, 16, 8),
        ({"vga": "qxl"}, 128, 4),
        ({"stdvga": True}, 16, 8),
        ({"stdvga": "1"}, 16, 8),
        ({"stdvga": False}, 8, 4),
        ({"stdvga": "0"}, 8, 4),
        ({"vga": "cirrus", "stdvga": True}, 8, 4),
        ({"videoram": 64, "vga": "none"}, 64, 64),
        ({"videoram": "64"}, 64, 64),
        ({"videoram": 0}, 0, 0),
        ({"videoram": "many"}, 0, 4),
    ],
)
def test_video_mib(settings: dict[str, Any], linux: int, minios: int) -> None:
    made = hvm_guest(settings=settings)
    assert (video_mib(made, "linux"), video_mib(made, "minios")) == (linux, minios)


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

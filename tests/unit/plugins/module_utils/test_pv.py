# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for a PV guest, release by release."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.devices import Disk, Vif
from ansible_collections.xenfleet.stubdom.plugins.module_utils.releases import Release
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes import pv
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, told

NOW = (4, 17)


def test_a_direct_boot() -> None:
    boot = {"method": "direct", "kernel": "/k", "ramdisk": "/r", "cmdline": "ro quiet"}
    web1 = guest(
        maxmem=512,
        boot=boot,
        disks=[{"target": "/a,b", "vdev": "xvda"}],
        vifs=[{"bridge": "br0"}, {}],
        settings={"b": 1, "a": ["x"]},
    )
    written = pv.values(web1, "", NOW)
    assert list(written.items()) == [
        ("name", "web1"),
        ("type", "pv"),
        ("memory", 256),
        ("maxmem", 512),
        ("vcpus", 1),
        ("kernel", "/k"),
        ("ramdisk", "/r"),
        ("extra", "ro quiet"),
        ("disk", ["format=raw,vdev=xvda,access=rw,target=/a,b"]),
        ("vif", ["bridge=br0", ""]),
        ("a", ["x"]),
        ("b", 1),
    ]


def test_a_boot_through_grub_has_the_image_as_its_kernel_and_nothing_else() -> None:
    written = pv.values(guest(boot={"method": "pvgrub2"}), "/store/pvgrub2.bin", NOW)
    assert written == {
        "name": "web1", "type": "pv", "memory": 256, "vcpus": 1, "kernel": "/store/pvgrub2.bin", "disk": [], "vif": [],
    }


@pytest.mark.parametrize("release, has", [((4, 9), False), ((4, 10), True), ((4, 20), True)])
def test_type_is_written_where_it_is_known(release: Release, has: bool) -> None:
    assert ("type" in pv.values(guest(), "", release)) is has


@pytest.mark.parametrize(
    "disk, text",
    [
        (Disk("/a", "xvda"), "format=raw,vdev=xvda,access=rw,target=/a"),
        (Disk("/a", "hda", access="ro", format="qcow2"), "format=qcow2,vdev=hda,access=ro,target=/a"),
        (Disk("/a", "xvda", script="block-x"), "format=raw,vdev=xvda,access=rw,script=block-x,target=/a"),
        # A backend only says what the host must have there.
        (Disk("/dev/a", "xvda", backend="phy"), "format=raw,vdev=xvda,access=rw,target=/dev/a"),
    ],
)
def test_disk_string(disk: Disk, text: str) -> None:
    assert pv.disk_string(disk) == text


@pytest.mark.parametrize(
    "vif, text",
    [
        (Vif(), ""),
        (Vif(mac="00:16:3e:00:00:01", ip="10.0.0.1 10.0.0.2"), "mac=00:16:3e:00:00:01,ip=10.0.0.1 10.0.0.2"),
        (Vif(mtu=9000, bridge="br0"), "bridge=br0,mtu=9000"),
    ],
)
def test_vif_string(vif: Vif, text: str) -> None:
    assert pv.vif_string(vif) == text


@pytest.mark.parametrize(
    "vif, release, key, first",
    [({"mtu": 9000}, (4, 14), "vif.mtu", "4.15"), ({"gatewaydev": "eth0"}, (4, 5), "vif.gatewaydev", "4.6")],
)
def test_keys_that_the_release_would_ignore(vif: dict[str, Any], release: Release, key: str, first: str) -> None:
    value = next(iter(vif.values()))
    reason = f"Xen 4.{release[1]} ignores this key"
    remedy = f"remove it, or move the guest to a host with Xen {first} or newer"
    assert told(pv.check(guest(vifs=[{}, vif]), release)) == [("web1", key, value, reason, remedy)]
    assert pv.check(guest(vifs=[{}, vif]), (release[0], release[1] + 1)) == []

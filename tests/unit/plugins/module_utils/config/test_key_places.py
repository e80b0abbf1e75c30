# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys a difference in meaning comes from. tests/xl_offline asks the same of the real xl."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.key_places import keys_that_differ


@pytest.mark.parametrize(
    "keys, places, expected",
    [
        (["memory"], [], []),
        (["memory", "maxmem"], ["b_info.target_memkb"], ["memory"]),
        (["memory", "maxmem"], ["b_info.max_memkb"], ["maxmem"]),
        (["memory", "acpi"], ["b_info.max_memkb", "b_info.target_memkb"], ["memory"]),
        (["type", "serial", "acpi"], ["c_info.type", "b_info.type.hvm.acpi", "b_info.type.hvm.vnc.enable"], ["type", "acpi"]),
        (["memory", "vcpus"], ["b_info.max_vcpus", "b_info.avail_vcpus"], ["vcpus"]),
        (["disk", "vif", "acpi"], ["disks[0].format"], ["disk"]),
        (["disk", "vif", "acpi"], ["nics[1]", "nics[1].bridge", "b_info.acpi"], ["vif", "acpi"]),
        (["vncpasswd", "spicehost"], ["b_info.type.hvm.vnc.passwd"], ["vncpasswd"]),
        (["extra", "root", "cmdline"], ["b_info.cmdline"], ["extra", "root", "cmdline"]),
        (["on_crash", "memory"], ["on_crash"], ["on_crash"]),
        # A key that nobody knows explains what no other key explains, and nothing else.
        (["newest", "memory"], ["b_info.max_memkb"], ["memory"]),
        (["newest", "memory"], ["b_info.max_memkb", "b_info.new"], ["newest", "memory"]),
        # Nothing explains it: all of them may.
        (["disk", "vif"], ["b_info.kernel"], ["disk", "vif"]),
        # xm's.
        (["memory", "extra"], ["vm.memory"], ["memory"]),
        (["extra", "vif"], ["vm.device[1].vif.mac"], ["vif"]),
    ],
)
def test_keys(keys: list[str], places: list[str], expected: list[str]) -> None:
    assert keys_that_differ(keys, places) == expected

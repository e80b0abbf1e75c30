# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of Xen's own keys: their form, and facts that were read by hand in Xen's sources."""

from __future__ import annotations

from typing import Any, Mapping

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen import keys_xl, keys_xm
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xl import NEWEST, OLDEST_XL, VIF_KEYS, XL_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.keys_xm import OLDEST_XM, XM_DISK_FORMATS, XM_KEYS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release

KINDS = {"string", "number", "boolean", "list", "lists"}
TABLES: dict[str, Mapping[str, keys_xl.Key]] = {"xl": XL_KEYS, "xm": XM_KEYS}
ENTRIES = [(toolstack, name) for toolstack, keys in TABLES.items() for name in keys]


@pytest.mark.parametrize("toolstack, name", ENTRIES)
def test_each_entry_makes_sense(toolstack: str, name: str) -> None:
    key = TABLES[toolstack][name]
    assert key.kinds and KINDS.issuperset([*key.kinds, *key.later])
    assert key.first <= (key.last or NEWEST) <= NEWEST
    assert all(key.first < first <= NEWEST for first in key.later.values())
    assert all(first <= NEWEST for first in key.choices.values())
    assert {"pv", "hvm", "pvh"}.issuperset(key.types)
    assert all({**key.choices, **key.types}[name] <= last < NEWEST for name, last in key.gone.items())
    # From its first release on somebody uses it.
    assert not key.types or key.types_at(key.first)
    assert not key.any_case or all(word == word.lower() for word in key.choices)
    assert not key.instead or ((key.last or key.types) and key.instead in TABLES[toolstack])


@pytest.mark.parametrize("groups", [keys_xl._XL, keys_xm._XM, keys_xl._XL_TYPES, keys_xm._XM_TYPES])
def test_no_key_stands_in_two_groups(groups: list[tuple[Any, ...]]) -> None:
    names = [name for group in groups for name in group[-1].split()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "keys, details, types",
    [
        (XL_KEYS, keys_xl._XL_DETAILS, keys_xl._XL_TYPES),
        (XM_KEYS, keys_xm._XM_DETAILS, keys_xm._XM_TYPES),
    ],
    ids=["xl", "xm"],
)
def test_details_are_those_of_keys(
    keys: Mapping[str, Any], details: Mapping[str, Any], types: keys_xl.TypeGroups
) -> None:
    assert set(details) <= set(keys)
    assert {name for _users, names in types for name in names.split()} <= set(keys)


@pytest.mark.parametrize(
    "name, kinds, first",
    [
        ("cpus", ("string", "list"), (4, 2)),  # stable-4.2:tools/libxl/xl_cmdimpl.c:656
        ("nomigrate", ("boolean",), (4, 2)),  # stable-4.2:tools/libxl/xl_cmdimpl.c
        ("bootloader_args", ("string", "list"), (4, 2)),  # the same: a string is deprecated, and split
        ("rtc_timeoffset", ("number",), (4, 2)),  # the same
        ("device_model_args_pv", ("list",), (4, 2)),  # the same, macro parse_extra_args
        ("vga", ("string",), (4, 3)),  # stable-4.3:tools/libxl/xl_cmdimpl.c
        ("vtpm", ("list",), (4, 3)),  # the same
        ("driver_domain", ("boolean",), (4, 4)),  # stable-4.4:tools/libxl/xl_cmdimpl.c
        ("max_event_channels", ("number",), (4, 4)),  # the same
        ("cmdline", ("string",), (4, 5)),  # stable-4.5:tools/libxl/xl_cmdimpl.c, parse_cmdline
        ("channel", ("list",), (4, 5)),  # the same
        ("pci_seize", ("number",), (4, 5)),  # the same
        ("xauthority", ("string",), (4, 5)),  # the same, parse_top_level_sdl_options
        ("vnuma", ("lists",), (4, 6)),  # stable-4.6:tools/libxl/xl_cmdimpl.c, parse_vnuma_config
        ("device_tree", ("string",), (4, 6)),  # the same, line 1479
        ("usbctrl", ("list",), (4, 7)),  # stable-4.7:tools/libxl/xl_cmdimpl.c
        ("device_model_user", ("string",), (4, 7)),  # the same
        ("bios_path_override", ("string",), (4, 8)),  # stable-4.8:tools/libxl/xl_cmdimpl.c
        ("altp2m", ("number", "string"), (4, 9)),  # stable-4.9:tools/xl/xl_parse.c
        ("type", ("string",), (4, 10)),  # stable-4.10:tools/xl/xl_parse.c
        ("dm_restrict", ("boolean",), (4, 10)),  # the same
        ("pvcalls", ("list",), (4, 11)),  # stable-4.11:tools/xl/xl_parse.c
        ("vsnd", ("lists",), (4, 12)),  # stable-4.12:tools/xl/xl_parse.c, parse_vsnd_config
        ("passthrough", ("string",), (4, 13)),  # stable-4.13:tools/xl/xl_parse.c
        ("stubdomain_memory", ("number",), (4, 14)),  # stable-4.14:tools/xl/xl_parse.c:2531
        ("stubdomain_ramdisk", ("string",), (4, 14)),  # the same
        ("vmtrace_buf_kb", ("number",), (4, 15)),  # stable-4.15:tools/xl/xl_parse.c
        ("stubdomain_cmdline", ("string",), (4, 16)),  # stable-4.16:tools/xl/xl_parse.c:2548
        ("bootloader_restrict", ("boolean",), (4, 18)),  # stable-4.18:tools/xl/xl_parse.c
        ("smbios", ("list",), (4, 18)),  # the same
        ("hvm_pirq", ("boolean",), (4, 19)),  # stable-4.19:tools/xl/xl_parse.c
        ("llc_colors", ("list",), (4, 20)),  # stable-4.20:tools/xl/xl_parse.c
        ("altp2m_count", ("number",), (4, 21)),  # stable-4.21:tools/xl/xl_parse.c
        ("xenstore_quota", ("list",), (4, 22)),  # stable-4.22:tools/xl/xl_parse.c
    ],
)
def test_keys_of_xl(name: str, kinds: tuple[str, ...], first: Release) -> None:
    key = XL_KEYS[name]
    assert (key.kinds, key.first, key.last) == (kinds, first, None)


@pytest.mark.parametrize(
    "name, kinds, first, last",
    [
        ("on_xend_stop", ("string",), (3, 3), None),  # 3.3.0-rc7:tools/python/xen/xm/create.py
        ("irq", ("list",), (3, 3), None),  # the same, append_value
        ("vncpasswd", ("string",), (3, 3), None),  # the same
        ("vncviewer", ("boolean",), (3, 3), (3, 3)),  # 3.4.0-rc1 lost preprocess_vnc, its only reader
        ("vcpu_avail", ("number",), (3, 3), (3, 4)),  # stable-4.0: make_config passes it on no longer
        ("tpmif", ("boolean",), (3, 3), (4, 2)),  # stable-4.3:tools/python/xen/xm/create.py has it no longer
        ("vtpm", ("list",), (3, 3), (4, 2)),  # the same
        ("videoram", ("number",), (3, 4), None),  # 3.4.0-rc1, configure_image
        ("viridian", ("boolean",), (3, 4), None),  # 3.4.0-rc1, configure_hvm
        ("maxvcpus", ("number",), (4, 0), None),  # stable-4.0:tools/python/xen/xm/create.py:1111
        ("pool", ("string",), (4, 1), None),  # stable-4.1, line 665
        ("nestedhvm", ("boolean",), (4, 2), None),  # stable-4.2, line 636
    ],
)
def test_keys_of_xm(name: str, kinds: tuple[str, ...], first: Release, last: Release | None) -> None:
    key = XM_KEYS[name]
    assert (key.kinds, key.first, key.last) == (kinds, first, last)


@pytest.mark.parametrize(
    "name, release, kinds",
    [
        ("serial", (4, 4), ("string",)),
        ("serial", (4, 5), ("string", "list")),  # stable-4.5:tools/libxl/xl_cmdimpl.c
        ("usbdevice", (4, 2), ("string",)),
        ("usbdevice", (4, 3), ("string", "list")),  # stable-4.3
        ("viridian", (4, 4), ("boolean",)),
        ("viridian", (4, 5), ("boolean", "list")),  # stable-4.5
        ("gfx_passthru", (4, 6), ("boolean",)),
        ("gfx_passthru", (4, 7), ("boolean", "string")),  # stable-4.7
    ],
)
def test_kinds_that_came_later(name: str, release: Release, kinds: tuple[str, ...]) -> None:
    assert XL_KEYS[name].kinds_at(release) == kinds


def test_xm_takes_a_list_of_serial_ports_from_4_0_on() -> None:  # stable-4.0:tools/python/xen/xend/image.py:794
    assert XM_KEYS["serial"].kinds_at((3, 4)) == ("string",)
    assert XM_KEYS["serial"].kinds_at((4, 0)) == ("string", "list")


@pytest.mark.parametrize(
    "name, word, without, within",
    [
        ("on_crash", "soft-reset", (4, 6), (4, 7)),  # stable-4.7, action_on_shutdown_names
        ("vga", "none", (4, 4), (4, 5)),  # stable-4.5:tools/libxl/xl_cmdimpl.c
        ("vga", "qxl", (4, 5), (4, 6)),  # stable-4.6
        ("tee", "ffa", (4, 17), (4, 18)),  # stable-4.18:tools/libs/light/libxl_types.idl
        ("gfx_passthru", "igd", (4, 6), (4, 7)),  # stable-4.7:tools/libxl/libxl_types.idl
        ("device_model_version", "none", (4, 10), (4, 9)),  # 4.7 to 4.9 only
        ("device_model_version", "qemu-xen-traditional", (4, 21), (4, 20)),  # stable-4.21:tools/xl/xl_parse.c
    ],
)
def test_words_come_and_go(name: str, word: str, without: Release, within: Release) -> None:
    assert word not in XL_KEYS[name].choices_at(without)
    assert word in XL_KEYS[name].choices_at(within)


@pytest.mark.parametrize(
    "name, release, users",
    [
        ("serial", (4, 2), "hvm"),  # stable-4.2:tools/libxl/xl_cmdimpl.c:1407, below type == HVM of line 1374
        ("serial", (4, 22), "hvm"),  # stable-4.22:tools/xl/xl_parse.c:2973, below type == HVM of line 2911
        ("vga", (4, 3), "hvm"),  # stable-4.3:tools/libxl/xl_cmdimpl.c, below type == HVM
        ("viridian", (4, 9), "hvm"),  # stable-4.9:tools/xl/xl_parse.c:1073, case HVM of line 1039
        ("mca_caps", (4, 10), "hvm"),  # stable-4.10:tools/xl/xl_parse.c:1340, case HVM of line 1217
        ("acpi", (4, 7), "hvm"),  # stable-4.7:tools/libxl/xl_cmdimpl.c, case HVM
        ("acpi", (4, 8), "hvm pv"),  # stable-4.8:tools/libxl/xl_cmdimpl.c, outside the switch
        ("acpi", (4, 10), "hvm pv pvh"),
        ("vnc", (4, 3), "hvm"),  # stable-4.3:tools/libxl/xl_cmdimpl.c, below type == HVM
        ("vnc", (4, 4), "hvm pv"),  # stable-4.4:tools/libxl/xl_cmdimpl.c:1643, type == PV without vfb
        ("vnc", (4, 22), "hvm pv"),  # PVH: into u.hvm.vnc (xl_parse.c:2905), which libxl__dm_vnc reads for HVM only
        ("sdl", (4, 4), "hvm"),  # stable-4.4:tools/libxl/xl_cmdimpl.c:1679, below type == HVM
        ("keymap", (4, 5), "hvm pv"),  # stable-4.5:tools/libxl/xl_cmdimpl.c:1880, type == PV without vfb
        ("timer_mode", (4, 9), "hvm"),  # stable-4.9:tools/xl/xl_parse.c:1135, case HVM
        ("timer_mode", (4, 10), "hvm pvh"),  # stable-4.10:tools/xl/xl_parse.c:1179: an error for PV
        ("apic", (4, 9), "hvm"),  # stable-4.9:tools/xl/xl_parse.c:1065, case HVM
        ("apic", (4, 10), "hvm pvh"),  # stable-4.10:tools/libxl/libxl_x86.c:15
        ("apic", (4, 11), "hvm"),  # stable-4.11:tools/xl/xl_parse.c:1245, case HVM once more
        ("nestedhvm", (4, 10), "hvm pvh"),  # stable-4.10:tools/libxl/libxl_dom.c:325 and 339, HVM_PARAM_NESTEDHVM
        ("hap", (4, 2), "hvm"),  # stable-4.2:tools/libxl/libxl_create.c:425, flags below type == HVM
        ("hap", (4, 22), "hvm pvh"),  # stable-4.22:tools/libs/light/libxl_create.c:607, type != PV
        ("e820_host", (4, 2), "pv"),  # stable-4.2:tools/libxl/xl_cmdimpl.c:1198, type == PV
        ("bootloader", (4, 9), "pv"),  # stable-4.9:tools/libxl/libxl_bootloader.c:327
        ("bootloader", (4, 10), "pv pvh"),  # stable-4.10:tools/libxl/libxl_bootloader.c:327
        ("ramdisk", (4, 4), "pv"),  # stable-4.4:tools/libxl/xl_cmdimpl.c, case PV
        ("ramdisk", (4, 5), "pv hvm"),  # stable-4.5:tools/libxl/xl_cmdimpl.c, outside the switch
        ("pvshim", (4, 10), "pvh"),  # stable-4.10:tools/xl/xl_parse.c:968, type == PVH
        ("device_model_args_hvm", (4, 2), "hvm"),  # stable-4.2:tools/libxl/libxl_dm.c:274 and 549, case HVM
        ("device_model_args_pv", (4, 22), ""),  # of an HVM guest, too: stable-4.22:tools/libs/light/libxl_dm.c:2104
        ("stubdomain_memory", (4, 22), "hvm"),  # stable-4.22:tools/libs/light/libxl_create.c:1798, case HVM
        ("vfb", (4, 22), ""),  # stable-4.22:tools/xl/xl_parse.c, at the top level
        ("localtime", (4, 22), ""),  # the same
        ("rtc_timeoffset", (4, 2), ""),  # stable-4.2:tools/libxl/libxl_dom.c:272
    ],
)
def test_types_of_guests_that_use_a_key_of_xl(name: str, release: Release, users: str) -> None:
    assert XL_KEYS[name].types_at(release) == users.split()


@pytest.mark.parametrize(
    "name, release, users",
    [
        ("acpi", (3, 3), "hvm"),  # 3.3.0-rc7:tools/python/xen/xm/create.py:857, configure_hvm
        ("acpi", (4, 4), "hvm"),  # stable-4.4:tools/python/xen/xm/create.py:1032
        ("vnc", (4, 4), "hvm"),  # the same; nothing else reads vals.vnc
        ("serial", (3, 4), "hvm"),  # 3.4.0-rc1:tools/python/xen/xm/create.py, configure_hvm
        ("serial", (4, 0), "hvm pv"),  # stable-4.0:tools/python/xen/xm/create.py:758, configure_image
        ("vncconsole", (3, 3), "hvm"),  # 3.3.0-rc7, configure_hvm
        ("vncconsole", (3, 4), "hvm pv"),  # 3.4.0-rc1:tools/python/xen/xm/create.py:1386, main
        ("cpuid", (4, 4), ""),  # stable-4.4:tools/python/xen/xm/create.py:1096, make_config
        ("keymap", (3, 3), ""),  # 3.3.0-rc7:tools/python/xen/xm/create.py:759, configure_vfbs
    ],
)
def test_types_of_guests_that_use_a_key_of_xm(name: str, release: Release, users: str) -> None:
    assert XM_KEYS[name].types_at(release) == users.split()


@pytest.mark.parametrize("name, last", [("pvh", (4, 8)), ("vncviewer", (4, 4)), ("device_model", (4, 1))])
def test_keys_that_xl_reads_no_longer(name: str, last: Release) -> None:
    assert XL_KEYS[name].last == last


def test_keys_that_xl_warns_of_or_never_had_are_absent() -> None:
    assert not {"vif2", "cpu_cap", "on_xend_start", "trusted"}.intersection(XL_KEYS)


def test_what_xm_declares_and_nothing_reads_is_absent() -> None:  # 3.3.0-rc7 to stable-4.4
    assert "bootentry" not in XM_KEYS


@pytest.mark.parametrize(
    "key, first",
    [
        ("vifname", (4, 2)),  # stable-4.2:tools/libxl/xl_cmdimpl.c, parse_config_data
        ("gatewaydev", (4, 3)),  # stable-4.3:tools/libxl/xl_cmdimpl.c:1187
        ("devid", (4, 9)),  # stable-4.9:tools/xl/xl_parse.c, parse_nic_config
        ("mtu", (4, 15)),  # stable-4.15
        ("trusted", (4, 17)),  # 54d8f27d04, a flag: strcmp("trusted", token)
        ("untrusted", (4, 17)),
        ("vlan", (4, 19)),  # 0cc01c603f
    ],
)
def test_keys_of_a_vif_of_xl(key: str, first: Release) -> None:
    assert VIF_KEYS["xl"][key] == first


def test_keys_of_a_vif_of_xm() -> None:  # 3.3.0-rc7 and stable-4.4:tools/python/xen/xm/create.py, configure_vifs
    assert {"mac", "bridge", "type", "model", "policy"} <= set(VIF_KEYS["xm"])
    assert not {"gatewaydev", "devid", "mtu", "vlan", "trusted"}.intersection(VIF_KEYS["xm"])
    assert set(VIF_KEYS["xm"].values()) == {OLDEST_XM}
    assert min(VIF_KEYS["xl"].values()) == OLDEST_XL


@pytest.mark.parametrize(
    "prefix, first",
    [
        ("phy:", (3, 3)),  # 3.3.0-rc7:tools/python/xen/xend/server/blkif.py
        ("file:", (3, 3)),
        ("tap:qcow2:", (3, 3)),  # 3.3.0-rc7:tools/python/xen/xend/server/BlktapController.py
        ("tap:tapdisk:aio:", (3, 4)),  # 3.4.0-rc3, the same file
        ("tap2:vhd:", (4, 0)),  # stable-4.0, the same file: blktap2_disk_types
        ("tap2:aio:", (4, 0)),
    ],
)
def test_disks_of_xm(prefix: str, first: Release) -> None:
    assert XM_DISK_FORMATS[prefix] == first
    assert all(name.endswith(":") for name in XM_DISK_FORMATS)


def test_what_the_two_blktaps_never_knew() -> None:
    assert "tap2:qcow2:" not in XM_DISK_FORMATS  # stable-4.4:tools/blktap2/drivers/tapdisk-disktype.h
    assert "tap:vhd:" not in XM_DISK_FORMATS  # stable-4.4:tools/blktap/lib/blktaplib.h

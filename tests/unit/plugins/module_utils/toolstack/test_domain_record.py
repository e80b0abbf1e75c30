# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""libxl's record of a domain, compared with what a file means. The record is that of Xen 4.17 on a real host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.domain_record import DomainRecord, read_record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.meaning import (
    differences_from_record,
    meaning_of,
)

UUID = "004cd650-4978-4e68-8883-8563fc0f87b5"
# What ``xl create -n`` printed for the file, and what libxl then recorded of the domain.
WANTED: dict[str, Any] = {
    "c_info": {"type": "pv", "name": "ok", "uuid": "c55f2e04-78ef-47ab-9a11-78ca48897e8a", "run_hotplug_scripts": "True"},
    "b_info": {
        "max_memkb": 131072, "target_memkb": 131072, "sched_params": {}, "claim_mode": "True", "kernel": "/srv/vmlinuz",
        "cmdline": "console=hvc0 quiet", "ramdisk": "/srv/initrd.img", "type.pv": {}, "arch_arm": {}, "arch_x86": {},
    },
    "disks": [{"pdev_path": "/srv/web1.img", "vdev": "xvda", "format": "raw", "readwrite": 1}],
    "on_reboot": "restart", "on_soft_reset": "soft_reset",
}  # fmt: skip
RECORDED: dict[str, Any] = {
    "c_info": {"type": "pv", "name": "ok", "domid": 4294967295, "uuid": UUID, "run_hotplug_scripts": "True"},
    "b_info": {
        "max_memkb": 131072, "target_memkb": 131072, "video_memkb": 0, "sched_params": {}, "claim_mode": "True",
        "kernel": "/srv/vmlinuz", "cmdline": "console=hvc0 quiet", "ramdisk": "/srv/initrd.img", "type.pv": {},
        "arch_arm": {}, "arch_x86": {"msr_relaxed": "False"},
    },
    "disks": [
        {"pdev_path": "/srv/web1.img", "vdev": "xvda", "format": "raw", "readwrite": 1, "colo_restore_enable": "False"}
    ],
    "on_reboot": "restart", "on_soft_reset": "soft_reset",
}  # fmt: skip


def written(folder: Path, content: dict[str, Any], domid: int = 4) -> DomainRecord | None:
    path = folder / f"userdata-d.{domid}.{UUID}.libxl-json"
    path.write_text(json.dumps(content) + "\0", encoding="utf-8")
    return read_record(4, folder)


def wanted(values: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return dict(meaning_of("xl", json.dumps({**WANTED, **changes}), values or {}))


def test_a_domain_means_the_same_as_the_file_that_it_was_made_from(tmp_path: Path) -> None:
    record = written(tmp_path, RECORDED)
    assert record is not None and record.uuid == UUID
    assert differences_from_record(record.meaning, wanted()) == []


@pytest.mark.parametrize(
    "recorded, asked, differs",
    [
        # What libxl chose where the file leaves it open, and what it chose while the file names another value.
        ({"nics": [{"devid": 0, "mac": "00:16:3e:01:02:03", "nictype": "vif", "mtu": 1500}]}, {"nics": [{"devid": 0}]}, False),
        ({"nics": [{"mac": "00:16:3e:01:02:03"}]}, {"nics": [{"mac": "00:16:3e:01:02:03"}]}, False),
        ({"nics": [{"mac": "00:16:3e:01:02:03"}]}, {"nics": [{"mac": "00:16:3e:01:02:04"}]}, True),
        ({"nics": [{"mac": "aa:00:00:01:02:03"}]}, {"nics": [{}]}, True),
        ({"nics": [{}, {}]}, {"nics": [{}]}, True),
        ({"disks": [{"vdev": "a", "backend": "phy"}]}, {"disks": [{"vdev": "a"}]}, False),
        ({"disks": [{"vdev": "a", "backend": "phy"}]}, {"disks": [{"vdev": "a", "backend": "qdisk"}]}, True),
        # Another medium since; another disk.
        ({"disks": [{"vdev": "a", "is_cdrom": 1, "pdev_path": "/a"}]}, {"disks": [{"vdev": "a", "is_cdrom": 1}]}, False),
        ({"disks": [{"vdev": "a", "pdev_path": "/a"}]}, {"disks": [{"vdev": "a", "pdev_path": "/b"}]}, True),
        # Found by its name, which it may have got since.
        ({"c_info": {"type": "pv", "name": "other"}}, {"c_info": {"type": "pv", "name": "ok"}}, False),
        ({"c_info": {"type": "pv"}}, {"c_info": {"type": "pvh"}}, True),
        ({"b_info": {"max_memkb": 1}}, {"b_info": {"max_memkb": 2}}, True),
        ({"b_info": {}}, {"b_info": {"type.hvm": {"hpet": "False"}}}, True),
        ({"b_info": {"type.hvm": {"hpet": "False"}}}, {"b_info": {}}, True),
        ({"b_info": {"shadow_memkb": 9}}, {"b_info": {}}, False),
        ({"b_info": {"shadow_memkb": 9}}, {"b_info": {"shadow_memkb": 10}}, True),
    ],
)
def test_what_libxl_chose_by_itself_is_no_difference(
    tmp_path: Path, recorded: dict[str, Any], asked: dict[str, Any], differs: bool
) -> None:
    record = written(tmp_path, {**RECORDED, **recorded})
    assert record is not None
    base = {"b_info": RECORDED["b_info"], "c_info": RECORDED["c_info"], "disks": RECORDED["disks"]}
    changed = {key: asked.get(key, value) for key, value in base.items() if key not in recorded or key in asked}
    assert bool(differences_from_record(record.meaning, wanted(**{**changed, **asked}))) is differs


def test_a_uuid_or_a_generation_id_that_the_file_gives_counts(tmp_path: Path) -> None:
    record = written(tmp_path, {**RECORDED, "b_info": {**RECORDED["b_info"], "type.hvm": {"ms_vm_genid": [1, 2]}}})
    assert record is not None
    given = {**WANTED, "b_info": {**WANTED["b_info"], "type.hvm": {"ms_vm_genid": [3, 4]}}}
    same_uuid = {**given, "c_info": {**WANTED["c_info"], "uuid": UUID}}
    generated = meaning_of("xl", json.dumps(same_uuid), {"uuid": UUID, "ms_vm_genid": "generate"})
    assert differences_from_record(record.meaning, generated) == []
    other = meaning_of("xl", json.dumps(given), {"uuid": "x", "ms_vm_genid": "0304"})
    assert differences_from_record(record.meaning, other) == ["b_info.type.hvm.ms_vm_genid", "c_info.uuid"]


def test_no_record_and_an_unreadable_one_are_none(tmp_path: Path) -> None:
    assert read_record(4, tmp_path) is None
    assert read_record(4, tmp_path / "missing") is None
    assert written(tmp_path, RECORDED, domid=5) is None
    (tmp_path / f"userdata-d.4.{UUID}.libxl-json").write_text('{"c_info": ', encoding="utf-8")
    assert read_record(4, tmp_path) is None
    (tmp_path / f"userdata-d.4.{UUID}.libxl-json").unlink()
    (tmp_path / f"userdata-d.4.{UUID}.libxl-json").mkdir()
    assert read_record(4, tmp_path) is None

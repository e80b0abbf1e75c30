# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import shared_disks
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import guest, hvm_guest

REMEDY = "give each guest a disk of its own, or make it read-only for all of them"


def disk(name: str, *targets: Any, **changes: Any) -> Guest:
    """A guest with a disk for each target: a path, or the keys of a disk."""
    disks = [
        {"vdev": f"xvd{letter}", **(target if isinstance(target, dict) else {"target": str(target)})}
        for letter, target in zip("abc", targets)
    ]
    return guest(name, disks=disks, **changes)


def met(*guests: Guest, **hooks: Any) -> list[tuple[str, str, str]]:
    """Guest, key and reason of each problem."""
    found = shared_disks.check(guests, **hooks)
    assert {problem.remedy for problem in found} <= {REMEDY}
    return [(problem.guest, problem.key, problem.reason) for problem in found]


def same(what: str, other: Any, owner: str) -> str:
    return f"is the same {what} as {other} of guest {owner}, and this guest writes it"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.img"
    path.touch()
    return path


@pytest.mark.parametrize("way", ["same", "link", "hard link", "folder"])
def test_one_file_by_two_names(image: Path, tmp_path: Path, way: str) -> None:
    other = tmp_path / "b.img"
    if way == "same":
        other = image
    elif way == "link":
        other.symlink_to(image)
    elif way == "hard link":
        os.link(image, other)
    else:
        (tmp_path / "folder").symlink_to(tmp_path)
        other = tmp_path / "folder" / "a.img"
    key = "disks[0].target"
    assert met(disk("a", image), disk("b", other)) == [
        ("a", key, same("file", other, "b")),
        ("b", key, same("file", image, "a")),
    ]


def test_only_writers_are_refused(image: Path) -> None:
    reader = {"target": str(image), "access": "ro"}
    assert met(disk("a", reader), disk("b", image)) == [("b", "disks[0].target", same("file", image, "a"))]
    assert met(disk("a", reader), disk("b", reader)) == []


@pytest.mark.parametrize("state", ["stopped", "defined"])
def test_guests_that_are_off_write_nothing(image: Path, state: str) -> None:
    assert met(disk("a", image), disk("b", image, state=state)) == []
    assert len(met(disk("a", image), disk("b", image, state="paused"))) == 2


def test_two_disks_of_one_guest(image: Path, tmp_path: Path) -> None:
    (tmp_path / "b.img").symlink_to(image)
    assert [row[1:] for row in met(disk("a", image, tmp_path / "b.img"))] == [
        ("disks[0].target", f"is the same file as {tmp_path}/b.img of its own disks[1].target, and this guest writes it"),
        ("disks[1].target", f"is the same file as {image} of its own disks[0].target, and this guest writes it"),
    ]


def test_what_is_not_looked_at(image: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.img"
    other.touch()
    assert met(disk("a", image), disk("b", other)) == []
    assert met(disk("a", "/nowhere/a"), disk("b", "/nowhere/a")) == []
    assert met(disk("a", image), disk("b", {"target": str(image), "backend": "disks1"})) == []
    assert met(disk("a", image), disk("b", {"target": str(image), "script": "block-x"})) == []
    drive = [{"vdev": "hdc", "cdrom": True}]
    assert met(hvm_guest("a", disks=drive), hvm_guest("b", disks=drive)) == []


def test_many_others_are_counted(image: Path) -> None:
    rows = met(*[disk(f"g{number}", image) for number in range(9)])
    assert len(rows) == 9 and rows[0][2].endswith("g5 and 3 more, and this guest writes it")


SDA, SDA1, SDA2, SDB = (os.makedev(8, minor) for minor in (0, 1, 2, 16))
NAMES = {"/dev/sda": SDA, "/dev/sda1": SDA1, "/dev/sda2": SDA2, "/dev/disk/by-id/one": SDA, "/dev/sdb": SDB, "/dev/8": 8}


@pytest.fixture
def devices(tmp_path: Path) -> dict[str, Any]:
    """Two disks, one with two partitions, as sysfs shows them."""
    for name, number, part in (("sda", "8:0", ""), ("sda/sda1", "8:1", "1"), ("sda/sda2", "8:2", "2"), ("sdb", "8:16", "")):
        folder = tmp_path / "devices" / name
        folder.mkdir(parents=True)
        (folder / "dev").write_text(f"{number}\n")
        if part:
            (folder / "partition").write_text(f"{part}\n")
        (tmp_path / "block").mkdir(exist_ok=True)
        (tmp_path / "block" / number).symlink_to(folder)

    def look(path: str) -> os.stat_result:
        if path not in NAMES:
            raise FileNotFoundError(path)
        return os.stat_result((stat.S_IFBLK, 7, 5, 1, 0, 0, 0, 0, 0, 0), {"st_rdev": NAMES[path]})

    return {"look": look, "block_devices": tmp_path / "block"}


def test_a_block_device_by_two_names(devices: dict[str, Any]) -> None:
    assert met(disk("a", "/dev/sda"), disk("b", "/dev/disk/by-id/one"), disk("c", "/dev/sdb"), **devices) == [
        ("a", "disks[0].target", same("block device", "/dev/disk/by-id/one", "b")),
        ("b", "disks[0].target", same("block device", "/dev/sda", "a")),
    ]


def test_a_disk_and_its_partition(devices: dict[str, Any]) -> None:
    assert met(disk("a", "/dev/sda2"), disk("b", {"target": "/dev/sda", "access": "ro"}), **devices) == [
        ("a", "disks[0].target", "is a part of the same disk as /dev/sda of guest b, and this guest writes it")
    ]
    assert len(met(disk("a", "/dev/sda2"), disk("b", "/dev/sda"), **devices)) == 2


def test_two_partitions_are_two_disks(devices: dict[str, Any]) -> None:
    assert met(disk("a", "/dev/sda1"), disk("b", "/dev/sda2"), disk("c", "/dev/sdb"), disk("d", "/dev/none"), **devices) == []


def test_a_file_and_a_device_of_the_same_numbers_are_two(devices: dict[str, Any]) -> None:
    def look(path: str) -> os.stat_result:
        kind = stat.S_IFREG if path == "/a" else stat.S_IFBLK
        return os.stat_result((kind, 0, SDA, 1, 0, 0, 0, 0, 0, 0), {"st_rdev": SDA})

    assert met(disk("a", "/a"), disk("b", "/b"), **{**devices, "look": look}) == []


def test_a_device_that_sysfs_does_not_have(devices: dict[str, Any], tmp_path: Path) -> None:
    hooks = {**devices, "block_devices": tmp_path / "nothing"}
    assert met(disk("a", "/dev/sda1"), disk("b", "/dev/sda"), **hooks) == []
    assert len(met(disk("a", "/dev/sda"), disk("b", "/dev/disk/by-id/one"), **hooks)) == 2

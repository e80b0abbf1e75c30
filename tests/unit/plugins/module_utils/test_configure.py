# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guest_config plans and does, apart from its module: images, ownership, releases, and disks that refuse."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils import configure, images
from ansible_collections.xenfleet.stubdom.plugins.module_utils.files import MARK
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition, domain, host_state, told

NOW = (4, 17)


@pytest.fixture
def place(tmp_path: Path) -> configure.Place:
    (tmp_path / "xen").mkdir()
    (tmp_path / "vmlinuz").touch()
    return configure.Place(tmp_path / "xen", tmp_path / "xen" / "auto", tmp_path / "store")


def web1(place: configure.Place, **changes: Any) -> dict[str, Any]:
    boot = {"method": "direct", "kernel": str(place.config_dir.parent / "vmlinuz")}
    return definition(**{"boot": boot, **changes})


def plan_one(item: Any, place: configure.Place, **options: Any) -> configure.Written:
    written, _good = configure.plan([item], place, options.pop("release", NOW), **options)
    return written[0]


def write(item: Any, place: configure.Place, **options: Any) -> configure.Written:
    planned = plan_one(item, place, **options)
    assert planned.problems == []
    configure.apply(planned, place)
    return planned


def test_created_then_unchanged_then_updated_then_removed(place: configure.Place) -> None:
    steps = [web1(place), web1(place), web1(place, memory=512), {"name": "web1", "state": "absent"}]
    assert [write(step, place).action for step in steps] == ["created", "none", "updated", "removed"]
    assert not (place.config_dir / "web1.cfg").exists()
    assert write(steps[3], place).action == "none"


def test_the_file(place: configure.Place) -> None:
    item = write(web1(place), place)
    path = place.config_dir / "web1.cfg"
    assert path.read_text(encoding="utf-8").splitlines() == [
        f"# {MARK} for guest web1.",
        "# What is changed here by hand is lost: change the inventory instead.",
        'name = "web1"',
        'type = "pv"',
        "memory = 256",
        "vcpus = 1",
        f'kernel = "{place.config_dir.parent}/vmlinuz"',
        "disk = [ ]",
        "vif = [ ]",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert item.as_dict()["digest"] == configure.xencfg.digest(path.read_text(encoding="utf-8"))


def test_a_file_that_others_could_read_is_closed(place: configure.Place) -> None:
    write(web1(place), place)
    path = place.config_dir / "web1.cfg"
    path.chmod(0o644)
    assert write(web1(place), place).action == "updated"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_changed_by_hand_is_put_right(place: configure.Place) -> None:
    write(web1(place), place)
    path = place.config_dir / "web1.cfg"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "vcpus = 9\n", encoding="utf-8")
    assert write(web1(place), place).action == "updated"
    assert path.read_text(encoding="utf-8") == text


def test_autostart(place: configure.Place) -> None:
    link = place.autostart_dir / "web1.cfg"
    assert write(web1(place, autostart=True), place).action == "created"
    assert os.readlink(link) == str(place.config_dir / "web1.cfg")
    assert write(web1(place, autostart=True), place).action == "none"
    assert write(web1(place), place).action == "updated"
    assert not os.path.lexists(link)
    assert write(web1(place, autostart=True), place).action == "updated"
    assert write({"name": "web1", "state": "absent"}, place).action == "removed"
    assert not os.path.lexists(link)


def test_a_link_that_is_left_without_its_file_is_removed(place: configure.Place) -> None:
    """A run that was killed between the two is finished by the next."""
    write(web1(place, autostart=True), place)
    (place.config_dir / "web1.cfg").unlink()
    assert write({"name": "web1", "state": "absent"}, place).action == "updated"
    assert not os.path.lexists(place.autostart_dir / "web1.cfg")


@pytest.mark.parametrize("absent", [False, True])
def test_somebody_else_s_file_and_link_are_left_alone(absent: bool, place: configure.Place) -> None:
    path, link = place.config_dir / "web1.cfg", place.autostart_dir / "web1.cfg"
    path.write_text("name = 'mine'\n", encoding="utf-8")
    link.parent.mkdir()
    link.write_text("a file", encoding="utf-8")
    item = {"name": "web1", "state": "absent"} if absent else web1(place)
    remedy = "move it away, or set adopt: true, which keeps a copy beside it with the ending .orig"
    planned = plan_one(item, place)
    assert told(planned.problems) == [
        ("web1", "file", str(path), "exists and was not written by this collection", remedy),
        ("web1", "autostart", str(link), "exists and is no link to the guest's file", "move it away"),
    ]
    assert planned.as_dict()["action"] == "none"


def test_adopt_keeps_a_copy_and_removes_nothing(place: configure.Place) -> None:
    path = place.config_dir / "web1.cfg"
    path.write_bytes(b"name = 'mine' \xff\n")
    absent = plan_one({"name": "web1", "state": "absent"}, place, adopt=True)
    assert [problem.key for problem in absent.problems] == ["file"], "adopt is no leave to remove"
    adopted = write(web1(place), place, adopt=True)
    assert (adopted.action, adopted.backup) == ("updated", f"{path}.orig")
    assert Path(adopted.backup).read_bytes() == b"name = 'mine' \xff\n"
    again = write(web1(place), place, adopt=True)
    assert (again.action, again.backup) == ("none", "")


def test_an_old_release(place: configure.Place) -> None:
    planned = plan_one(web1(place), place, release=(4, 1))
    assert told(planned.problems) == [
        (
            "web1",
            "disks",
            None,
            "Xen 4.1 does not read the disk lines that this version writes",
            "update the host to Xen 4.2 or newer",
        )
    ]


def test_no_image(place: configure.Place) -> None:
    planned = plan_one(web1(place, boot={"method": "pvgrub2"}), place)
    assert told(planned.problems) == [
        (
            "web1",
            "boot.image",
            "pvgrub2-x86_64",
            "no such image is installed on the host",
            "install it with the role xenfleet.stubdom.images, or run the playbook deploy.yml, which does",
        )
    ]


def test_the_image_that_is_installed_and_the_one_that_this_run_announces(place: configure.Place) -> None:
    grub = web1(place, boot={"method": "pvgrub2"})
    source = place.config_dir / "image"
    source.write_bytes(b"grub")
    image = images.place_of(place.store, "pvgrub2-x86_64", hashlib.sha256(b"grub").hexdigest(), "x.bin")
    images.install(image, source, {})
    assert plan_one(grub, place).kernel == image.path
    announced = configure.Place(place.config_dir, place.autostart_dir, place.store, {"pvgrub2-x86_64": "/new.bin"})
    assert plan_one(grub, announced).kernel == "/new.bin"


def test_a_fault_of_one_guest_does_not_keep_the_others(place: configure.Place) -> None:
    items = ["nonsense", web1(place), web1(place, name="b", boot={"method": "pvgrub2"}), web1(place, name="c")]
    written, good = configure.plan(items, place, NOW)
    assert [item.name for item in written] == ["number 1 of the list", "web1", "b", "c"]
    assert [one.name for one in good] == ["web1", "c"]
    configure.apply(written[0], place)
    assert list(place.config_dir.iterdir()) == []


def test_what_the_host_refuses(place: configure.Place) -> None:
    place = configure.Place(place.config_dir, place.autostart_dir, place.store, {"pvgrub2-i386": "/grub.bin"})
    items = [
        web1(place, name="a", boot={"method": "pvgrub2", "arch": "i386"}, memory=4096),
        web1(place, name="b", memory=4096),
        web1(place, name="c", memory=2048),
        {"name": "d", "state": "absent"},
    ]
    written, good = configure.plan(items, place, NOW)
    host = host_state(free_memory=1000, commandline="placeholder")
    configure.check_host(written, good, host, [domain("Domain-0", 0, memory=1500), domain("c", 3)])
    assert [[problem.key for problem in item.problems] for item in written] == [["boot.arch"], ["memory"], [], []]
    assert written[1].problems[0].reason == "starting it takes 4130 MiB, and the host has 2372 MiB left for it"


@pytest.mark.parametrize("existing", [False, True])
def test_a_disk_that_refuses_is_the_guest_s_problem(
    existing: bool, place: configure.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if existing:
        write(web1(place), place)

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    planned = plan_one(web1(place, memory=512), place)
    configure.apply(planned, place)
    path = str(place.config_dir / "web1.cfg")
    assert told(planned.problems) == [
        (
            "web1",
            "file",
            path,
            "cannot be written: No space left on device",
            "make room and see that root may write there",
        )
    ]
    assert (planned.as_dict()["action"], planned.as_dict()["digest"]) == ("none", "")
    assert [file.name for file in place.config_dir.iterdir()] == (["web1.cfg"] if existing else [])

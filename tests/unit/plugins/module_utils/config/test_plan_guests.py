# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guest_config plans and does, apart from its module: files of every scheme, ownership, and disks that refuse."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import MARK
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config import plan_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.guest_plan import GuestPlan, apply
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest, with_seal
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import (
    definition,
    domain,
    facts,
    host_state,
    hvm,
    told,
)

ADOPT = "move it away, or set guests_adopt: true (option adopt of guest_config), which keeps a copy beside it with the ending .orig"
PLAIN = "see that it is a plain file in a folder, or move away what is there"
ROOM = "make room, and see that root may write there"


@pytest.fixture
def place(tmp_path: Path) -> plan_guests.HostContext:
    """A host with xl of Xen 4.17 and every image."""
    (tmp_path / "xen").mkdir()
    (tmp_path / "vmlinuz").touch()
    return plan_guests.HostContext(tmp_path / "xen", tmp_path / "xen" / "auto", facts())


@pytest.fixture
def old(place: plan_guests.HostContext) -> plan_guests.HostContext:
    """The same folder on a host with xm of Xen 3.3, whose guests have two files."""
    return replace(place, facts=facts("3.3", "xm"))


def web1(place: plan_guests.HostContext, **changes: Any) -> dict[str, Any]:
    boot = {"method": "direct", "kernel": str(place.config_dir.parent / "vmlinuz")}
    return definition(**{"boot": boot, **changes})


def absent(name: str = "web1") -> dict[str, Any]:
    return {"name": name, "state": "absent"}


def plan_one(item: Any, place: plan_guests.HostContext, adopt: bool = False) -> GuestPlan:
    written, _good = plan_guests.plan_guests(read_guests([item]), place, adopt)
    return written[0]


def write(item: Any, place: plan_guests.HostContext, adopt: bool = False) -> GuestPlan:
    planned = plan_one(item, place, adopt)
    assert planned.problems == []
    shown, diffs = planned.as_dict(), planned.diffs()
    apply(planned)
    # What check mode would have said.
    assert (planned.as_dict(), planned.diffs()) == (shown, diffs)
    return planned


def names(place: plan_guests.HostContext) -> list[str]:
    """All that lies below the folder, files that are half-written too."""
    found = [path for path in place.config_dir.rglob("*") if path.is_symlink() or not path.is_dir()]
    return sorted(str(path.relative_to(place.config_dir)) for path in found)


def read(place: plan_guests.HostContext, name: str) -> str:
    return (place.config_dir / name).read_bytes().decode("utf-8", "surrogateescape")


def put(place: plan_guests.HostContext, name: str, text: str) -> Path:
    path = place.config_dir / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


# -- one file -----------------------------------------------------------------------------------------------------------


def test_created_then_unchanged_then_updated_then_removed(place: plan_guests.HostContext) -> None:
    steps = [web1(place), web1(place), web1(place, memory=512), absent()]
    assert [write(step, place).action for step in steps] == ["created", "none", "updated", "removed"]
    assert names(place) == []
    assert write(steps[3], place).action == "none"


def test_the_file(place: plan_guests.HostContext) -> None:
    item = write(web1(place), place)
    lines = read(place, "web1.cfg").splitlines()
    assert lines[1].startswith("# Seal: ")
    assert lines[:1] + lines[2:] == [
        f"# {MARK} for guest web1.",
        "# Change the inventory instead: what is changed here by hand is replaced.",
        'name = "web1"',
        'type = "pv"',
        "memory = 256",
        "vcpus = 1",
        f'kernel = "{place.config_dir.parent}/vmlinuz"',
        "disk = [ ]",
        "vif = [ ]",
    ]
    assert (place.config_dir / "web1.cfg").stat().st_mode & 0o777 == 0o600
    assert item.as_dict()["digest"] == digest(read(place, "web1.cfg"))


def test_the_answer(place: plan_guests.HostContext) -> None:
    write(web1(place), place)
    path = place.config_dir / "web1.cfg"
    item = write(web1(place, memory=512), place).as_dict()
    assert item == {
        "name": "web1",
        "path": str(path),
        "stub_domain_path": "",
        "scheme": "",
        "kernel": str(place.config_dir.parent / "vmlinuz"),
        "digest": digest(read(place, "web1.cfg")),
        "action": "updated",
        "changes": [{"path": str(path), "key": "memory", "before": "256", "after": "512"}],
        "backup": "",
        "meaning": {},
        "notes": [],
        "problems": [],
    }
    gone = write(absent(), place).as_dict()
    assert (gone["digest"], gone["kernel"], gone["path"]) == ("", "", str(path))
    assert {change["after"] for change in gone["changes"]} == {None}


def test_a_file_that_others_could_read_is_closed(place: plan_guests.HostContext) -> None:
    write(web1(place), place)
    path = place.config_dir / "web1.cfg"
    path.chmod(0o644)
    item = write(web1(place), place).as_dict()
    assert (item["action"], item["changes"]) == ("updated", [])
    assert item["notes"] == [f"guest web1: {path} had the mode 0644, and gets 0600"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert write(web1(place), place).action == "none"


@pytest.mark.parametrize("step", [{}, {"state": "absent"}])
def test_a_file_changed_by_hand_is_put_right_and_kept(step: Any, place: plan_guests.HostContext) -> None:
    write(web1(place), place)
    text = read(place, "web1.cfg")
    path = put(place, "web1.cfg", text + "vcpus = 9\n")
    item = write({**web1(place), **step}, place).as_dict()
    assert item["backup"].startswith(f"{path}.by-hand-")
    assert Path(item["backup"]).read_text(encoding="utf-8") == text + "vcpus = 9\n"
    assert item["action"] == ("removed" if step else "updated")
    what = "" if step else " (vcpus differs)"
    assert item["notes"] == [f"guest web1: {path} was changed by hand{what}; it is kept as {item['backup']}"]
    again = write({**web1(place), **step}, place).as_dict()
    assert (again["action"], again["backup"], again["notes"]) == ("none", "", [])


def test_a_file_that_cannot_be_read_is_replaced_and_its_changes_not_reported(place: plan_guests.HostContext) -> None:
    write(web1(place), place)
    text = read(place, "web1.cfg")
    path = put(place, "web1.cfg", text.replace("memory = 256", "memory = "))
    item = write(web1(place), place).as_dict()
    words = "(it cannot be read: line 6: the end of the line is not expected here)"
    assert item["notes"] == [f"guest web1: {path} was changed by hand {words}; it is kept as {item['backup']}"]
    assert (item["action"], item["changes"], read(place, "web1.cfg")) == ("updated", [], text)


def test_of_a_guest_with_problems_nothing_is_reported_that_was_not_done(place: plan_guests.HostContext) -> None:
    write(web1(place), place)
    text = read(place, "web1.cfg") + "vcpus = 9\n"
    put(place, "web1.cfg", text)
    item = plan_one(web1(place, memory=10**6), place)
    for guest in (plan_one(web1(place, disks=[{"target": "/nonexistent", "vdev": "xvda"}]), place), item):
        if guest is item:
            _written, good = plan_guests.plan_guests(read_guests([web1(place, memory=10**6)]), place)
            plan_guests.check_host([item], good, host_state(), [])
        shown = guest.as_dict()
        assert len(shown["problems"]) == 1
        assert [shown[key] for key in ("action", "changes", "backup", "notes", "digest")] == ["none", [], "", [], ""]
    assert read(place, "web1.cfg") == text


def test_a_guest_that_never_starts_is_not_among_those_to_write(place: plan_guests.HostContext) -> None:
    (planned,), good = plan_guests.plan_guests(read_guests([web1(place, type="pvh", settings={"pci": ["03:00.0"]})]), place)
    assert [problem.key for problem in planned.problems] == ["settings.pci"]
    assert (good, planned.as_dict()["action"]) == ([], "none")


def test_a_problem_of_one_guest_does_not_stop_the_others(place: plan_guests.HostContext) -> None:
    items = ["nonsense", web1(place), web1(place, name="b", type="pvh", boot={"method": "x"}), web1(place, name="c")]
    written, good = plan_guests.plan_guests(read_guests(items), place)
    assert [item.name for item in written] == ["number 1 of the list", "web1", "b", "c"]
    assert [one.name for one in good] == ["web1", "c"]
    apply(written[0])
    assert written[0].as_dict()["path"] == ""
    assert names(place) == []


def test_notes_of_the_scheme_come_first(old: plan_guests.HostContext) -> None:
    item = hvm(device_model={"memory": 64})
    write(item, old)
    put(old, "win1", read(old, "win1") + "a = 1\n")
    notes = plan_one(item, old).as_dict()["notes"]
    assert [note.split(";")[0].split(" (")[0] for note in notes] == [
        "guest win1: device_model.memory is not used: stubdom-dm gives its stub domain 32 MiB",
        f"guest win1: {old.config_dir}/win1 was changed by hand",
    ]


# -- whose it is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [{}, {"state": "absent"}])
def test_a_foreign_file_and_link_are_left_alone(step: Any, place: plan_guests.HostContext) -> None:
    path, link = put(place, "web1.cfg", "name = 'mine'\n"), place.autostart_dir / "web1.cfg"
    link.parent.mkdir()
    link.write_text("a file", encoding="utf-8")
    planned = plan_one({**web1(place), **step}, place)
    assert told(planned.problems) == [
        ("web1", "file", str(path), "exists and was not written by this collection", ADOPT),
        ("web1", "autostart", str(link), "exists and is not a link to the guest's file", "move it away"),
    ]
    assert planned.as_dict()["action"] == "none"


def test_adopt_keeps_a_copy_and_removes_nothing(place: plan_guests.HostContext) -> None:
    path = place.config_dir / "web1.cfg"
    path.write_bytes(b"name = 'mine' \xff\n")
    refused = plan_one(absent(), place, adopt=True)
    assert [problem.key for problem in refused.problems] == ["file"], "adopt is no leave to remove"
    adopted = write(web1(place), place, adopt=True).as_dict()
    assert (adopted["action"], adopted["backup"]) == ("updated", f"{path}.orig")
    assert adopted["notes"] == [f"guest web1: {path} was not written by this collection; it is kept as {path}.orig"]
    assert Path(adopted["backup"]).read_bytes() == b"name = 'mine' \xff\n"
    again = write(web1(place), place, adopt=True).as_dict()
    assert (again["action"], again["backup"], again["notes"]) == ("none", "", [])


@pytest.mark.parametrize("adopt", [False, True])
def test_the_file_of_another_guest_is_not_taken(adopt: bool, place: plan_guests.HostContext) -> None:
    """Somebody copied web1.cfg to begin web2's with, or web2's name is that of a file of another guest."""
    write(web1(place), place)
    path = put(place, "web2.cfg", read(place, "web1.cfg"))
    for item in (web1(place, name="web2"), absent("web2")):
        assert told(plan_one(item, place, adopt).problems) == [
            ("web2", "file", str(path), "was written for guest web1",
             "move it away, or remove guest web1 first (state: absent)")
        ]  # fmt: skip


@pytest.mark.parametrize("target", ["file", "nothing", "web1.cfg"])
def test_a_link_in_the_file_s_place_is_refused(target: str, place: plan_guests.HostContext) -> None:
    path = place.config_dir / "web1.cfg"
    (place.config_dir / "file").write_text(with_seal(f"# {MARK} for guest web1.\n"), encoding="utf-8")
    path.symlink_to(target)
    for item in (web1(place), absent()):
        assert told(plan_one(item, place, adopt=True).problems) == [
            ("web1", "file", str(path), "cannot be read: it is a symbolic link", PLAIN)
        ]
    assert os.readlink(path) == target


def test_a_folder_in_the_file_s_place(place: plan_guests.HostContext) -> None:
    path = place.config_dir / "web1.cfg"
    path.mkdir()
    for item in (web1(place), absent()):
        planned = plan_one(item, place, adopt=True)
        assert told(planned.problems) == [("web1", "file", str(path), "cannot be read: it is a folder", PLAIN)]
        apply(planned)
    assert path.is_dir()


def test_a_file_in_the_folder_s_place(place: plan_guests.HostContext) -> None:
    place = replace(place, config_dir=place.config_dir.parent / "vmlinuz")
    assert [problem.reason for problem in plan_one(web1(place), place).problems][-1:] == ["cannot be read: Not a directory"]


def test_a_pipe_is_not_waited_for(old: plan_guests.HostContext) -> None:
    os.mkfifo(old.config_dir / "win1-dm")
    planned = plan_one(hvm(), old)
    reason = "cannot be read: it is a device, pipe or socket"
    assert told(planned.problems) == [("win1", "file", str(old.config_dir / "win1-dm"), reason, PLAIN)]
    # Where no second file is wanted, it is nobody's business.
    assert plan_one(hvm(device_model={"scheme": "dom0"}), old).problems == []


# -- autostart ----------------------------------------------------------------------------------------------------------


def test_autostart(place: plan_guests.HostContext) -> None:
    link, path = place.autostart_dir / "1000-00-web1.cfg", place.config_dir / "web1.cfg"
    assert write(web1(place, autostart=True), place).action == "created"
    assert os.readlink(link) == str(path)
    assert write(web1(place, autostart=True), place).action == "none"
    heads = {"before_header": str(link), "after_header": str(link)}
    text = f"a link to {path}\n"
    removed = write(web1(place), place)
    assert (removed.action, removed.diffs()) == ("updated", [{**heads, "before": text, "after": ""}])
    assert not os.path.lexists(link)
    made = write(web1(place, autostart=True), place)
    assert (made.action, made.diffs()) == ("updated", [{**heads, "before": "", "after": text}])
    assert write(absent(), place).action == "removed"
    assert names(place) == []


def test_a_link_relative_to_its_folder_is_as_good(place: plan_guests.HostContext) -> None:
    write(web1(place), place)
    place.autostart_dir.mkdir()
    (place.autostart_dir / "1000-00-web1.cfg").symlink_to("../web1.cfg")
    assert write(web1(place, autostart=True), place).action == "none"
    assert write(web1(place), place).action == "updated"
    assert names(place) == ["web1.cfg"]


def test_a_link_that_is_left_without_its_file_is_removed(place: plan_guests.HostContext) -> None:
    """A run that was killed between the two is finished by the next."""
    write(web1(place, autostart=True), place)
    (place.config_dir / "web1.cfg").unlink()
    assert write(absent(), place).action == "removed"
    assert not os.path.lexists(place.autostart_dir / "1000-00-web1.cfg")


def test_a_link_that_vanished_meanwhile(place: plan_guests.HostContext) -> None:
    write(web1(place, autostart=True), place)
    planned = plan_one(web1(place), place)
    (place.autostart_dir / "1000-00-web1.cfg").unlink()
    apply(planned)
    assert (planned.action, planned.problems) == ("updated", [])


def test_no_folder_for_links(place: plan_guests.HostContext) -> None:
    place.autostart_dir.write_text("", encoding="utf-8")
    assert told(plan_one(web1(place, autostart=True), place).problems) == [
        ("web1", "autostart", str(place.autostart_dir), "is not a folder", "move it away")
    ]
    assert plan_one(web1(place), place).problems == [], "who wants no link needs no folder"


# -- images and the host ------------------------------------------------------------------------------------------------


def test_no_image(place: plan_guests.HostContext) -> None:
    place = replace(place, facts=facts(images={}))
    assert told(plan_one(web1(place, boot={"method": "pvgrub2"}), place).problems) == [
        (
            "web1",
            "boot.image",
            "pvgrub2-x86_64",
            "no such image is installed on the host",
            "install it with the role xenfleet.stubdom.images, or run the playbook deploy.yml",
        )
    ]


def test_what_the_host_refuses(place: plan_guests.HostContext) -> None:
    items = [
        web1(place, name="a", boot={"method": "pvgrub2", "arch": "i386"}, memory=4096),
        web1(place, name="b", memory=4096),
        web1(place, name="c", memory=2048),
        absent("d"),
        hvm("e", memory=2206),
        hvm("f", memory=128),
    ]
    written, good = plan_guests.plan_guests(read_guests(items), place)
    host = host_state(free_memory=1000, commandline="placeholder")
    plan_guests.check_host(written, good, host, [domain("Domain-0", 0, memory=1500), domain("c", 3)])
    found = [[problem.key for problem in item.problems] for item in written]
    assert found == [["boot.arch"], ["memory"], [], [], ["memory"], []]
    assert written[1].problems[0].reason == "starting it takes 4114 MiB, and the host has 2372 MiB left for it"
    # Its own 2206 MiB would fit; 164 MiB of its stub domain do not.
    assert written[4].problems[0].reason == "starting it takes 2382 MiB, and the host has 2372 MiB left for it"


def test_notes_on_starts_are_for_guests_that_start(place: plan_guests.HostContext) -> None:
    items = [web1(place, name=name, state=state) for name, state in (("a", "running"), ("b", "paused"), ("c", "running"), ("d", "stopped"))]
    items.append(web1(place, name="e", memory=10**6))
    needs = SimpleNamespace(
        defaults=SimpleNamespace(autoballoon=""),
        check_default_backend=lambda _guests, _running: [],
        notes_before_start=lambda guest, scheme: [f"{guest.name} {scheme!r}"],
    )
    written, good = plan_guests.plan_guests(read_guests(items), place)
    plan_guests.check_host(written, good, host_state(free_memory=9000), [domain("Domain-0", 0), domain("c", 3)], cast(Any, needs))
    assert [item.notes for item in written] == [["a ''"], ["b ''"], [], [], []]


def test_what_guests_share_on_the_host_and_what_they_need_of_its_domains(place: plan_guests.HostContext, tmp_path: Path) -> None:
    (tmp_path / "a.img").touch()
    (tmp_path / "b.img").symlink_to(tmp_path / "a.img")
    disks = [[{"target": f"{tmp_path}/{name}.img", "vdev": "xvda", "access": access}] for name, access in (("a", "rw"), ("b", "ro"))]
    items = [
        web1(place, name="a", disks=disks[0]),
        web1(place, name="b", disks=disks[1], vifs=[{"backend": "d"}, {"vifname": "lo"}]),
        web1(place, name="c", vifs=[{"backend": "netdom"}, {"backend": "old"}]),
        web1(place, name="d"),
    ]
    written, good = plan_guests.plan_guests(read_guests(items), place)
    plan_guests.check_host(written, good, host_state(free_memory=9000), [domain("Domain-0", 0), domain("old", 3)])
    assert [[problem.key for problem in item.problems] for item in written] == [
        ["disks[0].target"],
        ["vifs[1].vifname"],
        ["vifs[0].backend"],
        [],
    ]


# -- schemes and toolstacks ---------------------------------------------------------------------------------------------


def test_two_files(old: plan_guests.HostContext) -> None:
    item = write(hvm(vifs=[{"bridge": "lo", "mac": "00:16:3e:00:00:01"}]), old).as_dict()
    own, second = old.config_dir / "win1", old.config_dir / "win1-dm"
    assert (item["path"], item["stub_domain_path"], item["scheme"]) == (str(own), str(second), "paired")
    assert {change["path"] for change in item["changes"]} == {str(own), str(second)}
    assert item["digest"] == digest(own.read_text() + second.read_text()) != digest(own.read_text())
    assert own.read_text().startswith(f"# {MARK} for guest win1.\n")
    assert second.read_text().startswith(f"# {MARK} for the stub domain of guest win1.\n")
    assert {path.stat().st_mode & 0o777 for path in (own, second)} == {0o600}
    assert write(hvm(vifs=[{"bridge": "lo", "mac": "00:16:3e:00:00:01"}]), old).action == "none"


def test_a_change_of_the_second_file_alone(old: plan_guests.HostContext) -> None:
    first = write(hvm(display={"type": "vnc"}), old)
    before = read(old, "win1")
    item = write(hvm(display={"type": "vnc", "display": 3}), old)
    assert (item.action, [file.action for file in item.files]) == ("updated", ["none", "updated"])
    assert read(old, "win1") == before
    assert [diff["after_header"] for diff in item.diffs()] == [f"{old.config_dir}/win1-dm"]
    assert item.as_dict()["digest"] != first.as_dict()["digest"], "another stub domain is another guest"


@pytest.mark.parametrize("dm_config", ["stubdom-{}", "{}-dm"])
def test_the_second_file_is_named_as_the_installed_stubdom_dm_wants(dm_config: str, old: plan_guests.HostContext) -> None:
    write(hvm("a"), old)
    place = replace(old, facts=facts("3.3", "xm", dm_config=dm_config))
    item = write(hvm("a"), place)
    assert names(place) == sorted(["a", dm_config.format("a")])
    assert item.action == ("none" if dm_config == "{}-dm" else "updated")
    assert write(absent("a"), place).action == "removed"
    assert names(place) == []


class Killed(BaseException):
    """The run ends here, as by a signal."""


@pytest.mark.parametrize(
    "before, after",
    [
        (None, hvm("a", memory=64, autostart=True)),
        (hvm("a", autostart=True), hvm("a", memory=64, vifs=[{"bridge": "lo", "mac": "00:16:3e:00:00:01"}])),
        (hvm("a", autostart=True), absent("a")),
        (hvm("a", autostart=True), hvm("a", device_model={"scheme": "dom0"}, autostart=True)),
    ],
)
@pytest.mark.parametrize("left", range(5))
def test_an_interrupted_run_is_completed_by_the_next(
    left: int, before: Any, after: Any, old: plan_guests.HostContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``left`` is how many changes of the folder it still makes."""
    if before:
        write(before, old)
    was = {name: read(old, name) for name in names(old)}
    planned = plan_one(after, old)
    steps = left
    with monkeypatch.context() as patch:
        for function in ("replace", "unlink"):
            do = getattr(os, function)

            def step(*args: Any, do: Any = do, **more: Any) -> None:
                nonlocal steps
                if ".tmp" not in str(args[0]) or len(args) == 2:
                    if not steps:
                        raise Killed
                    steps -= 1
                do(*args, **more)

            patch.setattr(os, function, step)
        try:
            apply(planned)
        except Killed:
            pass
    now = {name: read(old, name) for name in names(old) if (old.config_dir / name).exists()}
    # A guest that has a file has the second one that this file needs.
    assert "stubdom-dm" not in now.get("a", "") or "a-dm" in now
    if now.get("a") == was.get("a") and "a" in was and after.get("state") != "absent":
        assert "a-dm" in now
    write(after, old)
    again = plan_one(after, old)
    assert (again.action, again.problems) == ("none", [])
    assert not [name for name in names(old) if ".tmp" in name]
    wanted = [] if after.get("state") == "absent" else ["a"] if "device_model" in after else ["a", "a-dm"]
    assert names(old) == wanted + (["auto/1000-00-a"] if after.get("autostart") else [])


def test_another_scheme_removes_the_second_file(old: plan_guests.HostContext) -> None:
    write(hvm("a"), old)
    newer = replace(old, facts=facts("4.0", "xm"))
    item = write(hvm("a"), newer).as_dict()
    assert (item["scheme"], item["action"], item["stub_domain_path"]) == ("generated", "updated", "")
    gone = [change for change in item["changes"] if change["path"] == f"{old.config_dir}/a-dm"]
    assert gone and {change["after"] for change in gone} == {None}
    assert names(old) == ["a"]


def test_another_toolstack_removes_the_files_and_links_of_the_old_one(
    old: plan_guests.HostContext, place: plan_guests.HostContext
) -> None:
    items = [hvm("a", autostart=True), hvm("b")]
    for item in items:
        write(item, old)
    assert names(old) == ["a", "a-dm", "auto/1000-00-a", "b", "b-dm"]
    assert write(items[0], place).action == "created"
    assert names(place) == ["a.cfg", "auto/1000-00-a.cfg", "b", "b-dm"]
    assert write(items[0], place).action == "none"
    # And back.
    assert write(items[0], old).action == "created"
    assert names(place) == ["a", "a-dm", "auto/1000-00-a", "b", "b-dm"]
    assert write(absent("a"), place).action == "removed"
    assert names(place) == ["b", "b-dm"]


def test_a_file_changed_by_hand_is_kept_when_it_is_removed(old: plan_guests.HostContext, place: plan_guests.HostContext) -> None:
    write(hvm("a"), old)
    put(old, "a-dm", read(old, "a-dm") + "memory = 64\n")
    item = write(hvm("a"), place).as_dict()
    (note,) = item["notes"]
    copy = note.rsplit(" ", 1)[1]
    assert note == f"guest a: {old.config_dir}/a-dm was changed by hand; it is kept as {copy}"
    assert Path(copy).read_text(encoding="utf-8").endswith("memory = 64\n")
    assert item["backup"] == "", "that is for the guest's own file"


def test_a_file_of_xm_whose_name_ends_like_one_of_xl(old: plan_guests.HostContext, place: plan_guests.HostContext) -> None:
    """Guest w.cfg had stubdom-w.cfg under xm: it is read as what it is."""
    named = replace(old, facts=facts("3.3", "xm", dm_config="stubdom-{}"))
    write(hvm("w.cfg"), named)
    put(old, "stubdom-w.cfg", read(old, "stubdom-w.cfg").replace("'", '"""'))
    item = write(hvm("w.cfg"), place).as_dict()
    assert [change["key"] for change in item["changes"] if change["path"].endswith("/stubdom-w.cfg")]
    assert [name for name in names(place) if ".by-hand-" not in name] == ["w.cfg.cfg"]


@pytest.mark.parametrize("first, second", [("a", "stubdom-a"), ("a", "a-dm"), ("a", "a.cfg"), ("stubdom-a", "a-dm")])
@pytest.mark.parametrize("toolstack", ["xl", "xm"])
def test_guests_whose_names_look_like_files_of_others(
    toolstack: str, first: str, second: str, old: plan_guests.HostContext, place: plan_guests.HostContext
) -> None:
    """Whatever becomes of one, the files of the other stay."""
    here = place if toolstack == "xl" else old
    one, other = web1(here, name=first), web1(here, name=second)
    for name, rest in ((first, other), (second, one)):
        write(one, here)
        write(other, here)
        before = names(here)
        kept = write(rest, here).files[0].path.name
        assert write(absent(name), here).action == "removed"
        assert sorted(set(before) - set(names(here))) == [name if toolstack == "xm" else f"{name}.cfg"]
        assert names(here) == [kept]
        assert write(web1(here, name=name, memory=64), here).action == "created"
        assert write(rest, here).action == "none"
        write(absent(name), here)
        write(absent(rest["name"]), here)


def test_the_toolstack_changes_under_two_such_guests(old: plan_guests.HostContext, place: plan_guests.HostContext) -> None:
    """The file a.cfg is that of guest a.cfg under xm, and that of guest a under xl: the second one waits for the first."""
    pair = [web1(old, name="a"), web1(old, name="a.cfg")]
    for item in pair:
        write(item, old)
    refused = plan_one(pair[0], place)
    assert [problem.reason for problem in refused.problems] == ["was written for guest a.cfg"]
    assert write(pair[1], place).action == "created"
    assert write(pair[0], place).action == "created"
    assert names(place) == ["a.cfg", "a.cfg.cfg"]


@pytest.mark.parametrize("text", ["name = 'a-dm'\n", "", with_seal(f"# {MARK} for guest a-dm.\nname = 'a-dm'\n")])
def test_a_foreign_file_in_the_second_one_s_place(text: str, old: plan_guests.HostContext) -> None:
    path = put(old, "a-dm", text)
    refused = plan_one(hvm("a"), old)
    assert [(problem.key, problem.value) for problem in refused.problems] == [("file", str(path))]
    # Who needs no second file, or goes, has nothing to do with it.
    write(hvm("a", device_model={"scheme": "dom0"}), old)
    write(absent("a"), old)
    assert (names(old), read(old, "a-dm")) == (["a-dm"], text)


def test_a_foreign_second_file_is_adopted(old: plan_guests.HostContext) -> None:
    path = put(old, "a-dm", "memory = 32\n")
    item = write(hvm("a"), old, adopt=True).as_dict()
    assert (item["action"], item["backup"]) == ("created", "")
    assert item["notes"] == [f"guest a: {path} was not written by this collection; it is kept as {path}.orig"]
    assert read(old, "a-dm.orig") == "memory = 32\n"


def test_what_only_looks_like_a_second_file_stays(place: plan_guests.HostContext, old: plan_guests.HostContext) -> None:
    write(hvm("a"), old)
    (old.config_dir / "a-dm").rename(old.config_dir / "kept")
    (old.config_dir / "a-dm").symlink_to("kept")
    (old.config_dir / "stubdom-a").mkdir()
    write(hvm("a"), place)
    assert names(place) == ["a-dm", "a.cfg", "kept"]


@pytest.mark.parametrize("release", ["4.1", "4.5"])
def test_a_release_without_the_toolstack(release: str, place: plan_guests.HostContext) -> None:
    place = replace(place, facts=facts(release, "xl" if release == "4.1" else "xm"))
    (problem,) = plan_one(web1(place), place).problems
    assert (problem.key, problem.value) == ("toolstack", place.facts.toolstack)
    assert problem.reason.endswith(f"and the host has {release}")


@pytest.mark.parametrize(
    "scheme, release, toolstack",
    [("paired", "3.3", "xm"), ("generated", "4.4", "xm"), ("minios", "4.17", "xl"), ("linux", "4.22", "xl"),
     ("dom0", "3.3", "xm"), ("dom0", "4.22", "xl")],
)  # fmt: skip
def test_the_scheme_holds_for_guests_that_leave_theirs_open(
    scheme: str, release: str, toolstack: str, place: plan_guests.HostContext
) -> None:
    place = replace(place, facts=facts(release, toolstack), scheme=scheme)
    assert write(hvm("a"), place).scheme == scheme
    assert write(hvm("b", device_model={"scheme": "dom0"}), place).scheme == "dom0"
    # A guest without a device model does not care.
    assert write(web1(place), place).scheme == ""


# -- disks that refuse --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["fchmod", "fsync", "replace"])
@pytest.mark.parametrize("existing", [False, True])
def test_a_disk_that_refuses_is_the_guest_s_problem(
    existing: bool, call: str, old: plan_guests.HostContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    if existing:
        write(hvm("a"), old)
    before = {name: read(old, name) for name in names(old)}

    def full(*_args: Any, **_more: Any) -> None:
        raise OSError(28, "No space left on device", "/some/.a-dm.file.tmp")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        planned = plan_one(hvm("a", memory=512, vifs=[{"bridge": "lo", "mac": "00:16:3e:00:00:01"}]), old)
        apply(planned)
    reason = "cannot be written: No space left on device"
    assert told(planned.problems) == [("a", "file", f"{old.config_dir}/a-dm", reason, ROOM)]
    shown = planned.as_dict()
    assert [shown[key] for key in ("action", "digest", "changes", "notes")] == ["none", "", [], []]
    assert {name: read(old, name) for name in names(old)} == before


def test_a_link_that_cannot_be_made(place: plan_guests.HostContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "symlink", refuse)
    planned = plan_one(web1(place, autostart=True), place)
    apply(planned)
    link = str(place.autostart_dir / "1000-00-web1.cfg")
    assert told(planned.problems) == [("web1", "file", link, "cannot be written: Read-only file system", ROOM)]


def test_a_file_that_cannot_be_removed(place: plan_guests.HostContext, monkeypatch: pytest.MonkeyPatch) -> None:
    write(web1(place), place)

    def refuse(*_args: Any, **_more: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    planned = plan_one(absent(), place)
    apply(planned)
    assert [(problem.value, problem.reason) for problem in planned.problems] == [
        (str(place.config_dir / "web1.cfg"), "cannot be written: Read-only file system")
    ]
    assert planned.as_dict()["action"] == "none"


def test_a_file_that_cannot_be_read(place: plan_guests.HostContext, monkeypatch: pytest.MonkeyPatch) -> None:
    write(web1(place), place)

    def refuse(*_args: Any) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert told(plan_one(web1(place), place).problems) == [
        ("web1", "file", str(place.config_dir / "web1.cfg"), "cannot be read: Input/output error", PLAIN)
    ]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module removal: what it finds on a host, what it leaves there, and that check mode says what the run does."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof import proofs
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports, policy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.removal import execute, scan, scan_store

NAME = "pvgrub2-x86_64"


@pytest.fixture(autouse=True)
def places(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No path of the machine that the tests run on."""
    monkeypatch.setattr(exports, "ROOT", str(modules.folder / "exports"))
    monkeypatch.setattr(scan, "HOME", str(modules.folder / "home"))


def install(modules: Any, content: bytes = b"grub") -> Path:
    """An image; the folder of its version."""
    source = modules.folder / f"{NAME}.bin"
    source.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    answer = modules.run("image", name=NAME, src=str(source), sha256=sha256, remote_src=True)
    return Path(answer["image"]["path"]).parent


def dom0(modules: Any, path: str, text: str = "x") -> Path:
    """A file of the host."""
    place: Path = modules.folder / "dom0" / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return place


def check_then_run(modules: Any, **params: Any) -> dict[str, Any]:
    """What both say, and that check mode removes nothing."""
    checked = modules.run("removal", check=True, **params)
    assert all(os.path.lexists(path) for path in [*checked["trees"], *checked["files"], *checked["folders"]])
    ran: dict[str, Any] = modules.run("removal", **params)
    assert {**checked, "invocation": None} == {**ran, "invocation": None}
    assert not any(os.path.lexists(path) for path in [*ran["trees"], *ran["files"], *ran["folders"]])
    return ran


def test_a_host_without_anything(modules: Any) -> None:
    answer = check_then_run(modules)
    assert (answer["changed"], answer["going"], answer["left"], answer["guests"]) == (False, [], [], [])
    assert answer["diff"] == {}
    assert not (modules.folder / "lock").exists()


def test_guests_are_named_and_keep_the_rest(modules: Any, host: Any) -> None:
    folder = install(modules)
    guests = [modules.guest("web1", autostart=True), modules.guest("off", state="defined")]
    modules.run("guest_config", guests=guests)
    modules.run("guest_state", guests=guests)
    (modules.config / "foreign.cfg").write_text("memory = 1\n", encoding="utf-8")
    host.forget_calls()
    answer = modules.run("removal", check=True, named=["off"])
    assert answer["guests"] == [{"name": "off", "state": "absent"}, {"name": "web1", "state": "absent"}]
    state = "running; it is shut down first; the inventory does not name it"
    assert answer["going"][:2] == [
        f"guest off (off): {modules.config}/off.cfg",
        f"guest web1 ({state}): {modules.config}/web1.cfg, {modules.config}/auto/1000-00-web1.cfg",
    ]
    assert answer["left"] == []
    assert host.mutating_calls() == []
    refused = modules.run("removal")
    assert refused["failed"] and "guest web1: file = " in refused["msg"]
    assert "still exists, and boots from what is to be removed. Remedy: remove it first" in refused["msg"]
    assert folder.is_dir()


def test_after_the_guests_all_the_rest_goes(modules: Any) -> None:
    old, new = install(modules, b"old"), install(modules)
    (new / "manifest.json").unlink()  # a damaged one is ours, too
    hidden = old.parent / f".{old.name}.x"
    (hidden / "old").mkdir(parents=True)
    (old.parent / ".current.link.tmp").symlink_to("x")
    records = modules.folder / "records"
    records.mkdir()
    (records / "web1.json").write_text('{"uuid": "a", "digest": "b", "console_offset": 1}', encoding="utf-8")
    (records / ".web1.json.file.tmp").write_text("", encoding="utf-8")
    for name, text in (("starting/web2.json", '{"uuid": "a", "digest": "b", "console_offset": 1}'),
                       ("paused/web1.json", '{"uuid": "a"}')):
        (records / name).parent.mkdir()
        (records / name).write_text(text, encoding="utf-8")
    answer = check_then_run(modules)
    assert sorted(answer["trees"]) == sorted(map(str, [hidden, old, new]))
    assert answer["folders"] == sorted(
        map(str, [old.parent, old.parent.parent, records, records / "starting", records / "paused"]),
        key=lambda path: (path.count("/"), path), reverse=True,
    )
    assert answer["lock"] == str(modules.folder / "lock")
    assert answer["left"] == []
    assert check_then_run(modules)["changed"] is False


def test_what_is_none_of_ours_stays_with_its_folders(modules: Any) -> None:
    folder = install(modules)
    note, other = folder.parent / "note.txt", folder.parent.parent / "README"
    record = modules.folder / "records" / "web1.json"
    record.parent.mkdir()
    for path in (note, other, record):
        path.write_text("mine", encoding="utf-8")
    answer = check_then_run(modules)
    assert answer["left"] == [
        f"{other}: is not an image of the store",
        f"{note}: is not a version of an image",
        f"{record}: is not a record of a start or a pause",
    ]
    assert answer["folders"] == []
    assert not folder.exists()
    assert note.exists() and other.exists() and record.exists()


def test_an_image_that_others_boot_from_stays(modules: Any, host: Any) -> None:
    by_file, by_domain, unused = install(modules, b"1"), install(modules, b"2"), install(modules, b"3")
    config = modules.config / "foreign.cfg"
    config.write_text(f'kernel = "{by_file}/x"\n', encoding="utf-8")
    domid = host.add_domain("theirs", kernel=f"{by_domain}/{NAME}.bin")
    answer = check_then_run(modules)
    assert sorted(answer["left"]) == sorted([
        f"{by_file}: {config} names it",
        f"{by_domain}: domain {domid} (theirs) was booted from it",
    ])
    assert answer["trees"] == [str(unused)]
    assert by_file.is_dir() and by_domain.is_dir()
    assert not (unused.parent / "current").is_symlink(), "it led to a version that went"


def test_a_current_version_that_stays_is_still_the_current_one(modules: Any, host: Any) -> None:
    folder = install(modules)
    host.add_domain("theirs", kernel=f"{folder}/{NAME}.bin")
    assert check_then_run(modules)["paths"] == [str(modules.folder / "lock")]
    assert os.readlink(folder.parent / "current") == folder.name


def test_our_own_files_and_their_copies_hold_no_image(modules: Any) -> None:
    folder = install(modules)
    modules.run("guest_config", guests=[modules.guest(state="defined")])
    own = modules.config / "web1.cfg"
    own.write_text(f'{own.read_text(encoding="utf-8")}# {folder.name}\n', encoding="utf-8")
    copy = modules.config / "web1.cfg.by-hand-0f3c9a51"
    copy.write_text(own.read_text(encoding="utf-8"), encoding="utf-8")
    (modules.config / "web1.cfg.orig").write_text("memory = 1\n", encoding="utf-8")
    answer = modules.run("removal", check=True)
    assert answer["trees"] == [str(folder)]
    assert [told.partition(": ")[0] for told in answer["left"][1:]] == [f"{modules.config}/web1.cfg.orig", str(copy)]
    assert answer["left"][0].startswith(f"{own} was changed by hand; it is kept as {own}.by-hand-")


@pytest.mark.parametrize("name, alive", [("userdata-n.7.uuid.libxl-json", True), ("userdata-n.9.uuid.xl", False),
                                         ("userdata-odd", True), ("web1.cfg", True)])
def test_a_record_of_libxl_counts_while_its_domain_is_there(name: str, alive: bool) -> None:
    assert scan_store._counts(Path("/var/lib/xen") / name, {"7"}) is alive


def test_fs_backend_goes_with_its_links(modules: Any) -> None:
    program, unit = dom0(modules, policy.PROGRAM), dom0(modules, policy.UNITS[1])
    target = modules.folder / "firmware"
    links = [{"name": "srv/firmware", "target": str(target)}, {"name": "var/lib/xen"}]
    modules.run("exports", path=exports.ROOT, links=links)
    place = Path(exports.ROOT) / "var/lib/xen"
    place.unlink()
    place.write_text("mine", encoding="utf-8")
    answer = modules.run("removal", check=True, links=links)
    assert (answer["service"], answer["service_manager"]) == (policy.SERVICE, "sysvinit")
    assert answer["links"] == [f"{exports.ROOT}/srv/firmware"]
    assert answer["left"] == [f"{place}: is not the link that this collection makes"]
    assert sorted(answer["files"]) == sorted(map(str, [program, unit]))
    modules.run("removal", links=links)
    assert not program.parent.exists()
    assert unit.parent.exists()
    assert place.read_text(encoding="utf-8") == "mine"


def test_fs_backend_stays_while_another_guest_may_need_it(modules: Any, host: Any) -> None:
    program = dom0(modules, policy.PROGRAM)
    host.add_domain("theirs", kind="hvm", stub=True)
    answer = check_then_run(modules)
    assert (answer["changed"], answer["service"], answer["links"]) == (False, "", [])
    reason = "stub domains of guests that are not ours run (theirs-dm)"
    assert answer["left"] == [f"{policy.PROGRAM}: {reason}"]
    assert program.exists()


def test_the_stub_domain_of_our_own_guest_is_ours(modules: Any, host: Any) -> None:
    dom0(modules, policy.PROGRAM)
    (modules.config / "web1.cfg").write_text("# Written by Ansible (xenfleet.stubdom) for guest web1.\n", encoding="utf-8")
    host.add_domain("web1", kind="hvm", stub=True)
    assert modules.run("removal", check=True)["files"] == [str(modules.folder / "dom0" / policy.PROGRAM.lstrip("/"))]


@pytest.mark.parametrize("mode, goes", [(0o2750, True), (0o755, False)])
def test_the_consoles_logs(mode: int, goes: bool, modules: Any) -> None:
    dom0(modules, "/etc/init.d/xen", "xenconsoled $XENCONSOLED_ARGS")
    defaults = dom0(modules, "/etc/default/xen", 'A=1\nXENCONSOLED_ARGS="--log=guest"\n')
    logs = modules.folder / "dom0/var/log/xen/console"
    logs.mkdir(parents=True)
    logs.chmod(mode)
    assert modules.run("removal", check=True)["console"] == "", "nobody asked for it"
    answer = check_then_run(modules, console="--log=guest")
    assert answer["console"] == 'XENCONSOLED_ARGS="--log=guest" of /etc/default/xen'
    assert logs.exists() is not goes
    assert defaults.exists(), "the role console_log removes the line"


def test_another_line_is_somebody_elses(modules: Any) -> None:
    dom0(modules, "/etc/init.d/xen", "xenconsoled $XENCONSOLED_ARGS")
    dom0(modules, "/etc/default/xen", 'XENCONSOLED_ARGS="--log=all"\n')
    answer = check_then_run(modules, console="--log=guest")
    assert (answer["console"], answer["going"]) == ("", [])
    assert answer["left"] == ['/etc/default/xen: XENCONSOLED_ARGS="--log=all" is not what the role console_log writes']


def test_the_folder_above_goes_when_it_is_empty(modules: Any) -> None:
    home = modules.folder / "home"
    (home / "images").mkdir(parents=True)
    answer = check_then_run(modules, store=str(home / "images"))
    assert answer["folders"] == [str(home / "images"), str(home)]


def test_links_of_the_tree_are_read(modules: Any) -> None:
    answer = modules.run("removal", check=True, links=[{"name": "../etc"}])
    assert answer["failed"] and "links[0].name = '../etc'" in answer["msg"]


def test_what_the_disk_or_the_toolstack_refuses_is_told(modules: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install(modules)

    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied", "/store/x")

    with monkeypatch.context() as patch:
        patch.setattr(execute.image_install, "remove_folder", refuse)
        answer = modules.run("removal")
    assert answer["msg"].startswith("/store/x: cannot be read or removed: Permission denied. Remedy: check that root")
    host.not_xen()
    assert modules.run("removal", check=True)["failed"]


def test_a_folder_that_is_filled_meanwhile_stays(tmp_path: Path) -> None:
    lock = tmp_path / "home" / "lock"
    for path in (lock, tmp_path / "full" / "new", tmp_path / "file"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    folders = [str(tmp_path / "full"), str(tmp_path / "gone"), str(lock.parent)]
    execute.carry_out(execute.RemovalPlan(folders=folders), lock)
    assert (tmp_path / "full" / "new").exists()
    assert not lock.parent.exists()
    with pytest.raises(NotADirectoryError):
        execute.carry_out(execute.RemovalPlan(folders=[str(tmp_path / "file")]), lock)


def test_the_lock_goes_last_and_once(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is gone another run can come in, and make one of its own."""
    home = modules.folder / "home"
    given = {"store": str(home / "images"), "records": str(home / "guests"), "lock": str(home / "lock")}
    folder = home / "images" / NAME / "0123456789abcdef"
    folder.mkdir(parents=True)
    seen: list[list[Path]] = []
    remove = execute.host_lock.remove

    def looked(path: Path) -> None:
        seen.append(sorted(home.rglob("*")))
        remove(path)
        path.touch()

    with monkeypatch.context() as patch:
        patch.setattr(execute.host_lock, "remove", looked)
        answer = modules.run("removal", **given)
    assert seen == [[home / "lock"]]
    assert (home / "lock").exists(), "that of the other run"
    assert (answer["lock"], answer["folders"][-1]) == ("", str(home)), "it was not there before"
    assert modules.run("removal", check=True, **given)["paths"] == [str(home / "lock"), str(home)]
    assert modules.run("removal", **given)["changed"] is True
    assert not home.exists()
    assert modules.run("removal", **given)["changed"] is False
    assert not home.exists()


def test_a_lock_elsewhere_leaves_no_folder_that_it_made(modules: Any) -> None:
    lock = modules.folder / "home" / "lock"
    version = modules.folder / "store" / NAME / "0123456789abcdef"
    version.mkdir(parents=True)
    checked = modules.run("removal", check=True, lock=str(lock))
    ran = modules.run("removal", lock=str(lock))
    assert checked["paths"] == ran["paths"]
    assert not lock.parent.exists()


def test_a_guest_that_comes_while_the_lock_is_waited_for(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = install(modules)
    hold = execute.host_lock.hold

    def after_another(*given: Any) -> Any:
        text = "# Written by Ansible (xenfleet.stubdom) for guest web1.\n"
        (modules.config / "web1.cfg").write_text(text, encoding="utf-8")
        return hold(*given)

    monkeypatch.setattr(execute.host_lock, "hold", after_another)
    answer = modules.run("removal")
    assert answer["failed"] and "guest web1: file = " in answer["msg"]
    assert folder.is_dir()


def test_only_what_was_agreed_to_goes(modules: Any) -> None:
    first = install(modules, b"1")
    agreed = modules.run("removal", check=True)["paths"]
    second = install(modules, b"2")
    (modules.folder / "proofs").mkdir()
    (modules.folder / "proofs" / "lock").touch()
    answer = check_then_run(modules, only=agreed)
    assert (answer["trees"], second.is_dir()) == ([str(first)], True)
    assert os.readlink(second.parent / "current") == second.name
    new = "appeared after the plan was made"
    assert answer["left"] == [f"{second}: {new}", f"{modules.folder}/proofs/lock: {new}"]


def test_proofs_go_but_not_while_an_image_is_tried(modules: Any, host: Any) -> None:
    folder, sha256 = modules.folder / "proofs", "a" * 64
    proofs.save(folder, proofs.Proof(NAME, sha256, "4.17.6", "grub>", 1.0))
    (folder / "note").touch()
    with proofs.alone(folder):
        answer = check_then_run(modules)
        assert (answer["changed"], answer["left"]) == (False, [f"{folder}: a boot proof is under way"])
    domid = host.add_domain("xenfleet-proof-aaaaaaaa")
    answer = check_then_run(modules)
    assert sorted(answer["files"]) == [f"{folder}/{sha256}.json", f"{folder}/lock"]
    assert answer["left"] == [
        f"{folder}/note: is not a proof that an image boots",
        f"domain {domid} (xenfleet-proof-aaaaaaaa): belongs to a boot proof, which ends it, or the next boot proof does",
    ]
    (folder / "note").unlink()
    assert check_then_run(modules)["folders"] == [str(folder)]


def test_folders_that_are_links_are_somebodys_work(modules: Any) -> None:
    (modules.folder / "elsewhere").mkdir()
    (modules.folder / "elsewhere" / "lock").touch()
    (modules.folder / "proofs").symlink_to("elsewhere")
    assert check_then_run(modules)["changed"] is False


def test_half_a_file_of_a_guest(modules: Any) -> None:
    text = "# Written by Ansible (xenfleet.stubdom) for guest web1.\n"
    half, other = modules.config / ".web1.cfg.file.tmp", modules.config / ".db1.cfg.file.tmp"
    for path in (half, other):
        path.write_text(text, encoding="utf-8")
    answer = check_then_run(modules)
    assert (answer["files"], answer["guests"]) == ([str(half)], [])
    assert answer["left"] == [f"{other}: is a copy of a file of guest web1"]


def test_half_a_program(modules: Any) -> None:
    dom0(modules, policy.PROGRAM)
    half = dom0(modules, "/usr/local/lib/xenfleet/.fs-backend.file.tmp")
    assert str(half) in check_then_run(modules)["files"]
    assert not half.parent.exists()

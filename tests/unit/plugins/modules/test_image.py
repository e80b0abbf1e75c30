# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module image: several files, pins and what it removes. Check mode says what the run then does."""

from __future__ import annotations

import hashlib
import os
import socket
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, Iterator

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import download, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import retention
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store

NAME = "qemu-stubdom-linux"
NO_SOURCE, NOT_VALID = "is not the URL of a web server or a file", "is not a valid URL"
KERNEL, ROOTFS = "qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs"


@pytest.fixture(autouse=True)
def only_this_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """No place of the machine that the tests run on is looked at."""
    monkeypatch.setattr(retention, "_PLACES", ())
    monkeypatch.setattr(retention, "CONFIG_DIR", "/nonexistent/xen")


def files(modules: Any, content: str) -> list[dict[str, str]]:
    """The option, for files that lie on the host."""
    folder = modules.folder / "sources"
    folder.mkdir(exist_ok=True)
    for name in (KERNEL, ROOTFS):
        (folder / name).write_text(f"{name} {content}", encoding="utf-8")
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (KERNEL, ROOTFS)}
    return [{"file": name, "sha256": sums[name], "path": f"/build/{name}"} for name in sums]


def install(modules: Any, content: str = "one", check: bool = False, **params: Any) -> dict[str, Any]:
    given = {"files": files(modules, content), "src": str(modules.folder / "sources"), "remote_src": True, **params}
    # None takes an option out; Ansible would count it as given.
    options = {key: value for key, value in given.items() if value is not None}
    answer: dict[str, Any] = modules.run("image", check=check, name=NAME, **options)
    return answer


def told(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: answer[key] for key in ("changed", "image", "removed", "diff")}


def check_then_run(modules: Any, content: str, **params: Any) -> dict[str, Any]:
    """What both say, and that check mode changed nothing."""
    before = entries(modules)
    checked = install(modules, content, check=True, **params)
    assert entries(modules) == before
    ran = install(modules, content, **params)
    assert told(checked) == told(ran)
    return ran


def entries(modules: Any) -> list[str]:
    folder = modules.folder / "store" / NAME
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def old(modules: Any, *contents: str) -> list[str]:
    """Installs versions, each a second younger than the one before it."""
    found = []
    for number, content in enumerate(contents):
        image = install(modules, content)["image"]
        os.utime(Path(image["path"]) / "manifest.json", (number, number))
        found.append(image["version"])
    return found


def test_several_files(modules: Any) -> None:
    answer = check_then_run(modules, "one")
    folder = modules.folder / "store" / NAME / answer["image"]["version"]
    assert (answer["changed"], answer["missing"], answer["removed"]) == (True, False, [])
    assert answer["image"]["path"] == str(folder)
    assert [file["path"] for file in answer["image"]["files"]] == [f"{folder}/{KERNEL}", f"{folder}/{ROOTFS}"]
    assert (folder / ROOTFS).read_text(encoding="utf-8") == f"{ROOTFS} one"
    again = check_then_run(modules, "one")
    assert (again["changed"], again["diff"]) == (False, {})


def test_a_file_of_its_own_place(modules: Any) -> None:
    (modules.folder / "vmlinuz").write_bytes(b"kernel")
    given = files(modules, "one")
    given[0] = {"src": str(modules.folder / "vmlinuz"), "file": KERNEL, "sha256": hashlib.sha256(b"kernel").hexdigest()}
    image = install(modules, files=given)["image"]
    assert (Path(image["path"]) / KERNEL).read_bytes() == b"kernel"


def test_it_asks_for_what_is_missing_and_only_for_that(modules: Any) -> None:
    first = install(modules, "one", remote_src=False)
    assert (first["changed"], first["missing"], entries(modules)) == (True, True, [])
    one = install(modules, "one")["image"]["version"]
    install(modules, "two")
    assert install(modules, "two", remote_src=False)["missing"] is False
    back = install(modules, "one", remote_src=False, src="/on/the/controller")
    assert (back["changed"], back["missing"]) == (True, False), "the host has it, and it is made current at once"
    assert os.readlink(modules.folder / "store" / NAME / "current") == one


def test_back_by_one_step(modules: Any) -> None:
    one, two = old(modules, "one", "two")
    given = {"files": None, "src": None, "remote_src": False, "version": "previous"}
    answer = check_then_run(modules, "two", **given)
    assert (answer["changed"], answer["image"]["version"]) == (True, one)
    assert answer["diff"] == {"before": f"{NAME} {two}\n", "after": f"{NAME} {one}\n"}
    assert check_then_run(modules, "two", **given)["changed"] is False
    assert os.readlink(modules.folder / "store" / NAME / "current") == one


def test_a_pin(modules: Any) -> None:
    one, two = old(modules, "one", "two")
    given = {"files": None, "src": None, "remote_src": False, "version": one}
    answer = check_then_run(modules, "two", **given)
    assert (answer["changed"], answer["image"]["version"], answer["missing"]) == (True, one, False)
    assert answer["diff"] == {"before": f"{NAME} {two}\n", "after": f"{NAME} {one}\n"}
    assert check_then_run(modules, "two", **given)["changed"] is False
    assert entries(modules) == sorted([one, two, "current", "previous"])


@pytest.mark.parametrize("check", [False, True])
def test_a_pin_that_is_not_there_or_damaged(check: bool, modules: Any) -> None:
    one, two = old(modules, "one", "two")
    answer = modules.run("image", check=check, name=NAME, version="0" * 16)
    assert answer["failed"] is True
    assert answer["msg"].startswith(f"image {NAME}: version = '{'0' * 16}' is not in the store; other versions there: ")
    assert one in answer["msg"] and two in answer["msg"]
    (modules.folder / "store" / NAME / one / ROOTFS).write_bytes(b"")
    answer = modules.run("image", check=check, name=NAME, version=one)
    assert f"version = '{one}' is damaged; other versions there: {two}." in answer["msg"]
    assert os.readlink(modules.folder / "store" / NAME / "current") == two


def test_older_versions_go(modules: Any) -> None:
    one, two, three = old(modules, "one", "two", "three")
    answer = check_then_run(modules, "four", keep=1)
    four = answer["image"]["version"]
    assert (answer["changed"], answer["removed"]) == (True, [two, one])
    assert answer["diff"] == {
        "before": f"{NAME} {three}\n{NAME} {two} not current\n{NAME} {one} not current\n",
        "after": f"{NAME} {four}\n",
    }
    assert entries(modules) == sorted([three, four, "current", "previous"])
    again = check_then_run(modules, "four", keep=1)
    assert (again["changed"], again["removed"]) == (False, [])
    last = check_then_run(modules, "four", keep=0)
    assert (last["changed"], last["removed"]) == (True, [three])
    assert last["diff"] == {"before": f"{NAME} {four}\n{NAME} {three} not current\n", "after": f"{NAME} {four}\n"}


def test_the_version_before_can_go_too(modules: Any) -> None:
    one = old(modules, "one")[0]
    answer = check_then_run(modules, "two", keep=0)
    assert (answer["removed"], answer["diff"]["before"]) == ([one], f"{NAME} {one}\n")


def test_what_a_guest_boots_from_stays(modules: Any) -> None:
    one, two, three = old(modules, "one", "two", "three")
    kernel = modules.folder / "store" / NAME / one / KERNEL
    (modules.config / "web1.cfg").write_text(f'stubdomain_kernel = "{kernel}"\n', encoding="utf-8")
    answer = check_then_run(modules, "three", keep=0)
    assert (answer["removed"], entries(modules)) == ([two], sorted([one, three, "current"]))


def test_without_keep_all_stay(modules: Any) -> None:
    versions = old(modules, "one", "two", "three")
    assert (install(modules, "three")["removed"], entries(modules)) == ([], sorted([*versions, "current", "previous"]))


def test_when_nobody_can_tell_what_is_in_use(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old(modules, "one", "two")

    def unreadable(_path: Any) -> bytes:
        raise PermissionError(13, "Permission denied", "/etc/xen/a.cfg")

    (modules.config / "a.cfg").write_text("", encoding="utf-8")
    monkeypatch.setattr(retention, "_content", unreadable)
    answer = install(modules, "two", keep=0)
    assert (answer["changed"], answer["removed"]) == (False, [])
    warning = answer["warnings"][0]
    # As ansible-core 2.18 writes it, and as 2.19 does.
    text = warning if isinstance(warning, str) else warning["event"]["msg"]
    assert "no old version is removed, as it is unknown which are in use" in text


def test_a_removal_that_is_killed_is_finished_by_the_next_run(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old(modules, "one", "two")
    with monkeypatch.context() as patch:
        # Nothing that would clean up runs in a process that is killed.
        patch.setattr(image_install, "remove_leftovers", lambda _folder: None)
        assert len(install(modules, "two", keep=0)["removed"]) == 1
    assert [name for name in entries(modules) if name.startswith(".")]
    before = entries(modules)
    install(modules, "two", check=True, keep=0)
    assert entries(modules) == before
    assert install(modules, "two", keep=0)["changed"] is False
    assert not [name for name in entries(modules) if name.startswith(".")]


@pytest.mark.parametrize(
    "params, words",
    [
        ({"keep": -1}, f"image {NAME}: keep = -1: is negative. Remedy: give 0 or more, or leave it out to keep all."),
        ({"sha256": "0" * 64}, "parameters are mutually exclusive: sha256|files|version"),
        ({"file": "x"}, "parameters are mutually exclusive: file|files|version"),
        ({"version": "0" * 16}, "parameters are mutually exclusive: sha256|files|version"),
        ({"version": "0" * 16, "files": None}, "parameters are mutually exclusive: src|url|version"),
        ({"files": None}, "one of the following is required: sha256, files, version"),
        ({"files": None, "src": None, "sha256": "0" * 64}, "src, url or sha256 is missing. Remedy: give both, or files"),
        ({"files": []}, f"image {NAME}: files = []: must not be empty. Remedy: give at least one file."),
        ({"src": None}, f"image {NAME}: files[0].src is missing. Remedy: give it, or file, and the files' folder in src or url."),
        ({"files": [{"file": "../x", "sha256": "0" * 64}]}, f"image {NAME}: file = '../x': is not the name of a file. Remedy: use letters"),
        ({"files": [{"file": "x", "sha256": "0"}]}, f"image {NAME}: sha256 = '0': is not a sha256. Remedy: give the 64"),
        ({"files": [{"file": "x", "sha256": "0" * 64}] * 2}, f"image {NAME}: file = 'x': two files have this name"),
        ({"files": [{"file": "manifest.json", "sha256": "0" * 64}]}, "file = 'manifest.json': is a name that the store itself uses"),
    ],
)
def test_what_is_refused(params: dict[str, Any], words: str, modules: Any) -> None:
    answer = install(modules, **params)
    assert answer["failed"] is True
    assert words in answer["msg"]
    assert entries(modules) == []


def test_a_full_disk(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = install(modules, "one")["image"]["version"]

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image_install.shutil, "copyfile", full)
    answer = install(modules, "two")
    assert answer["msg"] == f"image {NAME}: [Errno 28] No space left on device. Remedy: make room in the store's folder."
    assert entries(modules) == sorted([one, "current"])


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, also parts of its files, as web servers do, and breaks the connection where it is told to."""

    server: Server

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append(self.path + (f" {wanted}" if wanted else ""))
        path = self.server.folder / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        first = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        if first >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first + self.server.wrong}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        self.wfile.write(content[first : first + self.server.breaks.pop()] if self.server.breaks else content[first:])


class Server(ThreadingHTTPServer):
    """Remembers what it was asked for. ``breaks`` are the bytes of its next answers after which the connection ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.breaks: list[int] = []
        self.ranges, self.wrong = True, 0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture(name="server")
def serve(modules: Any) -> Iterator[Server]:
    folder = modules.folder / "sources"
    folder.mkdir()
    with Server(folder) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def fetch(modules: Any, server: Server, content: str = "one", **params: Any) -> dict[str, Any]:
    return install(modules, content, **{"url": server.url, "src": None, "remote_src": None, **params})


def downloads(modules: Any) -> list[Path]:
    """The files of downloads that were interrupted, without their locks."""
    return sorted(path for path in (modules.folder / "store" / NAME).glob(".*.download/*") if path.name != ".lock")


def test_a_host_fetches_what_it_lacks_and_nothing_twice(modules: Any, server: Server) -> None:
    assert fetch(modules, server, check=True)["changed"] is True
    assert server.asked == []
    answer = fetch(modules, server)
    assert (answer["changed"], answer["missing"]) == (True, False)
    assert sorted(server.asked) == [f"/{KERNEL}", f"/{ROOTFS}"]
    assert (Path(answer["image"]["path"]) / KERNEL).read_text(encoding="utf-8") == f"{KERNEL} one"
    assert entries(modules) == sorted([answer["image"]["version"], "current"])
    assert fetch(modules, server)["changed"] is False
    assert len(server.asked) == 2


def test_a_file_that_is_another_one_on_the_server_is_refused(modules: Any, server: Server) -> None:
    one = fetch(modules, server)["image"]["version"]
    announced = files(modules, "two")
    (modules.folder / "sources" / KERNEL).write_text("something else", encoding="utf-8")
    answer = modules.run("image", name=NAME, url=server.url, files=announced)
    assert answer["failed"] is True
    assert f"{server.url}/{KERNEL} has sha256 " in answer["msg"]
    assert entries(modules) == sorted([one, "current"])


def test_a_server_that_lacks_a_file(modules: Any, server: Server) -> None:
    one = fetch(modules, server)["image"]["version"]
    announced = files(modules, "two")
    (modules.folder / "sources" / KERNEL).unlink()
    answer = modules.run("image", name=NAME, url=server.url, files=announced)
    assert answer["msg"].startswith(f"image {NAME}: {server.url}/{KERNEL} cannot be fetched: HTTP Error 404")
    assert answer["msg"].endswith("Remedy: check that the host reaches the server and that the server has this file, unchanged.")
    assert entries(modules) == sorted([one, "current"])


def test_a_server_that_nobody_reaches(modules: Any) -> None:
    answer = install(modules, url="http://127.0.0.1:1", src=None, remote_src=None)
    assert answer["failed"] is True
    assert answer["msg"].startswith(f"image {NAME}: http://127.0.0.1:1/{KERNEL} cannot be fetched: ")
    assert entries(modules) == []


def test_a_broken_connection_is_taken_up_where_it_ended(modules: Any, server: Server) -> None:
    server.breaks = [4, 5]
    answer = fetch(modules, server)
    assert (answer["changed"], server.breaks) == (True, [])
    assert sorted(server.asked) == [f"/{KERNEL}", f"/{KERNEL} bytes=5-", f"/{KERNEL} bytes=9-", f"/{ROOTFS}"]
    assert (Path(answer["image"]["path"]) / KERNEL).read_text(encoding="utf-8") == f"{KERNEL} one"
    assert downloads(modules) == []


def test_the_next_run_goes_on_with_what_an_interrupted_one_has_fetched(modules: Any, server: Server) -> None:
    """Here the server stops to answer; the part of a file never lies where images are."""
    one = fetch(modules, server)["image"]["version"]
    server.asked.clear()
    server.breaks = [0, 7]
    answer = fetch(modules, server, "two")
    assert f"{server.url}/{KERNEL} cannot be fetched: the connection ended after 0 of " in answer["msg"]
    (part,) = downloads(modules)
    assert part.read_text(encoding="utf-8") == KERNEL[:7]
    assert [name for name in entries(modules) if not name.startswith(".")] == sorted([one, "current"])
    server.asked.clear()
    answer = fetch(modules, server, "two")
    assert sorted(server.asked) == [f"/{KERNEL} bytes=7-", f"/{ROOTFS}"]
    assert (Path(answer["image"]["path"]) / KERNEL).read_text(encoding="utf-8") == f"{KERNEL} two"
    assert entries(modules) == sorted([one, answer["image"]["version"], "current", "previous"])


def interrupted(modules: Any, content: str) -> Path:
    """What a run that was killed has left: a part, or the whole, of the kernel's file."""
    (modules.folder / "sources").mkdir(exist_ok=True)
    sums = {file["file"]: file["sha256"] for file in files(modules, "one")}
    version = image_store.image_of(modules.folder / "store", NAME, sums.items()).version
    folder = Path(modules.folder, "store", NAME, f".{version}.download")
    folder.mkdir(parents=True)
    (folder / KERNEL).write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("part", ["", "qemu", "XXXX", f"{KERNEL} one", f"{KERNEL} XXX", f"{KERNEL} one and more"])
def test_any_part_becomes_the_file(part: str, ranges: bool, modules: Any, server: Server) -> None:
    """Of another file, damaged by a power cut, too long, or complete; also from a server that sends no parts."""
    interrupted(modules, part)
    server.ranges = ranges
    answer = fetch(modules, server)
    assert answer["changed"] is True
    assert (Path(answer["image"]["path"]) / KERNEL).read_text(encoding="utf-8") == f"{KERNEL} one"
    assert entries(modules) == sorted([answer["image"]["version"], "current"])
    if part == f"{KERNEL} one":
        assert server.asked == [f"/{ROOTFS}"]


def test_a_server_that_sends_another_part_than_it_was_asked_for(modules: Any, server: Server) -> None:
    folder, server.wrong = interrupted(modules, "qemu"), 1
    answer = fetch(modules, server)
    assert "the server sent the part 'bytes 5-" in answer["msg"]
    assert (folder / KERNEL).read_text(encoding="utf-8") == "qemu"


def test_several_servers_are_tried_in_their_order(modules: Any, server: Server) -> None:
    """One that is off, one whose file is another one, one that has it."""
    with Server(modules.folder / "other") as other:
        Thread(target=other.serve_forever, daemon=True).start()
        other.folder.mkdir()
        for name in (KERNEL, ROOTFS):
            (other.folder / name).write_text("another file", encoding="utf-8")
        answer = fetch(modules, server, url=["http://127.0.0.1:1", other.url, f"{server.url}/"])
        assert answer["changed"] is True
        assert (other.asked, sorted(server.asked)) == ([f"/{KERNEL}", f"/{ROOTFS}"], [f"/{KERNEL}", f"/{ROOTFS}"])
        (modules.folder / "sources" / KERNEL).unlink()
        announced = files(modules, "two")
        for name in (KERNEL, ROOTFS):
            (modules.folder / "sources" / name).unlink()
        answer = modules.run("image", name=NAME, url=[other.url, server.url], files=announced)
        assert f"{other.url}/{KERNEL} has sha256 " in answer["msg"]
        assert f"; {server.url}/{KERNEL} cannot be fetched: HTTP Error 404" in answer["msg"]
        other.shutdown()


def test_the_host_s_lock_is_free_while_a_file_comes(modules: Any, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run changes the host meanwhile, also its store."""
    during: list[Any] = []
    append = download._append

    def look(url: str, target: Path, *others: int) -> None:
        if not during:
            with host_lock.hold(modules.folder / "lock", 0, "guest_state"):
                during.append(sorted(path.name for path in target.parent.iterdir()))
                # Another run installs another version, and removes what is left of downloads.
                image_install.remove_leftovers(target.parent.parent)
            with pytest.raises(host_lock.LockError, match="image, process "):
                host_lock.hold(target.parent / ".lock", 0, "image").__enter__()
        append(url, target, *others)

    monkeypatch.setattr(download, "_append", look)
    answer = fetch(modules, server)
    assert (answer["changed"], during) == (True, [[".lock"]])
    assert entries(modules) == sorted([answer["image"]["version"], "current"])


def test_one_that_another_run_installs_meanwhile_is_not_fetched_again(
    modules: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, done = host_lock.hold, []
    sums = [(file["file"], file["sha256"]) for file in files(modules, "one")]
    image = image_store.image_of(modules.folder / "store", NAME, sums)

    def hold_late(path: Path, *args: Any) -> Any:
        if path.name == ".lock" and not done:
            done.append(path)
            image_install.install(image, {name: modules.folder / "sources" / name for name in image.files}, {})
        return hold(path, *args)

    monkeypatch.setattr(host_lock, "hold", hold_late)
    answer = fetch(modules, server)
    assert (answer["changed"], len(done), server.asked) == (False, 1, [])
    assert entries(modules) == sorted([image.version, "current"])


def test_what_is_left_of_the_download_of_another_version_is_removed(modules: Any) -> None:
    folder = interrupted(modules, "qemu")
    install(modules, "two")
    assert not folder.exists()


def test_a_password_in_a_url_is_shown_nowhere(modules: Any, server: Server) -> None:
    address = server.url.replace("http://", "")
    answer = fetch(modules, server, "one", url=[f"http://me:geheim99@{address}/no", f"http://me:geheim99@{address}/nowhere"])
    assert answer["failed"] is True
    assert f"http://me:********@{address}/no/{KERNEL} cannot be fetched: HTTP Error 404" in answer["msg"]
    assert "geheim99" not in str(answer)
    assert "geheim99" not in str(fetch(modules, server, url=f"ftp://me:geheim99@{address}"))


def test_a_password_is_not_shown_when_another_option_is_wrong(modules: Any, server: Server) -> None:
    answer = fetch(modules, server, url="http://me:geheim99@127.0.0.1:1", src="/srv/x")
    assert "parameters are mutually exclusive: src|url|version" in answer["msg"]
    assert "geheim99" not in modules.output


def test_a_folder_that_the_host_has_mounted(modules: Any) -> None:
    (modules.folder / "sources").mkdir()
    answer = install(modules, url=[f"file://{modules.folder}/nowhere", f"file://{modules.folder}/sources"], src=None, remote_src=None)
    assert (answer["changed"], entries(modules)) == (True, sorted([answer["image"]["version"], "current"]))
    assert (Path(answer["image"]["path"]) / KERNEL).read_text(encoding="utf-8") == f"{KERNEL} one"


def test_a_server_that_hangs_is_given_up_for_the_next_one(modules: Any, server: Server) -> None:
    """Nobody accepts the connections of this one."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        answer = fetch(modules, server, url=[f"http://127.0.0.1:{silent.getsockname()[1]}", server.url], url_timeout=1)
    assert (answer["changed"], len(server.asked)) == (True, 2)


def test_what_is_incomplete_is_for_root_and_an_image_for_all(modules: Any, server: Server) -> None:
    server.breaks = [0, 7]
    assert fetch(modules, server)["failed"] is True
    assert [path.stat().st_mode & 0o777 for path in downloads(modules)] == [0o600]
    folder = Path(fetch(modules, server)["image"]["path"])
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_a_download_that_does_not_fit(modules: Any, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    one = fetch(modules, server)["image"]["version"]
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _path: SimpleNamespace(free=3))
    answer = fetch(modules, server, "two")
    assert answer["failed"] is True
    assert "No space left on device: " in answer["msg"] and " bytes are to be fetched and 3 are free" in answer["msg"]
    assert answer["msg"].endswith("Remedy: make room in the store's folder.")
    assert [name for name in entries(modules) if not name.startswith(".")] == sorted([one, "current"])


def test_a_time_that_is_none(modules: Any, server: Server) -> None:
    answer = fetch(modules, server, url_timeout=0)
    assert answer["msg"] == f"image {NAME}: url_timeout = 0: is less than 1. Remedy: give the number of seconds."
    assert server.asked == []


@pytest.mark.parametrize("url, shown, reason", [
    ("ftp://example.org/x", "'ftp://example.org/x'", NO_SOURCE), ([""], "''", NO_SOURCE), ("http://", "'http://'", NO_SOURCE),
    ("https:///x", "'https:///x'", NO_SOURCE), ("/srv/x", "'/srv/x'", NO_SOURCE), ("file://srv/x", "'file://srv/x'", NO_SOURCE),
    ("file:///", "'file:///'", NO_SOURCE), ({"a": 1}, "{'a': 1}", "must be a string"),
    (["http://a/", 7], "7", "must be a string"), (["http://a/", ["http://b/"]], "['http://b/']", "must be a string"),
    ("http://[::1", "'http://[::1'", NOT_VALID), ("http://127.0.0.1:port", "'http://127.0.0.1:port'", NOT_VALID),
    ("http://a/b c", "'http://a/b c'", NOT_VALID), ("http://a/b\nc", "'http://a/b\\nc'", NOT_VALID),
    ("http://a/b#c", "'http://a/b#c'", NOT_VALID), ("http://a/\u00fc", "'http://a/\u00fc'", NOT_VALID),
    ("http://me:geheim#1@a/", "'http://me:********@a/'", NOT_VALID), ("http://me:geheim/1@a/", "'http://me:********@a/'", NOT_VALID),
    ("ftp://geheim1@a/", "'ftp://********@a/'", NO_SOURCE),
])
def test_what_is_no_url(url: Any, shown: str, reason: str, modules: Any) -> None:
    answer = install(modules, url=url, src=None, remote_src=None)
    assert answer["msg"].startswith(f"image {NAME}: url = {shown}: {reason}. Remedy: ")
    assert "geheim" not in str(answer)
    assert entries(modules) == []

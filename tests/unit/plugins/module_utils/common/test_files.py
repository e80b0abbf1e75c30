# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import files


def refuse(*_args: Any, **_kwargs: Any) -> None:
    raise OSError(28, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_makes_the_folder_and_sets_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "web1.cfg"
    files.write_atomic(path, "größe = 1\n", 0o600)
    assert path.read_bytes() == "größe = 1\n".encode()
    assert path.stat().st_mode & 0o7777 == 0o600


def test_write_replaces_by_a_rename(tmp_path: Path) -> None:
    path = tmp_path / "web1.cfg"
    path.write_text("old", encoding="utf-8")
    other = tmp_path / "other"
    os.link(path, other)
    files.write_atomic(path, "new", 0o644)
    assert (path.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")) == ("new", "old")


@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "web1.cfg"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomic(path, "new", 0o600)
    assert (path.read_text(encoding="utf-8"), names(tmp_path)) == ("old", ["web1.cfg"])


def test_bytes_that_are_no_utf8_survive(tmp_path: Path) -> None:
    path = tmp_path / "web1.cfg"
    path.write_bytes(b"a = \xff\r\n")
    text = files.read_text(path)
    assert text == "a = \udcff\r\n"
    files.write_atomic(path, text, 0o600)
    assert path.read_bytes() == b"a = \xff\r\n"


def test_no_file_is_none(tmp_path: Path) -> None:
    assert files.read_text(tmp_path / "web1.cfg") is None


@pytest.mark.parametrize(
    "text, ours",
    [
        (f"# {files.MARK} for guest web1.\nname = 1\n", True),
        (f"\n# {files.MARK}", False),
        ("# Written by hand\n", False),
        ("", False),
    ],
)
def test_is_ours(text: str, ours: bool) -> None:
    assert files.is_ours(text) is ours


def test_link_is_made_with_its_folder_and_replaced(tmp_path: Path) -> None:
    link = tmp_path / "auto" / "web1.cfg"
    files.link_atomic(link, "/etc/xen/old.cfg")
    files.link_atomic(link, "/etc/xen/web1.cfg")
    assert (os.readlink(link), names(link.parent)) == ("/etc/xen/web1.cfg", ["web1.cfg"])


def test_link_after_a_killed_run(tmp_path: Path) -> None:
    os.symlink("/old", tmp_path / ".web1.cfg.link.tmp")
    files.link_atomic(tmp_path / "web1.cfg", "/new")
    assert (os.readlink(tmp_path / "web1.cfg"), names(tmp_path)) == ("/new", ["web1.cfg"])


@pytest.mark.parametrize("moment", ["symlink", "replace"])
def test_a_link_that_another_process_makes_at_the_same_moment(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has made its temporary link before this one, or removes this one to make its own."""
    step, met = getattr(os, moment), []

    def meet(*args: Any, **more: Any) -> None:
        if not met:
            met.append(True)
            temporary = tmp_path / ".web1.cfg.link.tmp"
            if moment == "symlink":
                temporary.symlink_to("/theirs")
            else:
                temporary.unlink()
        step(*args, **more)

    monkeypatch.setattr(os, moment, meet)
    files.link_atomic(tmp_path / "web1.cfg", "/new")
    assert (met, os.readlink(tmp_path / "web1.cfg"), names(tmp_path)) == ([True], "/new", ["web1.cfg"])


def test_a_link_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "web1.cfg").mkdir()
    with pytest.raises(IsADirectoryError):
        files.link_atomic(tmp_path / "web1.cfg", "/new")
    assert names(tmp_path) == ["web1.cfg"]


def test_many_processes_write_one_file_and_one_link(tmp_path: Path) -> None:
    """Each reader sees one of the texts as a whole, at any moment."""
    path, link = tmp_path / "web1.cfg", tmp_path / "auto"
    texts = [str(number) * 5000 for number in range(4)]
    files.write_atomic(path, texts[0], 0o600)
    files.link_atomic(link, texts[0][:9])

    def write(text: str) -> None:
        for _time in range(50):
            files.write_atomic(path, text, 0o600)
            files.link_atomic(link, text[:9])

    started = [multiprocessing.get_context("fork").Process(target=write, args=(text,)) for text in texts]
    for process in started:
        process.start()
    while any(process.is_alive() for process in started):
        assert path.read_text(encoding="utf-8") in texts
        assert os.readlink(link) in [text[:9] for text in texts]
    assert [process.exitcode for process in started] == [0, 0, 0, 0]
    assert names(tmp_path) == ["auto", "web1.cfg"]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_what_a_killed_write_has_left_becomes_the_next_one_s(mode: int, tmp_path: Path) -> None:
    (tmp_path / ".web1.cfg.file.tmp").write_text("the longer half of a file", encoding="utf-8")
    (tmp_path / ".web1.cfg.file.tmp").chmod(0o666)
    files.write_atomic(tmp_path / "web1.cfg", "x", mode)
    path = tmp_path / "web1.cfg"
    assert (names(tmp_path), path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == (["web1.cfg"], "x", mode)


def test_no_write_walks_through_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for walk in ("listdir", "scandir"):
        monkeypatch.setattr(os, walk, refuse)
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    files.link_atomic(tmp_path / "link", "web1.cfg")
    assert (tmp_path / "link").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("kind", ["symbolic link", "second name", "fifo"])
def test_what_no_write_has_left_is_not_written_to(kind: str, tmp_path: Path) -> None:
    """In a folder that others may write to, it could lead elsewhere, or show them what is written."""
    victim, temporary = tmp_path / "victim", tmp_path / ".web1.cfg.file.tmp"
    victim.write_text("theirs", encoding="utf-8")
    if kind == "symbolic link":
        temporary.symlink_to(victim)
    elif kind == "second name":
        os.link(victim, temporary)
    else:
        os.mkfifo(temporary)
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert (victim.read_text(encoding="utf-8"), names(tmp_path)) == ("theirs", ["victim", "web1.cfg"])
    assert (tmp_path / "web1.cfg").read_text(encoding="utf-8") == "x"


def test_a_file_of_another_user_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with (tmp_path / ".web1.cfg.file.tmp").open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert names(tmp_path) == ["web1.cfg"]


def test_a_write_whose_file_is_gone_before_it_is_locked_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, removed = fcntl.flock, []

    def remove_first(handle: int, how: int) -> None:
        if not removed:
            removed.append(os.readlink(f"/proc/self/fd/{handle}"))
            os.unlink(removed[0])
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert (len(removed), names(tmp_path)) == (1, ["web1.cfg"])


def test_the_lock_holds_until_the_file_is_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def look(source: str, target: Path) -> None:
        with open(source, encoding="utf-8") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        replace(source, target)

    monkeypatch.setattr(os, "replace", look)
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert names(tmp_path) == ["web1.cfg"]


def test_the_folder_is_synced_after_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    replace, fsync = os.replace, os.fsync

    def log_replace(*args: Any, **more: Any) -> None:
        steps.append("replace")
        replace(*args, **more)

    def log_fsync(handle: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        fsync(handle)

    monkeypatch.setattr(os, "replace", log_replace)
    monkeypatch.setattr(os, "fsync", log_fsync)
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert steps == ["file", "replace", "folder"]
    steps.clear()
    files.link_atomic(tmp_path / "link", "web1.cfg")
    assert steps == ["replace", "folder"]


# -- whose a file is ----------------------------------------------------------------------------------------------------


def ours(guest: str = "web1", second: bool = False) -> str:
    """A file as this collection writes it."""
    return f"# {files.head_of(guest, second)}\n# A second line.\nmemory = 256\n"


@pytest.mark.parametrize(
    "text, owner",
    [
        (ours(), "web1"),
        (ours(second=True), "web1"),
        (ours(guest="stubdom-a"), "stubdom-a"),
        (ours(guest="a."), "a."),
        (ours(guest="a..b+c"), "a..b+c"),
        (ours().replace("\n", "\r\n"), "web1"),
        (f"# {files.MARK} for guest web1.", "web1"),
        (f"# {files.MARK} for guest web1. And for me.\n", ""),
        (f"# {files.MARK} for guest .\n", ""),
        (f"# {files.MARK} for guest web1.\v\n", ""),
        (f"\n# {files.MARK} for guest web1.\n", ""),
        ("name = 'web1'\n", ""),
        ("", ""),
    ],
)
def test_owner(text: str, owner: str) -> None:
    assert files.owner_of(text) == owner

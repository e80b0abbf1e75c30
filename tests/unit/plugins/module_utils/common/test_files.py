# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import os
import subprocess
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
    """The same process id can come again, with the link of the run that was killed still there."""
    os.symlink("/old", tmp_path / f".web1.cfg.{os.getpid()}.tmp")
    files.link_atomic(tmp_path / "web1.cfg", "/new")
    assert (os.readlink(tmp_path / "web1.cfg"), names(tmp_path)) == ("/new", ["web1.cfg"])


def test_links_of_runs_that_are_gone_are_removed(tmp_path: Path) -> None:
    """That of a process which is alive may be about to become the link."""
    with subprocess.Popen(["true"]) as gone:
        pass
    theirs = [f".web1.cfg.{os.getppid()}.tmp", f".web2.cfg.{gone.pid}.tmp", ".web1.cfg.tmp", f".web1xcfg.{gone.pid}.tmp"]
    for name in (*theirs, f".web1.cfg.{gone.pid}.tmp"):
        os.symlink("/old", tmp_path / name)
    files.link_atomic(tmp_path / "web1.cfg", "/new")
    assert names(tmp_path) == sorted([*theirs, "web1.cfg"])


def test_what_a_killed_write_has_left_goes_with_the_next_write_of_that_file(tmp_path: Path) -> None:
    kept = [".web1.cfg.swp", ".web2.cfg.abcd_123.tmp", ".web1.cfg.abcd-123.tmp", "web1.cfg.abcd_123.tmp", ".web1xcfg.abcd_123.tmp"]
    for name in (*kept, ".web1.cfg.abcd_123.tmp", ".web1.cfg.00000000.tmp"):
        (tmp_path / name).write_text("hal", encoding="utf-8")
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert names(tmp_path) == sorted([*kept, "web1.cfg"])


def test_what_another_process_writes_now_stays(tmp_path: Path) -> None:
    with (tmp_path / ".web1.cfg.abcd_123.tmp").open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
        assert names(tmp_path) == [".web1.cfg.abcd_123.tmp", "web1.cfg"]
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert names(tmp_path) == ["web1.cfg"]


def test_what_is_no_file_stays(tmp_path: Path) -> None:
    (tmp_path / ".web1.cfg.aaaaaaaa.tmp").mkdir()
    (tmp_path / ".web1.cfg.bbbbbbbb.tmp").symlink_to("x")
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert len(names(tmp_path)) == 3


def test_a_write_that_another_one_has_swept_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the making of its file and the lock."""
    flock, swept = fcntl.flock, []

    def sweep_first(handle: int, how: int) -> None:
        if not swept:
            swept.append(os.readlink(f"/proc/self/fd/{handle}"))
            os.unlink(swept[0])
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", sweep_first)
    files.write_atomic(tmp_path / "web1.cfg", "x", 0o600)
    assert (len(swept), names(tmp_path)) == (1, ["web1.cfg"])


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

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a host are read, and what becomes of those that no program should read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import head_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest_import import config_files
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest_import.config_files import (
    ConfigFile,
    Skipped,
    UnreadableFile,
    find_files,
    read_file,
)


@pytest.fixture
def xen(tmp_path: Path) -> Path:
    folder = tmp_path / "xen"
    (folder / "auto").mkdir(parents=True)
    return folder


def found(xen: Path) -> tuple[dict[str, ConfigFile], dict[str, str]]:
    files, skipped = find_files(xen, xen / "auto")
    return {file.path.name: file for file in files}, {Path(item.path).name: item.reason for item in skipped}


def test_a_host_without_xens_folders_has_no_files(tmp_path: Path) -> None:
    assert find_files(tmp_path / "xen", tmp_path / "xen" / "auto") == ([], [])


def test_guests_files_are_read_and_xens_own_are_not(xen: Path) -> None:
    for name in (
        "a.cfg", "b", "xl.conf", "xlexample.hvm", "xmexample.pv-grub", "xend-config.sxp", "cpupool", "README", "oxenstored.conf",
        ".a.cfg.swp", "a.cfg~", "a.cfg.orig", "a.cfg.orig-12ab", "a.cfg.by-hand-12345678", "b.bak", "b.rpmsave", "b.dpkg-old", "#b#",
    ):  # fmt: skip
        (xen / name).write_text(f"name = '{name}'\n")
    for name in ("scripts", "stubdoms", "c.cfg"):
        (xen / name).mkdir()
    files, skipped = found(xen)
    assert sorted(files) == ["a.cfg", "b"]
    copies = "a.cfg~ a.cfg.orig a.cfg.orig-12ab a.cfg.by-hand-12345678 b.bak b.rpmsave b.dpkg-old #b#".split()
    assert skipped == {**dict.fromkeys(copies, "is a copy, by its name"), "c.cfg": "is a folder"}


def test_links_for_autostart(xen: Path, tmp_path: Path) -> None:
    for path in (xen / "a.cfg", xen / "b.cfg", tmp_path / "elsewhere.cfg", xen / "auto" / "plain"):
        path.write_text("name = 'a'\n")
    (xen / "auto" / "a.cfg").symlink_to(xen / "a.cfg")
    (xen / "auto" / "10-a").symlink_to("../a.cfg")
    (xen / "auto" / "x").symlink_to(tmp_path / "elsewhere.cfg")
    (xen / "auto" / "gone").symlink_to(xen / "gone.cfg")
    files, skipped = found(xen)
    links = {name: [link.name for link in file.links] for name, file in files.items()}
    assert links == {"a.cfg": ["10-a", "a.cfg"], "b.cfg": [], "elsewhere.cfg": ["x"], "plain": ["plain"]}
    assert skipped == {"gone": "is a symbolic link to a file that does not exist"}


def test_a_file_with_two_names_is_read_once(xen: Path, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("name = 'a'\n")
    (xen / "a.cfg").symlink_to(tmp_path / "real")
    (xen / "b.cfg").symlink_to(tmp_path / "real")
    files, _skipped = found(xen)
    assert list(files) == ["a.cfg"]
    assert files["a.cfg"].notes == [
        f"{xen}/a.cfg is a symbolic link to {tmp_path}/real",
        f"{xen}/b.cfg is another name of it",
    ]


def test_the_owner_of_a_file(xen: Path) -> None:
    (xen / "a.cfg").write_text(f"# {head_of('a')}\nname = 'a'\n")
    (xen / "b.cfg").write_text("name = 'b'\n")
    files, _skipped = found(xen)
    assert {name: file.owner for name, file in files.items()} == {"a.cfg": "a", "b.cfg": ""}


def test_what_is_not_a_plain_file_is_never_opened(xen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(xen / "pipe.cfg")
    (xen / "null.cfg").symlink_to("/dev/null")
    (xen / "loop.cfg").symlink_to(xen / "loop.cfg")
    (xen / "folder.cfg").mkdir()

    def opened(*_arguments: object) -> int:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(os, "open", opened)
    _files, skipped = found(xen)
    assert skipped == {
        "pipe.cfg": "is a pipe",
        "null.cfg": "is a device",
        "loop.cfg": "is a symbolic link that leads in a circle",
        "folder.cfg": "is a folder",
    }


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"a" * ((1 << 20) + 1), "is larger than 1 MiB"),
        (b"name = 'a'\0", "is not text: it contains NUL bytes"),
    ],
)
def test_what_is_not_a_guests_file(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(UnreadableFile, match=f"^{reason}$"):
        read_file(tmp_path / "a")


def test_bytes_of_another_character_set_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"# gr\xf6\xdfer\n")
    assert read_file(tmp_path / "a").encode("utf-8", "surrogateescape") == b"# gr\xf6\xdfer\n"


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_text("name = 'a'\n")
    fstat = os.fstat
    calls = []

    def changing(handle: int) -> os.stat_result:
        result = fstat(handle)
        if not calls:
            path.write_text("name = 'another'\n")
        calls.append(handle)
        return result

    monkeypatch.setattr(config_files.os, "fstat", changing)
    with pytest.raises(UnreadableFile, match="was changed while it was read"):
        read_file(path)


def test_a_file_that_may_not_be_read(xen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (xen / "a.cfg").write_text("name = 'a'\n")
    (xen / "b.cfg").write_text("name = 'b'\n")
    real = os.open

    def refusing(path: Path, *arguments: int) -> int:
        if Path(path).name == "a.cfg":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", refusing)
    files, skipped = find_files(xen, xen / "auto")
    assert [file.path.name for file in files] == ["b.cfg"]
    assert skipped == [Skipped(str(xen / "a.cfg"), "cannot be read: permission denied")]

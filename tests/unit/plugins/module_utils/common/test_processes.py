# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command lines of a process list, which is a folder here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.processes import command_lines


def line(number: int, folder: Path, content: bytes) -> None:
    (folder / str(number)).mkdir()
    (folder / str(number) / "cmdline").write_bytes(content)


def test_command_lines(tmp_path: Path) -> None:
    line(1, tmp_path, b"/sbin/init\0")
    line(2, tmp_path, b"")  # a kernel thread
    line(3, tmp_path, b"sh\0-c\0\0echo a b\0")
    line(4, tmp_path, b"\xff\xfe\0caf\xc3\xa9\0")
    line(5, tmp_path, b"\0\0\0")
    line(6, tmp_path, b"no end")
    line(7, tmp_path, b"setproctitle writes one word\0\0\0")
    (tmp_path / "8").mkdir()
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cmdline").write_bytes(b"self\0")
    (tmp_path / "9").write_bytes(b"a file")
    assert command_lines(tmp_path) == {
        1: ["/sbin/init"],
        2: [],
        3: ["sh", "-c", "echo a b"],
        4: ["\udcff\udcfe", "caf\u00e9"],
        5: [],
        6: ["no end"],
        7: ["setproctitle writes one word"],
    }


@pytest.mark.parametrize("error", [FileNotFoundError(2, "x"), ProcessLookupError(3, "x"), PermissionError(13, "x")])
def test_a_process_that_ends_meanwhile(error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line(1, tmp_path, b"a\0")
    line(2, tmp_path, b"b\0")
    read = Path.read_bytes

    def vanish(path: Path) -> bytes:
        if path.parent.name == "1":
            raise error
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", vanish)
    assert command_lines(tmp_path) == {2: ["b"]}


def test_no_process_list(tmp_path: Path) -> None:
    assert command_lines(tmp_path / "proc") == {}


def test_this_machine_s_own() -> None:
    assert any("pytest" in " ".join(words) for words in command_lines(Path("/proc")).values())

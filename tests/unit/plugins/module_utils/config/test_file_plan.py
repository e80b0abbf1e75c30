# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One configuration file: what becomes of it, whose it is, and what an operator did to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.files import MARK, head_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.config.file_plan import FilePlan, plan_file, refusal
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest, with_seal
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import told

ADOPT = "move it away, or set guests_adopt: true (option adopt of guest_config), which keeps a copy beside it with the ending .orig"


def ours(body: str = "memory = 256\nvcpus = 1\n", guest: str = "web1", second: bool = False) -> str:
    """A file as this collection writes it."""
    return with_seal(f"# {head_of(guest, second)}\n# A second line.\n{body}")


def put(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(mode)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "web1.cfg"


# -- what becomes of it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, after, mode, action",
    [
        (None, None, 0o600, "none"),
        (None, ours(), 0o600, "created"),
        (ours(), ours(), 0o600, "none"),
        (ours(), ours(), 0o644, "updated"),
        (ours(), ours(), 0o400, "updated"),
        (ours(), ours("memory = 1\n"), 0o600, "updated"),
        (ours(), None, 0o644, "removed"),
    ],
)
def test_the_action_is_what_is_done(before: Any, after: Any, mode: int, action: str, path: Path) -> None:
    if before is not None:
        put(path, before, mode)
    found = plan_file(path, "xl", after)
    assert (found.action, found.backup) == (action, "")
    found.write()
    assert (path.read_text(encoding="utf-8") if after else path.exists()) == (after or False)
    assert after is None or path.stat().st_mode & 0o7777 == 0o600
    assert plan_file(path, "xl", after).action == "none"


def test_what_is_there_already_is_not_written_again(path: Path) -> None:
    put(path, ours())
    before = path.stat().st_mtime_ns, path.stat().st_ino
    plan_file(path, "xl", ours()).write()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_file_that_vanished_meanwhile_is_as_good_as_removed(path: Path) -> None:
    found = plan_file(put(path, ours()), "xl", None)
    path.unlink()
    found.write()
    assert not path.exists()


def test_a_mode_that_others_can_read_by_is_a_note(path: Path) -> None:
    assert plan_file(put(path, ours(), 0o644), "xl", ours()).notes() == [f"{path} had the mode 0644, and gets 0600"]
    # Where the content changes as well, that is what is told.
    assert plan_file(path, "xl", ours("memory = 1\n")).notes() == []
    assert plan_file(path, "xl", None).notes() == []


def test_changes_and_difference(path: Path) -> None:
    found = plan_file(put(path, ours('memory = 1\nvncpasswd = "old"\n')), "xl", ours('memory = 2\nvncpasswd = "new"\n'))
    assert [change.key for change in found.changes()] == ["memory", "vncpasswd"]
    shown = found.diff()
    assert (shown["before_header"], shown["after_header"]) == (str(path), str(path))
    assert 'vncpasswd = "********"' in shown["before"] and 'vncpasswd = "********"' in shown["after"]
    assert "memory = 1" in shown["before"] and "memory = 2" in shown["after"]
    assert "Seal" not in str(shown), "by it, and all that is shown, a short password could be guessed"
    assert plan_file(path.with_name("none"), "xl", None).changes() == []


# -- whose it is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adopt", [False, True])
def test_a_file_of_this_guest_or_none_is_not_refused(adopt: bool, path: Path) -> None:
    assert refusal(plan_file(path, "xl", ours()), "web1", adopt) is None
    for text in (ours(), ours(second=True), f"# {MARK} for nobody knows whom\n"):
        assert refusal(plan_file(put(path, text), "xl", ours()), "web1", adopt) is None


@pytest.mark.parametrize("after", [None, ours()])
@pytest.mark.parametrize("text", ["name = 'mine'\n", "", "\ufeff" + ours(), "\n" + ours(), "\udcff"])
def test_a_foreign_file_is_refused_or_adopted(text: str, after: Any, path: Path) -> None:
    found = plan_file(put(path, text), "xl", after)
    problem = refusal(found, "web1", adopt=False)
    assert problem
    assert told([problem]) == [("web1", "file", str(path), "exists and was not written by this collection", ADOPT)]
    assert refusal(found, "web1", adopt=True) is None
    assert found.backup == f"{path}.orig"
    assert found.notes() == [f"{path} was not written by this collection; it is kept as {path}.orig"]


@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_a_file_of_another_guest_is_refused_in_any_case(second: bool, adopt: bool, path: Path) -> None:
    """Guest a-dm wrote the file a-dm, or guest b's was copied to become a's: neither may be lost."""
    problem = refusal(plan_file(put(path, ours(guest="b", second=second)), "xl", ours()), "web1", adopt)
    assert problem
    assert (problem.reason, problem.value) == ("was written for guest b", str(path))
    assert problem.remedy == "move it away, or remove guest b first (state: absent)"


def test_what_is_not_a_plain_file_is_not_read(tmp_path: Path) -> None:
    """A pipe would be waited for, and a link is somebody's work, wherever it leads."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    put(tmp_path / "target", ours())
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")
    kinds = dict.fromkeys(("link", "dangling", "loop"), "a symbolic link")
    for name, kind in {**kinds, "folder": "a folder", "pipe": "a device, pipe or socket"}.items():
        with pytest.raises(OSError) as caught:
            plan_file(tmp_path / name, "xl", ours())
        assert (caught.value.strerror, caught.value.filename) == (f"it is {kind}", str(tmp_path / name))
    with pytest.raises(NotADirectoryError):
        plan_file(tmp_path / "target" / "web1.cfg", "xl", ours())


# -- what is kept -------------------------------------------------------------------------------------------------------


def test_the_copy_of_an_adopted_file_is_that_file(path: Path) -> None:
    put(path, "vncpasswd = 'x' \udcff\r\n", 0o644)
    plan_file(path, "xl", ours()).write()
    copy = Path(f"{path}.orig")
    assert (copy.read_bytes(), copy.stat().st_mode & 0o7777) == (b"vncpasswd = 'x' \xff\r\n", 0o600)


def test_an_earlier_copy_is_not_lost(path: Path) -> None:
    put(path, "first\n")
    # A run that was killed after the copy: the next one makes the same copy.
    put(Path(f"{path}.orig"), "first\n")
    found = plan_file(path, "xl", ours())
    assert found.backup == f"{path}.orig"
    found.write()
    put(path, "second\n")
    again = plan_file(path, "xl", ours())
    assert again.backup.startswith(f"{path}.orig-") and len(again.backup) == len(f"{path}.orig-") + 8
    again.write()
    assert Path(f"{path}.orig").read_text(encoding="utf-8") == "first\n"
    assert Path(again.backup).read_text(encoding="utf-8") == "second\n"


@pytest.mark.parametrize("kind", ["folder", "dangling"])
def test_something_else_in_the_copy_s_place(kind: str, path: Path) -> None:
    put(path, "mine\n")
    copy = Path(f"{path}.orig")
    if kind == "folder":
        copy.mkdir()
    else:
        copy.symlink_to("nothing")
    found = plan_file(path, "xl", ours())
    assert found.backup.startswith(f"{copy}-")
    found.write()
    assert os.path.lexists(copy) and not copy.is_file()


def test_two_changes_by_hand_are_kept_apart(path: Path) -> None:
    kept = []
    for line in ("a = 1\n", "b = 1\n", "a = 1\n"):
        found = plan_file(put(path, ours() + line, 0o644), "xl", ours())
        assert (found.action, found.backup.startswith(f"{path}.by-hand-")) == ("updated", True)
        found.write()
        kept.append(Path(found.backup))
        assert kept[-1].read_text(encoding="utf-8") == ours() + line
        assert kept[-1].stat().st_mode & 0o7777 == 0o600
        assert (plan_file(path, "xl", ours()).action, plan_file(path, "xl", ours()).notes()) == ("none", [])
    assert kept[0] == kept[2] != kept[1]


def test_a_copy_that_cannot_be_written_leaves_the_file(path: Path) -> None:
    found = plan_file(put(path, ours() + "a = 1\n"), "xl", ours())
    Path(found.backup).mkdir()
    with pytest.raises(IsADirectoryError):
        found.write()
    assert path.read_text(encoding="utf-8") == ours() + "a = 1\n"


# -- what was changed by hand -------------------------------------------------------------------------------------------


def by_hand(found: FilePlan) -> str:
    """What the note says between its fixed words."""
    (note,) = found.notes()
    head, tail = f"{found.path} was changed by hand", f"; it is kept as {found.backup}"
    assert note.startswith(head) and note.endswith(tail)
    return note[len(head) : -len(tail)]


def test_the_note_has_what_was_changed_by_hand(path: Path) -> None:
    found = plan_file(put(path, ours() + "cpus = '0-3'\n"), "xl", ours())
    assert (by_hand(found), found.action) == (" (cpus added)", "updated")


def test_a_file_to_be_removed_is_not_compared(path: Path) -> None:
    found = plan_file(put(path, ours() + "vcpus = 9\n"), "xl", None)
    assert (by_hand(found), found.action) == ("", "removed")
    found.write()
    assert Path(found.backup).exists() and not path.exists()


def test_no_note_shows_a_value(path: Path) -> None:
    for line in ("vncpasswd = 'hunter2'\n", "vfb = ['vncpasswd=hunter2']\n", "vncpasswd = hunter2\n", "# passwd = hunter2\n",
                 "vncpasswd = 'hunter2\n", "vncpasswd = 'hunter2\\q'\n"):  # fmt: skip
        for syntax in ("xl", "xm"):
            found = plan_file(put(path, ours() + line), syntax, ours())
            assert "hunter" not in str(found.notes())
            assert "hunter" not in str(found.diff()), line


def test_a_changed_definition_is_not_a_change_by_hand(path: Path) -> None:
    assert plan_file(put(path, ours()), "xl", ours("memory = 1\n")).notes() == []
    assert digest(ours()) != digest(ours("memory = 1\n"))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and changing the tree of exports: never behind a link, and finished after an interruption."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend import exports, exports_apply
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.exports import Entry
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fs_backend.links import Link, read_links

KEYMAPS, XEN = (Link(name, f"/{name}") for name in exports.LINKS)


class Killed(BaseException):
    """Nothing that would clean up runs in a process that is killed."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "exports"


def present(root: Path, *links: Link) -> bool:
    """Whether something was changed; nothing may be in the way."""
    plan, problems = exports.plan_present(str(root), links, exports_apply.read_tree(str(root), links))
    assert problems == [], [problem.text() for problem in problems]
    exports_apply.apply_plan(str(root), plan)
    return plan.changed


def absent(root: Path, *links: Link) -> bool:
    plan = exports.plan_absent(links, exports_apply.read_tree(str(root), links))
    exports_apply.apply_plan(str(root), plan)
    return plan.changed


def shown(folder: Path) -> dict[str, str]:
    """All that lies in a folder, links with their target."""
    found = {}
    for path in sorted(folder.rglob("*")):
        kind = os.readlink(path) if path.is_symlink() else "folder" if path.is_dir() else "file"
        found[str(path.relative_to(folder))] = kind
    return found


BOTH = {
    "usr": "folder",
    "usr/share": "folder",
    "usr/share/xen": "folder",
    "usr/share/xen/qemu": "folder",
    "usr/share/xen/qemu/keymaps": "/usr/share/xen/qemu/keymaps",
    "var": "folder",
    "var/lib": "folder",
    "var/lib/xen": "/var/lib/xen",
}


def test_made_once_and_removed_without_a_trace(root: Path) -> None:
    assert present(root, KEYMAPS, XEN)
    assert shown(root) == BOTH
    assert not present(root, KEYMAPS, XEN)
    assert absent(root, KEYMAPS, XEN)
    assert not root.exists()
    assert not absent(root, KEYMAPS, XEN)


def test_the_tree_s_own_folder_is_made_with_those_above(tmp_path: Path) -> None:
    assert present(tmp_path / "srv" / "xen" / "exports", XEN)
    assert shown(tmp_path)["srv/xen/exports/var/lib/xen"] == "/var/lib/xen"


def test_folders_can_be_read_whatever_the_umask(root: Path) -> None:
    old = os.umask(0o077)
    try:
        present(root, XEN)
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root, root / "var", root / "var" / "lib")} == {0o755}


def test_a_wrong_link_is_replaced_and_is_there_all_the_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    present(root, Link(XEN.name, "/srv/other"))
    seen: list[bool] = []
    for name in ("symlink", "replace", "unlink"):
        do = getattr(os, name)

        def step(*args: Any, do: Any = do, **more: Any) -> None:
            do(*args, **more)
            seen.append(os.path.islink(root / XEN.name))

        monkeypatch.setattr(os, name, step)
    assert present(root, XEN)
    assert seen and all(seen)
    assert os.readlink(root / XEN.name) == "/var/lib/xen"


def test_what_others_have_in_the_tree_stays(root: Path) -> None:
    present(root, XEN)
    (root / "var" / "mine").write_text("x", encoding="utf-8")
    (root / "var" / "lib" / "other").symlink_to("/srv")
    present(root, KEYMAPS, XEN)
    absent(root, KEYMAPS, XEN)
    assert shown(root) == {"var": "folder", "var/lib": "folder", "var/lib/other": "/srv", "var/mine": "file"}


@pytest.mark.parametrize("kind", ["file", "folder", "fifo"])
def test_what_is_no_link_is_seen_as_such(kind: str, root: Path) -> None:
    place = root / XEN.name
    place.parent.mkdir(parents=True)
    {"file": place.touch, "folder": place.mkdir, "fifo": lambda: os.mkfifo(place)}[kind]()
    assert exports_apply.read_tree(str(root), [XEN]).found == {XEN.name: Entry("other", at=XEN.name)}
    assert not absent(root, XEN)
    assert place.exists()


@pytest.mark.parametrize("part", ["", "var", "var/lib"])
@pytest.mark.parametrize("kind", ["link", "loop", "file"])
def test_nothing_is_looked_for_behind_a_link_or_file(part: str, kind: str, root: Path, tmp_path: Path) -> None:
    """Not even what would be right there."""
    outside = tmp_path / "outside"
    present(outside, Link(XEN.name[len(part) :].lstrip("/"), XEN.target))
    before = shown(outside)
    place = root / part if part else root
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == "file":
        place.touch()
    else:
        place.symlink_to(outside if kind == "link" else place)
    found = exports_apply.read_tree(str(root), [XEN]).found[XEN.name]
    assert found == Entry("other", at=part)
    assert not absent(root, XEN)
    assert shown(outside) == before


@pytest.mark.parametrize("code", [errno.ENOTDIR, errno.ELOOP])
def test_either_error_of_a_kernel_that_meets_a_link(code: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise OSError(code, "")

    monkeypatch.setattr(os, "open", refuse)
    assert exports_apply.read_tree(str(root), [XEN]).found == {XEN.name: Entry("other", at="")}


@pytest.mark.parametrize("step", ["make", "put", "remove", "prune"])
def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(step: str, root: Path, tmp_path: Path) -> None:
    """A guest of 3.3 can rename what is in the tree, between reading and changing it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    links = [XEN]
    present(root, *(links if step in ("remove", "prune") else [Link("var/other", "/srv")]))
    if step == "put":
        (root / "var" / "lib").mkdir()
    if step == "prune":
        (root / XEN.name).unlink()
    if step in ("remove", "prune"):
        present(outside, Link("lib/xen", "/var/lib/xen"))
        plan = exports.plan_absent(links, exports_apply.read_tree(str(root), links))
    else:
        plan, _problems = exports.plan_present(str(root), links, exports_apply.read_tree(str(root), links))
        (outside / "lib").mkdir()
    before = shown(outside)
    (root / "var").rename(root / "moved")
    (root / "var").symlink_to(outside)
    with pytest.raises(OSError, match="Not a directory"):
        exports_apply.apply_plan(str(root), plan)
    assert shown(outside) == before


@pytest.mark.parametrize("act", [present, absent])
@pytest.mark.parametrize("left", range(12))
def test_an_interrupted_run_is_finished_by_the_next(
    left: int, act: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``left`` is how many changes it still makes. The other run's process has another id."""
    if act is absent:
        present(root, KEYMAPS, XEN)
    steps = left
    with monkeypatch.context() as patch:
        for name in ("mkdir", "symlink", "replace", "unlink", "rmdir"):
            do = getattr(os, name)

            def step(*args: Any, do: Any = do, **more: Any) -> None:
                nonlocal steps
                if not steps:
                    raise Killed
                steps -= 1
                do(*args, **more)

            patch.setattr(os, name, step)
        try:
            act(root, KEYMAPS, XEN)
        except Killed:
            pass
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    act(root, KEYMAPS, XEN)
    assert (shown(root) if root.exists() else {}) == (BOTH if act is present else {})


def test_a_left_temporary_link_does_not_keep_a_folder(root: Path) -> None:
    present(root, XEN)
    (root / "var" / "lib" / ".xen.link.tmp").symlink_to("/var/lib/xen")
    (root / "var" / ".xen.link.tmp").write_text("no link, so not ours", encoding="utf-8")
    assert absent(root, XEN)
    assert shown(root) == {"var": "folder", "var/.xen.link.tmp": "file"}


def test_other_errors_are_reported(root: Path) -> None:
    """Python hands a path with NUL to no call; a name that is too long comes back from the kernel."""
    root.mkdir()
    with pytest.raises(OSError, match="File name too long"):
        exports_apply.read_tree(str(root), [Link(f"{'x' * 300}/y", "/y")])


NAMES = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map("/".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=100)
@given(names=st.lists(NAMES, max_size=4), links=st.dictionaries(NAMES, NAMES, max_size=2))
def test_nothing_outside_of_the_tree_is_ever_changed(
    names: list[str], links: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any links may be in it."""
    folder = tmp_path_factory.mktemp("any")
    outside, root = folder / "outside", folder / "exports"
    (outside / "a" / "b" / "c").mkdir(parents=True)
    root.mkdir()
    for name, target in links.items():
        try:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(outside / target)
        except OSError:
            pass  # Another of these links is in the way.
    before = shown(outside)
    wanted, problems = read_links(str(root), [{"name": name, "target": "/srv"} for name in names])
    if not problems:
        seen = exports_apply.read_tree(str(root), wanted)
        plan, refused = exports.plan_present(str(root), wanted, seen)
        exports_apply.apply_plan(str(root), plan)
        if not refused:
            assert {os.readlink(root / link.name) for link in wanted} <= {"/srv"}
        absent(root, *wanted)
    assert shown(outside) == before

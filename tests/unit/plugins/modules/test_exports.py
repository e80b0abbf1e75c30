# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module exports. Check mode says what the run then does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.modules import exports as module


@pytest.fixture
def root(modules: Any) -> Path:
    path: Path = modules.folder / "exports"
    return path


def told(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: answer.get(key) for key in ("changed", "links", "missing", "diff", "failed", "msg")}


def tree(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*")) if root.exists() else []


def check_then_run(modules: Any, **params: Any) -> dict[str, Any]:
    """What both say, and that check mode changed nothing."""
    given = {"path": str(modules.folder / "exports"), **params}
    before = tree(modules.folder / "exports")
    checked = modules.run("exports", check=True, **given)
    assert tree(modules.folder / "exports") == before
    ran: dict[str, Any] = modules.run("exports", **given)
    assert told(checked) == told(ran)
    return ran


def target(modules: Any, name: str = "data") -> str:
    (modules.folder / name).mkdir(exist_ok=True)
    return str(modules.folder / name)


def test_made_kept_and_removed(modules: Any, root: Path) -> None:
    links = [{"name": "srv/data", "target": target(modules)}]
    row = {"name": "srv/data", "path": f"{root}/srv/data", "target": links[0]["target"], "target_exists": True}
    answer = check_then_run(modules, links=links)
    assert (answer["changed"], answer["links"], answer["missing"]) == (True, [{**row, "state": "created"}], [])
    assert answer["diff"]["after"] == f"/\nsrv/\nsrv/data -> {links[0]['target']}\n"
    assert os.readlink(root / "srv" / "data") == links[0]["target"]
    again = check_then_run(modules, links=links)
    assert (again["changed"], again["diff"], again["links"]) == (False, {}, [{**row, "state": "unchanged"}])
    gone = check_then_run(modules, links=links, state="absent")
    assert (gone["changed"], gone["links"]) == (True, [{**row, "state": "removed"}])
    assert not root.exists()
    assert check_then_run(modules, links=links, state="absent")["changed"] is False


def test_the_default_links(modules: Any, root: Path) -> None:
    answer = check_then_run(modules)
    assert [(link["path"], link["target"]) for link in answer["links"]] == [
        (f"{root}/usr/share/xen/qemu/keymaps", "/usr/share/xen/qemu/keymaps"),
        (f"{root}/var/lib/xen", "/var/lib/xen"),
    ]


def test_a_target_that_is_missing_is_told_and_linked(modules: Any, root: Path) -> None:
    gone = f"{modules.folder}/gone"
    answer = check_then_run(modules, links=[{"name": "gone", "target": gone}])
    assert (answer["missing"], answer["links"][0]["target_exists"]) == ([gone], False)
    expected = f"{gone} does not exist: stub domains do not find the files that it should hold. Remedy: install it."
    assert expected in str(answer["warnings"])
    assert os.readlink(root / "gone") == gone
    assert check_then_run(modules, links=[{"name": "gone", "target": gone}], state="absent")["missing"] == []


def test_what_is_no_link_is_refused_and_nothing_is_changed(modules: Any, root: Path) -> None:
    (root / "b").mkdir(parents=True)
    answer = check_then_run(modules, links=[{"name": "a", "target": "/srv"}, {"name": "b", "target": "/srv"}])
    assert answer["failed"] is True
    assert answer["msg"] == (
        f"{root}/b: exists and is not a link. Remedy: see what it contains, move {root}/b away, and run again."
    )
    assert tree(root) == ["b"]


def test_what_is_not_ours_is_left_with_a_warning(modules: Any, root: Path) -> None:
    root.mkdir()
    (root / "a").symlink_to("/etc")
    answer = check_then_run(modules, links=[{"name": "a", "target": "/srv"}], state="absent")
    assert (answer["changed"], answer["links"][0]["state"]) == (False, "kept")
    assert f"{root}/a is kept: it is not the link that this module creates." in str(answer["warnings"])


def test_bad_links_are_all_told(modules: Any, root: Path) -> None:
    answer = check_then_run(modules, links=[{"name": "../etc"}, {"name": "/a"}])
    assert answer["failed"] is True
    assert [line.partition(":")[0] for line in answer["msg"].splitlines()] == [
        "links[0].name = '../etc'", "links[1].name = '/a'"
    ]
    assert not root.exists()


def test_a_disk_that_refuses(modules: Any, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module.exports_apply, "apply_plan", refuse)
    answer = modules.run("exports", path=str(root))
    assert answer["failed"] is True
    assert answer["msg"] == (
        f"path = '{root}': cannot be read or changed: Read-only file system. "
        "Remedy: check that root may write there and that there is room, then run again."
    )

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of unpacked packages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    tree,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    overlay,
)


@pytest.fixture
def unpacked(tmp_path: Path) -> tree.Tree:
    (tmp_path / "tree" / "usr").mkdir(parents=True)
    return tree.Tree(tmp_path / "tree")


def test_no_path_of_a_tree_leads_out_of_it(unpacked: tree.Tree) -> None:
    for link, target in (
        ("etc", "/usr/etc"),
        ("up", "../../../../etc"),
        ("usr/b", "a"),
        ("usr/a", "/usr/../usr/x/./y"),
    ):
        (unpacked.root / link).symlink_to(target)
    found = {
        path: unpacked.name(unpacked.inside(path))
        for path in ("/etc/passwd", "up/passwd", "../../x", "usr/b/z", "/", "")
    }
    assert found == {
        "/etc/passwd": "usr/etc/passwd",
        "up/passwd": "usr/etc/passwd",
        "../../x": "x",
        "usr/b/z": "usr/x/y/z",
        "/": ".",
        "": ".",
    }


def test_links_in_a_circle(unpacked: tree.Tree) -> None:
    (unpacked.root / "a").symlink_to("b")
    (unpacked.root / "b").symlink_to("/a")
    with pytest.raises(OSError, match="Too many levels of symbolic links: 'a/x'"):
        unpacked.inside("a/x")


def test_merging(unpacked: tree.Tree) -> None:
    root = unpacked.root
    overlay(
        root,
        {
            "lib/x/a": "a",
            "usr/lib/x/b": "b",
            "bin/both": "-> /usr/bin/both",
            "usr/bin/both": "both",
            "sbin/other": "other",
            "usr/sbin/other": "-> /bin/other",
            "lib/link": "-> x",
        },
    )
    unpacked.merge_usr()
    unpacked.merge_usr()
    assert {name: os.readlink(root / name) for name in tree.MERGED} == {name: f"usr/{name}" for name in tree.MERGED}
    assert sorted(os.listdir(root / "usr/lib/x")) == ["a", "b"]
    assert (root / "usr/bin/both").read_text() == "both"
    assert (root / "usr/sbin/other").read_text() == "other"
    assert os.readlink(root / "usr/lib/link") == "x"


def test_an_overlay_writes_nowhere_else(unpacked: tree.Tree, tmp_path: Path) -> None:
    """A link of the packages that leads out of the tree, as /var/run to /run, is followed inside the tree."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (unpacked.root / "var").symlink_to(outside)
    (unpacked.root / "usr" / "a").symlink_to(outside / "a")
    unpacked.add_overlay(Path(overlay(tmp_path / "own", {"var/x": "x", "usr/a": "a"})))
    assert os.listdir(outside) == []
    assert unpacked.inside("/var/x").read_text() == "x"
    assert (unpacked.root / "usr" / "a").read_text() == "a"
    assert {unpacked.owner(unpacked.inside(path)) for path in ("var/x", "usr/a")} == {"overlay"}


def test_an_overlay_that_replaces_a_folder(unpacked: tree.Tree, tmp_path: Path) -> None:
    (unpacked.root / "usr" / "a").mkdir()
    with pytest.raises(BuildError, match="would replace a folder of the packages"):
        unpacked.add_overlay(Path(overlay(tmp_path / "own", {"usr/a": "a"})))


def test_an_overlay_with_a_pipe(unpacked: tree.Tree, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    own = overlay(tmp_path / "own", {"a": "a"})
    os.mkfifo(Path(own, "pipe"))
    with pytest.raises(BuildError, match="is neither a file nor a link"):
        unpacked.add_overlay(Path(own))

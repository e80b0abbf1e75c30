# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""minios_stubdom_image and minios_stubdom_progress, on a build host with a small source tree and the real make."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.xen_tree import XenTree


@pytest.fixture
def tree(modules: Any, monkeypatch: pytest.MonkeyPatch) -> XenTree:
    made = XenTree(modules.folder / "src", "4.17")
    monkeypatch.setenv("PATH", f"{made.bin}:{os.environ['PATH']}")
    return made


def test_it_builds(modules: Any, tree: XenTree) -> None:
    dest = modules.folder / "build"
    given = {"tree": str(tree.root), "dest": str(dest), "mirror": str(tree.mirror), "checksums": tree.checksums}
    checked = modules.run("minios_stubdom_image", check=True, **given)
    assert sorted(path.name for path in dest.iterdir()) == [".minios-stubdom", "minios-stubdom.log"]
    ran = modules.run("minios_stubdom_image", **given)
    assert (checked["changed"], ran["changed"], ran["log"]) == (True, True, f"{dest}/minios-stubdom.log")
    versions = [(image["name"], image["version"]) for image in ran["images"]]
    assert [(image["name"], image["version"]) for image in checked["images"]] == versions
    assert [image["name"] for image in ran["images"]] == ["ioemu-stubdom", "pv-grub-x86_64.gz"]
    for image in ran["images"]:
        assert (image["xen"], image["sha256"][:16]) == ("4.17", image["version"])
        for file in image["files"]:
            path = Path(file["path"])
            assert path == dest / "minios-stubdom" / file["file"]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        # Of the manifest only what is about this image.
        said = image["manifest"]
        assert list(said["installed"]) == [file["file"] for file in sorted(image["files"], key=lambda one: one["file"])]
        assert said["tree"]["from"] == str(tree.root) and said["compiler"] and said["built"].endswith("Z")
        assert "files" not in said and "images" not in said
    tree.calls()
    again = modules.run("minios_stubdom_image", **given)
    assert (again["changed"], again["images"], tree.calls()) == (False, ran["images"], [])
    # The order of the targets makes no other build.
    assert modules.run("minios_stubdom_image", **given, targets=["pvgrub", "ioemu"])["changed"] is False
    assert tree.calls() == []


def test_options_reach_the_build(modules: Any, tree: XenTree) -> None:
    given = {
        "name": "xen-4.17",
        "targets": ["pvgrub"],
        "configure": ["--prefix=/usr"],
        "variables": {"VERBOSE": 1},
        "jobs": 3,
        "timeout": 600,
    }
    ran = modules.run(
        "minios_stubdom_image",
        tree=str(tree.root),
        dest=str(modules.folder / "b"),
        mirror=str(tree.mirror),
        checksums=tree.checksums,
        **given,
    )
    assert ran["images"][0]["manifest"]["installed"]["pv-grub-x86_64.gz"]["path"] == "/usr/lib/xen/boot/pv-grub-x86_64.gz"
    assert ran["images"][0]["files"][0]["path"] == f"{modules.folder}/b/xen-4.17/pv-grub-x86_64.gz"
    assert {line.partition(": ")[2].split()[0] for line in tree.calls()} == {"-j3"}


def test_what_cannot_be_built(modules: Any, tree: XenTree) -> None:
    dest = str(modules.folder / "build")
    answer = modules.run("minios_stubdom_image", tree=str(tree.root), dest=dest, targets=["fs_back"])
    assert (answer["failed"], answer["log"]) == (True, f"{dest}/minios-stubdom.log")
    assert answer["msg"] == (
        "targets: Xen 4.17 has no fs_back, which is part of Xen 3.3 to 4.0: it went with 4.1 (afadd6ac31), whose stub "
        "domains do without. Remedy: leave fs_back out, or build it from another release."
    )
    (modules.folder / "file").write_text("", encoding="utf-8")
    answer = modules.run("minios_stubdom_image", tree=str(tree.root), dest=f"{modules.folder}/file")
    assert (answer["failed"], "Not a directory" in answer["msg"]) == (True, True)


def test_sources_that_do_not_go_together(modules: Any) -> None:
    for given in ({}, {"tree": "/a", "archive": "/b", "sha256": "x"}, {"archive": "/b"}, {"repository": "/r"}):
        assert modules.run("minios_stubdom_image", dest=str(modules.folder), **given)["failed"] is True


def test_progress(modules: Any) -> None:
    log, job = modules.folder / "log", modules.folder / "job"
    log.write_text("=== 1:42 step 3 of 4: stubdom\ngcc -c sched.c\n", encoding="utf-8")
    job.write_text(json.dumps({"started": 1, "finished": 0}), encoding="utf-8")
    told = modules.run("minios_stubdom_progress", log=str(log), job=str(job), wait=0)
    said = {key: told[key] for key in ("changed", "ended", "step", "line")}
    assert said == {"changed": False, "ended": False, "step": "1:42 step 3 of 4: stubdom", "line": "gcc -c sched.c"}
    job.unlink()
    told = modules.run("minios_stubdom_progress", log=str(log), job=str(job))
    assert (told["ended"], told["step"], told["line"]) == (True, "", "")

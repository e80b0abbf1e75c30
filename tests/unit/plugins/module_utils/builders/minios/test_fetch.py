# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files and trees from elsewhere."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    fetch,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import Host


def test_a_repository(host: Host) -> None:
    def git(*words: str) -> str:
        named = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(host.tree.root)]
        done = subprocess.run(["git", *named, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    first = git("rev-parse", "HEAD")
    host.tree.write("tools/README", "two")
    git("commit", "-q", "-a", "-m", "two", "--allow-empty")
    where = str(host.tree.root)
    built = host.build(tree="", repository=where, revision=first)
    assert built.manifest["tree"] == {"kind": "repository", "from": where, "revision": first, "digest": first}
    host.tree.calls()
    assert (host.build(tree="", repository=where, revision=first).changed, host.tree.calls()) == (False, [])
    # A tree that is a checkout tells its commit, too.
    assert host.build().manifest["tree"]["revision"] == git("rev-parse", "HEAD")
    nowhere = host.refused_before_make(tree="", repository=where, revision="0" * 40)
    assert nowhere.startswith(f"repository: {where}: {'0' * 40}: git reports: ")
    gone = host.refused_before_make(tree="", repository=f"{where}-gone", revision="1" * 40)
    assert f"repository: {where}-gone: git reports: " in gone


def test_a_server_that_gives_no_commit_by_its_name(tmp_path: Path) -> None:
    """Then all is fetched; and a commit that is there is not fetched again."""
    calls: list[list[str]] = []

    def git(argv: list[str]) -> Result:
        calls.append(argv[argv.index("-C") + 2 :] if "-C" in argv else argv[1:2])
        fails = "--depth" in argv or "cat-file" in argv and not any("+refs/*:refs/fetched/*" in call for call in calls)
        return Result(argv, int(fails), "", "Server does not allow request for unadvertised object")

    fetch.check_out_commit("https://m/xen.git", "1" * 40, tmp_path / "git", tmp_path / "tree", git)
    assert [call[0] for call in calls] == [
        "init",
        "cat-file",
        "fetch",
        "fetch",
        "cat-file",
        f"--work-tree={tmp_path}/tree",
    ]
    calls[:] = [["+refs/*:refs/fetched/*"]]
    fetch.check_out_commit("https://m/xen.git", "1" * 40, tmp_path / "git", tmp_path / "tree2", git)
    assert [call[0] for call in calls[1:]] == ["init", "cat-file", f"--work-tree={tmp_path}/tree2"]


def test_a_file_that_is_not_an_archive(host: Host) -> None:
    archive = host.tree.write("not.tar", "text")
    said = host.refused_before_make(tree="", archive=str(archive), sha256=hashlib.sha256(b"text").hexdigest())
    assert said.startswith(f"{archive} cannot be unpacked: tar: ")
    said = host.refused_before_make(tree="", archive="file:///nonexistent", sha256="0" * 64)
    assert said.startswith("file:///nonexistent cannot be fetched: ")

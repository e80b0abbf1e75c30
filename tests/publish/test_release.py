# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make release`, in a copy of the checkout: the branch, the version, the changelog and the archive."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from publishing import ROOT, run

AUTHOR = {f"GIT_{role}_{what}": f"tests{at}" for role in ("AUTHOR", "COMMITTER") for what, at in (("NAME", ""), ("EMAIL", "@example.org"))}


def git(folder: Path, *arguments: str) -> str:
    return run("git", *arguments, cwd=folder, env=AUTHOR).stdout.strip()


def commit(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", name)


def release(folder: Path, version: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
    return run("python", "tests/tools/release.py", version, "--output", str(folder.parent / "output"), cwd=folder, fails=fails, env=AUTHOR)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What git knows of the checkout, as a checkout of its own."""
    folder = tmp_path / "stubdom"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return folder


def fragments(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "changelogs" / "fragments").glob("*.yml"))


def test_the_first_release_and_the_next_one(copy: Path) -> None:
    changelog = copy / "changelogs" / "changelog.yaml"
    first = not yaml.safe_load(changelog.read_text(encoding="utf-8"))["releases"]
    done = release(copy, "7.0.0")
    assert "git push origin release-7.0.0" in done.stdout
    assert git(copy, "rev-parse", "--abbrev-ref", "HEAD") == "release-7.0.0"
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "log", "-1", "--format=%s") == "Release 7.0.0"
    assert yaml.safe_load((copy / "galaxy.yml").read_text(encoding="utf-8"))["version"] == "7.0.0"
    readme = (copy / "README.md").read_text(encoding="utf-8")
    assert "Version 7.0.0." in readme and "xenfleet-stubdom-7.0.0.tar.gz" in readme
    assert "xenfleet-stubdom-7.0.0.tar.gz" in (copy / "docs" / "awx.md").read_text(encoding="utf-8")
    text = (copy / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "Major Changes" in text
    assert not (first and "Bugfixes" in text), "they correct what was never released"
    assert fragments(copy) == []
    with tarfile.open(copy.parent / "output" / "xenfleet-stubdom-7.0.0.tar.gz") as tar:
        names = tar.getnames()
    assert "CHANGELOG.md" in names and "docs/docsite/rst/guests.rst" in names
    assert [name for name in names if "plugin-cache" in name] == []

    git(copy, "checkout", "--quiet", "-b", "next")
    commit(copy, "changelogs/fragments/one.yml", "---\nbugfixes:\n  - image - a download that ended early was reported as complete.\n")
    release(copy, "7.0.1")
    text = (copy / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "a download that ended early" in text
    assert re.findall(r"(?m)^## v(.*)$", text.replace("\\", ""))[:2] == ["7.0.1", "7.0.0"]


@pytest.mark.parametrize(
    "version, prepare, reason",
    [
        ("", "", "must be a semantic version"),
        ("1.0", "", "must be a semantic version"),
        ("v1.0.0", "", "must be a semantic version"),
        ("1.0.0; id", "", "must be a semantic version"),
        ("7.0.0", "changes", "the checkout has changes"),
        ("7.0.0", "branch", "has a branch or a tag already"),
        ("7.0.0", "tag", "has a branch or a tag already"),
        ("6.9.9", "released", "must be newer than 7.0.0"),
        ("7.0.0", "released", "must be newer than 7.0.0"),
    ],
)
def test_what_is_refused_changes_nothing(version: str, prepare: str, reason: str, copy: Path) -> None:
    if prepare == "changes":
        (copy / "README.md").write_text("", encoding="utf-8")
    elif prepare == "released":
        released = {"ancestor": None, "releases": {"7.0.0": {"release_date": "2026-11-30"}}}
        commit(copy, "changelogs/changelog.yaml", yaml.safe_dump(released))
    elif prepare:
        git(copy, prepare, "release-7.0.0" if prepare == "branch" else "7.0.0")
    before = git(copy, "rev-parse", "HEAD"), git(copy, "status", "--porcelain"), git(copy, "branch", "--list")
    assert reason in release(copy, version, fails=True).stderr
    assert (git(copy, "rev-parse", "HEAD"), git(copy, "status", "--porcelain"), git(copy, "branch", "--list")) == before


def test_a_release_that_fails_leaves_the_checkout_as_it_was(copy: Path) -> None:
    # antsibull-docs could not show this page: README.md does not name it.
    commit(copy, "docs/unnamed.md", "# A page\n")
    before = git(copy, "rev-parse", "HEAD")
    assert "docs/ differ: unnamed.md" in release(copy, "7.0.0", fails=True).stderr
    assert git(copy, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert git(copy, "rev-parse", "HEAD") == before
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "branch", "--list", "release-*") == ""
    assert not (copy / "CHANGELOG.md").exists()

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a release: a branch with the version and the changelog, and the archive, examined as Galaxy examines it.

Nothing is pushed, tagged or published: the last lines name the commands for that. When a step fails, the branch is removed
again. The first release's changelog lists no corrections: what they correct was never released. The program runs in
.venv-publish.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import package
import yaml
from semantic_version import Version

ROOT = package.ROOT
PROGRAMS = Path(sys.executable).parent
# The files that name the version.
NAMED_IN = (
    "galaxy.yml", "README.md", "docs/awx.md", "docs/how-it-works.md", "examples/awx/execution-environment.yml",
    "examples/awx/requirements.yml",
)
# Sections of a fragment that are about something that was released before.
OF_RELEASED = ("bugfixes", "security_fixes", "breaking_changes", "deprecated_features", "removed_features")


def run(*command: str, cwd: Path, **variables: str) -> str:
    """Run a command in the checkout and return what it prints. Raise SystemExit with it when the command fails."""
    environment = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", **variables}
    done = subprocess.run(command, cwd=cwd, env=environment, text=True, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def require(root: Path, version: str) -> None:
    """Raise SystemExit unless this version can be released from this checkout now."""
    if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version):
        raise SystemExit(f"VERSION = {version!r}: must be a semantic version. Remedy: give one, such as VERSION=0.2.0.")
    releases = yaml.safe_load((root / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    newest = max((Version(name) for name in releases), default=None)
    if newest and Version(version) <= newest:
        raise SystemExit(f"VERSION = {version}: must be newer than {newest}. Remedy: give a higher version.")
    if run("git", "status", "--porcelain", cwd=root):
        raise SystemExit("the checkout has changes. Remedy: commit them, or stash them.")
    if run("git", "branch", "--list", branch_of(version), cwd=root) or run("git", "tag", "--list", version, cwd=root):
        raise SystemExit(f"{version}: has a branch or a tag already. Remedy: remove it, or give another version.")


def branch_of(version: str) -> str:
    """Return the name of the branch of a release."""
    return f"release-{version}"


def set_version(root: Path, version: str) -> None:
    """Write the version into the files that name the current one."""
    old = str(yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    for name in NAMED_IN:
        file = root / name
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"(?<![\d.]){re.escape(old)}(?![\d]|\.\d)", version, text), encoding="utf-8")


def drop_corrections(fragments: Path) -> None:
    """Take out of the fragments what is about an earlier release. antsibull-changelog removes them afterwards."""
    for file in sorted(fragments.glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        kept = {section: entries for section, entries in content.items() if section not in OF_RELEASED}
        if kept:
            file.write_text(yaml.safe_dump(kept), encoding="utf-8")
        else:
            file.unlink()


def write_changelog(root: Path, version: str) -> None:
    """Write CHANGELOG.md and changelogs/changelog.yaml from the fragments, and remove these."""
    changelog = root / "changelogs" / "changelog.yaml"
    if not yaml.safe_load(changelog.read_text(encoding="utf-8"))["releases"]:
        drop_corrections(root / "changelogs" / "fragments")
    run("antsibull-changelog", "release", "--version", version, cwd=root)
    run("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml", cwd=root)
    head = "".join(f"{line}\n" for line in (root / "changelogs" / "config.yaml").read_text(encoding="utf-8").splitlines()[:2])
    text = changelog.read_text(encoding="utf-8")
    if not text.startswith("# Copyright"):
        changelog.write_text(head + text, encoding="utf-8")


def examine(archive: Path) -> None:
    """Raise SystemExit when Galaxy would not take the archive. ansible-lint is left to `make check`."""
    with TemporaryDirectory() as folder:
        config = Path(folder) / "importer.cfg"
        config.write_text("[galaxy-importer]\nRUN_ANSIBLE_LINT = False\n", encoding="utf-8")
        run("python", "-m", "galaxy_importer.main", str(archive.resolve()), cwd=Path(folder), GALAXY_IMPORTER_CONFIG=str(config))


def release(root: Path, version: str, output: Path) -> Path:
    """Make the branch of the release, commit its changes there, and build the archive; return its path."""
    require(root, version)
    before = run("git", "rev-parse", "--abbrev-ref", "HEAD", cwd=root).strip()
    run("git", "checkout", "--quiet", "-b", branch_of(version), cwd=root)
    try:
        set_version(root, version)
        write_changelog(root, version)
        # The archive has what git knows.
        run("git", "add", "--all", cwd=root)
        archive = package.build(root, output)
        examine(archive)
        run("git", "commit", "--quiet", "--message", f"Release {version}", cwd=root)
    except BaseException:
        run("git", "add", "--all", cwd=root)
        run("git", "reset", "--quiet", "--hard", cwd=root)
        run("git", "checkout", "--quiet", before, cwd=root)
        run("git", "branch", "--quiet", "-D", branch_of(version), cwd=root)
        raise
    return archive


def main(arguments: list[str] | None = None) -> int:
    """Prepare the release, and print what is left to do; return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="the version of the release, such as 0.2.0")
    parser.add_argument("--output", type=Path, default=ROOT / ".build" / "publish", help="the folder of the archive")
    given = parser.parse_args(arguments)
    archive = release(ROOT, given.version, given.output)
    print(f"""\
{archive}
The branch {branch_of(given.version)} has the release. What is left:
  make test-all                                       on the branch
  git push origin {branch_of(given.version)}          and merge it into main
  git tag {given.version} && git push origin {given.version}   on main
  ansible-galaxy collection publish {archive}""")
    return 0


if __name__ == "__main__":
    sys.exit(main())

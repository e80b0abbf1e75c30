# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the archive of the collection that is published: with its guides for the documentation site.

The files are those that git knows, in a folder of their own, so that nothing else of the checkout gets into the archive and
nothing is written into the checkout. The program runs in .venv-publish.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import docsite

ROOT = docsite.ROOT


def tree(root: Path, folder: Path) -> None:
    """Copy what git knows of a checkout into a folder that does not exist yet, and write the guides there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0"):
        # A file that was removed and is not committed is still listed.
        if name and ((root / name).exists() or (root / name).is_symlink()):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name, follow_symlinks=False)
    docsite.write(folder, folder / "docs" / "docsite")


def build(root: Path, output: Path) -> Path:
    """Build the archive of a checkout into the folder `output`; return its path."""
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        tree(root, Path(name) / "stubdom")
        program = str(Path(sys.executable).with_name("ansible-galaxy"))
        command = [program, "collection", "build", "--force", "--output-path", str(output.resolve())]
        done = subprocess.run(command, cwd=Path(name) / "stubdom", text=True, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return Path(done.stdout.split()[-1])


def main(arguments: list[str] | None = None) -> int:
    """Build the archive and print its path; return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / ".build" / "publish", help="the folder of the archive")
    print(build(ROOT, parser.parse_args(arguments).output))
    return 0


if __name__ == "__main__":
    sys.exit(main())

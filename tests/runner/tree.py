# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout in the folder where Ansible wants a collection to be, ansible_collections/NAMESPACE/NAME."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from .places import BUILD, CHECKOUT_COPY, ROOT

MANIFEST = BUILD / "tree.json"


def listed() -> list[str]:
    """The files of the checkout that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in output.split("\0") if name and os.path.lexists(ROOT / name)})


def stamp(path: Path) -> list[int | str]:
    """What tells that a file is no longer the one that was copied."""
    status = path.lstat()
    return [status.st_mtime_ns, status.st_size, status.st_mode, os.readlink(path) if path.is_symlink() else ""]


def refresh() -> str:
    """Make the copy equal to the checkout, touching only what changed; a digest of its state."""
    before: dict[str, list[int | str]] = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else {}
    if not (CHECKOUT_COPY / ".git").exists():
        before = {}
        shutil.rmtree(CHECKOUT_COPY, ignore_errors=True)
        CHECKOUT_COPY.mkdir(parents=True)
        # ansible-test and ansible-lint ask git for the files. The copy lies in a folder that the checkout's git
        # ignores, so that one would answer "none", and everything would pass.
        subprocess.run(["git", "init", "--quiet"], cwd=CHECKOUT_COPY, check=True)
    now = {name: stamp(ROOT / name) for name in listed()}
    for name in before.keys() - now.keys():
        (CHECKOUT_COPY / name).unlink(missing_ok=True)
        remove_empty((CHECKOUT_COPY / name).parent)
    for name, state in now.items():
        if before.get(name) != state:
            target = CHECKOUT_COPY / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
    MANIFEST.write_text(json.dumps(now))
    return hashlib.sha256(json.dumps(now, sort_keys=True).encode()).hexdigest()


def remove_empty(folder: Path) -> None:
    """Remove a folder and those above it while they are empty: an empty folder is still a package to Python."""
    while folder != CHECKOUT_COPY and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent

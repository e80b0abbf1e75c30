# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection from the checkout and install it into .build/collections, as users get it."""

import json
import shutil
import subprocess
from pathlib import Path

from .places import BUILD, COLLECTIONS, ROOT, environment

# What is meant for users; all else of the checkout has to be in build_ignore of galaxy.yml.
CONTENTS = set("COPYING FILES.json MANIFEST.json README.md SECURITY.md changelogs docs examples meta playbooks plugins roles".split())


def run(*command: str, collections: Path = COLLECTIONS) -> str:
    """Run a command of Ansible's; what it printed ends up in the log when it fails."""
    done = subprocess.run(command, env=environment(collections=collections), cwd=BUILD, text=True, capture_output=True,
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def install(folder: Path = COLLECTIONS) -> Path:
    """Build and install anew, whatever is installed elsewhere; return the folder of the installed collection."""
    shutil.rmtree(folder, ignore_errors=True)
    run("ansible-galaxy", "collection", "build", str(ROOT), "--force", "--output-path", str(folder / "package"))
    (package,) = (folder / "package").glob("*.tar.gz")
    run("ansible-galaxy", "collection", "install", str(package), "--collections-path", str(folder), "--offline",
        collections=folder)
    return folder / "ansible_collections" / "xenfleet" / "stubdom"


def check() -> str:
    """Build and install beside the other copy, and look at it; return a sentence about it, or end with what is wrong."""
    folder = BUILD / "package"
    installed = install(folder)
    extra = sorted({path.name for path in installed.iterdir()} - CONTENTS)
    if extra:
        raise SystemExit(f"the package carries what only developers need: {', '.join(extra)}")
    modules = sorted(f"xenfleet.stubdom.{path.stem}" for path in (installed / "plugins" / "modules").glob("[!_]*.py"))
    if not modules:
        raise SystemExit("the package has no modules")
    pages = json.loads(run("ansible-doc", "--type", "module", "--json", *modules, collections=folder))
    unreadable = [name for name in modules if not pages.get(name, {}).get("doc", {}).get("description")]
    if unreadable:
        raise SystemExit(f"ansible-doc cannot show: {', '.join(unreadable)}")
    return f"installs; ansible-doc shows all {len(modules)} modules"


if __name__ == "__main__":
    print(check())

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built, installed into .build/collections, and its modules' pages readable."""

import json
import shutil
import subprocess

from .places import BUILD, CHECKOUT_COPY, COLLECTIONS, environment
from .tree import refresh

MARK = BUILD / "collections.digest"
INSTALLED = COLLECTIONS / "ansible_collections" / "xenfleet" / "stubdom"


def run(*command: str) -> str:
    """Run a command of Ansible's; what it said ends up in the log when it fails."""
    done = subprocess.run(command, env=environment(), cwd=BUILD, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def install() -> bool:
    """Build and install when the checkout changed since the last time; whether it did."""
    digest = refresh()
    if MARK.exists() and MARK.read_text() == digest and INSTALLED.is_dir():
        return False
    MARK.unlink(missing_ok=True)
    output = BUILD / "package"
    shutil.rmtree(output, ignore_errors=True)
    shutil.rmtree(COLLECTIONS, ignore_errors=True)
    run("ansible-galaxy", "collection", "build", str(CHECKOUT_COPY), "--output-path", str(output))
    (package,) = output.glob("*.tar.gz")
    run("ansible-galaxy", "collection", "install", str(package), "--collections-path", str(COLLECTIONS), "--offline")
    MARK.write_text(digest)
    return True


def check() -> str:
    """Look at what was installed; a sentence about it, or the end of the program with what is wrong."""
    extra = [name for name in ("tests", "extensions", "Makefile", ".git") if (INSTALLED / name).exists()]
    if extra:
        raise SystemExit(f"the package carries what only developers need: {', '.join(extra)}")
    modules = sorted(f"xenfleet.stubdom.{path.stem}" for path in (INSTALLED / "plugins" / "modules").glob("[!_]*.py"))
    if not modules:
        raise SystemExit("the package has no modules")
    pages = json.loads(run("ansible-doc", "--type", "module", "--json", *modules))
    unreadable = [name for name in modules if not pages.get(name, {}).get("doc", {}).get("description")]
    if unreadable:
        raise SystemExit(f"ansible-doc cannot show: {', '.join(unreadable)}")
    return f"installs; ansible-doc shows all {len(modules)} modules"


def main() -> None:
    """Always builds anew."""
    MARK.unlink(missing_ok=True)
    install()
    print(check())


if __name__ == "__main__":
    main()

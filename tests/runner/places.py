# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the places of the checkout, and make the environment that every part gets."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
LOGS = BUILD / "log"
JUNIT = BUILD / "junit"  # one folder for each part
LINKS = BUILD / "links"  # the collection by its name, as a link to the checkout: what it holds is never old
COLLECTIONS = BUILD / "collections"  # the collection as users get it: built and installed
CHECKOUT_COPY = BUILD / "tree" / "ansible_collections" / "xenfleet" / "stubdom"  # for ansible-test alone
LAB = ROOT / "tests" / "lab" / "lab"
LAB_INVENTORIES = BUILD / "lab"

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CORES = {"2.19": ROOT / ".venv", "2.18": ROOT / ".venv-2.18"}
NEWEST = "2.19"
CORE = os.environ.get("XENFLEET_CORE", NEWEST)  # that of the tests which run ansible-playbook
OWN_PYTHON = "3.11"
PYTHONS = ("3.8", "3.9", "3.10", OWN_PYTHON, "3.12", "3.13")


def works(command: str | Path) -> bool:
    """Return whether a Python runs and can make environments; the shim that a version manager leaves on PATH does not."""
    return subprocess.run([command, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0


@cache
def other_pythons() -> dict[str, Path]:
    """Return the other Pythons of a Xen host that this machine has, as commands of the system or of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = {}
    for version in PYTHONS:
        name = f"python{version}"
        commands = [shutil.which(name, path=SYSTEM_PATH), *sorted(pyenv.glob(f"{version}.*/bin/{name}"))]
        for command in commands if version != OWN_PYTHON else []:
            if command and works(command):
                found[version] = Path(command)
                break
    return found


def environment(core: str = CORE, collections: Path = LINKS) -> dict[str, str]:
    """Return the caller's environment with a PATH that holds one development environment, the system and other Pythons.

    Ansible finds the collection below `collections`.
    """
    others = [str(path.parent) for path in other_pythons().values()]
    # The tools that only the main environment has (molecule, linters) stay reachable under either core.
    bins = [str(CORES[core] / "bin"), str(CORES[NEWEST] / "bin")]
    paths = dict.fromkeys([*bins, *SYSTEM_PATH.split(":"), *others])
    changed = {
        "PATH": ":".join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "ANSIBLE_NOCOLOR": "1",
        # Nothing that is installed elsewhere on this machine may take the collection's place.
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYENV", "VIRTUAL_ENV"))}
    return kept | changed

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare what ansible-test needs: a copy of the checkout where it wants a collection to be, and pip in its cache."""

import os
import shutil
import subprocess
from pathlib import Path

from .places import CHECKOUT_COPY, CORES, NEWEST, ROOT

RESULTS = CHECKOUT_COPY / "tests" / "output" / "junit"
PIP = "24.2"  # the pip that ansible-test of core 2.18 and 2.19 asks for
CACHE = Path.home() / ".ansible" / "test" / "cache"
# Each sanity test has an environment of its own, made without pip; ansible-test then fetches get-pip.py from a server of
# Ansible's, unless it finds the file in its cache. This one needs no server but the Python package index.
GET_PIP = '''\
"""Install pip from the wheel beside this file. Written by xenfleet.stubdom's tests."""
import os
import runpy
import sys

wheel = os.path.join(os.path.dirname(os.path.abspath(__file__)), "{wheel}")
sys.path.insert(0, wheel)
sys.argv = ["pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel]
runpy.run_module("pip", run_name="__main__")
'''


def copy_checkout() -> None:
    """Copy the files that git tracks or would track: the folders are to be ansible_collections/NAMESPACE/NAME."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    shutil.rmtree(CHECKOUT_COPY, ignore_errors=True)
    for name in filter(None, output.split("\0")):
        if os.path.lexists(ROOT / name):
            (CHECKOUT_COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, CHECKOUT_COPY / name, follow_symlinks=False)
    # ansible-test asks git for the files. The checkout's git ignores this folder: it would answer "none", and everything
    # would pass.
    subprocess.run(["git", "init", "--quiet"], cwd=CHECKOUT_COPY, check=True)


def provide_pip() -> None:
    """Put get-pip.py into ansible-test's cache, if it has none."""
    script = CACHE / f"get_pip_{PIP.replace('.', '_')}.py"
    if script.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    pip = str(CORES[NEWEST] / "bin" / "pip")
    subprocess.run([pip, "download", "--quiet", "--no-deps", f"--dest={CACHE}", f"pip=={PIP}"], check=True)
    script.write_text(GET_PIP.format(wheel=f"pip-{PIP}-py3-none-any.whl"))


def prepare() -> None:
    """Prepare both."""
    copy_checkout()
    provide_pip()

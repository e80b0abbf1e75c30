# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets ansible-test install pip into its own environments with no server but the Python package index.

Each sanity test has an environment of its own, made without pip; ansible-test then fetches get-pip.py from a server of
Ansible's, unless it finds the file in its cache, where its own error message says to put it. This puts there a script
that does the same with the wheel of that pip, taken from the index. A get-pip.py that is there already is left alone.
"""

import subprocess
from pathlib import Path

from .places import CORES

PIP = "24.2"  # the pip that ansible-test of core 2.18 and 2.19 asks for
CACHE = Path.home() / ".ansible" / "test" / "cache"

SCRIPT = '''\
"""Stands in for get-pip.py: installs pip from the wheel beside this file. Written by xenfleet.stubdom's tests."""
import os
import runpy
import sys

wheel = os.path.join(os.path.dirname(os.path.abspath(__file__)), "{wheel}")
sys.path.insert(0, wheel)
sys.argv = ["pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel]
runpy.run_module("pip", run_name="__main__")
'''


def provide() -> None:
    """Fill the cache."""
    script = CACHE / f"get_pip_{PIP.replace('.', '_')}.py"
    if script.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    pip = str(CORES["2.19"] / "bin" / "pip")
    subprocess.run([pip, "download", "--quiet", "--no-deps", f"--dest={CACHE}", f"pip=={PIP}"], check=True)
    script.write_text(SCRIPT.format(wheel=f"pip-{PIP}-py3-none-any.whl"))


if __name__ == "__main__":
    provide()

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find and run the tools that a build host must have."""

from __future__ import annotations

import os
import shutil
from functools import partial

from ...common.errors import BuildError
from ...toolstack.command import Result, run

# Seconds: fetching and packing take minutes on a slow line and a slow machine.
_TIMEOUT = 7200.0

# Programs and the packages that have them.
TOOLS = {
    "apt-get": "apt",
    "apt-cache": "apt",
    "apt-config": "apt",
    "dpkg-deb": "dpkg",
    "mksquashfs": "squashfs-tools",
    "cpio": "cpio",
    "depmod": "kmod",
    "modprobe": "kmod",
    "readelf": "binutils",
    "zstd": "zstd",
}


def run_tool(argv: list[str]) -> Result:
    """Run a tool, which an ordinary user finds in the folders of root's tools, too."""
    found = shutil.which(argv[0], path=_path())
    return partial(run, timeout=_TIMEOUT)([found or argv[0], *argv[1:]])


def check_tools() -> None:
    """Raise BuildError with all tools that are missing."""
    absent = sorted(tool for tool in TOOLS if not shutil.which(tool, path=_path()))
    if absent:
        packages = " ".join(sorted({TOOLS[tool] for tool in absent}))
        raise BuildError(f"the build host has no {', '.join(absent)}", f"install them (Debian: {packages})")


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what a build host must have and does not have."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping

from ...common.errors import BuildError
from ...toolstack.command import Run

# Bytes: sources of 72 MB become up to 415 MB.
ROOM = 1 << 30


@dataclass(frozen=True)
class Need:
    """Describe a program, or a C header, and Debian's package with it."""

    name: str
    package: str

    @property
    def is_header(self) -> bool:
        """Return whether it is a C header."""
        return self.name.endswith(".h")


_ALWAYS = (
    Need("make", "make"),
    Need("gcc", "gcc"),
    Need("ld", "binutils"),
    Need("ar", "binutils"),
    Need("strip", "binutils"),
    Need("patch", "patch"),
    Need("tar", "tar"),
    Need("gzip", "gzip"),
    Need("bzip2", "bzip2"),
    Need("perl", "perl"),
)

# What a release's tools/configure.ac checks for, by the words that it checks with.
_CONFIGURE = (
    ("[FLEX]", Need("flex", "flex")),
    ("[BISON]", Need("bison", "bison")),
    ("[IASL]", Need("iasl", "acpica-tools")),
    ("[XGETTEXT], [xgettext]", Need("xgettext", "gettext")),
    ("PKG_CHECK_MODULES", Need("pkg-config", "pkg-config")),
    ("AX_CHECK_UUID", Need("uuid/uuid.h", "uuid-dev")),
    ("AX_CHECK_CURSES", Need("curses.h", "libncurses-dev")),
    ("Could not find yajl", Need("yajl/yajl_parse.h", "libyajl-dev")),
    ("Could not find zlib", Need("zlib.h", "zlib1g-dev")),
    ("Could not find libaio", Need("libaio.h", "libaio-dev")),
    ("Could not find libcrypto", Need("openssl/md5.h", "libssl-dev")),
)

# A header that another one can replace.
_INSTEAD = {"yajl/yajl_parse.h": ("json-c", "json-c/json.h")}


def needs_of_tree(tools: str, variables: Mapping[str, str]) -> list[Need]:
    """Return what the tree needs on the build host.

    ``tools`` is the text of its tools/configure.ac, "" in a tree without one; the operator's make ``variables`` may name
    another Python or compiler.
    """
    # Xen uses "python" unless its configure searches for python3, too.
    python = variables.get("PYTHON") or ("python3" if "python3" in tools else "python")
    package = "python3" if python.endswith("python3") else "python2, or python-is-python3"
    found = [Need(variables["CC"], "gcc") if need.name == "gcc" and "CC" in variables else need for need in _ALWAYS]
    found.append(Need(python, package))
    found += [need for word, need in _CONFIGURE if word in tools]
    if "AX_CHECK_PYTHON_DEVEL" in tools:
        found.append(Need(f"{python}-config", f"{package}-dev"))
    return found


def check_needs(tools: str, variables: Mapping[str, str], path: str, runner: Run) -> None:
    """Raise BuildError with everything that is missing."""
    absent = [need for need in needs_of_tree(tools, variables) if not _has(need, tools, path, runner)]
    if absent:
        names = ", ".join(need.name for need in absent)
        remedy = f"install them (Debian: {_packages(absent)})"
        if any("python" in need.name for need in absent):
            remedy += ", or name another one in variables, as PYTHON"
        raise BuildError(f"the build host has no {names}", remedy)


def check_machine() -> None:
    """Raise BuildError unless the build host is x86_64."""
    machine = os.uname().machine
    if machine != "x86_64":
        raise BuildError(f"the build host is {machine}", "build on x86_64, which makes the images for both widths")


def check_room(folder: Path) -> None:
    """Raise BuildError unless the folder's disk has room for a build."""
    free = shutil.disk_usage(str(folder)).free
    if free < ROOM:
        raise BuildError(
            f"{folder} has {free >> 20} MiB left, and a build needs {ROOM >> 20}", "make room, or name another dest"
        )


def _has(need: Need, tools: str, path: str, runner: Run) -> bool:
    if not need.is_header:
        return shutil.which(need.name.split()[0], path=path) is not None
    other = _INSTEAD.get(need.name)
    names = [need.name, other[1]] if other and other[0] in tools else [need.name]
    return any(runner(["gcc", "-fsyntax-only", "-include", name, "-x", "c", "/dev/null"]).rc == 0 for name in names)


def _packages(found: Iterable[Need]) -> str:
    return " ".join(sorted({need.package for need in found}))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what a build host must have and does not have."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Iterable, Mapping

from ...common.arguments import setting
from ...common.errors import BuildError
from ...toolstack.command import Run
from ...xen.minios import MiniosBuild

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

# What the target host_tools needs besides: qemu-dm, and hvmloader with the ROM BIOS, which is code of 16 bits.
_HOST_TOOLS = (
    Need("as86", "bin86"),
    Need("ld86", "bin86"),
    Need("bcc", "bcc"),
    Need("iasl", "acpica-tools"),
    Need("zlib.h", "zlib1g-dev"),
)
# Where tools/configure.ac asks for it (4.16 on), and where the release has no headers of its own for 32 bits.
_LZMA = ("needed to build rombios", Need("lzma.h", "liblzma-dev"))
_MULTILIB = Need("gnu/stubs-32.h", "gcc-multilib")

# A header that another one can replace.
_INSTEAD = {"yajl/yajl_parse.h": ("json-c", "json-c/json.h")}


def needs_of_tree(
    tools: str, variables: Mapping[str, str], recipe: MiniosBuild, targets: Collection[str]
) -> list[Need]:
    """Return what the tree needs on the build host, for these targets.

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
    if "host_tools" in targets:
        found += [need for need in _HOST_TOOLS if need not in found]
        found += [_LZMA[1]] if _LZMA[0] in tools else []
        found += [_MULTILIB] if recipe.multilib else []
    return found


def check_needs(
    tools: str, variables: Mapping[str, str], recipe: MiniosBuild, targets: Collection[str], path: str, runner: Run
) -> None:
    """Raise BuildError with everything that is missing."""
    wanted = needs_of_tree(tools, variables, recipe, targets)
    absent = [need for need in wanted if not _has(need, tools, path, runner)]
    if absent:
        names = ", ".join(need.name for need in absent)
        remedy = f"install them (Debian: {_packages(absent)})"
        if any("python" in need.name for need in absent):
            remedy += f", or name another one in {setting('minios_stubdom_image', 'variables')}, as PYTHON"
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
            f"{folder} has {free >> 20} MiB left, and a build needs {ROOM >> 20}", f"make room, or name another {setting('minios_stubdom_image', 'dest')}"
        )


def _has(need: Need, tools: str, path: str, runner: Run) -> bool:
    if not need.is_header:
        return shutil.which(need.name.split()[0], path=path) is not None
    other = _INSTEAD.get(need.name)
    names = [need.name, other[1]] if other and other[0] in tools else [need.name]
    return any(runner(["gcc", "-fsyntax-only", "-include", name, "-x", "c", "/dev/null"]).rc == 0 for name in names)


def _packages(found: Iterable[Need]) -> str:
    return " ".join(sorted({need.package for need in found}))

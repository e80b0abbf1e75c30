# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a build host must have, and which of it is missing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Iterable, Mapping

from ...common.errors import BuildError
from ...toolstack.command import Run


@dataclass(frozen=True)
class Need:
    """A program, or a C header, and Debian's package with it."""

    name: str
    package: str

    @property
    def is_header(self) -> bool:
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

# What a release's tools/configure.ac asks for, by the words that it asks with.
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

# Where either of two does.
_INSTEAD = {"yajl/yajl_parse.h": ("json-c", "json-c/json.h")}


def needs(tools: str, variables: Mapping[str, str]) -> list[Need]:
    """What the tree needs. ``tools`` is the text of its tools/configure.ac, "" in a tree that has none; the operator's
    make ``variables`` may name another Python or compiler."""
    # Xen takes "python" unless its configure looks for python3, too.
    python = variables.get("PYTHON") or ("python3" if "python3" in tools else "python")
    package = "python3" if python.endswith("python3") else "python2, or python-is-python3"
    found = [Need(variables["CC"], "gcc") if need.name == "gcc" and "CC" in variables else need for need in _ALWAYS]
    found.append(Need(python, package))
    found += [need for word, need in _CONFIGURE if word in tools]
    if "AX_CHECK_PYTHON_DEVEL" in tools:
        found.append(Need(f"{python}-config", f"{package}-dev"))
    return found


def check(tools: str, variables: Mapping[str, str], path: str, runner: Run) -> None:
    """Raises BuildError with everything that is missing."""
    absent = [need for need in needs(tools, variables) if not _has(need, tools, path, runner)]
    if absent:
        names = ", ".join(need.name for need in absent)
        raise BuildError(
            f"the build host has no {names}. Remedy: install them (Debian: {_packages(absent)})"
            + (", or name another one in variables, as PYTHON." if any("python" in need.name for need in absent) else ".")
        )


def _has(need: Need, tools: str, path: str, runner: Run) -> bool:
    if not need.is_header:
        return shutil.which(need.name.split()[0], path=path) is not None
    other = _INSTEAD.get(need.name)
    names = [need.name, other[1]] if other and other[0] in tools else [need.name]
    return any(runner(["gcc", "-fsyntax-only", "-include", name, "-x", "c", "/dev/null"]).rc == 0 for name in names)


def _packages(found: Iterable[Need]) -> str:
    return " ".join(sorted({need.package for need in found}))

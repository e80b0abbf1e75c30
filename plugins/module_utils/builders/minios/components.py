# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sources that a tree wants and does not have: from a mirror of the operator's, each of a known sha256."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from ...common.errors import BuildError
from ...common.files import read_text
from ...images.store import sha256_of
from ...toolstack.command import Run
from ...xen.minios import MINIOS_COMPONENTS, MiniosBuild
from . import fetch
from .options import Options
from .xen_tree import archives, closure, revision

MINI_OS = "extras/mini-os"
QEMU = "tools/qemu-xen-traditional"
# A goal of stubdom/Makefile that wants QEMU's sources. Until 4.3 every goal stands on it, pv-grub, too.
_LINKFARM = "ioemu/linkfarm.stamp"
# Where trees have QEMU's sources, and a file that no empty folder and no other QEMU has.
_QEMU = (QEMU, f"{QEMU}-dir-remote", f"{QEMU}-remote", f"{QEMU}-dir", "tools/ioemu-qemu-xen", "tools/ioemu-remote")
_QEMU_MARK = "xen-setup-stubdom"


@dataclass(frozen=True)
class Component:
    """A file of the mirror, and where it goes in the tree: as it is, or unpacked."""

    file: str
    place: str
    is_tree: bool = False


def qemu_of(tree: Path, way: MiniosBuild) -> str:
    """The folder of the tree that has QEMU's sources, "" for none."""
    if not way.qemu:
        return "tools/ioemu" if (tree / "tools/ioemu/Makefile").is_file() else ""
    return next((place for place in _QEMU if (tree / place / _QEMU_MARK).is_file()), "")


def wanted(tree: Path, way: MiniosBuild, targets: Iterable[str], goals: list[str]) -> list[Component]:
    """What has to be in the tree before make runs, and is read there. Raises BuildError, OSError."""
    if not goals:
        return []
    config = (tree / "Config.mk").read_text(encoding="utf-8", errors="replace")
    makefile = (tree / "stubdom/Makefile").read_text(encoding="utf-8", errors="replace")
    configure = read_text(tree / "stubdom/configure.ac") or ""
    names = closure(makefile, goals)
    found = [Component(file, f"stubdom/{file}") for file in archives(makefile, configure, names)]
    if not (tree / MINI_OS / "Makefile").is_file():
        named = revision(config, ["MINIOS_UPSTREAM_REVISION"])
        found.append(_tree(MINI_OS, "mini-os", named))
    if ("ioemu" in targets or _LINKFARM in names) and not qemu_of(tree, way):
        named = revision(config, ["QEMU_TRADITIONAL_REVISION", "QEMU_TAG"]) if way.qemu else ""
        found.append(_tree(QEMU if way.qemu else "tools/ioemu", "qemu-xen-traditional", named))
    return found


def place(tree: Path, found: Iterable[Component], options: Options, kept: Path, runner: Run) -> dict[str, str]:
    """Puts the components into the tree. Returns their sha256 by file. Raises BuildError with all faults, OSError."""
    sums, faults = {}, []
    for component in found:
        sha256 = sum_of(component.file, options)
        if not sha256:
            faults.append(f"{component.file}: its sha256 is not known. Remedy: give it in checksums.")
            continue
        try:
            _place(tree, component, sha256, options.mirror, kept, runner)
            sums[component.file] = sha256
        except BuildError as error:
            faults.append(f"{component.file}, which the tree wants: {error}")
    if faults:
        raise BuildError("\n".join(faults))
    return sums


def sum_of(file: str, options: Options) -> str:
    """The sha256 that a component has to have, "" for one that nobody knows. The operator's word counts first."""
    return options.checksums.get(file) or MINIOS_COMPONENTS.get(file, "")


def _tree(place_: str, name: str, named: str) -> Component:
    if not named:
        raise BuildError(
            f"the tree has no {place_}, and its Config.mk does not tell which one belongs to it. "
            f"Remedy: put it into {place_}, or take the archive of a release, which has it."
        )
    return Component(f"{name}-{named}.tar.gz", place_, is_tree=True)


def _place(tree: Path, component: Component, sha256: str, mirror: str, kept: Path, runner: Run) -> None:
    into = tree / component.place
    there = ""
    if not component.is_tree and into.is_file():
        if sha256_of(into) == sha256:
            return
        # As a download that failed leaves it: make would take it for whole.
        there = f"{component.place} of the tree has {into.stat().st_size} bytes and another sha256 than {sha256}"
    if not mirror:
        raise BuildError(f"{there or 'it is not there'}. Remedy: name a mirror, a folder or a URL, that has it.")
    separator = "" if mirror.endswith("/") else "/"
    try:
        file = fetch.file_of(f"{mirror}{separator}{component.file}", sha256, kept)
    except BuildError as error:
        raise BuildError(f"{there}; {error}" if there else str(error)) from error
    if component.is_tree:
        # An empty folder, which a clone that failed leaves.
        shutil.rmtree(str(into), ignore_errors=True)
        if into.is_symlink():
            into.unlink()
        into.parent.mkdir(parents=True, exist_ok=True)
        fetch.unpack(file, into, runner)
    else:
        shutil.copyfile(str(file), str(into))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add the sources that a tree needs and does not have: from a mirror of the operator's, each of a known sha256."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Iterable

from ...common.arguments import setting
from ...common.errors import BuildError, with_remedy
from ...common.files import read_text
from ...images.store import sha256_of
from ...toolstack.command import Run
from ...xen.minios import MINIOS_COMPONENTS, MiniosBuild
from . import fetch
from .options import Options
from .xen_tree import archives_of, prerequisites, revision_in

MINI_OS = "extras/mini-os"
QEMU = "tools/qemu-xen-traditional"
# A goal of stubdom/Makefile that needs QEMU's sources. Until 4.3 every goal depends on it, pv-grub, too.
_LINKFARM = "ioemu/linkfarm.stamp"
# The folders in which trees have QEMU's sources, and a file that no empty folder and no other QEMU has.
_QEMU = (QEMU, f"{QEMU}-dir-remote", f"{QEMU}-remote", f"{QEMU}-dir", "tools/ioemu-qemu-xen", "tools/ioemu-remote")
_QEMU_MARK = "xen-setup-stubdom"


@dataclass(frozen=True)
class Component:
    """Describe a file of the mirror, and its path in the tree, where it is a file or an unpacked folder."""

    file: str
    path: str
    is_tree: bool = False


def qemu_folder(tree: Path, recipe: MiniosBuild) -> str:
    """Return the folder of the tree that has QEMU's sources, "" for none."""
    if not recipe.qemu:
        return "tools/ioemu" if (tree / "tools/ioemu/Makefile").is_file() else ""
    return next((path for path in _QEMU if (tree / path / _QEMU_MARK).is_file()), "")


def required_components(tree: Path, recipe: MiniosBuild, targets: Collection[str], goals: list[str]) -> list[Component]:
    """Return what must be in the tree before make runs, from the tree's own files. Raise BuildError, OSError."""
    wants_qemu = "ioemu" in targets or "host_tools" in targets
    if not goals and not wants_qemu:
        return []
    config = (tree / "Config.mk").read_text(encoding="utf-8", errors="replace")
    makefile = (tree / "stubdom/Makefile").read_text(encoding="utf-8", errors="replace")
    configure = read_text(tree / "stubdom/configure.ac") or ""
    names = prerequisites(makefile, goals)
    found = [Component(file, f"stubdom/{file}") for file in archives_of(makefile, configure, names)]
    if goals and not (tree / MINI_OS / "Makefile").is_file():
        revision = revision_in(config, ["MINIOS_UPSTREAM_REVISION"])
        found.append(_tree_component(MINI_OS, "mini-os", revision))
    if (wants_qemu or _LINKFARM in names) and not qemu_folder(tree, recipe):
        revision = revision_in(config, ["QEMU_TRADITIONAL_REVISION", "QEMU_TAG"]) if recipe.qemu else ""
        found.append(_tree_component(QEMU if recipe.qemu else "tools/ioemu", "qemu-xen-traditional", revision))
    return found


def add_components(
    tree: Path, found: Iterable[Component], options: Options, cache: Path, runner: Run
) -> dict[str, str]:
    """Add the components to the tree. Return their sha256 by file. Raise BuildError with all problems, OSError."""
    sums, problems = {}, []
    for component in found:
        sha256 = expected_sum(component.file, options)
        if not sha256:
            problems.append(with_remedy(f"{component.file}: its sha256 is unknown", f"give it in {setting('minios_stubdom_image', 'checksums')}"))
            continue
        try:
            _add(tree, component, sha256, options.mirror, cache, runner)
            sums[component.file] = sha256
        except BuildError as error:
            problems.append(f"{component.file}, which the tree needs: {error}")
    if problems:
        raise BuildError.of(problems)
    return sums


def expected_sum(file: str, options: Options) -> str:
    """Return the sha256 that a component must have, "" when it is unknown. The operator's ``checksums`` come first."""
    return options.checksums.get(file) or MINIOS_COMPONENTS.get(file, "")


def _tree_component(path: str, name: str, revision: str) -> Component:
    if not revision:
        raise BuildError(
            f"the tree has no {path}, and its Config.mk does not name the revision that belongs to it",
            f"put it into {path}, or use the archive of a release, which has it",
        )
    return Component(f"{name}-{revision}.tar.gz", path, is_tree=True)


def _add(tree: Path, component: Component, sha256: str, mirror: str, cache: Path, runner: Run) -> None:
    into = tree / component.path
    damaged = ""
    if not component.is_tree and into.is_file():
        if sha256_of(into) == sha256:
            return
        # As a failed download leaves it: make would use it.
        damaged = f"{component.path} of the tree has {into.stat().st_size} bytes and another sha256 than {sha256}"
    if not mirror:
        raise BuildError(damaged or "it does not exist", f"name a folder or a URL that has it in {setting('minios_stubdom_image', 'mirror')}")
    separator = "" if mirror.endswith("/") else "/"
    try:
        file = fetch.fetch_file(f"{mirror}{separator}{component.file}", sha256, cache)
    except BuildError as error:
        raise BuildError(f"{damaged}; {error}" if damaged else str(error)) from error
    if component.is_tree:
        # An empty folder, which a failed clone leaves.
        shutil.rmtree(str(into), ignore_errors=True)
        if into.is_symlink():
            into.unlink()
        into.parent.mkdir(parents=True, exist_ok=True)
        fetch.unpack_archive(file, into, runner)
    else:
        shutil.copyfile(str(file), str(into))

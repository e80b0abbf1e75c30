# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The libraries that programs of a tree need, as the dynamic loader will look for them."""

from __future__ import annotations

import posixpath
from pathlib import Path

from ...common.errors import BuildError
from ...toolstack.command import Run
from .elf import Elf, folders, read
from .tree import Tree

# A library that the C library loads by itself when a thread is cancelled; it is named inside it, not as needed by it.
_CANCEL = "libgcc_s.so.1"


class Libraries:
    """Collects files by the path that they are loaded from; ``elves`` says what is known of each."""

    def __init__(self, tree: Tree, runner: Run) -> None:
        self._tree = tree
        self._run = runner
        self.files: dict[str, Path] = {}
        self.elves: dict[str, Elf] = {}

    def collect(self, programs: list[str]) -> None:
        """Takes programs, by their paths in the tree, and all that they need.

        Raises BuildError, with every library that is missing and who needs it.
        """
        missing: list[str] = []
        new = programs
        while new:
            self._read(new)
            wanted: dict[str, Path] = {}
            for path in new:
                missing += self._needs(path, wanted)
            new = sorted(path for path in wanted if path not in self.files)
            self.files.update((path, wanted[path]) for path in new)
        if missing:
            raise BuildError("\n".join(sorted(set(missing))))

    def _read(self, paths: list[str]) -> None:
        """Asks readelf once for all of these."""
        files = {path: str(self._tree.inside(path)) for path in paths}
        names = sorted(set(files.values()))
        said = self._run(["readelf", "-dlW", *names])
        found = read(said.out, names)
        for path, file in files.items():
            if file not in found:
                raise BuildError(
                    f"{path} is no program and no library: {said.said()}. Remedy: name a program, not a script, "
                    "and have binutils installed."
                )
            self.elves[path] = found[file]

    def _needs(self, path: str, wanted: dict[str, Path]) -> list[str]:
        """Adds what one file needs to ``wanted``; returns what is missing."""
        missing = []
        elf = self.elves[path]
        names = list(elf.needed)
        if posixpath.basename(path) == "libc.so.6" and _CANCEL.encode() in self._tree.inside(path).read_bytes():
            names.append(_CANCEL)
        for name in names:
            found = self._find(name, folders(elf, posixpath.dirname(path)))
            if found:
                wanted[found] = self._tree.inside(found)
            else:
                missing.append(
                    f"{path} needs the library {name}, which no package and no overlay has. "
                    "Remedy: name its package in packages, or put it into the overlay's /usr/lib."
                )
        if elf.loader:
            wanted[elf.loader] = self._tree.inside(elf.loader)
            if not wanted[elf.loader].is_file():
                del wanted[elf.loader]
                missing.append(f"{path} needs the loader {elf.loader}, which no package has. Remedy: add its package.")
        return missing

    def _find(self, name: str, where: list[str]) -> str:
        if "/" not in name:
            for folder in where:
                if self._tree.inside(f"{folder}/{name}").is_file():
                    # The folder without links, so that a library that two paths lead to is taken once.
                    return f"/{self._tree.name(self._tree.inside(folder))}/{name}"
        return ""

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the libraries that programs of a tree need, as the dynamic loader will."""

from __future__ import annotations

import posixpath
from pathlib import Path

from ...common.errors import BuildError, with_remedy
from ...toolstack.command import Run
from .elf import Elf, parse_readelf, search_folders
from .tree import Tree

# A library that the C library loads by itself when a thread is cancelled; it is named inside it, not as needed by it.
_CANCEL = "libgcc_s.so.1"


class Libraries:
    """Collect files by the path that they are loaded from; ``elves`` has what readelf printed of each."""

    def __init__(self, tree: Tree, runner: Run) -> None:
        """Start with no file."""
        self._tree = tree
        self._run = runner
        self.files: dict[str, Path] = {}
        self.elves: dict[str, Elf] = {}

    def collect(self, programs: list[str]) -> None:
        """Add programs, by their paths in the tree, and everything that they need.

        Raise BuildError with every missing library and the files that need it.
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
            raise BuildError.of(sorted(set(missing)))

    def _read(self, paths: list[str]) -> None:
        """Run readelf once for all of these."""
        files = {path: str(self._tree.inside(path)) for path in paths}
        names = sorted(set(files.values()))
        done = self._run(["readelf", "-dlW", *names])
        found = parse_readelf(done.out, names)
        for path, file in files.items():
            if file not in found:
                raise BuildError(
                    f"{path} is neither a program nor a library: {done.summary()}",
                    "name a program, not a script, and install binutils",
                )
            self.elves[path] = found[file]

    def _needs(self, path: str, wanted: dict[str, Path]) -> list[str]:
        """Add what one file needs to ``wanted``. Return a sentence for each library that is missing."""
        missing = []
        elf = self.elves[path]
        names = list(elf.needed)
        if posixpath.basename(path) == "libc.so.6" and _CANCEL.encode() in self._tree.inside(path).read_bytes():
            names.append(_CANCEL)
        for name in names:
            found = self._find(name, search_folders(elf, posixpath.dirname(path)))
            if found:
                wanted[found] = self._tree.inside(found)
            else:
                reason = f"{path} needs the library {name}, which no package and no overlay has"
                remedy = "name its package in packages, or put it into the overlay's /usr/lib"
                missing.append(with_remedy(reason, remedy))
        if elf.loader:
            wanted[elf.loader] = self._tree.inside(elf.loader)
            if not wanted[elf.loader].is_file():
                del wanted[elf.loader]
                reason = f"{path} needs the loader {elf.loader}, which no package has"
                missing.append(with_remedy(reason, "name its package in packages"))
        return missing

    def _find(self, name: str, where: list[str]) -> str:
        if "/" not in name:
            for folder in where:
                if self._tree.inside(f"{folder}/{name}").is_file():
                    # The folder without links, so that a library that has two paths is added once.
                    return f"/{self._tree.name(self._tree.inside(folder))}/{name}"
        return ""

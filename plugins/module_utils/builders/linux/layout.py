# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lay out the files of an image, before any of them is written (pure)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any, Callable

from ...common.errors import BuildError

# Writes a file's bytes at a path of the build host.
Writer = Callable[[Any], object]


@dataclass(frozen=True)
class Entry:
    """Describe one file, link or folder."""

    path: str
    mode: int = 0o755
    target: str = ""
    write: Writer | None = None


class Layout:
    """Hold entries by their paths, which begin without a slash; the folders above an entry are added by themselves."""

    def __init__(self, folders: tuple[str, ...], links: dict[str, str]) -> None:
        """Begin with folders, and with links by path."""
        self.entries: dict[str, Entry] = {}
        for folder in folders:
            self._add_folder(folder)
        for path, target in links.items():
            self.add_link(path, target)

    def add_file(self, path: str, write: Writer, mode: int) -> str:
        """Add a file. Return its path without links. Raise BuildError when the path is taken."""
        return self._add(Entry(self.real_path(path), mode, write=write))

    def add_link(self, path: str, target: str) -> str:
        """Add a symbolic link. Return its path without links. Raise BuildError when the path is taken."""
        return self._add(Entry(self.real_path(path), target=target))

    def real_path(self, path: str) -> str:
        """Return a path without the links to folders that the layout began with, and without a slash before it.

        Raise BuildError for a path that leaves the image.
        """
        path = posixpath.normpath(path).lstrip("/")
        first, slash, rest = path.partition("/")
        link = self.entries.get(first)
        if first in ("", ".", ".."):
            raise BuildError(f"{path!r} is not a path in the image", "give an absolute path")
        return f"{link.target}/{rest}" if slash and link and link.target else path

    def _add(self, entry: Entry) -> str:
        if entry.path in self.entries:
            raise BuildError(f"the image has a file /{entry.path} already", "give the other one another path")
        self._add_folder(posixpath.dirname(entry.path))
        self.entries[entry.path] = entry
        return entry.path

    def _add_folder(self, path: str) -> None:
        if path:
            self._add_folder(posixpath.dirname(path))
            existing = self.entries.setdefault(path, Entry(path))
            if existing.write or existing.target:
                raise BuildError(f"the image has a file /{path}, which would have to be a folder", "rename one")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of an image, before any of them is there (pure)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any, Callable

from ...common.errors import BuildError

# Makes a file's bytes at a path of the build host.
Write = Callable[[Any], object]


@dataclass(frozen=True)
class Entry:
    """One file, link or folder."""

    path: str
    mode: int = 0o755
    target: str = ""
    write: Write | None = None


class Plan:
    """Entries by their paths, which begin without a slash; folders above them come by themselves."""

    def __init__(self, folders: tuple[str, ...], links: dict[str, str]) -> None:
        self.entries: dict[str, Entry] = {}
        for folder in folders:
            self._folder(folder)
        for path, target in links.items():
            self.link(path, target)

    def file(self, path: str, write: Write, mode: int) -> str:
        """Adds a file; returns its path without links. Raises BuildError when something else has that place."""
        return self._add(Entry(self.real(path), mode, write=write))

    def link(self, path: str, target: str) -> str:
        """Adds a symbolic link. Raises BuildError likewise."""
        return self._add(Entry(self.real(path), target=target))

    def real(self, path: str) -> str:
        """A path as it is without the links to folders that the plan began with, and without a slash before it.

        Raises BuildError for a path that leaves the image.
        """
        path = posixpath.normpath(path).lstrip("/")
        first, slash, rest = path.partition("/")
        link = self.entries.get(first)
        if first in ("", ".", ".."):
            raise BuildError(f"{path!r} is no path in the image. Remedy: give an absolute path.")
        return f"{link.target}/{rest}" if slash and link and link.target else path

    def _add(self, entry: Entry) -> str:
        if entry.path in self.entries:
            raise BuildError(f"the image has a file /{entry.path} already. Remedy: give the other one another path.")
        self._folder(posixpath.dirname(entry.path))
        self.entries[entry.path] = entry
        return entry.path

    def _folder(self, path: str) -> None:
        if path:
            self._folder(posixpath.dirname(path))
            there = self.entries.setdefault(path, Entry(path))
            if there.write or there.target:
                raise BuildError(f"the image has a file /{path}, which would have to be a folder. Remedy: rename one.")

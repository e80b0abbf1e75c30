# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the installed image that a domain was booted from. Read only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping

from . import store as image_store
from .boot_paths import file_of
from .started_from import replaced


@dataclass(frozen=True)
class Origin:
    """Describe the files that one domain was booted from.

    ``stored`` are those of images in the store, each with its image; ``replaced`` are the names of images that have taken the
    place of a file outside the store; ``others`` are the paths of the other files.
    """

    stored: list[tuple[Mapping[str, Any], Mapping[str, Any]]]
    others: list[str]
    replaced: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return names and versions of the images; "" when a file is not of an image, as half an answer misleads."""
        if self.others or self.replaced:
            return ""
        return ", ".join(dict.fromkeys(f"{image['name']} {image['version'][:8]}" for image, _file in self.stored))

    @property
    def is_mixed(self) -> bool:
        """Return whether the files are of two versions of one image."""
        names = {image["name"] for image, _file in self.stored}
        return len(names) < len({(image["name"], image["version"]) for image, _file in self.stored})

    @property
    def stale(self) -> list[str]:
        """Return names of the images whose current version is another one."""
        older = [str(image["name"]) for image, _file in self.stored if not image["current"]]
        return list(dict.fromkeys([*older, *self.replaced]))


class StoreIndex:
    """Hold the images of a host's store; each file is read at most once, however many guests were booted from it."""

    def __init__(self, store: Path, read_sum: Callable[[Path], str] | None = None) -> None:
        """Read the manifests of the store. ``read_sum`` returns the sha256 of a file, where that is read elsewhere, too."""
        self._images = image_store.installed(store)
        self._replaced = replaced(store)
        self._read_sum = read_sum or image_store.sha256_of
        self._intact: dict[str, bool] = {}

    def origin_of(self, *paths: str) -> Origin:
        """Return the origin of files by the paths that the toolstack reports; an empty path is ignored."""
        found = Origin([], [])
        for path in paths:
            image, file = file_of(self._images, path)
            if image is not None:
                found.stored.append((image, file))
            elif path in self._replaced:
                found.replaced.append(self._replaced[path])
            elif path:
                found.others.append(path)
        return found

    def changed_files(self, origin: Origin) -> list[str]:
        """Return paths of the files that changed since they were installed."""
        return [str(file["path"]) for _image, file in origin.stored if not self.is_intact(file)]

    def is_intact(self, file: Mapping[str, Any]) -> bool:
        """Return whether a file of the store has the sha256 of its manifest."""
        path = str(file["path"])
        if path not in self._intact:
            self._intact[path] = Path(path).is_file() and self._read_sum(Path(path)) == file["sha256"]
        return self._intact[path]

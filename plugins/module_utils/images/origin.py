# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From which installed image the files are that a domain was booted from. Looks, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from . import store as image_store


@dataclass(frozen=True)
class Origin:
    """Of the files that one domain was booted from: those that images of the store have, each with its image, and the
    paths of the others."""

    stored: list[tuple[Mapping[str, Any], Mapping[str, Any]]]
    others: list[str]

    @property
    def text(self) -> str:
        """Names and versions of the images; "" when a file is of none, as half the truth would be none."""
        if self.others:
            return ""
        return ", ".join(dict.fromkeys(f"{image['name']} {image['version'][:8]}" for image, _file in self.stored))

    @property
    def is_mixed(self) -> bool:
        """Whether two versions of one image had a part in it."""
        names = {image["name"] for image, _file in self.stored}
        return len(names) < len({(image["name"], image["version"]) for image, _file in self.stored})

    @property
    def stale(self) -> list[str]:
        """Names of the images of which another version is the current one."""
        return list(dict.fromkeys(str(image["name"]) for image, _file in self.stored if not image["current"]))


class Installed:
    """The images of a host's store. A file is read once at most, however many guests were booted from it."""

    def __init__(self, store: Path) -> None:
        self._images = image_store.installed(store)
        self._intact: dict[str, bool] = {}

    def origin_of(self, *paths: str) -> Origin:
        """``paths`` are those that the toolstack names; an empty one counts for nothing."""
        stored, others = [], []
        for path in paths:
            image, file = image_store.file_of(self._images, path)
            if image is not None:
                stored.append((image, file))
            elif path:
                others.append(path)
        return Origin(stored, others)

    def changed(self, origin: Origin) -> list[str]:
        """Paths of the files that are not what was installed."""
        return [str(file["path"]) for _image, file in origin.stored if not self.is_intact(file)]

    def is_intact(self, file: Mapping[str, Any]) -> bool:
        """Whether a file of the store still is what its manifest says."""
        path = str(file["path"])
        if path not in self._intact:
            self._intact[path] = Path(path).is_file() and image_store.sha256_of(Path(path)) == file["sha256"]
        return self._intact[path]

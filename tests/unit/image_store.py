# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install images from sources to a store in a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store

NAME = "pvgrub2-x86_64"

LINUX = "qemu-stubdom-linux"

KERNEL, ROOTFS, SBOM = FILES = ("qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs", "sbom.cdx.json")


class Store:
    """Hold a store in a folder, and sources to install from."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store"
        self._sources = folder

    def image(self, content: bytes, name: str = NAME) -> image_store.Image:
        return image_store.image_of(self.path, name, [(f"{name}.bin", hashlib.sha256(content).hexdigest())])

    def install(self, content: bytes, name: str = NAME) -> image_store.Image:
        source = self._sources / "source"
        source.write_bytes(content)
        image = self.image(content, name)
        image_install.install(image, {f"{name}.bin": source}, {"arch": "x86_64"})
        return image

    def several(self, *contents: bytes) -> tuple[image_store.Image, dict[str, Path]]:
        """Return a stub domain's kernel, root file system and list of parts, not installed yet, and their sources."""
        sources = {}
        for name, content in zip(FILES, contents):
            sources[name] = self._sources / name
            sources[name].write_bytes(content)
        sums = [(name, image_store.sha256_of(source)) for name, source in sources.items()]
        return image_store.image_of(self.path, LINUX, sums), sources

    def install_several(self, *contents: bytes) -> image_store.Image:
        image, sources = self.several(*contents)
        image_install.install(image, sources, {"arch": "x86_64"})
        return image

    def entries(self, name: str = NAME) -> list[str]:
        return sorted(path.name for path in (self.path / name).iterdir())

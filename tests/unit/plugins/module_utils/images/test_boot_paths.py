# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of images that domains boot from."""

from __future__ import annotations

import hashlib

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import boot_paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.tests.unit.image_store import FILES, KERNEL, LINUX, NAME, ROOTFS, Store


def test_paths_by_names(store: Store) -> None:
    one = store.install(b"one")
    alone = store.install(b"alone", KERNEL)
    assert boot_paths.paths_of([one.as_dict(), alone.as_dict()]) == {NAME: one.path, KERNEL: alone.path}
    linux = store.install_several(b"kernel", b"rootfs", b"{}")
    wanted = {NAME: one.path, **{name: f"{linux.folder}/{name}" for name in FILES}}
    for order in ([one, alone, linux], [linux, alone, one]):
        assert boot_paths.paths_of(image.as_dict() for image in order) == wanted
    assert boot_paths.paths_of([{"name": "a", "path": "/a"}]) == {"a": "/a"}


def test_the_image_of_a_path(store: Store) -> None:
    one = store.install(b"one")
    linux = store.install_several(b"kernel", b"rootfs", b"{}")
    found = image_store.installed(store.path)
    image, file = boot_paths.file_of(found, f"{linux.folder}/{ROOTFS}")
    assert image is not None
    assert (image["name"], file["file"], file["sha256"]) == (LINUX, ROOTFS, hashlib.sha256(b"rootfs").hexdigest())
    assert boot_paths.file_of(found, one.path)[1]["path"] == one.path
    for path in ("", linux.folder, "/elsewhere"):
        assert boot_paths.file_of(found, path) == (None, {})

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installing files of a mini-OS image in Xen's own folders."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import minios_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.minios_layout import (
    XenFile,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import ImageError


def stored(folder: Path, content: bytes) -> XenFile:
    folder.mkdir(exist_ok=True)
    source = folder / "stubdom-dm"
    source.write_bytes(content)
    return XenFile(str(source), hashlib.sha256(content).hexdigest(), "/usr/lib/xen/bin/stubdom-dm", 0o755)


def test_a_file_is_replaced_and_the_original_is_kept_once(tmp_path: Path) -> None:
    root = tmp_path / "root"
    place = root / "usr/lib/xen/bin/stubdom-dm"
    one = stored(tmp_path / "store", b"one")
    assert minios_install.state_of([one], root) == {}
    minios_install.install_file(one, [], root)
    assert minios_install.state_of([one], root) == {one.path: (one.sha256, 0o755)}
    two = stored(tmp_path / "store2", b"two")
    minios_install.install_file(two, [one.sha256], root)
    assert sorted(path.name for path in place.parent.iterdir()) == ["stubdom-dm"]
    # What is of no image of ours is somebody's.
    minios_install.install_file(one, [], root)
    minios_install.install_file(two, [], root)
    assert (place.read_bytes(), place.with_name("stubdom-dm.orig").read_bytes()) == (b"two", b"two")
    place.write_bytes(b"another")
    minios_install.install_file(two, [], root)
    assert (place.read_bytes(), place.with_name("stubdom-dm.orig").read_bytes()) == (b"two", b"two")


def test_a_file_that_changed_since_it_was_announced_is_not_installed(tmp_path: Path) -> None:
    one = stored(tmp_path / "store", b"one")
    Path(one.source).write_bytes(b"changed")
    with pytest.raises(ImageError, match="is not the file that was installed. Remedy: install the image again"):
        minios_install.install_file(one, [], tmp_path / "root")
    assert minios_install.state_of([one], tmp_path / "root") == {}

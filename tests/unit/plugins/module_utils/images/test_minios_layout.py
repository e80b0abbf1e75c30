# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a mini-OS image go into Xen's own folders, and how they get there."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import minios_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.minios_layout import Placed, listing, wanted
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.xen_folders import places

INSTALLED = {
    "ioemu-stubdom.gz": {"path": "/usr/lib/xen/boot/ioemu-stubdom.gz", "mode": "0644"},
    "stubdom-dm": {"path": "/usr/lib/xen/bin/stubdom-dm", "mode": "0755", "dm_config": ""},
    "stubdompath.sh": {"path": "/usr/lib/xen/bin/stubdompath.sh", "mode": "0644"},
}
FOLDERS = [*places((4, 1), "boot"), *places((4, 1), "bin")]


def image(**changes: Any) -> dict[str, Any]:
    files = [{"file": name, "sha256": name[0] * 64, "path": f"/store/{name}"} for name in INSTALLED]
    return {"name": "ioemu-stubdom", "files": files, "installed": INSTALLED, **changes}


def found(toolstack: str, release: tuple[int, int], firmware: str = "", **changes: Any) -> list[tuple[str, str]]:
    placed, problems = wanted(image(**changes), toolstack, release, firmware, FOLDERS)
    assert problems == []
    return [(one.path, f"{one.mode:04o}") for one in placed]


@pytest.mark.parametrize("release", [(3, 3), (3, 4), (4, 1), (4, 4)])
def test_xm_wants_all_of_it_where_the_tree_has_it(release: tuple[int, int]) -> None:
    assert found("xm", release, "/usr/lib/xen-4.1/boot") == [(said["path"], said["mode"]) for said in INSTALLED.values()]
    placed, _problems = wanted(image(), "xm", release, "", FOLDERS)
    assert [one.dm_config for one in placed] == [None, "", None]
    assert placed[1].as_dict() == {
        "path": "/usr/lib/xen/bin/stubdom-dm", "mode": "0755", "sha256": "s" * 64, "dm_config": "",
    }  # fmt: skip


@pytest.mark.parametrize("release", [(4, 2), (4, 13)])
def test_xl_wants_the_image_beside_hvmloader(release: tuple[int, int]) -> None:
    assert found("xl", release, "/usr/lib/xen-4.1/boot") == [("/usr/lib/xen-4.1/boot/ioemu-stubdom.gz", "0644")]
    assert found("xl", release) == [("/usr/lib/xen/boot/ioemu-stubdom.gz", "0644")]


@pytest.mark.parametrize("release", [(4, 14), (4, 20)])
def test_xl_takes_it_from_the_store_later(release: tuple[int, int]) -> None:
    assert found("xl", release) == []


def test_other_images() -> None:
    assert found("xm", (3, 4), name="pv-grub-x86_64.gz") == []
    assert found("xm", (3, 4), installed={}) == found("xm", (3, 4), files=None) == []


@pytest.mark.parametrize(
    "said, reason",
    [
        ({"path": "/etc/stubdom-dm", "mode": "0755"}, "has stubdom-dm where Xen is not looked for on this host"),
        ({"path": "/usr/lib/xen/bin/../../stubdom-dm", "mode": "0755"}, "has stubdom-dm where Xen is not looked for"),
        ({"path": "/usr/lib/xen/bin/qemu-dm", "mode": "0755"}, "has stubdom-dm where Xen is not looked for"),
        ({"path": "/usr/lib/xen/bin/stubdom-dm", "mode": "4755"}, "is no mode that Xen installs stubdom-dm with"),
    ],
)
def test_nothing_goes_elsewhere(said: dict[str, str], reason: str) -> None:
    """A manifest comes from a build host, and must not be able to name any file of dom0."""
    placed, (problem,) = wanted(image(installed={**INSTALLED, "stubdom-dm": said}), "xm", (4, 1), "", FOLDERS)
    assert (placed, problem.key) == ([], "image ioemu-stubdom")
    assert reason in problem.reason


def test_a_diff() -> None:
    placed = [Placed("/s/b", "b" * 64, "/x/b", 0o755), Placed("/s/a", "a" * 64, "/x/a", 0o644)]
    before, after = listing({"/x/b": ("c" * 64, 0o644)}, placed)
    assert before == "/x/b cccccccccccccccc 0644\n"
    assert after == "/x/a aaaaaaaaaaaaaaaa 0644\n/x/b bbbbbbbbbbbbbbbb 0755\n"


def stored(folder: Path, content: bytes) -> Placed:
    folder.mkdir(exist_ok=True)
    source = folder / "stubdom-dm"
    source.write_bytes(content)
    return Placed(str(source), hashlib.sha256(content).hexdigest(), "/usr/lib/xen/bin/stubdom-dm", 0o755)


def test_a_file_is_replaced_and_what_somebody_else_had_there_kept_once(tmp_path: Path) -> None:
    root = tmp_path / "root"
    place = root / "usr/lib/xen/bin/stubdom-dm"
    one = stored(tmp_path / "store", b"one")
    assert minios_install.look([one], root) == {}
    minios_install.put(one, [], root)
    assert minios_install.look([one], root) == {one.path: (one.sha256, 0o755)}
    two = stored(tmp_path / "store2", b"two")
    minios_install.put(two, [one.sha256], root)
    assert sorted(path.name for path in place.parent.iterdir()) == ["stubdom-dm"]
    # What is of no image of ours is somebody's.
    minios_install.put(one, [], root)
    minios_install.put(two, [], root)
    assert (place.read_bytes(), place.with_name("stubdom-dm.orig").read_bytes()) == (b"two", b"two")
    place.write_bytes(b"another")
    minios_install.put(two, [], root)
    assert (place.read_bytes(), place.with_name("stubdom-dm.orig").read_bytes()) == (b"two", b"two")


def test_what_is_not_what_was_announced_is_not_installed(tmp_path: Path) -> None:
    one = stored(tmp_path / "store", b"one")
    Path(one.source).write_bytes(b"changed")
    with pytest.raises(BuildError, match="is not the file that was installed. Remedy: install the image again"):
        minios_install.put(one, [], tmp_path / "root")
    assert minios_install.look([one], tmp_path / "root") == {}

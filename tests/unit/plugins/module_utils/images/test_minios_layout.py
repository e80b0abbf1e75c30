# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a mini-OS image go into Xen's own folders."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.minios_layout import (
    XenFile,
    file_listing,
    files_for_xen,
)
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
    placed, problems = files_for_xen(image(**changes), toolstack, release, firmware, FOLDERS)
    assert problems == []
    return [(one.path, f"{one.mode:04o}") for one in placed]


@pytest.mark.parametrize("release", [(3, 3), (3, 4), (4, 1), (4, 4)])
def test_xm_wants_all_of_it_where_the_tree_has_it(release: tuple[int, int]) -> None:
    assert found("xm", release, "/usr/lib/xen-4.1/boot") == [
        (said["path"], said["mode"]) for said in INSTALLED.values()
    ]
    placed, _problems = files_for_xen(image(), "xm", release, "", FOLDERS)
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
        ({"path": "/usr/lib/xen/bin/stubdom-dm", "mode": "4755"}, "is not a mode that Xen installs stubdom-dm with"),
    ],
)
def test_nothing_goes_elsewhere(said: dict[str, str], reason: str) -> None:
    """A manifest comes from a build host, and must not be able to name any file of dom0."""
    placed, (problem,) = files_for_xen(image(installed={**INSTALLED, "stubdom-dm": said}), "xm", (4, 1), "", FOLDERS)
    assert (placed, problem.key) == ([], "image ioemu-stubdom")
    assert reason in problem.reason


def test_a_diff() -> None:
    placed = [XenFile("/s/b", "b" * 64, "/x/b", 0o755), XenFile("/s/a", "a" * 64, "/x/a", 0o644)]
    before, after = file_listing({"/x/b": ("c" * 64, 0o644)}, placed)
    assert before == "/x/b cccccccccccccccc 0644\n"
    assert after == "/x/a aaaaaaaaaaaaaaaa 0644\n/x/b bbbbbbbbbbbbbbbb 0755\n"


@pytest.mark.parametrize("installed", [["stubdom-dm"], "x", 7, {"stubdom-dm": "/usr"}, {"stubdom-dm": ["/usr"]}, {"stubdom-dm": None}])
def test_a_manifest_that_holds_something_else(installed: Any) -> None:
    placed, (problem,) = files_for_xen(image(installed=installed), "xm", (4, 1), "", FOLDERS)
    assert (placed, problem.key) == ([], "image ioemu-stubdom")
    assert problem.reason == "installed must be a mapping with a mapping for each file"

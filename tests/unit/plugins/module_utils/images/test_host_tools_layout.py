# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the parts that dom0 needs for mini-OS stub domains are installed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.host_tools_layout import (
    LibxlFolders,
    files_for_libxl,
)

FOLDERS = LibxlFolders(("/usr/lib/xen-4.17/bin",), ("/usr/lib/xen-4.17/boot",))
KEYMAPS = {"path": "/usr/local/share/xen/qemu/keymaps.tar", "mode": "0644", "members": {"de": "d" * 64, "common": "c" * 64}}
INSTALLED = {
    "qemu-dm": {"path": "/usr/local/lib/xen/bin/qemu-dm", "mode": "0755"},
    "hvmloader": {"path": "/usr/local/lib/xen/boot/hvmloader", "mode": "0644", "firmware": ["rombios", "seabios"]},
    "keymaps.tar": KEYMAPS,
}


def image(**installed: Any) -> dict[str, Any]:
    files = [{"file": name, "sha256": name[0] * 64, "path": f"/store/{name}"} for name in INSTALLED]
    return {"name": "host-tools", "files": files, "installed": {**INSTALLED, **installed}}


def test_each_part_goes_where_this_host_looks() -> None:
    files, problems = files_for_libxl(image(), "xl", FOLDERS)
    assert [(file.path, f"{file.mode:04o}") for file in files] == [
        ("/usr/lib/xen-4.17/bin/qemu-dm", "0755"),
        ("/usr/lib/xen-4.17/boot/hvmloader", "0644"),
        # Where that qemu-dm looks, whatever prefix the host's own Xen has.
        ("/usr/local/share/xen/qemu/keymaps/common", "0644"),
        ("/usr/local/share/xen/qemu/keymaps/de", "0644"),
    ]
    assert problems == []
    assert files[1].firmware == ("rombios", "seabios")
    assert (files[2].member, files[2].sha256, files[2].source_sha256) == ("common", "c" * 64, "k" * 64)


def test_a_host_with_the_libraries_of_two_builds() -> None:
    folders = LibxlFolders(("/a/xen/bin", "/b/xen/bin"), ("/a/xen/boot",))
    files, _problems = files_for_libxl(image(), "xl", folders)
    assert [file.path for file in files[:3]] == ["/a/xen/bin/qemu-dm", "/b/xen/bin/qemu-dm", "/a/xen/boot/hvmloader"]


def test_a_host_on_which_no_libxl_is_found() -> None:
    files, problems = files_for_libxl(image(), "xl", LibxlFolders())
    assert files == []
    assert [problem.value for problem in problems] == ["qemu-dm", "hvmloader"]
    assert "it is not known where this host's libxl looks for qemu-dm" in problems[0].reason


def test_xm_has_these_parts() -> None:
    assert files_for_libxl(image(), "xm", FOLDERS) == ([], [])
    assert files_for_libxl({**image(), "name": "ioemu-stubdom"}, "xl", FOLDERS) == ([], [])


@pytest.mark.parametrize(
    "about",
    [
        {},
        {**KEYMAPS, "path": "/etc/keymaps.tar"},
        {**KEYMAPS, "path": "/etc/../usr/share/xen/qemu/keymaps.tar"},
        {**KEYMAPS, "members": {"../../../etc/passwd": "a" * 64}},
        {**KEYMAPS, "members": ["de"]},
        {"path": KEYMAPS["path"]},
    ],
)
def test_keymaps_of_a_manifest_that_no_builder_made(about: dict[str, Any]) -> None:
    files, problems = files_for_libxl(image(**{"keymaps.tar": about}), "xl", FOLDERS)
    assert (files, [problem.key for problem in problems]) == ([], ["image host-tools"])


@pytest.mark.parametrize("installed", [["qemu-dm"], "x", 7, {"qemu-dm": "/usr"}, {"qemu-dm": ["/usr"]}, {"qemu-dm": None}])
def test_a_manifest_that_holds_something_else(installed: Any) -> None:
    placed, (problem,) = files_for_libxl({**image(), "installed": installed}, "xl", FOLDERS)
    assert (placed, problem.key) == ([], "image host-tools")
    assert problem.reason == "installed must be a mapping with a mapping for each file"

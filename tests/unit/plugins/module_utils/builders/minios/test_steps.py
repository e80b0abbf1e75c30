# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that build and install the targets."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    xen_tree,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.steps import BuildPlan
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.minios import MINIOS_BUILDS, MINIOS_TARGETS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release, within


def job(release: Release, *targets: str) -> BuildPlan:
    return BuildPlan(xen_tree.recipe_of(release, targets), targets, 4, "/staging", ("--flag",), ("A=1",))


@pytest.mark.parametrize(
    "release, targets, goals",
    [
        ((3, 3), ("ioemu", "pvgrub"), ([], ["install"])),
        ((3, 3), ("pvgrub",), (["pv-grub"], ["install-grub"])),
        ((3, 4), ("ioemu",), (["ioemu-stubdom"], ["install-ioemu"])),
        # stubdom-dm wants stubdompath.sh, which only a goal of its own makes.
        ((4, 2), ("ioemu",), (["genpath", "ioemu-stubdom"], ["install-ioemu"])),
        ((4, 0), ("pvgrub32", "fs_back"), (None, [])),
        ((4, 3), ("ioemu",), (["build"], ["install"])),
        ((4, 20), ("pvgrub",), (["build"], ["install"])),
        ((4, 20), ("pvgrub32",), (None, [])),
    ],
)
def test_goals(release: Release, targets: tuple[str, ...], goals: Any) -> None:
    assert job(release, *targets).stubdom_goals() == goals


def test_goals_whose_archives_are_needed() -> None:
    assert job((4, 0), "fs_back").archive_goals() == []
    assert job((4, 0), "pvgrub", "pvgrub32").archive_goals() == ["pv-grub"]
    assert job((4, 17), "ioemu", "pvgrub32").archive_goals() == ["ioemu-stubdom", "pv-grub"]
    # Plain make builds the other stub domains, too.
    assert job((4, 2), "ioemu", "pvgrub").archive_goals() == ["ioemu-stubdom", "pv-grub", "build"]


def test_host_tools_are_made_with_what_the_release_links_them_with() -> None:
    """Never all of tools, and nothing of stubdom, which needs archives."""
    said = [" ".join(step.argv) for step in job((4, 17), "host_tools").steps()]
    assert said[1] == "make -j4 -C . build-tools-public-headers A=1"
    assert said[2:4] == ["make -j4 -C tools/libs/toolcore A=1", "make -j4 -C tools/libs/toollog A=1"]
    assert said[-5:] == [
        "make -j4 -C tools/libs/store A=1",
        "make -j4 -C tools subdir-all-qemu-xen-traditional-dir A=1",
        "make -j4 -C tools/firmware A=1",
        "make -j4 -C tools subdir-install-qemu-xen-traditional-dir A=1",
        "make -j4 -C tools/firmware install A=1",
    ]
    assert job((4, 17), "host_tools").archive_goals() == []
    older = [step.title for step in job((4, 4), "host_tools").steps()]
    assert older[:4] == ["configure", "tools/include", "tools/libxc", "tools/xenstore"]
    assert "tools/libs" in [step.title for step in job((4, 8), "host_tools").steps()]


def test_no_release_installs_by_install_stubdom() -> None:
    """It would build and install all of dom0's programs."""
    for build in MINIOS_BUILDS:
        release = build.span[0]
        targets = [name for name, (span, _why) in MINIOS_TARGETS.items() if within(release, span)]
        for step in job(release, *targets).steps():
            assert "install-stubdom" not in step.argv
            # Only what is installed goes below the staging folder.
            assert bool(step.env.get("DESTDIR")) == step.title.startswith("install")

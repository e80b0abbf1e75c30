# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of a Xen source tree state."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    xen_tree,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.minios import MINIOS_BUILDS, MINIOS_TARGETS
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release, parse_release
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import Host


@pytest.mark.parametrize(
    "target, first, last",
    [("ioemu", "3.3", "4.20"), ("pvgrub", "3.3", "4.22"), ("pvgrub32", "3.3", "4.22"), ("fs_back", "3.3", "4.0")]
    + [("host_tools", "4.3", "4.20")],
)
def test_which_release_has_a_target(target: str, first: str, last: str) -> None:
    for release in (first, last):
        xen_tree.recipe_of(parse_release(release), [target])
    newer = (parse_release(last)[0], parse_release(last)[1] + 1)
    with pytest.raises(BuildError) as caught:
        xen_tree.recipe_of(newer, [target])
    said = str(caught.value)
    why = MINIOS_TARGETS[target][1]
    assert said.startswith(
        f"targets: Xen {newer[0]}.{newer[1]} has no {target}, which is part of Xen {first} to {last}: {why}. "
    )
    with pytest.raises(BuildError) as caught:
        xen_tree.recipe_of((3, 2), [target])
    before = ": Xen's own build always makes these parts there" if target == "host_tools" else ""
    assert f"which is part of Xen {first} to {last}{before}. Remedy: leave {target} out" in str(caught.value)


def test_all_targets_that_a_release_lacks_are_reported() -> None:
    with pytest.raises(BuildError) as caught:
        xen_tree.recipe_of((4, 23), MINIOS_TARGETS)
    assert len(str(caught.value).splitlines()) == len(MINIOS_TARGETS)


def test_every_release_with_a_target_has_one_recipe() -> None:
    releases = [(3, 3), (3, 4), *((4, minor) for minor in range(23))]
    ways = [
        [build for build in MINIOS_BUILDS if build.span[0] <= release <= (build.span[1] or release)]
        for release in releases
    ]
    assert [len(found) for found in ways] == [1] * len(releases)
    assert xen_tree.recipe_of((4, 2), []).configure is False
    assert xen_tree.recipe_of((4, 3), []).configure is True


@pytest.mark.parametrize(
    "makefile, release, version",
    [
        (
            "export XEN_VERSION       = 3\nexport XEN_SUBVERSION    = 3\nexport XEN_EXTRAVERSION ?= .0-rc7$(X)\n",
            (3, 3),
            "3.3.0-rc7",
        ),
        (
            "export XEN_VERSION = 4\nexport XEN_SUBVERSION = 22\nexport XEN_EXTRAVERSION ?= -unstable\n",
            (4, 22),
            "4.22-unstable",
        ),
        ("export XEN_VERSION = 4\nexport XEN_SUBVERSION = 8\n", (4, 8), "4.8"),
    ],
)
def test_the_version_of_a_tree(makefile: str, release: Release, version: str) -> None:
    assert xen_tree.version_of(makefile) == (release, version)


@pytest.mark.parametrize(
    "makefile", ["", "export XEN_VERSION = 4\n", "export XEN_VERSION = 4\nexport XEN_SUBVERSION = x\n"]
)
def test_a_tree_without_a_version(makefile: str) -> None:
    with pytest.raises(BuildError):
        xen_tree.version_of(makefile)


MAKEFILE = """
GRUB_VERSION?=0.97
URL=http://m/a:b
CFLAGS := -a
ioemu-stubdom: APP_OBJS=$(CURDIR)/ioemu/qemu.a
ioemu-stubdom: lwip-$(XEN_TARGET_ARCH) \\
    $(CROSS_ROOT)
\tdo: this
$(CROSS_ROOT): cross-a cross-b
cross-a cross-b: c # d
lwip-$(XEN_TARGET_ARCH): lwip-$(LWIP_VERSION).tar.gz
lwip-$(LWIP_VERSION).tar.gz:
pv-grub: grub
grub: grub-upstream
grub-upstream: grub-$(GRUB_VERSION).tar.gz grub-fixed.tar.gz
grub: pv-grub
"""


def test_prerequisites_of_goals() -> None:
    assert sorted(xen_tree.prerequisites(MAKEFILE, ["ioemu-stubdom"])) == [
        "$(CROSS_ROOT)",
        "cross-a",
        "cross-b",
        "ioemu-stubdom",
        "lwip-$(LWIP_VERSION).tar.gz",
        "lwip-$(XEN_TARGET_ARCH)",
    ]
    # A circle ends; a file without a version is part of the tree.
    found = xen_tree.prerequisites(MAKEFILE, ["pv-grub"])
    assert xen_tree.archives_of(MAKEFILE, "", found) == ["grub-0.97.tar.gz"]


def test_versions_of_both_files() -> None:
    names = xen_tree.prerequisites(MAKEFILE, ["ioemu-stubdom", "pv-grub"])
    configure = "AX_STUBDOM_LIB([LWIP], [lwip], [1.3.0])\nAX_STUBDOM_LIB_NOEXT([GRUB], [g r], [1.0], [u])\n"
    assert xen_tree.archives_of(MAKEFILE, configure, names) == ["grub-1.0.tar.gz", "lwip-1.3.0.tar.gz"]
    with pytest.raises(BuildError) as caught:
        xen_tree.archives_of(MAKEFILE, "", names)
    assert str(caught.value).startswith("stubdom/Makefile needs lwip-$(LWIP_VERSION).tar.gz, and neither it nor ")


def test_no_revision() -> None:
    assert xen_tree.revision_in("QEMU_TAG ?= $(X)\nQEMU_TAG = a b\n", ["QEMU_TAG", "B"]) == ""


STUBDOM = """
AX_STUBDOM_CONDITIONAL([ioemu-stubdom], [ioemu])
AX_STUBDOM_DEFAULT_DISABLE([pv-grub], [grub])
AX_STUBDOM_DEFAULT_ENABLE([xenstore-stubdom], [xenstore])
AX_STUBDOM_CONDITIONAL_FINISH([ioemu-stubdom], [ioemu])
"""

TRADITIONAL = STUBDOM + "AC_ARG_ENABLE([qemu-traditional],,,[\n"

TOOLS = "AX_ARG_DEFAULT_ENABLE([monitors])\nAX_ARG_DEFAULT_ENABLE([debug])\nAC_ARG_WITH([system-qemu],\n"


def test_arguments_of_configure_for_targets() -> None:
    assert xen_tree.configure_flags("", STUBDOM, "", ["ioemu"]) == [
        "--enable-ioemu-stubdom",
        "--disable-pv-grub",
        "--disable-xenstore-stubdom",
    ]
    # --enable-ioemu-stubdom alone is an error of configure; both would build it twice.
    assert xen_tree.configure_flags("", TRADITIONAL, "", ["ioemu", "pvgrub32"]) == [
        "--enable-pv-grub",
        "--disable-xenstore-stubdom",
        "--enable-qemu-traditional",
    ]
    assert xen_tree.configure_flags("[docs]", TRADITIONAL, TOOLS, ["pvgrub", "fs_back"]) == [
        "--disable-ioemu-stubdom",
        "--enable-pv-grub",
        "--disable-xenstore-stubdom",
        "--disable-qemu-traditional",
        "--disable-monitors",
        "--disable-docs",
        "--with-system-qemu=/usr/bin/qemu-system-i386",
    ]


def test_an_unknown_release(host: Host) -> None:
    host.tree.write("xen/Makefile", "export XEN_VERSION = $(shell version)\n")
    assert "xen/Makefile does not state which Xen this is" in host.refused_before_make()
    host.tree.write("xen/Makefile", "export XEN_VERSION = 4\nexport XEN_SUBVERSION = 23\n")
    assert host.refused_before_make().count("targets: Xen 4.23 has no ") == 2

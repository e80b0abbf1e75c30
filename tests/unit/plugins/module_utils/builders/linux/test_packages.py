# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What apt and dpkg-deb print about packages."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    packages,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError

RESOLVED = """NOTE: This is only a simulation!
Inst gcc-14-base (14.2.0-19 Debian:13.7/stable [amd64])
Inst libgcc-s1 (14.2.0-19 Debian:13.7/stable [amd64]) []
Inst busybox-static [1:1.0] (1:1.37.0-6+b9 Debian:13.7/stable, Debian-Security:13/stable-security [amd64])
Inst base (1.0 [all])
Conf base (1.0 [all])
"""


def test_resolved_packages() -> None:
    assert [(found.name, found.version, found.arch) for found in packages.resolved_packages(RESOLVED)] == [
        ("base", "1.0", "all"),
        ("busybox-static", "1:1.37.0-6+b9", "amd64"),
        ("gcc-14-base", "14.2.0-19", "amd64"),
        ("libgcc-s1", "14.2.0-19", "amd64"),
    ]


def test_an_archive_without_xen() -> None:
    with pytest.raises(
        BuildError, match="the archives have no package xen-utils-X.Y. Remedy: name archives in sources"
    ):
        packages.newest_xen("xen-utils-common\nxen-utils-4.20-dbg\n")


@pytest.mark.parametrize(
    "said, source",
    [("", ("a", "1-1+b2")), ("\n", ("a", "1-1+b2")), ("xen\n", ("xen", "1-1+b2")), ("xen (1-1)\n", ("xen", "1-1"))],
)
def test_the_source_of_a_package(said: str, source: tuple[str, str]) -> None:
    assert packages.source_of(packages.Package("a", "1-1+b2", "amd64"), said) == source

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a Linux stub domain's image."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.options import check_options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import options

PLAIN = "is not a name. Remedy: give a plain name, as Debian writes it."

SHORT = "is not an absolute path in its shortest form. Remedy: give it as the guest names it."


def refused(**changes: Any) -> list[str]:
    with pytest.raises(BuildError) as caught:
        check_options(options(**changes))
    return str(caught.value).splitlines()


def test_options_in_order() -> None:
    check_options(options())
    check_options(
        options(
            suite="trixie-backports",
            sources=["deb [signed-by=/k.gpg] http://m/debian trixie main", "deb\thttp://m trixie main"],
            kernel_package="",
            packages=["g++", "libxen=4.17.5+72-g0~deb12", "seabios"],
            kernel_release="6.12.117+deb13-amd64",
            modules=["8021q", "xen_scsiback"],
            boot_files={"/boot/vmlinuz": "/x", "/srv/a b/..c": "/y"},
        )
    )


@pytest.mark.parametrize("name", ["", "../etc", "-o", "a b", "a/b", "a\nb", "a;b", ".."])
@pytest.mark.parametrize("key", ["suite", "kernel_package", "packages", "kernel_release", "modules"])
def test_names_that_are_refused(key: str, name: str) -> None:
    if not name and key in ("kernel_package", "kernel_release"):
        return  # Left out.
    value = [name] if key in ("packages", "modules") else name
    assert "\n".join(refused(**{key: value})) == f"{key}: {name!r} {PLAIN}"


@pytest.mark.parametrize("name", ["qemu-", "Qemu", "qemu=1=2", "qemu=", "qemu/sid"])
def test_packages_that_are_refused(name: str) -> None:
    assert refused(packages=["busybox", name]) == [f"packages: {name!r} {PLAIN}"]


@pytest.mark.parametrize(
    "line", ["http://m/debian b main", "deb-src http://m b main", "deb http://m b main\ndeb x", "debx", ""]
)
def test_sources_that_are_refused(line: str) -> None:
    remedy = "Remedy: give lines as of sources.list, beginning with deb."
    assert refused(sources=[line]) == [f"sources: {line!r} is not a source. {remedy}"]


@pytest.mark.parametrize(
    "path", ["boot/vmlinuz", "/boot/../etc/x", "/boot//x", "//boot/x", "/boot/", "/a\nb", "/./a", "", ".."]
)
def test_a_boot_file_with_no_absolute_path(path: str) -> None:
    assert refused(boot_files={path: "/x"}) == [f"boot_files: {path!r} {SHORT}"]


@pytest.mark.parametrize("path", ["/", "/dev/x", "/proc/x", "/sys", "/run/x/y", "/tmp/vmlinuz"])
def test_a_boot_file_below_a_mount_point(path: str) -> None:
    why = f"boot_files: {path!r} cannot be in the image, whose /{path.split('/')[1]} is a mount point."
    remedy = "Remedy: keep the guest's kernel elsewhere on the Xen host, below /boot or /srv."
    assert refused(boot_files={path: "/x"}) == [f"{why} {remedy}"]


def test_all_problems_at_once() -> None:
    assert len(refused(suite="-x", packages=["A"], modules=["b c"], sources=["d"], boot_files={"e": "f"})) == 5

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""apt in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    apt,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_image_build import (
    made,
    overlay,
    refused,
)
from ansible_collections.xenfleet.stubdom.tests.unit.linux_machine import (
    Machine,
    options,
)


def test_packages_that_are_no_longer_wanted_leave_the_cache(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    archives = dest / ".qemu-stubdom-linux-bookworm" / "apt" / "cache" / "archives"
    assert "seabios_1.16_amd64.deb" in os.listdir(archives)
    machine.packages["seabios"]["version"] = "1:1.17"
    made(machine, dest)
    assert [name for name in os.listdir(archives) if name.startswith("seabios")] == ["seabios_1%3a1.17_amd64.deb"]


def test_of_apt_s_words_the_errors_come_first(machine: Machine, dest: Path) -> None:
    machine.fails["apt-get update"] = "W: one\nW: two\nW: three\nW: four\nE: the reason\n"
    assert refused(machine, dest).startswith(
        "the archives' lists cannot be read: E: the reason; W: one; W: two; W: three. Remedy:"
    )


def test_a_package_that_apt_has_not_fetched(machine: Machine, dest: Path) -> None:
    machine.skips = {"seabios", "libc6"}
    assert refused(machine, dest).startswith(
        "apt did not fetch libc6_2.36-9_amd64.deb, seabios_1.16_amd64.deb. Remedy:"
    )


def test_without_a_kernel_package(machine: Machine, dest: Path) -> None:
    made(machine, dest, kernel_package="", packages=["libz"])
    install = next(argv for argv in machine.calls if "-s" in argv)
    assert install[install.index("install") + 1 :] == [*apt.ALWAYS, "xen-utils-4.17", "libz"]


def test_apt_s_own_sources_and_settings(machine: Machine, tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    overlay(
        etc,
        {
            "os-release": "VERSION_CODENAME=bookworm\n",
            "apt/sources.list": "deb http://m/debian bookworm main\n",
            "apt/sources.list.d/a.sources": "Types: deb\nURIs: http://m\nSuites: bookworm-security\n",
            "apt/sources.list.d/b.list": "deb http://n stable main\n",
            "apt/sources.list.d/c.list.save": "deb http://old bookworm main\n",
        },
    )
    folder = tmp_path / "apt"
    overlay(folder, {"etc/sources.list.d/old.list": "deb http://old old main\n"})
    apt.Apt(folder, machine).prepare(options(suite="trixie", sources=[]), etc)
    parts = folder / "etc" / "sources.list.d"
    assert {path.name: path.read_text() for path in parts.iterdir()} == {
        "sources.list.list": "deb http://m/debian trixie main\n",
        "a.sources": "Types: deb\nSuites: trixie-security\nURIs: http://m\n\n",
    }
    conf = (folder / "apt.conf").read_text()
    assert ('Acquire::http::Proxy "http://proxy:3128";' in conf, "Pre-Invoke" in conf) == (True, False)
    assert (folder / "apt.conf").stat().st_mode & 0o777 == 0o600, "a proxy may have a password"


def test_every_call_of_apt_names_its_folder(machine: Machine, dest: Path) -> None:
    made(machine, dest)
    conf = f"APT_CONFIG={dest.resolve()}/.qemu-stubdom-linux-bookworm/apt/apt.conf"
    calls = [argv for argv in machine.calls if "apt-get" in argv or "apt-cache" in argv]
    assert len(calls) == 4
    assert all(argv[:2] == ["env", conf] for argv in calls)

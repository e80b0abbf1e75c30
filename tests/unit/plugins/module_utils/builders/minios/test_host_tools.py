# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building what dom0 needs for mini-OS stub domains: qemu-dm, hvmloader with the ROM BIOS, keymaps."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import needs
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.firmware import firmware_in
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import COMPILERS, Host

TOOLS = ("host_tools",)
FILES = ["hvmloader", "keymaps.tar", "qemu-dm"]


class ToolsHost(Host):
    """Hold a build host that has the compilers, whatever headers this machine has."""

    def __init__(self, folder: Path, release: str, patch: pytest.MonkeyPatch, **how: Any) -> None:
        super().__init__(folder, release, patch, **how)
        for name in COMPILERS:
            self.program(name, "exit 0\n")
        has = needs._has
        patch.setattr(needs, "_has", lambda need, *rest: need.is_header or has(need, *rest))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ToolsHost:
    return ToolsHost(tmp_path, "4.17", monkeypatch)


@pytest.mark.parametrize("release", ["4.3", "4.17", "4.20"])
def test_the_three_parts(release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = ToolsHost(tmp_path, release, monkeypatch)
    made = host.build(targets=TOOLS).manifest
    assert host.files() == FILES
    assert [image["name"] for image in made["images"]] == ["host-tools"]
    # Of the mirror, only QEMU is needed: nothing of stubdom is made.
    assert list(made["components"]) == ["qemu-xen-traditional-xen-4.17.0.tar.gz"]
    assert made["installed"]["qemu-dm"] == {"path": "/usr/local/lib/xen/bin/qemu-dm", "mode": "0755"}
    assert made["installed"]["hvmloader"]["firmware"] == ["rombios"]
    assert firmware_in((host.image / "hvmloader").read_bytes()) == ["rombios"]
    keymaps = made["installed"]["keymaps.tar"]
    assert (keymaps["path"], sorted(keymaps["members"])) == ("/usr/local/share/xen/qemu/keymaps.tar", ["de", "en-us"])
    with tarfile.open(str(host.image / "keymaps.tar")) as archive:
        assert [(entry.name, entry.mtime, entry.uname) for entry in archive] == [("de", 0, ""), ("en-us", 0, "")]
    assert "--enable-rombios" in made["configure"]
    assert ("--enable-qemu-traditional" in made["configure"]) == (release != "4.3")
    assert not host.asked.exists()
    host.tree.calls()
    assert (host.build(targets=TOOLS).changed, host.tree.calls()) == (False, [])


def test_the_same_files_give_the_same_archive(host: ToolsHost) -> None:
    first = host.build(targets=TOOLS).manifest["files"]
    host.tree.write("xen/README", "another tree\n")
    assert host.build(targets=TOOLS).manifest["files"] == first


def test_with_the_images(host: ToolsHost) -> None:
    made = host.build(targets=("ioemu", "host_tools")).manifest
    assert host.files() == sorted([*FILES, "ioemu-stubdom.gz", "stubdom-dm", "stubdompath.sh"])
    assert "--enable-rombios" in made["configure"]
    host.tree.calls()
    assert (host.build(targets=TOOLS).changed, host.tree.calls()) == (False, [])


@pytest.mark.parametrize("release", ["4.2", "4.21"])
def test_a_release_without_it(release: str, host: ToolsHost) -> None:
    host.tree.change("xen/Makefile", "= 17", f"= {release[2:]}")
    said = host.refused_before_make(targets=TOOLS)
    why = "Xen's own build always makes these parts there" if release == "4.2" else "qemu-xen-traditional went with 4.21"
    assert f"targets: Xen {release} has no host_tools, which is part of Xen 4.3 to 4.20: {why}" in said


def test_a_tree_without_qemu(host: ToolsHost) -> None:
    """As Xen's Makefile has it, a URL that is cloned: nothing is fetched, and the message names what to give."""
    said = host.refused_before_make(targets=TOOLS, mirror="")
    assert said == (
        "qemu-xen-traditional-xen-4.17.0.tar.gz, which the tree needs: it does not exist. Remedy: name a folder or "
        "a URL that has it in mirror in stubdom_xen_sources, or build_minios_stubdom_mirror (option mirror of "
        "minios_stubdom_image)."
    )
    assert not host.asked.exists()


def test_an_empty_folder_is_no_qemu(host: ToolsHost) -> None:
    """As a clone leaves it that failed."""
    (host.tree.root / "tools/qemu-xen-traditional").mkdir()
    assert "it does not exist" in host.refused_before_make(targets=TOOLS, mirror="")
    host.build(targets=TOOLS)
    assert host.files() == FILES


def test_a_build_host_without_the_compilers_of_the_rom_bios(host: ToolsHost, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("make", "gcc", "ld", "ar", "strip", "patch", "tar", "gzip", "bzip2", "perl", "python3", "git", "sh", "iasl")
    path = host.tree.bin.with_name("few")
    path.mkdir()
    for name in names:
        (path / name).symlink_to(str(shutil.which(name, path=f"{host.tree.bin}:/usr/bin:/bin") or shutil.which(name)))
    monkeypatch.setenv("PATH", str(path))
    said = host.refused_before_make(targets=TOOLS)
    assert said == "the build host has no as86, ld86, bcc. Remedy: install them (Debian: bcc bin86)."


def test_headers_that_only_this_target_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(tmp_path, "4.17", monkeypatch)
    for name in COMPILERS:
        host.program(name, "exit 0\n")
    monkeypatch.setattr(
        "ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.build.build.__defaults__",
        (False, lambda argv: Result(argv, 1, "", "") if "-include" in argv else run(argv)),
    )
    said = host.refused_before_make(targets=TOOLS)
    assert said == "the build host has no zlib.h. Remedy: install them (Debian: zlib1g-dev)."


def test_what_an_earlier_build_left_in_the_tree(host: ToolsHost) -> None:
    """Half-configured and half-built: none of it is used, and it makes no other build."""
    host.build(targets=TOOLS)
    left = {
        "config/Tools.mk": "ROMBIOS := n\n",
        "tools/config.h": "#error\n",
        "tools/libs/store/lib.so": "",
        "tools/libs/store/libxenstore.so.4.0": "",
        "tools/firmware/hvmloader/hvmloader": "half",
        "tools/firmware/hvmloader/roms.inc": "",
        "tools/firmware/rombios/BIOS-bochs-latest": "",
        "tools/qemu-xen-traditional-dir/config-host.mak": "",
        "tools/qemu-xen-traditional/xen-setup-stubdom": "",
        "tools/include/_libxl_types.h": "",
    }
    for path, text in left.items():
        host.tree.write(path, text)
    (host.tree.root / "tools/qemu-xen-traditional/xen-setup-stubdom").unlink()
    host.tree.calls()
    assert (host.build(targets=TOOLS).changed, host.tree.calls()) == (False, [])


def test_a_loader_without_the_rom_bios(host: ToolsHost) -> None:
    """The operator's own arguments come last."""
    said = host.refused(targets=TOOLS, configure=("--disable-rombios",))
    assert said.startswith("make succeeded, and its hvmloader contains no ROM BIOS. Remedy: leave --disable-rombios out")


def test_a_part_that_make_did_not_install(host: ToolsHost) -> None:
    host.tree.change("tools/Makefile", "keymaps/* ", "keymaps/nothing ")
    assert "install qemu-dm failed" in host.refused(targets=TOOLS)
    host.tree.change("tools/Makefile", "\tinstall -m0644 $(QEMU_TRADITIONAL_LOC)/keymaps/nothing", "\ttrue")
    assert "make succeeded and installed no keymaps.tar for host_tools" in host.refused(targets=TOOLS), "their folder is empty"
    host.tree.change("tools/Makefile", '"$(DESTDIR)$(PREFIX)/share/xen/qemu/keymaps"\n\tinstall', "\n\tinstall")
    assert "make succeeded and installed no keymaps.tar for host_tools" in host.refused(targets=TOOLS)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of a source tree, without the products of an earlier build."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    tree,
)
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import Host


def test_a_user_without_a_name() -> None:
    assert tree._user(4_000_000) == "user 4000000"
    assert tree._user(0) == "root"


def test_links_out_of_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mini-OS that lies elsewhere is part of the tree; what is in it counts."""
    host = Host(tmp_path, "4.17", monkeypatch, apart=False)
    elsewhere = tmp_path / "mini-os"
    (host.tree.root / "extras/mini-os").rename(elsewhere)
    (host.tree.root / "extras/mini-os").symlink_to(elsewhere)
    (elsewhere / "circle").symlink_to(elsewhere)
    (host.tree.root / "stubdom/stubdom-dm").rename(tmp_path / "script")
    (host.tree.root / "stubdom/stubdom-dm").symlink_to("../../../script")
    (host.tree.root / "tools/inside").symlink_to("qemu-xen-traditional")
    (host.tree.root / "tools/nowhere").symlink_to("/nonexistent")
    host.build()
    host.tree.calls()
    assert (host.build().changed, host.tree.calls()) == (False, [])
    (elsewhere / "main.c").write_text('const char place[] = PLACE "!";\n', encoding="utf-8")
    assert host.build().changed is True


def test_half_patched_folders_in_the_tree(old: Host) -> None:
    old.tree.lay("stubdom/newlib-1.16.0", {"library.c": "int library = 0; /* plain */\n", "configure": "exit 1\n"})
    old.tree.write("stubdom/grub-upstream/library.c", "int library = 0; /* plain */\n")
    old.tree.write("stubdom/mk-headers-x86_64", "")
    assert old.build().changed


def test_a_tree_that_was_built_in_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What that has left makes no other build; and make makes all of it again."""
    host = Host(tmp_path, "4.17", monkeypatch, apart=False)
    assert host.build(targets=("pvgrub",)).changed
    for file in host.tree.mirror.iterdir():
        shutil.copy(file, host.tree.root / "stubdom")
    for argv in (
        ["./configure", "--enable-pv-grub", "--disable-xenstore-stubdom", "--disable-monitors", "--disable-seabios"],
        ["make", "build-tools-public-headers"],
        ["make", "-C", "stubdom", "build"],
    ):
        subprocess.run(argv, cwd=host.tree.root, check=True, stdin=subprocess.DEVNULL)
    host.tree.calls()
    assert (host.build(targets=("pvgrub",)).changed, host.tree.calls()) == (False, [])
    host.tree.write("xen/include/public/xen.h", "/* another */\n")
    host.build(targets=("pvgrub",))
    assert "cp xen/include/public/xen.h tools/include/xen-foreign/x86_64.h" in host.log.read_text(encoding="utf-8")


def test_newer_mtimes(old: Host) -> None:
    """An archive that is newer than its folder would be unpacked over it, when make installs."""
    for file in old.tree.mirror.iterdir():
        shutil.copy(file, old.tree.root / "stubdom")
    for path in old.tree.root.rglob("*"):
        os.utime(path, (4_000_000_000, 4_000_000_000))
    assert old.build().changed
    assert "odification time" not in old.log.read_text(encoding="utf-8")


def test_no_tree(host: Host, tmp_path: Path) -> None:
    said = host.refused_before_make(tree=str(tmp_path / "none"))
    assert (
        said == f"tree: {tmp_path}/none is not a folder of the build host. Remedy: name Xen's source tree (XEN_ROOT)."
    )


@pytest.mark.parametrize("name", ["stubdom/Makefile", "xen/Makefile", "Config.mk"])
def test_a_tree_without_what_makes_it_one(name: str, host: Host) -> None:
    (host.tree.root / name).unlink()
    assert f"has no {name}, so it is not the top folder of a Xen source tree" in host.refused_before_make()
    archive = host.tree.archive()
    said = host.refused_before_make(
        tree="", archive=str(archive), sha256=hashlib.sha256(archive.read_bytes()).hexdigest()
    )
    assert f"has no {name}" in said


def test_a_tree_of_another_user(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Makefiles would run with the rights of who builds. Root's is everybody's."""
    os.chown(str(host.tree.root), 54321, -1) if os.geteuid() == 0 else monkeypatch.setattr(os, "geteuid", lambda: 54321)
    said = host.refused_before_make()
    assert said.startswith(f"tree: {host.tree.root} belongs to ") and "user 54321" in said
    monkeypatch.setattr(os, "geteuid", lambda: host.tree.root.stat().st_uid)
    tree.check_tree(host.tree.root)


def test_files_that_cannot_be_read(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tree.sha256_of

    def sha256_of(path: Path) -> str:
        if path.parent.name == "grub.patches" or path.name.startswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(tree, "sha256_of", sha256_of)
    assert (
        "tree: stubdom/grub.patches/00first, stubdom/grub.patches/10last cannot be read." in host.refused_before_make()
    )
    for number in range(9):
        host.tree.write(f"secret{number}", "")
    assert "secret0, secret1, secret2, secret3, secret4 and 6 more cannot be read" in host.refused_before_make()

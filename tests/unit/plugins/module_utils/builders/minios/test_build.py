# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building from Xen's source tree: small trees that behave as the real ones, with the real make and compiler."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    build,
    collect,
    needs,
    run_log,
)
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest
from ansible_collections.xenfleet.stubdom.tests.unit.minios_build_host import ALL, NEW, Host
from ansible_collections.xenfleet.stubdom.tests.unit.xen_tree import RELEASES


def test_a_tree_of_another_release(host: Host) -> None:
    said = host.refused_before_make(release="3.4")
    assert said == ("release = '3.4': the tree is of Xen 4.17. Remedy: name it for that release, or name another tree.")
    assert host.build(release="4.17", targets=("pvgrub",)).changed is True
    assert host.build(targets=("pvgrub",)).changed is False
    assert "the tree is of Xen 4.17" in host.refused_before_make(release="3.4", targets=("pvgrub",))


@pytest.mark.parametrize("release", RELEASES)
def test_every_generation(release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(tmp_path, release, monkeypatch)
    targets = ALL if host.tree.release <= (4, 0) else NEW
    built = host.build(targets=targets)
    assert (built.changed, built.folder, built.log) == (True, host.image, host.log)
    wanted = ["ioemu-stubdom.gz", "pv-grub-x86_32.gz", "pv-grub-x86_64.gz", "stubdom-dm"]
    wanted += ["stubdompath.sh"] * (host.tree.release >= (4, 0)) + ["fs-backend"] * (host.tree.release <= (4, 0))
    assert host.files() == sorted(wanted)
    width = {name: gzip.decompress((host.image / name).read_bytes())[4] for name in wanted if name.endswith(".gz")}
    assert width == {"ioemu-stubdom.gz": 2, "pv-grub-x86_64.gz": 2, "pv-grub-x86_32.gz": 1}
    said = built.manifest
    assert said == manifest(host.image)
    assert said["files"] == {name: hashlib.sha256((host.image / name).read_bytes()).hexdigest() for name in wanted}
    assert {image["name"] for image in said["images"]} == {
        *("ioemu-stubdom", "pv-grub-x86_64.gz", "pv-grub-x86_32.gz"),
        *(["fs-backend"] if "fs_back" in targets else []),
    }
    assert (said["xen"], said["xen_version"], said["targets"]) == (release, f"{release}.5", list(targets))
    assert said["installed"]["pv-grub-x86_32.gz"] == {"path": f"{host.tree.boot}/pv-grub-x86_32.gz", "mode": "0644"}
    assert said["installed"]["stubdom-dm"] == {"path": f"{host.tree.boot[:-4]}bin/stubdom-dm", "mode": "0755"}
    if "fs_back" in targets:
        assert said["installed"]["fs-backend"] == {"path": "/usr/sbin/fs-backend", "mode": "0755"}
    # mini-OS and QEMU are of the mirror where the release has them apart.
    apart = ["mini-os-xen-RELEASE-4.17.5.tar.gz"] * (host.tree.release >= (4, 6))
    apart += ["qemu-xen-traditional-xen-4.17.0.tar.gz"] * (host.tree.release >= (3, 4))
    assert [file for file in said["components"] if file.startswith(("mini-os", "qemu"))] == apart
    assert not host.asked.exists()
    assert host.left() == ["lock"]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("target", NEW)
def test_one_target_alone(release: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(tmp_path, release, monkeypatch)
    built = host.build(targets=(target,))
    assert [image["name"] for image in built.manifest["images"]] == [collect.PRODUCTS[target].image]
    # Only what this target needs is wanted of the mirror.
    assert ("grub-0.97.tar.gz" in built.manifest["components"]) == (target != "ioemu")
    polarssl = target != "ioemu" and host.tree.release >= (4, 3)
    assert ("polarssl-1.1.4-gpl.tgz" in built.manifest["components"]) == polarssl


def test_fs_backend_alone_needs_no_archives(old: Host) -> None:
    assert old.build(targets=("fs_back",), mirror="").manifest["components"] == {}
    assert old.files() == ["fs-backend"]
    assert [line.rpartition("-C ")[2] for line in old.tree.calls()] == [
        "tools/include",
        "tools/libxc",
        "tools/xenstore libxenstore.so",
        "tools/fs-back",
        "tools/fs-back install",
    ]


def test_the_calls_of_an_old_tree(old: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain make, one architecture after the other, and none of what breaks it in the environment."""
    for name in ("LDFLAGS", "CFLAGS", "CPPFLAGS", "DESTDIR", "MAKEFLAGS", "XEN_TARGET_ARCH"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("MAKELEVEL", "3")
    old.build(targets=NEW)
    assert old.tree.calls() == [
        "LDFLAGS=unset DESTDIR= x86_64: -j2 -C stubdom",
        "LDFLAGS=unset DESTDIR=set x86_64: -j2 -C stubdom install",
        "LDFLAGS=unset DESTDIR= x86_32: -j2 -C stubdom pv-grub",
        "LDFLAGS=unset DESTDIR=set x86_32: -j2 -C stubdom install-grub",
    ]


def test_the_calls_of_a_new_tree(host: Host) -> None:
    built = host.build(targets=NEW, variables={"VERBOSE": "1"}, configure=("--prefix=/usr",))
    said = f"VERBOSE=1 QEMU_TRADITIONAL_LOC={host.dest}/.minios-stubdom/tree/tools/qemu-xen-traditional"
    assert host.tree.calls() == [
        f"LDFLAGS=unset DESTDIR= x86_64: -j2 -C . build-tools-public-headers {said}",
        f"LDFLAGS=unset DESTDIR= x86_64: -j2 -C stubdom build {said}",
        f"LDFLAGS=unset DESTDIR=set x86_64: -j2 -C stubdom install {said}",
        f"LDFLAGS=unset DESTDIR= x86_32: -j2 -C stubdom pv-grub {said}",
        f"LDFLAGS=unset DESTDIR=set x86_32: -j2 -C stubdom install-grub {said}",
    ]
    assert built.manifest["configure"] == [
        *("--disable-c-stubdom", "--enable-pv-grub", "--disable-xenstore-stubdom", "--disable-vtpm-stubdom"),
        *("--enable-qemu-traditional", "--disable-monitors", "--disable-seabios", "--disable-rombios"),
        *("--disable-docs", "--prefix=/usr"),
    ]
    assert built.manifest["installed"]["stubdom-dm"]["path"] == "/usr/lib/xen/bin/stubdom-dm"
    assert "Will build the following stub domains: ioemu-stubdom pv-grub" in host.log.read_text(encoding="utf-8")


def test_one_job_for_each_core(old: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 5, 7})
    old.build(targets=("pvgrub",), jobs=0)
    assert {line.split()[3] for line in old.tree.calls()} == {"-j5"}


def test_the_operator_s_tree_is_not_written_to(host: Host) -> None:
    before = {path: path.lstat().st_mtime_ns for path in host.tree.root.rglob("*")}
    host.build()
    assert {path: path.lstat().st_mtime_ns for path in host.tree.root.rglob("*")} == before


def test_nothing_changed_and_no_make(host: Host) -> None:
    first = host.build()
    host.tree.calls()
    said = host.log.read_text(encoding="utf-8")
    began = time.monotonic()
    again = host.build()
    assert time.monotonic() - began < 1
    assert (again.changed, again.manifest, host.tree.calls()) == (False, first.manifest, [])
    assert host.log.read_text(encoding="utf-8") == said


def test_what_makes_no_difference(host: Host) -> None:
    host.build()
    for path in host.tree.root.rglob("*"):
        os.utime(path, (4_000_000_000, 4_000_000_000))
    host.tree.write("stubdom/mini-os-x86_64-ioemu/main.o", "of another build")
    host.tree.write("tools/libxc/xc.o", "of another build")
    host.tree.write("config/Stubdom.mk", "STUBDOM_BUILD := caml-stubdom\n")
    host.tree.write(".git/index", "")
    host.tree.write("stubdom/zlib-1.2.3.tar.gz", "")
    host.tree.calls()
    assert (host.build(jobs=1, timeout=99).changed, host.tree.calls()) == (False, [])


def test_a_build_of_more_targets_is_used(host: Host) -> None:
    first = host.build(targets=NEW)
    host.tree.calls()
    again = host.build(targets=("ioemu",))
    assert (again.changed, host.tree.calls()) == (False, [])
    assert [image["name"] for image in again.manifest["images"]] == ["ioemu-stubdom"]
    # The part of the manifest that goes to the hosts stays, so that nothing changes there.
    assert {**again.manifest, "images": []} == {**first.manifest, "images": []}
    assert host.build(targets=NEW).manifest == first.manifest


def test_the_tree_of_an_interrupted_run_goes_when_there_is_nothing_to_build(host: Host) -> None:
    host.build()
    left = host.image.parent / f".{host.image.name}" / "tree"
    (left / "xen").mkdir(parents=True)
    assert (host.build().changed, left.exists()) == (False, False)


@pytest.mark.parametrize(
    "change", ["tree", "mode", "targets", "variables", "configure", "compiler", "checksums", "damage", "name"]
)
def test_what_makes_a_difference(change: str, host: Host) -> None:
    host.build(targets=("pvgrub",))
    host.tree.calls()
    more: dict[str, Any] = {"targets": ("pvgrub",)}
    if change == "tree":
        host.tree.write("tools/new.c", "")
    elif change == "mode":
        (host.tree.root / "stubdom/stubdom-dm").chmod(0o644)
    elif change == "targets":
        more["targets"] = ("pvgrub", "pvgrub32")
    elif change == "variables":
        more["variables"] = {"A": "1"}
    elif change == "configure":
        more["configure"] = ("--prefix=/usr",)
    elif change == "compiler":
        compiler = shutil.which("gcc")
        host.program("gcc", f'[ "$1" = --version ] && echo "gcc 99" && exit 0\nexec {compiler} "$@"\n')
    elif change == "checksums":
        host.tree.pack("zlib-1.2.3.tar.gz", "zlib-1.2.3", {"fixed": ""})
        more["checksums"] = host.tree.checksums
    elif change == "damage":
        (host.image / "pv-grub-x86_64.gz").write_bytes(b"")
    else:
        more["name"] = "another"
    host.build(**more)
    assert host.tree.calls() != []


def test_changed_is_a_question_of_the_files(host: Host) -> None:
    """A comment makes another tree and the same images."""
    first = host.build()
    host.tree.write("tools/README", "more")
    again = host.build()
    assert (again.changed, again.manifest["files"]) == (False, first.manifest["files"])
    assert again.manifest["tree"] != first.manifest["tree"]
    host.tree.change("stubdom/stubdom-dm", "#!/bin/sh\n", "#!/bin/sh\necho\n")
    assert host.build().changed is True


def test_the_stub_domain_is_built_at_one_path(host: Host) -> None:
    """As the tree's path is in it: another run, from an archive, gives the same bytes."""
    first = host.build()
    archive = host.tree.archive()
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    again = host.build(tree="", archive=str(archive), sha256=sha256)
    assert (again.changed, again.manifest["files"]) == (False, first.manifest["files"])


def test_a_dry_run_returns_the_sums_of_the_build(host: Host) -> None:
    told = host.build(dry=True)
    assert (told.changed, host.image.exists(), host.left()) == (True, False, ["lock"])
    assert host.build().manifest["files"] == told.manifest["files"]
    assert host.build(dry=True).changed is False


@pytest.mark.parametrize("url", ["", "file://"])
def test_an_archive(url: str, host: Host) -> None:
    archive = host.tree.archive()
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    built = host.build(tree="", archive=f"{url}{archive}", sha256=sha256)
    assert built.manifest["tree"] == {"kind": "archive", "from": f"{url}{archive}", "revision": "", "digest": sha256}
    host.tree.calls()
    archive.unlink()
    # It is known by its sum, so nobody has to look at it again.
    assert (host.build(tree="", archive=f"{url}{archive}", sha256=sha256).changed, host.tree.calls()) == (False, [])


def test_an_archive_of_a_tree_that_was_built_in(host: Host) -> None:
    """Half-patched folders of whoever packed it are not built upon."""
    host.tree.lay("stubdom/newlib-1.16.0", {"library.c": "int library = 0; /* plain */\n", "configure": "exit 0\n"})
    archive = host.tree.archive()
    host.build(tree="", archive=str(archive), sha256=hashlib.sha256(archive.read_bytes()).hexdigest())
    assert "patching file library.c" in host.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("before", [False, True])
def test_an_interrupted_run(step: int, before: bool, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves the image of the run before, and is finished by running it again."""
    if before:
        host.build(targets=("pvgrub",))
    real = run_log.BuildLog.run_step
    count = iter(range(99))

    def killed(self: Any, *words: Any) -> None:
        if next(count) == step:
            raise KeyboardInterrupt
        real(self, *words)

    with monkeypatch.context() as patch:
        patch.setattr(run_log.BuildLog, "run_step", killed)
        # Who is killed clears nothing away.
        patch.setattr(build.shutil, "rmtree", lambda *_words, **_options: None)
        with pytest.raises(KeyboardInterrupt):
            host.build(targets=NEW)
    assert host.image.exists() == before
    if before:
        assert host.files() == ["pv-grub-x86_64.gz"]
    assert host.build(targets=NEW).changed is True
    assert (len(host.files()), host.left()) == (5, ["lock"])


def test_configure_of_a_tree_that_has_none(old: Host) -> None:
    said = old.refused_before_make(configure=("--prefix=/usr",))
    assert said.startswith("configure: the tree has no configure before Xen 4.3.")


def test_a_folder_that_make_cannot_work_in(host: Host, tmp_path: Path) -> None:
    """Not behind a link either."""
    (tmp_path / "a blank").mkdir()
    host.dest.symlink_to(tmp_path / "a blank")
    assert host.refused_before_make().startswith(f"dest = '{tmp_path}/a blank': make cannot work there.")


def test_a_full_disk(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "ROOM", 1 << 60)
    said = host.refused_before_make()
    assert said.startswith(f"{host.dest}/.minios-stubdom has ") and "MiB left, and a build needs 1099511627776" in said


def test_a_build_host_of_another_kind(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*machine[:4], "aarch64")))
    assert "the build host is aarch64." in host.refused_before_make()

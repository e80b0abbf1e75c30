# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building from Xen's source tree: small trees that behave as the real ones, with the real make and compiler."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    build,
    collect,
    fetch,
    run_log,
    tree,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.options import Options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.steps import Step
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import Image
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest
from ansible_collections.xenfleet.stubdom.tests.unit.xen_tree import RELEASES, XenTree

ALL = ("ioemu", "pvgrub", "pvgrub32", "fs_back")
NEW = ("ioemu", "pvgrub", "pvgrub32")


class Host:
    """A build host with a tree; what is built goes to ``dest``."""

    def __init__(self, folder: Path, release: str, patch: pytest.MonkeyPatch, **how: Any) -> None:
        self.tree = XenTree(folder / "src", release, **how)
        self.dest = folder / "build"
        self.image = self.dest / "minios-stubdom"
        self.log = self.dest / "minios-stubdom.log"
        # What the network would be asked by; nobody is to ask.
        self.asked = folder / "asked"
        for name in ("wget", "ftp", "curl"):
            self.program(name, f'echo "{name} $*" >> {self.asked}\nexit 1\n')
        patch.setenv("PATH", f"{self.tree.bin}:{os.environ['PATH']}")

    def program(self, name: str, text: str) -> Path:
        place = self.tree.bin / name
        place.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        place.chmod(0o755)
        return place

    def options(self, **changes: Any) -> Options:
        usual = Options(
            tree=str(self.tree.root), mirror=str(self.tree.mirror), checksums=self.tree.checksums, jobs=2
        )
        return replace(usual, **changes)

    def build(self, dry: bool = False, **changes: Any) -> build.Built:
        return build.build(self.options(**changes), self.dest, dry)

    def refused(self, **changes: Any) -> str:
        with pytest.raises(BuildError) as caught:
            self.build(**changes)
        assert "Remedy: " in str(caught.value)
        # Whatever failed, no tree is left that somebody could build upon.
        assert self.left() in ([], ["lock"], ["components", "lock"], ["git", "lock"])
        return str(caught.value)

    def refused_before_make(self, **changes: Any) -> str:
        self.tree.calls()
        said = self.refused(**changes)
        assert self.tree.calls() == []
        return said

    def left(self) -> list[str]:
        """What lies in the folder of work, but for the image."""
        work = self.dest / ".minios-stubdom"
        return sorted(path.name for path in work.iterdir() if not path.name.startswith("image-")) if work.exists() else []

    def files(self) -> list[str]:
        return sorted(path.name for path in self.image.iterdir() if path.name != "manifest.json")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The tree of 4.17, whose mini-OS and QEMU lie in the mirror."""
    return Host(tmp_path, "4.17", monkeypatch)


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The tree of 3.3, which has all but the archives."""
    return Host(tmp_path, "3.3", monkeypatch)


def test_a_tree_of_another_release(host: Host) -> None:
    said = host.refused_before_make(release="3.4")
    assert said == (
        "release = '3.4': the tree is of Xen 4.17. Remedy: name it for that release, or name another tree."
    )
    assert host.build(release="4.17", targets=("pvgrub",)).changed is True
    assert host.build(targets=("pvgrub",)).changed is False
    assert "the tree is of Xen 4.17" in host.refused_before_make(release="3.4", targets=("pvgrub",))


# -- what is built -----------------------------------------------------------------------------------------------------


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
        *("--enable-qemu-traditional", "--disable-monitors", "--disable-seabios", "--disable-docs", "--prefix=/usr"),
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


# -- when it is built again --------------------------------------------------------------------------------------------


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


def test_a_dry_run_tells_what_would_come(host: Host) -> None:
    told = host.build(dry=True)
    assert (told.changed, host.image.exists(), host.left()) == (True, False, ["lock"])
    assert host.build().manifest["files"] == told.manifest["files"]
    assert host.build(dry=True).changed is False


# -- where the tree comes from -----------------------------------------------------------------------------------------


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


def test_a_repository(host: Host) -> None:
    def git(*words: str) -> str:
        named = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(host.tree.root)]
        done = subprocess.run(["git", *named, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    first = git("rev-parse", "HEAD")
    host.tree.write("tools/README", "two")
    git("commit", "-q", "-a", "-m", "two", "--allow-empty")
    where = str(host.tree.root)
    built = host.build(tree="", repository=where, revision=first)
    assert built.manifest["tree"] == {"kind": "repository", "from": where, "revision": first, "digest": first}
    host.tree.calls()
    assert (host.build(tree="", repository=where, revision=first).changed, host.tree.calls()) == (False, [])
    # A tree that is a checkout tells its commit, too.
    assert host.build().manifest["tree"]["revision"] == git("rev-parse", "HEAD")
    nowhere = host.refused_before_make(tree="", repository=where, revision="0" * 40)
    assert nowhere.startswith(f"repository: {where}: {'0' * 40}: git says: ")
    gone = host.refused_before_make(tree="", repository=f"{where}-gone", revision="1" * 40)
    assert f"repository: {where}-gone: git says: " in gone


def test_a_server_that_gives_no_commit_by_its_name(tmp_path: Path) -> None:
    """Then all is fetched; and a commit that is there is not fetched again."""
    calls: list[list[str]] = []

    def git(argv: list[str]) -> Result:
        calls.append(argv[argv.index("-C") + 2 :] if "-C" in argv else argv[1:2])
        fails = "--depth" in argv or "cat-file" in argv and not any("+refs/*:refs/fetched/*" in call for call in calls)
        return Result(argv, int(fails), "", "Server does not allow request for unadvertised object")

    fetch.checkout("https://m/xen.git", "1" * 40, tmp_path / "git", tmp_path / "tree", git)
    assert [call[0] for call in calls] == ["init", "cat-file", "fetch", "fetch", "cat-file", f"--work-tree={tmp_path}/tree"]
    calls[:] = [["+refs/*:refs/fetched/*"]]
    fetch.checkout("https://m/xen.git", "1" * 40, tmp_path / "git", tmp_path / "tree2", git)
    assert [call[0] for call in calls[1:]] == ["init", "cat-file", f"--work-tree={tmp_path}/tree2"]


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
    (elsewhere / "main.c").write_text("const char place[] = PLACE \"!\";\n", encoding="utf-8")
    assert host.build().changed is True


# -- what breaks trees -------------------------------------------------------------------------------------------------


def test_a_zero_byte_download_in_the_tree(host: Host) -> None:
    """As wget leaves it. The mirror's is taken; without a mirror it is an error, not an input."""
    host.tree.write("stubdom/newlib-1.16.0.tar.gz", "")
    for file in host.tree.mirror.glob("*"):
        if file.name not in ("newlib-1.16.0.tar.gz",) and not file.name.startswith(("mini-os", "qemu")):
            shutil.copy(file, host.tree.root / "stubdom")
    assert host.build().changed
    said = host.refused_before_make(mirror="", targets=("pvgrub",))
    assert "newlib-1.16.0.tar.gz, which the tree wants: stubdom/newlib-1.16.0.tar.gz of the tree has 0 bytes" in said
    assert "zlib" not in said, "what lies in the tree, and is right, needs no mirror"
    (host.tree.mirror / "newlib-1.16.0.tar.gz").unlink()
    said = host.refused_before_make(targets=("pvgrub",))
    assert "of the tree has 0 bytes" in said and "is no file of the build host" in said


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


def test_a_patch_that_fails_and_a_make_that_goes_on(old: Host) -> None:
    """The loop over GRUB's patches tells only what came of the last one."""
    old.tree.change("stubdom/grub.patches/00first", "-int library = 0", "-int library = 7")
    said = old.refused()
    assert said.startswith("stubdom failed (a patch did not apply):\n  1 out of 1 hunk FAILED -- saving rejects to file library.c.rej\n")
    assert not old.image.exists()


def test_a_build_that_fails(host: Host) -> None:
    """The lines that tell, the log, and nothing that the next run would take for done."""
    host.build()
    before = manifest(host.image)
    host.tree.change("stubdom/Makefile", "-DPLACE=\\\"grub\\\"", "-DPLACE=grub")
    said = host.refused()
    assert "<command-line>: error: 'grub' undeclared" in said and "make: *** [Makefile:" in said
    assert len(said.splitlines()) < 16
    assert f"{host.log} has all of it" in said
    assert "failed: stubdom failed" in host.log.read_text(encoding="utf-8")
    assert manifest(host.image) == before
    host.tree.change("stubdom/Makefile", "-DPLACE=grub", "-DPLACE=\\\"grub\\\"")
    host.tree.calls()
    assert (host.build().changed, host.tree.calls()) == (False, [])


def test_make_fetches_nothing(host: Host) -> None:
    """What the tree would fetch beside what it was known to want is refused, whichever program it takes."""
    host.tree.change("stubdom/Makefile", "\tmkdir -p include/xen\n", "\twget -c http://m/x || git clone git://m/x\n")
    said = host.refused()
    assert "refused: wget -c http://m/x: the build fetches nothing" in said
    assert "refused: git clone git://m/x: the build fetches nothing" in said
    assert not host.asked.exists()
    # What fetches nothing is not in the way, whatever its arguments are called.
    host.tree.change("stubdom/Makefile", "\twget -c http://m/x || git clone git://m/x\n", "\tgit check-ref-format a/clone\n")
    assert host.build().changed


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("before", [False, True])
def test_a_run_that_was_killed(step: int, before: bool, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves the image of the run before, and is finished by running it again."""
    if before:
        host.build(targets=("pvgrub",))
    real = run_log.Log.run
    count = iter(range(99))

    def killed(self: Any, *words: Any) -> None:
        if next(count) == step:
            raise KeyboardInterrupt
        real(self, *words)

    with monkeypatch.context() as patch:
        patch.setattr(run_log.Log, "run", killed)
        # Who is killed clears nothing away.
        patch.setattr(build.shutil, "rmtree", lambda *_words, **_options: None)
        with pytest.raises(KeyboardInterrupt):
            host.build(targets=NEW)
    assert host.image.exists() == before
    if before:
        assert host.files() == ["pv-grub-x86_64.gz"]
    assert host.build(targets=NEW).changed is True
    assert (len(host.files()), host.left()) == (5, ["lock"])


def test_a_step_that_outlives_a_killed_run_keeps_the_next_one_out(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        log = run_log.Log(tmp_path / "log", lock.fileno())
        log.run(Step("look", ["test", "-e", f"/proc/self/fd/{lock.fileno()}"]), tmp_path, dict(os.environ), 9)


def test_a_step_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, by force if need be, and if it heeds a word, by that."""
    program = tmp_path / "deaf"
    program.write_text(f"#!{sys.executable}\nimport signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(60)\n")
    program.chmod(0o755)
    with (tmp_path / "lock").open("w") as lock:
        log = run_log.Log(tmp_path / "log", lock.fileno())
        for argv, patience in ([str(program)], 0.2), (["sleep", "60"], 30.0):
            monkeypatch.setattr(run_log, "_KILL_AFTER", patience)
            began = time.monotonic()
            with pytest.raises(BuildError) as caught:
                log.run(Step("make", argv), tmp_path, dict(os.environ), 1)
            assert str(caught.value).startswith("make failed (it took more than 1 seconds):")
            assert time.monotonic() - began < 20
        with pytest.raises(BuildError) as caught:
            log.run(Step("make", [str(tmp_path / "none")]), tmp_path, dict(os.environ), 1)
        assert "(it does not exist):\n  [Errno 2] No such file or directory" in str(caught.value)


# -- bad input: an error before make starts ----------------------------------------------------------------------------


def test_no_tree(host: Host, tmp_path: Path) -> None:
    said = host.refused_before_make(tree=str(tmp_path / "none"))
    assert said == f"tree: {tmp_path}/none is no folder of the build host. Remedy: name Xen's source tree (XEN_ROOT)."


@pytest.mark.parametrize("name", ["stubdom/Makefile", "xen/Makefile", "Config.mk"])
def test_a_tree_without_what_makes_it_one(name: str, host: Host) -> None:
    (host.tree.root / name).unlink()
    assert f"has no {name}, so it is not the top folder of a Xen source tree" in host.refused_before_make()
    archive = host.tree.archive()
    said = host.refused_before_make(tree="", archive=str(archive), sha256=hashlib.sha256(archive.read_bytes()).hexdigest())
    assert f"has no {name}" in said


def test_an_unknown_release(host: Host) -> None:
    host.tree.write("xen/Makefile", "export XEN_VERSION = $(shell version)\n")
    assert "xen/Makefile does not tell which Xen this is" in host.refused_before_make()
    host.tree.write("xen/Makefile", "export XEN_VERSION = 4\nexport XEN_SUBVERSION = 23\n")
    assert host.refused_before_make().count("targets: Xen 4.23 has no ") == 2


def test_missing_packages_are_told_at_once(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs and headers in one message."""
    path = tmp_path / "few"
    path.mkdir()
    for name in ("gcc", "ld", "ar", "strip", "tar", "gzip", "bzip2", "perl", "git", "sh"):
        (path / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(path))
    asks = host.tree.root / "tools/configure.ac"
    asks.write_text(asks.read_text() + "[IASL]\nAX_CHECK_UUID\nCould not find yajl\njson-c\nAX_CHECK_CURSES\n", encoding="utf-8")
    # Whatever this machine has.
    monkeypatch.setattr(
        build, "run", lambda argv: Result(argv, 1, "", "") if "-include" in argv and "curses.h" not in argv else run(argv)
    )
    monkeypatch.setattr(build.build, "__defaults__", (False, build.run))
    said = host.refused_before_make()
    assert said == (
        "the build host has no make, patch, python3, iasl, uuid/uuid.h, yajl/yajl_parse.h. Remedy: install them "
        "(Debian: acpica-tools libyajl-dev make patch python3 uuid-dev), or name another one in variables, as PYTHON."
    )


def test_one_of_two_headers_does(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = host.tree.root / "tools/configure.ac"
    asks.write_text(asks.read_text() + "Could not find yajl\njson-c\n", encoding="utf-8")
    asked = []

    def runner(argv: list[str]) -> Result:
        if "-include" not in argv:
            return run(argv)
        asked.append(argv[3])
        return Result(argv, int("yajl" in argv[3]), "", "")

    build.build(host.options(targets=("pvgrub",)), host.dest, runner=runner)
    assert asked == ["yajl/yajl_parse.h", "json-c/json.h"]


def test_a_wrong_checksum(host: Host) -> None:
    said = host.refused_before_make(checksums={**host.tree.checksums, "zlib-1.2.3.tar.gz": "0" * 64})
    assert f"zlib-1.2.3.tar.gz, which the tree wants: {host.tree.mirror}/zlib-1.2.3.tar.gz has sha256 " in said
    archive = host.tree.archive()
    assert f"not {'0' * 64}. Remedy: " in host.refused_before_make(tree="", archive=str(archive), sha256="0" * 64)
    # Nor is what was fetched kept.
    said = host.refused_before_make(tree="", archive=f"file://{archive}", sha256="0" * 64)
    assert list((host.dest / ".minios-stubdom/components").iterdir()) == []


def test_an_archive_that_is_none(host: Host) -> None:
    archive = host.tree.write("not.tar", "text")
    said = host.refused_before_make(tree="", archive=str(archive), sha256=hashlib.sha256(b"text").hexdigest())
    assert said.startswith(f"{archive} cannot be unpacked: tar: ")
    said = host.refused_before_make(tree="", archive="file:///nonexistent", sha256="0" * 64)
    assert said.startswith("file:///nonexistent cannot be fetched: ")


def test_all_that_the_mirror_lacks_is_told_at_once(host: Host) -> None:
    for name in ("zlib-1.2.3.tar.gz", "mini-os-xen-RELEASE-4.17.5.tar.gz"):
        (host.tree.mirror / name).unlink()
    sums = {**host.tree.checksums, "zlib-1.2.3.tar.gz": "1" * 64}
    said = host.refused_before_make(checksums=sums)
    zlib, mini_os = said.splitlines()
    assert zlib == (
        f"zlib-1.2.3.tar.gz, which the tree wants: {host.tree.mirror}/zlib-1.2.3.tar.gz is no file of the build host. "
        "Remedy: name one that is there."
    )
    assert mini_os == (
        "mini-os-xen-RELEASE-4.17.5.tar.gz: its sha256 is not known. Remedy: give it in checksums."
    )


def test_offline_without_a_mirror(host: Host) -> None:
    said = host.refused_before_make(mirror="", targets=("pvgrub",))
    assert said.count("Remedy: name a mirror, a folder or a URL, that has it.") == 7
    assert not host.asked.exists()


def test_a_mirror_by_url_is_asked_once(host: Host) -> None:
    """What was fetched stays for the next build."""
    url = f"file://{host.tree.mirror}/"
    host.build(mirror=url, targets=("pvgrub",))
    assert host.left() == ["components", "lock"]
    sums = host.tree.checksums
    for file in host.tree.mirror.iterdir():
        file.unlink()
    host.tree.write("tools/README", "another tree")
    assert host.build(mirror=url, targets=("pvgrub",), checksums=sums).changed is False
    kept = next((host.dest / ".minios-stubdom/components").glob("*zlib*"))
    kept.write_bytes(b"")
    host.tree.write("tools/README", "a third one")
    assert "zlib-1.2.3.tar.gz cannot be fetched" in host.refused(mirror=url, targets=("pvgrub",), checksums=sums)


def test_no_revision_of_what_is_apart(host: Host) -> None:
    host.tree.change("Config.mk", "MINIOS_UPSTREAM_REVISION ?= xen-RELEASE-4.17.5", "MINIOS_UPSTREAM_REVISION ?= $(X)")
    assert "the tree has no extras/mini-os, and its Config.mk does not tell" in host.refused_before_make()


def test_a_tree_of_3_3_without_its_qemu(old: Host) -> None:
    shutil.rmtree(str(old.tree.root / "tools/ioemu"))
    assert "the tree has no tools/ioemu" in old.refused_before_make()


def test_configure_of_a_tree_that_has_none(old: Host) -> None:
    said = old.refused_before_make(configure=("--prefix=/usr",))
    assert said.startswith("configure: the tree has no configure before Xen 4.3.")


def test_a_folder_that_make_cannot_work_in(host: Host, tmp_path: Path) -> None:
    """Not behind a link either."""
    (tmp_path / "a blank").mkdir()
    host.dest.symlink_to(tmp_path / "a blank")
    assert host.refused_before_make().startswith(f"dest = '{tmp_path}/a blank': make cannot work there.")


def test_a_full_disk(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ROOM", 1 << 60)
    said = host.refused_before_make()
    assert said.startswith(f"{host.dest}/.minios-stubdom has ") and "MiB left, and a build needs 1099511627776" in said


def test_a_tree_of_somebody_else(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Makefiles would run with the rights of who builds. Root's is everybody's."""
    os.chown(str(host.tree.root), 54321, -1) if os.geteuid() == 0 else monkeypatch.setattr(os, "geteuid", lambda: 54321)
    said = host.refused_before_make()
    assert said.startswith(f"tree: {host.tree.root} belongs to ") and "user 54321" in said
    monkeypatch.setattr(os, "geteuid", lambda: host.tree.root.stat().st_uid)
    tree.look_at(host.tree.root)


def test_files_that_cannot_be_read(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tree.sha256_of

    def sha256_of(path: Path) -> str:
        if path.parent.name == "grub.patches" or path.name.startswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(tree, "sha256_of", sha256_of)
    assert "tree: stubdom/grub.patches/00first, stubdom/grub.patches/10last cannot be read." in host.refused_before_make()
    for number in range(9):
        host.tree.write(f"secret{number}", "")
    assert "secret0, secret1, secret2, secret3, secret4 and 6 more cannot be read" in host.refused_before_make()


def test_a_build_host_of_another_kind(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*machine[:4], "aarch64")))
    assert "the build host is aarch64." in host.refused_before_make()


# -- what is gathered --------------------------------------------------------------------------------------------------


def staged(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "into").mkdir()
    return folder


ELF = b"\x7fELF and more"
BOOT, BIN = "x86_64/usr/lib/xen/boot", "x86_64/usr/lib/xen/bin"


def test_the_first_release_candidates_have_one_name_for_both_widths(tmp_path: Path) -> None:
    place = staged(
        tmp_path,
        {f"{BOOT}/pv-grub.gz": gzip.compress(ELF), "x86_32/usr/lib/xen/boot/pv-grub.gz": gzip.compress(ELF + b"32")},
    )
    found = collect.collect(place, place / "into", ["pvgrub", "pvgrub32"])
    assert [(image.name, list(image.files)) for image in found.images] == [
        ("pv-grub-x86_64.gz", ["pv-grub-x86_64.gz"]),
        ("pv-grub-x86_32.gz", ["pv-grub-x86_32.gz"]),
    ]
    assert found.installed["pv-grub-x86_32.gz"]["path"] == "/usr/lib/xen/boot/pv-grub.gz"
    assert len(set(found.files.values())) == 2
    assert isinstance(found.images[0], Image)


@pytest.mark.parametrize(
    "target, files, said",
    [
        ("pvgrub", {}, "make succeeded and installed no pv-grub-x86_64.gz for pvgrub."),
        ("ioemu", {f"{BOOT}/ioemu-stubdom.gz": gzip.compress(ELF)}, "make succeeded and installed no stubdom-dm for ioemu."),
        ("pvgrub", {f"{BOOT}/pv-grub-x86_64.gz": b""}, "pv-grub-x86_64.gz came out damaged: it is no program."),
        ("pvgrub", {f"{BOOT}/pv-grub-x86_64.gz": gzip.compress(ELF * 99)[:-9]}, "pv-grub-x86_64.gz came out damaged"),
        ("pvgrub", {f"{BOOT}/pv-grub-x86_64.gz": gzip.compress(b"text")}, "pv-grub-x86_64.gz came out damaged"),
        ("fs_back", {"x86_64/usr/sbin/fs-backend": b"#!"}, "fs-backend came out damaged: it is no program."),
        (
            "ioemu",
            {f"{BOOT}/ioemu-stubdom.gz": gzip.compress(ELF), f"{BIN}/stubdom-dm": b""},
            "stubdom-dm came out damaged: it is empty.",
        ),
    ],
)
def test_what_came_out_wrong(target: str, files: dict[str, bytes], said: str, tmp_path: Path) -> None:
    """A make that succeeds proves little."""
    place = staged(tmp_path, files)
    with pytest.raises(BuildError) as caught:
        collect.collect(place, place / "into", [target])
    assert str(caught.value).startswith(said)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building PV-GRUB2: with a runner that stands for grub-mkimage, and once with the real one."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders import pvgrub2
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.command import Result, run
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest

PACKAGES = "Debian: grub-xen-bin and grub-common"


class Grub:
    """Makes an image of what it was called with, so that other inputs give other bytes."""

    def __init__(self) -> None:
        self.version = Result([], 0, "grub-mkimage (GRUB) 2.06-13\n", "")
        self.fails = False
        self.calls: list[list[str]] = []

    def __call__(self, argv: list[str]) -> Result:
        self.calls.append(argv)
        if argv[1] == "--version":
            return self.version
        if self.fails:
            return Result(argv, 1, "", "grub-mkimage: error: no such module.\n")
        options = dict(zip(argv[1::2], argv[2::2]))
        self.memdisk = Path(options["--memdisk"]).read_bytes()
        Path(options["--output"]).write_bytes(self.memdisk + options["--format"].encode())
        return Result(argv, 0, "", "")

    @property
    def made(self) -> int:
        return len([call for call in self.calls if call[1] != "--version"])


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    for platform in pvgrub2.PLATFORMS.values():
        folder = tmp_path / "grub" / platform
        folder.mkdir(parents=True)
        (folder / "moddep.lst").write_text("normal: boot\n", encoding="utf-8")
        (folder / "normal.mod").write_bytes(b"normal")
        (folder / "notes.txt").write_text("no input", encoding="utf-8")
    return tmp_path / "grub"


@pytest.mark.parametrize("arch, platform", sorted(pvgrub2.PLATFORMS.items()))
def test_build(arch: str, platform: str, modules: Path, tmp_path: Path) -> None:
    grub = Grub()
    built = pvgrub2.build(arch, tmp_path / "out", modules, runner=grub)
    folder = tmp_path / "out" / f"pvgrub2-{arch}"
    assert (built.changed, built.path) == (True, folder / f"pvgrub2-{arch}.bin")
    assert built.manifest == manifest(folder)
    assert built.manifest["sha256"] == hashlib.sha256(built.path.read_bytes()).hexdigest()
    assert built.manifest["inputs"]["grub"] == "grub-mkimage (GRUB) 2.06-13"
    argv = grub.calls[-1]
    assert argv[1:5] == ["--format", platform, "--directory", str(modules / platform)]
    assert argv[-len(pvgrub2.MODULES) :] == pvgrub2.MODULES
    assert argv[argv.index("--prefix") + 1] == "(memdisk)/boot/grub"
    assert sorted(path.name for path in folder.iterdir()) == sorted(["manifest.json", built.path.name])


def test_the_memdisk_holds_the_menu_finder_and_no_time(modules: Path, tmp_path: Path) -> None:
    grub = Grub()
    pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    with tarfile.open(fileobj=io.BytesIO(grub.memdisk)) as tar:
        entry = tar.getmember("boot/grub/grub.cfg")
        stream = tar.extractfile(entry)
        assert stream is not None
        assert (stream.read().decode(), entry.mtime, tar.getnames()) == (pvgrub2.MENU, 0, ["boot/grub/grub.cfg"])


def test_it_is_built_once(modules: Path, tmp_path: Path) -> None:
    grub = Grub()
    first = pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    second = pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    assert (second.changed, second.manifest, grub.made) == (False, first.manifest, 1)


@pytest.mark.parametrize(
    "change", ["module", "new module", "version", "image", "image gone", "manifest", "no manifest"]
)
def test_changes_after_which_it_is_built_again(change: str, modules: Path, tmp_path: Path) -> None:
    grub = Grub()
    first = pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    kept = first.path.with_name("manifest.json")
    if change == "module":
        (modules / "x86_64-xen" / "normal.mod").write_bytes(b"newer")
    elif change == "new module":
        (modules / "x86_64-xen" / "zstd.mod").write_bytes(b"zstd")
    elif change == "version":
        grub.version = Result([], 0, "grub-mkimage (GRUB) 2.12\n", "")
    elif change == "image":
        first.path.write_bytes(b"damaged")
    elif change == "image gone":
        first.path.unlink()
    elif change == "manifest":
        kept.write_text("{", encoding="utf-8")
    else:
        kept.unlink()
    again = pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    assert (again.changed, grub.made) == (True, 2)
    assert json.loads(kept.read_text(encoding="utf-8")) == again.manifest


@pytest.mark.parametrize("file", ["x86_64-xen/notes.txt", "i386-xen/normal.mod"])
def test_what_is_no_input_makes_nothing_new(file: str, modules: Path, tmp_path: Path) -> None:
    grub = Grub()
    pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    (modules / file).write_bytes(b"changed")
    assert not pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub).changed


def test_check_mode_returns_the_sum_and_leaves_nothing(modules: Path, tmp_path: Path) -> None:
    checked = pvgrub2.build("x86_64", tmp_path / "out", modules, check=True, runner=Grub())
    assert (checked.changed, (tmp_path / "out").exists()) == (True, False)
    ran = pvgrub2.build("x86_64", tmp_path / "out", modules, runner=Grub())
    assert (ran.manifest, ran.path) == (checked.manifest, checked.path)


def test_no_modules(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        pvgrub2.build("x86_64", tmp_path / "out", tmp_path / "none", runner=Grub())
    where = tmp_path / "none" / "x86_64-xen"
    assert str(caught.value) == f"{where} does not contain GRUB's modules for Xen. Remedy: install them ({PACKAGES})."


def test_no_grub_mkimage(modules: Path, tmp_path: Path) -> None:
    grub = Grub()
    grub.version = Result([], 127, "", "grub-mkimage: command not found")
    with pytest.raises(BuildError) as caught:
        pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    assert str(caught.value) == (
        f"grub-mkimage does not run: grub-mkimage: command not found. Remedy: install it ({PACKAGES})."
    )


def test_a_grub_mkimage_that_fails_leaves_the_old_image(modules: Path, tmp_path: Path) -> None:
    grub = Grub()
    first = pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    (modules / "x86_64-xen" / "normal.mod").write_bytes(b"newer")
    grub.fails = True
    before: Any = first.path.read_bytes()
    with pytest.raises(BuildError) as caught:
        pvgrub2.build("x86_64", tmp_path / "out", modules, runner=grub)
    assert str(caught.value) == (
        f"grub-mkimage failed: grub-mkimage: error: no such module.. Remedy: make sure that x86_64-xen is complete ({PACKAGES})."
    )
    assert (first.path.read_bytes(), manifest(first.path.parent)) == (before, first.manifest)


@pytest.mark.parametrize("arch, width", [("x86_64", 2), ("i386", 1), ("pvh", 1)])
def test_the_real_grub_mkimage(arch: str, width: int, tmp_path: Path) -> None:
    """The same inputs give the same bytes, in an ELF file (1 for 32 bits, 2 for 64) that carries Xen's notes."""
    real = Path("/usr/lib/grub")
    if not (real / pvgrub2.PLATFORMS[arch] / "moddep.lst").is_file():
        pytest.skip("grub-xen-bin is not installed here")
    if run(["grub-mkimage", "--version"]).rc != 0:
        pytest.skip("grub-common is not installed here")
    one, two = (pvgrub2.build(arch, tmp_path / name, real) for name in ("one", "two"))
    image = one.path.read_bytes()
    assert image == two.path.read_bytes()
    assert image[:5] == b"\x7fELF" + bytes([width])
    assert b"Xen\0" in image
    assert pvgrub2.MENU.encode() in image, "the menu finder is inside, as it is"
    assert pvgrub2.build(arch, tmp_path / "one", real).changed is False

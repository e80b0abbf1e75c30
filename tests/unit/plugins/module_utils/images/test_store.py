# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versioned image store: what is installed, what is current, and what a run that was killed leaves behind."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest

NAME = "pvgrub2-x86_64"
LINUX = "qemu-stubdom-linux"
KERNEL, ROOTFS, SBOM = FILES = ("qemu-stubdom-linux-kernel", "qemu-stubdom-linux-rootfs", "sbom.cdx.json")


class Store:
    """A store in a folder, and sources to install from."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store"
        self._sources = folder

    def image(self, content: bytes, name: str = NAME) -> image_store.Image:
        return image_store.place_of(self.path, name, [(f"{name}.bin", hashlib.sha256(content).hexdigest())])

    def install(self, content: bytes, name: str = NAME) -> image_store.Image:
        source = self._sources / "source"
        source.write_bytes(content)
        image = self.image(content, name)
        image_install.install(image, {f"{name}.bin": source}, {"arch": "x86_64"})
        return image

    def several(self, *contents: bytes) -> tuple[image_store.Image, dict[str, Path]]:
        """A stub domain's kernel, root file system and bill of materials, not installed yet, and their sources."""
        sources = {}
        for name, content in zip(FILES, contents):
            sources[name] = self._sources / name
            sources[name].write_bytes(content)
        sums = [(name, image_store.sha256_of(source)) for name, source in sources.items()]
        return image_store.place_of(self.path, LINUX, sums), sources

    def install_several(self, *contents: bytes) -> image_store.Image:
        image, sources = self.several(*contents)
        image_install.install(image, sources, {"arch": "x86_64"})
        return image

    def entries(self, name: str = NAME) -> list[str]:
        return sorted(path.name for path in (self.path / name).iterdir())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_install(store: Store) -> None:
    image = store.install(b"one")
    path = Path(image.path)
    assert image.version == hashlib.sha256(b"one").hexdigest()[:16]
    assert path == store.path / NAME / image.version / f"{NAME}.bin"
    assert path.read_bytes() == b"one"
    assert manifest(path.parent) == {"arch": "x86_64", **image.as_dict()}
    assert os.readlink(store.path / NAME / "current") == image.version
    assert store.entries() == sorted([image.version, "current"])
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o644, 0o755)
    assert image_store.is_installed(store.path, image)
    assert image_store.current(store.path, NAME) == image


def test_an_older_version_stays_and_can_become_current_again(store: Store) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    assert image_store.current(store.path, NAME) == two
    assert not image_store.is_installed(store.path, one), "it is there, but not the current one"
    assert [(found["version"], found["current"]) for found in image_store.installed(store.path)] == sorted(
        [(one.version, False), (two.version, True)]
    )
    store.install(b"one")
    assert image_store.current(store.path, NAME) == one
    assert store.entries() == sorted([one.version, two.version, "current", "previous"])


def test_a_file_that_is_not_the_announced_one_is_refused(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"other")
    image = store.image(b"one")
    with pytest.raises(image_store.ImageError) as caught:
        image_install.install(image, {f"{NAME}.bin": source}, {})
    other = hashlib.sha256(b"other").hexdigest()
    assert str(caught.value) == (
        f"image {NAME}: {source} has sha256 {other}, not {image.sha256} as announced. "
        "Remedy: build the image again and see that nothing changes it on the way."
    )
    assert store.entries() == []


@pytest.mark.parametrize(
    "damage", ["content", "truncated", "file gone", "manifest gone", "manifest cut", "current gone", "current other"]
)
def test_what_is_damaged_is_not_installed_and_is_mended(store: Store, damage: str) -> None:
    image = store.install(b"one")
    path, current = Path(image.path), store.path / NAME / "current"
    if damage == "content":
        path.write_bytes(b"xxx")
    elif damage == "truncated":
        path.write_bytes(b"")
    elif damage == "file gone":
        path.unlink()
    elif damage == "manifest gone":
        (path.parent / "manifest.json").unlink()
    elif damage == "manifest cut":
        (path.parent / "manifest.json").write_text("{", encoding="utf-8")
    else:
        current.unlink()
        if damage == "current other":
            current.symlink_to("other")
    assert not image_store.is_installed(store.path, image)
    store.install(b"one")
    assert image_store.is_installed(store.path, image)
    assert store.entries() == sorted([image.version, "current"])


@pytest.mark.parametrize("step", ["rename of the folder", "link"])
def test_a_run_that_is_killed_leaves_the_old_image_and_is_finished_by_the_next(
    step: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = store.install(b"old")
    with monkeypatch.context() as patch:
        if step == "link":
            patch.setattr(image_install, "link_atomic", _killed)
        else:
            patch.setattr(image_install.os, "replace", _killed)
            # Nothing that would clean up runs in a process that is killed.
            patch.setattr(image_install.shutil, "rmtree", lambda *_args, **_kwargs: None)
        with pytest.raises(KeyboardInterrupt):
            store.install(b"new")
    assert image_store.current(store.path, NAME) == old
    assert image_store.is_installed(store.path, old)
    new = store.image(b"new")
    assert not image_store.is_installed(store.path, new)
    assert [found for found in image_store.installed(store.path) if found["version"].startswith(".")] == []
    assert store.install(b"new") == new
    assert image_store.is_installed(store.path, new)


def _killed(*_args: Any, **_kwargs: Any) -> None:
    raise KeyboardInterrupt


def test_installed_knows_all_images_and_overlooks_what_is_none(store: Store) -> None:
    one, other = store.install(b"one"), store.install(b"two", "linux-stubdom")
    (store.path / "notes.txt").write_text("x", encoding="utf-8")
    broken = store.path / NAME / "0123456789abcdef"
    broken.mkdir()
    (broken / "manifest.json").write_text("{", encoding="utf-8")
    hidden = store.path / NAME / ".half"
    shutil.copytree(Path(one.path).parent, hidden)
    assert image_store.installed(store.path) == [{**other.as_dict(), "current": True}, {**one.as_dict(), "current": True}]


@pytest.mark.parametrize("text", ["[]", '"x"', "null", "7"])
def test_a_manifest_that_is_no_mapping_is_no_image(store: Store, text: str) -> None:
    folder = store.path / NAME / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    assert image_store.installed(store.path) == []


def test_an_empty_store(tmp_path: Path) -> None:
    assert image_store.installed(tmp_path / "none") == []
    assert image_store.current(tmp_path / "none", NAME) is None


def test_sha256_of_a_file_larger_than_a_piece(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * (2 << 20) + b"y")
    assert image_store.sha256_of(path) == hashlib.sha256(b"x" * (2 << 20) + b"y").hexdigest()


@pytest.mark.parametrize("name, good", [("pvgrub2-x86_64", True), ("../x", False), (".x", False), ("a/b", False), ("", False)])
def test_name_pattern(name: str, good: bool) -> None:
    assert bool(image_store.NAME_PATTERN.fullmatch(name)) is good


@pytest.mark.parametrize("bad", ["../evil", "a/b", "/nonexistent/xenfleet/x", "..", ".hidden", "", "a\n"])
def test_no_name_leads_out_of_the_store(bad: str) -> None:
    """Only the path is computed here, and nothing is installed: a fault must not cost the machine that finds it."""
    for name, files in ((bad, ["x.bin"]), (NAME, [bad]), (NAME, ["x.bin", bad])):
        with pytest.raises(image_store.ImageError, match="without a folder"):
            image_store.place_of(Path("/store"), name, [(file_name, "0" * 64) for file_name in files])


@pytest.mark.parametrize("sha256", ["", "abc", "../" * 22, "A" * 64])
def test_no_sum_leads_out_of_the_store(sha256: str) -> None:
    with pytest.raises(image_store.ImageError, match="give the 64 hexadecimal digits"):
        image_store.place_of(Path("/store"), NAME, [("x.bin", sha256)])


@pytest.mark.parametrize(
    "names, fault",
    [
        (["a", "b", "a"], "file = 'a': two files have this name; choose another for one of them."),
        (["a", "manifest.json"], "file = 'manifest.json': the store has something of its own by that name; choose another."),
        (["current"], "file = 'current': the store has something of its own by that name; choose another."),
        ([], "files = []: give at least one file."),
    ],
)
def test_files_that_an_image_cannot_have(names: list[str], fault: str) -> None:
    with pytest.raises(image_store.ImageError) as caught:
        image_store.place_of(Path("/store"), NAME, [(name, "0" * 64) for name in names])
    assert str(caught.value) == f"image {NAME}: {fault}"


# -- several files ----------------------------------------------------------------------------------------------------


def test_several_files_are_one_version(store: Store) -> None:
    image = store.install_several(b"kernel", b"rootfs", b"{}")
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in zip(FILES, (b"kernel", b"rootfs", b"{}"))}
    # As sha256sum prints them.
    text = "".join(f"{sums[name]}  {name}\n" for name in sorted(FILES))
    assert image.sha256 == image_store.sum_of(sums) == hashlib.sha256(text.encode()).hexdigest()
    folder = store.path / LINUX / image.version
    assert image.version == image.sha256[:16]
    assert image.as_dict() == {
        "name": LINUX,
        "version": image.version,
        "sha256": image.sha256,
        "path": str(folder),
        "files": [{"file": name, "sha256": sums[name], "path": f"{folder}/{name}"} for name in sorted(FILES)],
    }
    assert manifest(folder) == {"arch": "x86_64", **image.as_dict()}
    assert {path.name for path in folder.iterdir()} == {*FILES, "manifest.json"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    assert store.entries(LINUX) == sorted([image.version, "current"])
    assert image_store.is_installed(store.path, image)
    assert image_store.installed(store.path) == [{**image.as_dict(), "current": True}]


def test_the_order_of_files_makes_no_version(store: Store) -> None:
    sums = [("b", "1" * 64), ("a", "2" * 64)]
    one, two = (image_store.place_of(store.path, LINUX, found) for found in (sums, sums[::-1]))
    assert (one, one.version, one.as_dict()) == (two, two.version, two.as_dict())
    swapped = image_store.place_of(store.path, LINUX, [("a", "1" * 64), ("b", "2" * 64)])
    assert swapped.version != one.version


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["content", "gone"])
def test_one_damaged_file_damages_the_image(store: Store, name: str, damage: str) -> None:
    image = store.install_several(b"kernel", b"rootfs", b"{}")
    path = Path(image.folder) / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"xxx")
    assert not image_store.is_installed(store.path, image)
    assert store.install_several(b"kernel", b"rootfs", b"{}") == image
    assert image_store.is_installed(store.path, image)
    assert store.entries(LINUX) == sorted([image.version, "current"])


@pytest.mark.parametrize("name", FILES)
def test_one_file_that_is_not_announced_keeps_all_out(store: Store, name: str) -> None:
    old = store.install_several(b"old", b"old", b"{}")
    image, sources = store.several(b"kernel", b"rootfs", b"{}")
    sources[name].write_bytes(b"other")
    with pytest.raises(image_store.ImageError, match=f"{name} has sha256"):
        image_install.install(image, sources, {})
    assert store.entries(LINUX) == sorted([old.version, "current"])
    assert image_store.is_installed(store.path, old)


@pytest.mark.parametrize("name", FILES)
def test_a_full_disk_leaves_nothing(store: Store, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = store.install_several(b"old", b"old", b"{}")
    copy = shutil.copyfile

    def full(source: Path, target: Path) -> Any:
        if target.name == name:
            target.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return copy(source, target)

    monkeypatch.setattr(image_install.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        store.install_several(b"kernel", b"rootfs", b"{}")
    assert store.entries(LINUX) == sorted([old.version, "current"])
    assert image_store.is_installed(store.path, old)


def test_killed_between_rename_and_link_the_old_files_are_current(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of them, and the new ones wait: they need not be sent again."""
    old = store.install_several(b"old", b"old", b"{}")
    new, _sources = store.several(b"kernel", b"rootfs", b"{}")
    with monkeypatch.context() as patch:
        patch.setattr(image_install, "link_atomic", _killed)
        with pytest.raises(KeyboardInterrupt):
            store.install_several(b"kernel", b"rootfs", b"{}")
    assert (image_store.current(store.path, LINUX), image_store.is_installed(store.path, old)) == (old, True)
    assert (image_store.is_whole(new), image_store.is_installed(store.path, new)) == (True, False)
    image_install.make_current(new)
    assert image_store.is_installed(store.path, new)


# -- old manifests ----------------------------------------------------------------------------------------------------


def old_form(image: image_store.Image) -> None:
    """The manifest as it was when each image had one file."""
    said = {"name": image.name, "version": image.version, "sha256": image.sha256, "path": image.path, "arch": "x86_64"}
    (Path(image.folder) / "manifest.json").write_text(json.dumps(said), encoding="utf-8")


def test_a_manifest_of_the_old_form_is_read(store: Store) -> None:
    image = store.install(b"one")
    old_form(image)
    assert image_store.installed(store.path) == [{**image.as_dict(), "current": True}]
    assert image_store.current(store.path, NAME) == image
    assert image_store.is_installed(store.path, image), "it is not sent again"
    assert image_store.version_of(store.path, NAME, image.version) == image
    Path(image.path).write_bytes(b"xxx")
    assert not image_store.is_whole(image)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"name": None},
        {"sha256": "0" * 64, "files": None},
        {"path": None, "files": None},
        {"files": 7},
        {"files": ["x"]},
        {"files": [{"file": "../x", "sha256": "0" * 64}]},
        {"files": [{"file": "x"}]},
    ],
)
def test_a_manifest_that_tells_of_another_version_is_no_image(store: Store, change: dict[str, Any]) -> None:
    image = store.install(b"one")
    path = Path(image.folder) / "manifest.json"
    path.write_text(json.dumps({**manifest(path.parent), **change}), encoding="utf-8")
    assert (image_store.installed(store.path), image_store.is_whole(image)) == ([], False)
    assert image_store.is_installed(store.path, store.install(b"one"))


def test_a_folder_that_is_a_link_is_no_version(store: Store) -> None:
    image = store.install(b"one")
    (store.path / NAME / "latest").symlink_to(image.version)
    assert len(image_store.installed(store.path)) == 1


# -- versions ---------------------------------------------------------------------------------------------------------


def test_a_version_of_the_store_becomes_current(store: Store) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    os.utime(Path(one.folder) / "manifest.json", (1, 1))
    image_install.make_current(image_store.version_of(store.path, NAME, one.version))
    assert image_store.is_installed(store.path, one)
    assert image_store.versions(store.path, NAME) == sorted([one, two], key=lambda image: image.version)
    assert (Path(one.folder) / "manifest.json").stat().st_mtime > 1, "it counts as new"


def test_back_by_one_step_and_no_further(store: Store) -> None:
    def back() -> image_store.Image:
        image = image_store.version_of(store.path, NAME, "previous")
        image_install.make_current(image, by_name=True)
        return image

    one, two = store.install(b"one"), store.install(b"two")
    assert [back(), back(), image_store.current(store.path, NAME)] == [one, one, one]
    three = store.install(b"three")
    store.install(b"three")
    assert back() == one, "what was gone back from is none to go back to"
    image_install.make_current(two, by_name=True)
    assert back() == two, "it was chosen"
    assert store.install(b"three") == three
    image_install.remove(two)
    with pytest.raises(image_store.ImageError, match=f"version = 'previous' is not in the store; other versions there: .*{one.version}"):
        back()


def test_killed_on_the_way_to_another_version_nothing_is_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    link = image_install.link_atomic
    for by_name, expected in ((False, two), (True, one)):
        with monkeypatch.context() as patch:
            patch.setattr(image_install, "link_atomic", lambda path, target: _killed() if path.name == "current" else link(path, target))
            with pytest.raises(KeyboardInterrupt):
                image_install.make_current(one, by_name=by_name)
        assert image_store.current(store.path, NAME) == two
        assert image_store.version_of(store.path, NAME, "previous") == expected


def test_a_version_that_is_not_there(store: Store) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    there = ", ".join(sorted([one.version, two.version]))
    words = f"image {NAME}: version = '{'0' * 16}' is not in the store; other versions there: {there}. Remedy: "
    with pytest.raises(image_store.ImageError) as caught:
        image_store.version_of(store.path, NAME, "0" * 16)
    assert str(caught.value) == words + "name one of these, or name no version and install the image."
    Path(one.path).write_bytes(b"xxx")
    with pytest.raises(image_store.ImageError) as caught:
        image_store.version_of(store.path, NAME, one.version)
    words = f"image {NAME}: version = '{one.version}' is damaged; other versions there: {two.version}. Remedy: "
    assert str(caught.value).startswith(words)
    with pytest.raises(image_store.ImageError, match="other versions there: none"):
        image_store.version_of(store.path, "other", "0" * 16)


@pytest.mark.parametrize("version", ["", "current", "..", "../../etc", "0" * 15, "0" * 17, "A" * 16, f"{'0' * 16}\n"])
def test_no_version_leads_out_of_the_store(version: str, store: Store) -> None:
    store.install(b"one")
    with pytest.raises(image_store.ImageError, match="give the 16 hexadecimal digits of a version"):
        image_store.version_of(store.path, NAME, version)


@pytest.mark.parametrize("name", ["..", "*", "a/b", ""])
def test_no_version_of_a_hostile_name(name: str, store: Store) -> None:
    with pytest.raises(image_store.ImageError, match="without a folder"):
        image_store.version_of(store.path, name, "0" * 16)


def test_removed(store: Store) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    image_install.remove(one)
    assert store.entries() == sorted([two.version, "current"])
    assert image_store.is_installed(store.path, two)


def test_a_killed_removal_leaves_nothing_that_looks_installed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    with monkeypatch.context() as patch:
        patch.setattr(image_install.shutil, "rmtree", _killed)
        with pytest.raises(KeyboardInterrupt):
            image_install.remove(one)
    assert image_store.versions(store.path, NAME) == [two]
    assert [name for name in store.entries() if name.startswith(f".{one.version}.")], "its files are there still"
    image_install.sweep(store.path / NAME)
    assert store.entries() == sorted([two.version, "current"])


def test_only_what_killed_runs_left_is_swept(store: Store) -> None:
    image = store.install(b"one")
    folder = store.path / NAME
    (folder / f".{image.version}.abc").mkdir()
    (folder / ".current.42.tmp").symlink_to("x")
    (folder / ".mine").mkdir()
    (folder / "notes").write_text("x", encoding="utf-8")
    image_install.sweep(folder)
    assert store.entries() == sorted([".mine", "notes", "current", image.version])
    image_install.sweep(folder.parent / "none")


# -- where domains boot from --------------------------------------------------------------------------------------------


def test_paths_by_names(store: Store) -> None:
    one = store.install(b"one")
    alone = store.install(b"alone", KERNEL)
    assert image_store.paths_of([one.as_dict(), alone.as_dict()]) == {NAME: one.path, KERNEL: alone.path}
    linux = store.install_several(b"kernel", b"rootfs", b"{}")
    wanted = {NAME: one.path, **{name: f"{linux.folder}/{name}" for name in FILES}}
    for order in ([one, alone, linux], [linux, alone, one]):
        assert image_store.paths_of(image.as_dict() for image in order) == wanted
    assert image_store.paths_of([{"name": "a", "path": "/a"}]) == {"a": "/a"}


def test_the_image_of_a_path(store: Store) -> None:
    one = store.install(b"one")
    linux = store.install_several(b"kernel", b"rootfs", b"{}")
    found = image_store.installed(store.path)
    image, file = image_store.file_of(found, f"{linux.folder}/{ROOTFS}")
    assert image is not None
    assert (image["name"], file["file"], file["sha256"]) == (LINUX, ROOTFS, hashlib.sha256(b"rootfs").hexdigest())
    assert image_store.file_of(found, one.path)[1]["path"] == one.path
    for path in ("", linux.folder, "/elsewhere"):
        assert image_store.file_of(found, path) == (None, {})

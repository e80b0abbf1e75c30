# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing the image store, and what interrupted runs leave there."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest
from ansible_collections.xenfleet.stubdom.tests.unit.image_store import FILES, LINUX, NAME, Store


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
        "Remedy: build the image again and make sure that nothing changes it on the way."
    )
    assert store.entries() == []


@pytest.mark.parametrize(
    "damage", ["content", "truncated", "file gone", "manifest gone", "manifest cut", "current gone", "current other"]
)
def test_a_damaged_image_does_not_count_as_installed_and_is_repaired(store: Store, damage: str) -> None:
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
def test_an_interrupted_run_leaves_the_old_image_and_is_finished_by_the_next(
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


def test_interrupted_between_rename_and_link_the_old_files_are_current(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_version_of_the_store_becomes_current(store: Store) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    os.utime(Path(one.folder) / "manifest.json", (1, 1))
    image_install.make_current(image_store.version_of(store.path, NAME, one.version))
    assert image_store.is_installed(store.path, one)
    assert image_store.versions(store.path, NAME) == sorted([one, two], key=lambda image: image.version)
    assert (Path(one.folder) / "manifest.json").stat().st_mtime > 1, "it counts as new"


def test_rollback_goes_one_version_back_and_no_further(store: Store) -> None:
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
    with pytest.raises(
        image_store.ImageError, match=f"version = 'previous' is not in the store; other versions there: .*{one.version}"
    ):
        back()


def test_an_interrupted_change_of_the_version_loses_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    link = image_install.link_atomic
    for by_name, expected in ((False, two), (True, one)):
        with monkeypatch.context() as patch:
            patch.setattr(
                image_install,
                "link_atomic",
                lambda path, target: _killed() if path.name == "current" else link(path, target),
            )
            with pytest.raises(KeyboardInterrupt):
                image_install.make_current(one, by_name=by_name)
        assert image_store.current(store.path, NAME) == two
        assert image_store.version_of(store.path, NAME, "previous") == expected


def test_removed(store: Store) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    image_install.remove(one)
    assert store.entries() == sorted([two.version, "current"])
    assert image_store.is_installed(store.path, two)


def test_an_interrupted_removal_leaves_nothing_that_looks_installed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    with monkeypatch.context() as patch:
        patch.setattr(image_install.shutil, "rmtree", _killed)
        with pytest.raises(KeyboardInterrupt):
            image_install.remove(one)
    assert image_store.versions(store.path, NAME) == [two]
    assert [name for name in store.entries() if name.startswith(f".{one.version}.")], "its files are there still"
    image_install.remove_leftovers(store.path / NAME)
    assert store.entries() == sorted([two.version, "current"])


def test_only_leftovers_of_interrupted_runs_are_removed(store: Store) -> None:
    image = store.install(b"one")
    folder = store.path / NAME
    (folder / f".{image.version}.abc").mkdir()
    (folder / ".current.link.tmp").symlink_to("x")
    (folder / ".mine").mkdir()
    (folder / "notes").write_text("x", encoding="utf-8")
    image_install.remove_leftovers(folder)
    assert store.entries() == sorted([".mine", "notes", "current", image.version])
    image_install.remove_leftovers(folder.parent / "none")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versioned image store: what is installed, what is current, and what a run that was killed leaves behind."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils import images
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest

NAME = "pvgrub2-x86_64"


class Store:
    """A store in a folder, and sources to install from."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store"
        self._sources = folder

    def image(self, content: bytes, name: str = NAME) -> images.Image:
        return images.place_of(self.path, name, hashlib.sha256(content).hexdigest(), f"{name}.bin")

    def install(self, content: bytes, name: str = NAME) -> images.Image:
        source = self._sources / "source"
        source.write_bytes(content)
        image = self.image(content, name)
        images.install(image, source, {"arch": "x86_64"})
        return image

    def entries(self) -> list[str]:
        return sorted(path.name for path in (self.path / NAME).iterdir())


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
    assert images.is_installed(store.path, image)
    assert images.current(store.path, NAME) == image


def test_an_older_version_stays_and_can_become_current_again(store: Store) -> None:
    one, two = store.install(b"one"), store.install(b"two")
    assert images.current(store.path, NAME) == two
    assert not images.is_installed(store.path, one), "it is there, but not the current one"
    assert [(found["version"], found["current"]) for found in images.installed(store.path)] == sorted(
        [(one.version, False), (two.version, True)]
    )
    store.install(b"one")
    assert images.current(store.path, NAME) == one
    assert store.entries() == sorted([one.version, two.version, "current"])


def test_a_file_that_is_not_the_announced_one_is_refused(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"other")
    image = store.image(b"one")
    with pytest.raises(images.ImageError) as caught:
        images.install(image, source, {})
    other = hashlib.sha256(b"other").hexdigest()
    assert str(caught.value) == (
        f"image {NAME}: {source} has sha256 {other}, not {image.sha256} as announced. "
        "Remedy: build the image again and see that nothing changes it on the way."
    )
    assert not store.path.exists()


@pytest.mark.parametrize("damage", ["content", "truncated", "file gone", "manifest gone", "current gone", "current other"])
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
    else:
        current.unlink()
        if damage == "current other":
            current.symlink_to("other")
    assert not images.is_installed(store.path, image)
    store.install(b"one")
    assert images.is_installed(store.path, image)
    assert store.entries() == sorted([image.version, "current"])


@pytest.mark.parametrize("step", ["rename of the folder", "link"])
def test_a_run_that_is_killed_leaves_the_old_image_and_is_finished_by_the_next(
    step: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = store.install(b"old")
    with monkeypatch.context() as patch:
        if step == "link":
            patch.setattr(images, "link_atomic", _killed)
        else:
            patch.setattr(images.os, "replace", _killed)
            # Nothing that would clean up runs in a process that is killed.
            patch.setattr(images.shutil, "rmtree", lambda *_args, **_kwargs: None)
        with pytest.raises(KeyboardInterrupt):
            store.install(b"new")
    assert images.current(store.path, NAME) == old
    assert images.is_installed(store.path, old)
    new = store.image(b"new")
    assert not images.is_installed(store.path, new)
    assert [found for found in images.installed(store.path) if found["version"].startswith(".")] == []
    assert store.install(b"new") == new
    assert images.is_installed(store.path, new)


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
    assert images.installed(store.path) == [{**other.as_dict(), "current": True}, {**one.as_dict(), "current": True}]


@pytest.mark.parametrize("text", ["[]", '"x"', "null", "7"])
def test_a_manifest_that_is_no_mapping_is_no_image(store: Store, text: str) -> None:
    folder = store.path / NAME / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    assert images.installed(store.path) == []


def test_an_empty_store(tmp_path: Path) -> None:
    assert images.installed(tmp_path / "none") == []
    assert images.current(tmp_path / "none", NAME) is None


def test_sha256_of_a_file_larger_than_a_piece(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * (2 << 20) + b"y")
    assert images.sha256_of(path) == hashlib.sha256(b"x" * (2 << 20) + b"y").hexdigest()


@pytest.mark.parametrize("name, good", [("pvgrub2-x86_64", True), ("../x", False), (".x", False), ("a/b", False), ("", False)])
def test_name_pattern(name: str, good: bool) -> None:
    assert bool(images.NAME_PATTERN.fullmatch(name)) is good


@pytest.mark.parametrize("bad", ["../evil", "a/b", "/nonexistent/xenfleet/x", "..", ".hidden", "", "a\n"])
def test_no_name_leads_out_of_the_store(bad: str) -> None:
    """Only the path is computed here, and nothing is installed: a fault must not cost the machine that finds it."""
    for name, file_name in ((bad, "x.bin"), (NAME, bad)):
        with pytest.raises(images.ImageError, match="without a folder"):
            images.place_of(Path("/store"), name, "0" * 64, file_name)


@pytest.mark.parametrize("sha256", ["", "abc", "../" * 22, "A" * 64])
def test_no_sum_leads_out_of_the_store(sha256: str) -> None:
    with pytest.raises(images.ImageError, match="give the 64 hexadecimal digits"):
        images.place_of(Path("/store"), NAME, sha256, "x.bin")

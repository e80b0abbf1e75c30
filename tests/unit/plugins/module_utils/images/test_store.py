# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the versioned image store: what is installed, and what is current."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import manifest
from ansible_collections.xenfleet.stubdom.tests.unit.image_store import FILES, LINUX, NAME, Store


def test_installed_lists_all_images_and_ignores_other_files(store: Store) -> None:
    one, other = store.install(b"one"), store.install(b"two", "linux-stubdom")
    (store.path / "notes.txt").write_text("x", encoding="utf-8")
    broken = store.path / NAME / "0123456789abcdef"
    broken.mkdir()
    (broken / "manifest.json").write_text("{", encoding="utf-8")
    hidden = store.path / NAME / ".half"
    shutil.copytree(Path(one.path).parent, hidden)
    assert image_store.installed(store.path) == [
        {**other.as_dict(), "current": True},
        {**one.as_dict(), "current": True},
    ]


@pytest.mark.parametrize("text", ["[]", '"x"', "null", "7"])
def test_a_manifest_that_is_not_a_mapping_is_not_an_image(store: Store, text: str) -> None:
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


@pytest.mark.parametrize(
    "name, good", [("pvgrub2-x86_64", True), ("../x", False), (".x", False), ("a/b", False), ("", False)]
)
def test_name_pattern(name: str, good: bool) -> None:
    assert bool(image_store.NAME_PATTERN.fullmatch(name)) is good


@pytest.mark.parametrize("bad", ["../evil", "a/b", "/nonexistent/xenfleet/x", "..", ".hidden", "", "a\n"])
def test_names_that_lead_out_of_the_store_are_refused(bad: str) -> None:
    """Only the path is computed here, and nothing is installed: a fault must not cost the machine that finds it."""
    for name, files in ((bad, ["x.bin"]), (NAME, [bad]), (NAME, ["x.bin", bad])):
        with pytest.raises(image_store.ImageError, match="without a folder"):
            image_store.image_of(Path("/store"), name, [(file_name, "0" * 64) for file_name in files])


@pytest.mark.parametrize("sha256", ["", "abc", "../" * 22, "A" * 64])
def test_sums_that_lead_out_of_the_store_are_refused(sha256: str) -> None:
    with pytest.raises(image_store.ImageError, match="give the 64 hexadecimal digits"):
        image_store.image_of(Path("/store"), NAME, [("x.bin", sha256)])


@pytest.mark.parametrize(
    "names, fault",
    [
        (["a", "b", "a"], "file = 'a': two files have this name. Remedy: choose another one for one of them."),
        (
            ["a", "manifest.json"],
            "file = 'manifest.json': is a name that the store itself uses. Remedy: choose another one.",
        ),
        (["current"], "file = 'current': is a name that the store itself uses. Remedy: choose another one."),
        ([], "files = []: must not be empty. Remedy: give at least one file."),
    ],
)
def test_files_that_an_image_cannot_have(names: list[str], fault: str) -> None:
    with pytest.raises(image_store.ImageError) as caught:
        image_store.image_of(Path("/store"), NAME, [(name, "0" * 64) for name in names])
    assert str(caught.value) == f"image {NAME}: {fault}"


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
    one, two = (image_store.image_of(store.path, LINUX, found) for found in (sums, sums[::-1]))
    assert (one, one.version, one.as_dict()) == (two, two.version, two.as_dict())
    swapped = image_store.image_of(store.path, LINUX, [("a", "1" * 64), ("b", "2" * 64)])
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
def test_a_manifest_of_another_version_is_not_an_image(store: Store, change: dict[str, Any]) -> None:
    image = store.install(b"one")
    path = Path(image.folder) / "manifest.json"
    path.write_text(json.dumps({**manifest(path.parent), **change}), encoding="utf-8")
    assert (image_store.installed(store.path), image_store.is_whole(image)) == ([], False)
    assert image_store.is_installed(store.path, store.install(b"one"))


def test_a_folder_that_is_a_link_is_not_a_version(store: Store) -> None:
    image = store.install(b"one")
    (store.path / NAME / "latest").symlink_to(image.version)
    assert len(image_store.installed(store.path)) == 1


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
def test_versions_that_lead_out_of_the_store_are_refused(version: str, store: Store) -> None:
    store.install(b"one")
    with pytest.raises(image_store.ImageError, match="give the 16 hexadecimal digits of a version"):
        image_store.version_of(store.path, NAME, version)


@pytest.mark.parametrize("name", ["..", "*", "a/b", ""])
def test_a_version_of_a_hostile_name_is_refused(name: str, store: Store) -> None:
    with pytest.raises(image_store.ImageError, match="without a folder"):
        image_store.version_of(store.path, name, "0" * 16)

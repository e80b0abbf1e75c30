# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image store of a host: NAME/VERSION/FILES with a manifest, and NAME/current for the version that is in force;
NAME/previous is what it took the place of.

A version is the beginning of a sha256 over the image's files. A guest's file names the versioned path, so what a
running guest was booted from stays on the disk when a newer image is installed. Files that go together, such as the
kernel and the root file system of a stub domain, are one image: they change by the one rename of NAME/current.
Here the store is read; imagestore.py changes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

from ..common.errors import XenfleetError

MANIFEST = "manifest.json"
CURRENT = "current"
#: Beside it: the version that was current before. Where it is the current one itself, there is no way further back.
PREVIOUS = "previous"
VERSION_DIGITS = 16

NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
SHA256_PATTERN = re.compile(r"[0-9a-f]{64}")
VERSION_PATTERN = re.compile(r"[0-9a-f]{16}")
# Made beside a version, and gone when nothing was killed: NAME/.VERSION.*, NAME/.current.*, NAME/.previous.*
HIDDEN_PATTERN = re.compile(r"\.([0-9a-f]{16}|current|previous)\..+")


@dataclass(frozen=True)
class Image:
    """One version of an image: the sha256 of each of its files, by their names, and the folder that they lie in."""

    name: str
    files: Mapping[str, str]
    folder: str

    @property
    def sha256(self) -> str:
        return sum_of(self.files)

    @property
    def version(self) -> str:
        return self.sha256[:VERSION_DIGITS]

    @property
    def path(self) -> str:
        """The file that a domain boots from; of an image of several, their folder."""
        return f"{self.folder}/{next(iter(self.files))}" if len(self.files) == 1 else self.folder

    def as_dict(self) -> dict[str, Any]:
        files = [
            {"file": name, "sha256": sha256, "path": f"{self.folder}/{name}"}
            for name, sha256 in sorted(self.files.items())
        ]
        known = {"name": self.name, "version": self.version, "sha256": self.sha256}
        return {**known, "path": self.path, "files": files}


class ImageError(XenfleetError):
    """An image cannot be installed; the message says which and what to do."""


def sum_of(files: Mapping[str, str]) -> str:
    """The sha256 of an image, from those of its files by their names: a single file's own, of several that of the lines
    which sha256sum prints of them. Who builds an image names its version by this, too.

    >>> sum_of({"kernel": "0" * 64}) == "0" * 64
    True
    """
    if len(files) == 1:
        return next(iter(files.values()))
    lines = [f"{sha256}  {name}\n" for name, sha256 in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """sha256 of a file, read in pieces. Raises OSError."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            total.update(piece)
    return total.hexdigest()


def place_of(store: Path, name: str, files: Iterable[tuple[str, str]]) -> Image:
    """Where an image lies, or will lie, on a host. ``files`` are names with their sha256.

    Raises ImageError for a name that is no plain one: joined to the store, ``/etc/passwd`` would be that file itself,
    and installing it would replace /etc.
    """
    _check_name(name)
    sums: dict[str, str] = {}
    for file_name, sha256 in files:
        fault = _fault_of(file_name, sha256, sums)
        if fault:
            raise ImageError(f"image {name}: {fault}")
        sums[file_name] = sha256
    if not sums:
        raise ImageError(f"image {name}: files = []: give at least one file.")
    return Image(name, sums, str(store / name / sum_of(sums)[:VERSION_DIGITS]))


def is_whole(image: Image) -> bool:
    """Whether this version is there, current or not, as it was announced. Its files are read: a damaged one does not
    count."""
    folder = Path(image.folder)
    return _read(folder) == image and all(
        (folder / name).is_file() and sha256_of(folder / name) == sha256 for name, sha256 in image.files.items()
    )


def is_installed(store: Path, image: Image) -> bool:
    """Whether the image is there, whole, and current."""
    return current(store, image.name) == image and is_whole(image)


def installed(store: Path) -> list[dict[str, Any]]:
    """Every version of every image of the store, from their manifests; ``current`` marks the one in force."""
    return [{**image.as_dict(), "current": is_current} for image, is_current in _found(store, "*")]


def manifest_in(folder: Path) -> dict[str, Any]:
    """What was kept beside the files of a version of the store; empty where nothing of the kind can be read."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def current(store: Path, name: str) -> Image | None:
    """The image of that name that new guests boot from, or None."""
    return next((image for image, is_current in _found(store, name) if is_current), None)


def versions(store: Path, name: str) -> list[Image]:
    """All versions of one image, current or not."""
    return [image for image, _is_current in _found(store, name)]


def version_of(store: Path, name: str, version: str) -> Image:
    """The version of that name in the store; ``previous`` is the one before the current one. Raises ImageError, naming
    those that are there, when it is not, or is damaged; OSError."""
    _check_name(name)
    if version != PREVIOUS and not VERSION_PATTERN.fullmatch(version):
        digits = f"the {VERSION_DIGITS} hexadecimal digits of a version"
        raise ImageError(f"image {name}: version = {version!r}: give {digits}, or {PREVIOUS}.")
    found = {image.version: image for image in versions(store, name)}
    if version == PREVIOUS:
        version = target_of(store / name / PREVIOUS) or PREVIOUS
    fault = "is not in the store" if version not in found else "is damaged" if not is_whole(found[version]) else ""
    if fault:
        others = ", ".join(other for other in found if other != version) or "none"
        raise ImageError(
            f"image {name}: version = {version!r} {fault}; other versions there: {others}. "
            "Remedy: name one of these, or name no version and install the image."
        )
    return found[version]


def target_of(link: Path) -> str:
    """Where a link points to, "" where there is none."""
    return os.readlink(link) if link.is_symlink() else ""


def paths_of(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Where domains boot from, of images as ``as_dict`` shows them: the path of a single file by the image's name, that
    of each of several files by its own. Of one name, the file of an image of several counts."""
    single: dict[str, str] = {}
    several: dict[str, str] = {}
    for image in found:
        files = image.get("files") or []
        if len(files) > 1:
            several.update({str(file["file"]): str(file["path"]) for file in files})
        else:
            single[str(image["name"])] = str(image["path"])
    return {**single, **several}


def announced(given: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the paths of the images that a run is about to install, as the module image returned them.

    Raise ImageError when an item lacks a name or a path.
    """
    rows = list(given)
    remedy = "give what the module image returned as image"
    for number, image in enumerate(rows):
        if not image.get("name") or not image.get("path"):
            raise ImageError(f"images[{number}] has no name or no path", remedy)
        files = image.get("files") or []
        if not isinstance(files, list) or not all(isinstance(file, dict) and _is_named(file) for file in files):
            raise ImageError(f"images[{number}].files has an element without file or path", remedy)
    return paths_of(rows)


def placed_of(given: Iterable[Mapping[str, Any]]) -> dict[str, str | None]:
    """The paths in Xen's own folders that this run has put files of images at, or in check mode will, as the module
    minios_stubdom_install returned them; of stubdom-dm with how it names a stub domain's file."""
    rows = [row for image in given for row in image.get("placed") or []]
    return {str(row["path"]): row.get("dm_config") for row in rows if isinstance(row, dict) and row.get("path")}


def version_at(path: str) -> str:
    """The version that a file of the store is of, by its path.

    >>> version_at("/var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin")
    '0f3c9a51d2e64b78'
    """
    return os.path.basename(os.path.dirname(path))


def file_of(found: Iterable[Mapping[str, Any]], path: str) -> tuple[Mapping[str, Any] | None, Mapping[str, Any]]:
    """The image that has a file of that path, and the file, of images as ``installed`` shows them; None and an empty one
    when there is none."""
    for image in found:
        for file in image["files"]:
            if file["path"] == path:
                return image, file
    return None, {}


def _is_named(file: Mapping[str, Any]) -> bool:
    return bool(file.get("file") and file.get("path"))


def _check_name(name: str) -> None:
    if not NAME_PATTERN.fullmatch(name):
        raise ImageError(f"name = {name!r}: use letters, digits and . _ + -, without a folder.")


def _fault_of(file_name: str, sha256: str, others: Mapping[str, str]) -> str:
    """What is wrong with a file of an image and what to do, "" for nothing."""
    if not NAME_PATTERN.fullmatch(file_name):
        return f"file = {file_name!r}: use letters, digits and . _ + -, without a folder."
    if file_name in (MANIFEST, CURRENT, PREVIOUS):
        return f"file = {file_name!r}: the store has something of its own by that name; choose another."
    if file_name in others:
        return f"file = {file_name!r}: two files have this name; choose another for one of them."
    if not SHA256_PATTERN.fullmatch(sha256):
        return f"sha256 = {sha256!r}: give the 64 hexadecimal digits of the file's sha256."
    return ""


def _found(store: Path, name: str) -> Iterator[tuple[Image, bool]]:
    """The versions in the store, and whether each is current. ``name`` is that of an image, or * for all."""
    for manifest in sorted(store.glob(f"{name}/*/{MANIFEST}")):
        folder = manifest.parent
        if folder.is_symlink() or folder.name.startswith("."):
            continue
        image = _read(folder)
        if image:
            yield image, target_of(folder.parent / CURRENT) == folder.name


def _read(folder: Path) -> Image | None:
    """The version in this folder by its manifest. None where that cannot be read, or tells of another version: this is
    no installed image, and installing it again mends it.

    A manifest without files is of the time when each image had one, at ``path``.
    """
    said = manifest_in(folder)
    try:
        listed = said.get("files") or [{"file": os.path.basename(said["path"]), "sha256": said["sha256"]}]
        files = [(str(file["file"]), str(file["sha256"])) for file in listed]
        image = place_of(folder.parent.parent, folder.parent.name, files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ImageError):
        return None
    return image if image.folder == str(folder) and said.get("name") == image.name else None

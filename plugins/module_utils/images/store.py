# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe and read the image store of a host; install.py changes it.

The store has NAME/VERSION/FILES with a manifest, the link NAME/current to the version in force, and the link
NAME/previous to the version that was current before. A version is the beginning of a sha256 over the image's files. A
guest's file names the versioned path, so that what a running guest was booted from stays on the disk when a newer image
is installed. Files that belong together, such as the kernel and the root file system of a stub domain, are one image:
they change by the one rename of NAME/current.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping

from ..common.errors import XenfleetError

MANIFEST = "manifest.json"
CURRENT = "current"
#: Beside it: the version that was current before. When it is the current one itself, there is nothing to roll back to.
PREVIOUS = "previous"
#: In the store itself: the record of the files in Xen's own folders; see placed.py.
PLACED = "placed.json"
VERSION_DIGITS = 16

NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
SHA256_PATTERN = re.compile(r"[0-9a-f]{64}")
VERSION_PATTERN = re.compile(r"[0-9a-f]{16}")
# Made beside a version, and left behind by interrupted runs only: NAME/.VERSION.*, NAME/.current.*, NAME/.previous.*
HIDDEN_PATTERN = re.compile(r"\.([0-9a-f]{16}|current|previous)\..+")
# Of a folder with files of that version that are being downloaded, or were when a run was interrupted; see fetch.py.
DOWNLOAD_SUFFIX = ".download"

_PLAIN_NAME = "use letters, digits and . _ + -, without a folder"


@dataclass(frozen=True)
class Image:
    """Describe one version of an image: the sha256 of each of its files, by file name, and their folder."""

    name: str
    files: Mapping[str, str]
    folder: str

    @property
    def sha256(self) -> str:
        """Return the sha256 of the whole image."""
        return sum_of(self.files)

    @property
    def version(self) -> str:
        """Return the first digits of the image's sha256."""
        return self.sha256[:VERSION_DIGITS]

    @property
    def path(self) -> str:
        """Return the file that a domain boots from; the folder, for an image of several files."""
        return f"{self.folder}/{next(iter(self.files))}" if len(self.files) == 1 else self.folder

    def as_dict(self) -> dict[str, Any]:
        """Return the image as data, for manifests and results of modules."""
        files = [
            {"file": name, "sha256": sha256, "path": f"{self.folder}/{name}"}
            for name, sha256 in sorted(self.files.items())
        ]
        known = {"name": self.name, "version": self.version, "sha256": self.sha256}
        return {**known, "path": self.path, "files": files}


class ImageError(XenfleetError):
    """Report that an image cannot be installed; the message names the image."""


def sum_of(files: Mapping[str, str]) -> str:
    """Return the sha256 of an image, from those of its files by file name.

    It is the sha256 of a single file, or that of the lines which sha256sum prints of several. Builders name their
    versions by it, too.

    >>> sum_of({"kernel": "0" * 64}) == "0" * 64
    True
    """
    if len(files) == 1:
        return next(iter(files.values()))
    lines = [f"{sha256}  {name}\n" for name, sha256 in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def download_folder(image: Image) -> Path:
    """Return the folder for the files of a version while they are downloaded."""
    folder = Path(image.folder)
    return folder.with_name(f".{folder.name}{DOWNLOAD_SUFFIX}")


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, which is read in pieces of 1 MiB. Raise OSError."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            total.update(piece)
    return total.hexdigest()


def image_of(store: Path, name: str, files: Iterable[tuple[str, str]]) -> Image:
    """Return an image with its place in the store, installed or not. ``files`` are names with their sha256.

    Raise ImageError for a name that is not a plain one: joined to the store, ``/etc/passwd`` would be that file itself,
    and installing it would replace /etc.
    """
    _check_name(name)
    sums: dict[str, str] = {}
    for file_name, sha256 in files:
        problem = _file_problem(file_name, sha256, sums)
        if problem:
            raise ImageError(f"image {name}: {problem[0]}", problem[1])
        sums[file_name] = sha256
    if not sums:
        raise ImageError(f"image {name}: files = []: must not be empty", "give at least one file")
    return Image(name, sums, str(store / name / sum_of(sums)[:VERSION_DIGITS]))


def is_whole(image: Image, read_sum: Callable[[Path], str] = sha256_of) -> bool:
    """Return whether this version is in the store, current or not, and undamaged. All of its files are read."""
    folder = Path(image.folder)
    return _read(folder) == image and all(
        (folder / name).is_file() and read_sum(folder / name) == sha256 for name, sha256 in image.files.items()
    )


def is_installed(store: Path, image: Image) -> bool:
    """Return whether the image is in the store, undamaged, and current."""
    return current(store, image.name) == image and is_whole(image)


def installed(store: Path) -> list[dict[str, Any]]:
    """Return every version of every image of the store, from their manifests; ``current`` marks the one in force."""
    return [{**image.as_dict(), "current": is_current} for image, is_current in _versions(store, "*")]


def manifest_in(folder: Path) -> dict[str, Any]:
    """Return the manifest of a version's folder; {} when it does not exist or cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def current(store: Path, name: str) -> Image | None:
    """Return the image of that name that new guests boot from, or None."""
    return next((image for image, is_current in _versions(store, name) if is_current), None)


def versions(store: Path, name: str) -> list[Image]:
    """Return all versions of one image, current or not."""
    return [image for image, _is_current in _versions(store, name)]


def version_of(store: Path, name: str, version: str) -> Image:
    """Return the version of that name in the store; ``previous`` is the one before the current one.

    Raise ImageError, with the versions that exist, when it does not exist or is damaged; OSError.
    """
    _check_name(name)
    if version != PREVIOUS and not VERSION_PATTERN.fullmatch(version):
        digits = f"the {VERSION_DIGITS} hexadecimal digits of a version"
        raise ImageError(f"image {name}: version = {version!r}: is not a version", f"give {digits}, or {PREVIOUS}")
    found = {image.version: image for image in versions(store, name)}
    if version == PREVIOUS:
        version = target_of(store / name / PREVIOUS) or PREVIOUS
    problem = "is not in the store" if version not in found else "is damaged" if not is_whole(found[version]) else ""
    if problem:
        others = ", ".join(other for other in found if other != version) or "none"
        raise ImageError(
            f"image {name}: version = {version!r} {problem}; other versions there: {others}",
            "name one of these, or name no version and install the image",
        )
    return found[version]


def target_of(link: Path) -> str:
    """Return where a link points to, "" when it does not exist."""
    return os.readlink(link) if link.is_symlink() else ""


def _check_name(name: str) -> None:
    if not NAME_PATTERN.fullmatch(name):
        raise ImageError(f"name = {name!r}: is not the name of an image", _PLAIN_NAME)


def _file_problem(file_name: str, sha256: str, others: Mapping[str, str]) -> tuple[str, str] | None:
    """Return what is wrong with a file of an image, and the remedy."""
    if not NAME_PATTERN.fullmatch(file_name):
        return f"file = {file_name!r}: is not the name of a file", _PLAIN_NAME
    if file_name in (MANIFEST, CURRENT, PREVIOUS):
        return f"file = {file_name!r}: is a name that the store itself uses", "choose another one"
    if file_name in others:
        return f"file = {file_name!r}: two files have this name", "choose another one for one of them"
    if not SHA256_PATTERN.fullmatch(sha256):
        return f"sha256 = {sha256!r}: is not a sha256", "give the 64 hexadecimal digits of the file's sha256"
    return None


def _versions(store: Path, name: str) -> Iterator[tuple[Image, bool]]:
    """Yield the versions in the store, and whether each is current. ``name`` is that of an image, or * for all."""
    for manifest in sorted(store.glob(f"{name}/*/{MANIFEST}")):
        folder = manifest.parent
        if folder.is_symlink() or folder.name.startswith("."):
            continue
        image = _read(folder)
        if image:
            yield image, target_of(folder.parent / CURRENT) == folder.name


def _read(folder: Path) -> Image | None:
    """Return the version in this folder by its manifest.

    Return None when the manifest cannot be read, or is that of another version: this does not count as an installed
    image, and the next installation repairs it. A manifest without files is of the time when each image had one file,
    at ``path``.
    """
    manifest = manifest_in(folder)
    try:
        listed = manifest.get("files") or [{"file": os.path.basename(manifest["path"]), "sha256": manifest["sha256"]}]
        files = [(str(file["file"]), str(file["sha256"])) for file in listed]
        image = image_of(folder.parent.parent, folder.parent.name, files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ImageError):
        return None
    return image if image.folder == str(folder) and manifest.get("name") == image.name else None

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image store of a host: NAME/VERSION/FILE with a manifest, and NAME/current for the newest installed.

A version is the beginning of the image's sha256. A guest's file names the versioned path, so what a running
guest was booted from stays on the disk when a newer image is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from .files import link_atomic, sync_folder

STORE = "/var/lib/xenfleet/images"
MANIFEST = "manifest.json"
VERSION_DIGITS = 16

NAME_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
SHA256_PATTERN = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Image:
    """One installed version of an image; ``path`` is the file that a domain boots from."""

    name: str
    sha256: str
    path: str

    @property
    def version(self) -> str:
        return self.sha256[:VERSION_DIGITS]

    def as_dict(self) -> dict[str, str]:
        return {"name": self.name, "version": self.version, "sha256": self.sha256, "path": self.path}


class ImageError(Exception):
    """An image cannot be installed; the message says which and what to do."""


def sha256_of(path: Path) -> str:
    """sha256 of a file, read in pieces. Raises OSError."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            total.update(piece)
    return total.hexdigest()


def place_of(store: Path, name: str, sha256: str, file_name: str) -> Image:
    """Where an image lies, or will lie, on a host.

    Raises ImageError for a name that is no plain one: joined to the store, ``/etc/passwd`` would be that file itself,
    and installing it would replace /etc.
    """
    for key, value in (("name", name), ("file", file_name)):
        if not NAME_PATTERN.fullmatch(value):
            raise ImageError(f"{key} = {value!r}: use letters, digits and . _ + -, without a folder.")
    if not SHA256_PATTERN.fullmatch(sha256):
        raise ImageError(f"sha256 = {sha256!r}: give the 64 hexadecimal digits of the file's sha256.")
    return Image(name, sha256, str(store / name / sha256[:VERSION_DIGITS] / file_name))


def is_installed(store: Path, image: Image) -> bool:
    """Whether the image is there, whole, and current. The file is read: a damaged one is not installed."""
    path = Path(image.path)
    current = store / image.name / "current"
    return (
        current.is_symlink()
        and os.readlink(current) == image.version
        and (path.parent / MANIFEST).is_file()
        and path.is_file()
        and sha256_of(path) == image.sha256
    )


def install(image: Image, source: Path, manifest: Mapping[str, Any]) -> None:
    """Puts a file into the store, with its manifest, and makes it current.

    The version's folder appears complete, by one rename; a killed run leaves the old image current.
    Raises ImageError when the file is not the one that was announced, OSError when the disk refuses.
    """
    found = sha256_of(source)
    if found != image.sha256:
        raise ImageError(
            f"image {image.name}: {source} has sha256 {found}, not {image.sha256} as announced. "
            "Remedy: build the image again and see that nothing changes it on the way."
        )
    folder = Path(image.path).parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{image.version}.", dir=str(folder.parent)))
    try:
        shutil.copyfile(source, fresh / Path(image.path).name)
        text = json.dumps({**manifest, **image.as_dict()}, indent=2, sort_keys=True) + "\n"
        (fresh / MANIFEST).write_text(text, encoding="utf-8")
        for path in fresh.iterdir():
            path.chmod(0o644)
            _sync_file(path)
        fresh.chmod(0o755)
        _replace_folder(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    sync_folder(folder.parent)
    link_atomic(folder.parent / "current", image.version)


def installed(store: Path) -> list[dict[str, Any]]:
    """Every version of every image of the store, from their manifests; ``current`` marks the newest installed."""
    found = []
    for manifest in sorted(store.glob(f"*/*/{MANIFEST}")):
        folder = manifest.parent
        if folder.is_symlink() or folder.name.startswith("."):
            continue
        try:
            said = json.loads(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            said = None
        if not isinstance(said, dict):
            continue  # A manifest that cannot be read is no installed image; installing it again mends it.
        link = folder.parent / "current"
        current = link.is_symlink() and os.readlink(link) == folder.name
        found.append({key: said.get(key, "") for key in ("name", "version", "sha256", "path")})
        found[-1]["current"] = current
    return found


def current(store: Path, name: str) -> Image | None:
    """The image of that name that new guests boot from, or None."""
    for image in installed(store):
        if image["name"] == name and image["current"]:
            return Image(name, image["sha256"], image["path"])
    return None


def _sync_file(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _replace_folder(fresh: Path, folder: Path) -> None:
    """A damaged version is moved away first, as a folder that is not empty cannot be renamed over."""
    if folder.exists():
        damaged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=str(folder.parent)))
        os.replace(folder, damaged / "old")
        os.replace(fresh, folder)
        shutil.rmtree(damaged, ignore_errors=True)
    else:
        os.replace(fresh, folder)

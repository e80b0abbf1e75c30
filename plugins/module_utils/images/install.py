# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes the image store of a host, which images.py describes and reads."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Mapping

from ..common.download import is_url, save
from ..common.files import link_atomic, settle, sync_folder
from .store import CURRENT, HIDDEN_PATTERN, MANIFEST, PREVIOUS, Image, ImageError, sha256_of, target_of


def install(image: Image, sources: Mapping[str, str | Path], manifest: Mapping[str, Any]) -> None:
    """Puts files into the store, with a manifest, and makes them the current version. ``sources`` are paths or URLs, by
    file name.

    The version's folder appears complete, by one rename; a killed run leaves the old image current.
    Raises ImageError when a file is not the one that was announced, DownloadError, OSError when the disk refuses.
    """
    folder = Path(image.folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{image.version}.", dir=str(folder.parent)))
    try:
        for name, sha256 in image.files.items():
            _bring(str(sources[name]), fresh / name)
            # The copy and not the source, which could change before it is copied.
            found = sha256_of(fresh / name)
            if found != sha256:
                raise ImageError(
                    f"image {image.name}: {sources[name]} has sha256 {found}, not {sha256} as announced. "
                    "Remedy: build the image again and see that nothing changes it on the way."
                )
        text = json.dumps({**manifest, **image.as_dict()}, indent=2, sort_keys=True) + "\n"
        (fresh / MANIFEST).write_text(text, encoding="utf-8")
        settle(fresh)
        sync_folder(fresh)
        _replace_folder(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    sync_folder(folder.parent)
    make_current(image)


def make_current(image: Image, by_name: bool = False) -> None:
    """Makes a version of the store the one that new guests boot from. Raises OSError.

    One that was chosen ``by_name`` is where somebody wants to be: what it takes the place of is none to go back to.
    """
    folder = Path(image.folder)
    before = target_of(folder.parent / CURRENT)
    # The age of a version counts from when it was made current last: see generations.py.
    os.utime(folder / MANIFEST)
    if before != image.version and (folder.parent / before / MANIFEST).is_file():
        # First, as without the other link it says that nothing has to be gone back from.
        link_atomic(folder.parent / PREVIOUS, image.version if by_name else before)
    link_atomic(folder.parent / CURRENT, image.version)


def remove(image: Image) -> None:
    """Takes a version out of the store. Raises OSError."""
    take_out(Path(image.folder))


def take_out(folder: Path) -> None:
    """The same for a version's folder, whatever is in it. Hidden first, so that a killed run leaves nothing that looks
    installed. Raises OSError."""
    hidden = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=str(folder.parent)))
    os.replace(folder, hidden / "old")
    sync_folder(folder.parent)
    sweep(folder.parent)


def sweep(folder: Path) -> None:
    """Removes what is hidden in an image's folder: versions that were taken out, and what killed runs left; and the way
    back to a version that is gone. Only for who has the host's lock."""
    way_back = folder / PREVIOUS
    if way_back.is_symlink() and not way_back.exists():
        way_back.unlink()
    for path in folder.iterdir() if folder.is_dir() else ():
        if not HIDDEN_PATTERN.fullmatch(path.name):
            continue
        if path.is_symlink():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _bring(source: str, target: Path) -> None:
    if is_url(source):
        save(source, target)
    else:
        shutil.copyfile(source, target)


def _replace_folder(fresh: Path, folder: Path) -> None:
    """A damaged version is moved away first, as a folder that is not empty cannot be renamed over."""
    if folder.exists():
        damaged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=str(folder.parent)))
        os.replace(folder, damaged / "old")
        os.replace(fresh, folder)
        shutil.rmtree(damaged, ignore_errors=True)
    else:
        os.replace(fresh, folder)

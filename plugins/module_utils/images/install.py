# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the image store of a host, which store.py describes and reads."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Mapping

from ..common.files import link_atomic, settle, sync_folder
from .store import CURRENT, DOWNLOAD_SUFFIX, HIDDEN_PATTERN, MANIFEST, PREVIOUS, Image, ImageError, sha256_of, target_of


def install(
    image: Image, sources: Mapping[str, str | Path], manifest: Mapping[str, Any], is_moved: bool = False
) -> None:
    """Put files into the store, with a manifest, and make them the current version.

    ``sources`` are paths, by file name. The files are copied, or moved where they lie in the store's own file system. The
    version's folder appears complete, by one rename; an interrupted run leaves the old image current. Raise ImageError
    when a file has another sha256 than announced, OSError.
    """
    folder = Path(image.folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{image.version}.", dir=str(folder.parent)))
    try:
        for name, sha256 in image.files.items():
            if is_moved:
                os.replace(sources[name], fresh / name)
            else:
                shutil.copyfile(sources[name], fresh / name)
            # The copy and not the source, which could change before it is copied.
            found = sha256_of(fresh / name)
            if found != sha256:
                raise ImageError(
                    f"image {image.name}: {sources[name]} has sha256 {found}, not {sha256} as announced",
                    "build the image again and make sure that nothing changes it on the way",
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
    """Make a version of the store the one that new guests boot from. Raise OSError.

    A version that was chosen ``by_name`` is where the operator wants to be: rollback does not leave it.
    """
    folder = Path(image.folder)
    before = target_of(folder.parent / CURRENT)
    # The age of a version counts from when it was last made current: see retention.py.
    os.utime(folder / MANIFEST)
    if before != image.version and (folder.parent / before / MANIFEST).is_file():
        # Before the other link, as without that one it states that there is nothing to roll back.
        link_atomic(folder.parent / PREVIOUS, image.version if by_name else before)
    link_atomic(folder.parent / CURRENT, image.version)


def remove(image: Image) -> None:
    """Remove a version from the store. Raise OSError."""
    remove_folder(Path(image.folder))


def remove_folder(folder: Path) -> None:
    """Remove a version's folder, whatever is in it. Raise OSError.

    The folder is hidden first, so that an interrupted run leaves nothing that looks installed.
    """
    hidden = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=str(folder.parent)))
    os.replace(folder, hidden / "old")
    sync_folder(folder.parent)
    remove_leftovers(folder.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove what is hidden in an image's folder, and the link to a previous version that no longer exists.

    Hidden are versions that were removed and the leftovers of interrupted runs; a download that another run makes at
    this moment stays. Call this only under the host's lock. Raise OSError.
    """
    for path in leftovers(folder):
        if path.is_symlink():
            path.unlink(missing_ok=True)
        elif path.name.endswith(DOWNLOAD_SUFFIX):
            # Few runs are interrupted while they download.
            from .fetch import discard

            discard(path)
        else:
            shutil.rmtree(path, ignore_errors=True)


def leftovers(folder: Path) -> list[Path]:
    """Return what ``remove_leftovers`` removes. Raise OSError."""
    previous = folder / PREVIOUS
    dead = [previous] if previous.is_symlink() and not previous.exists() else []
    hidden = [path for path in folder.iterdir() if HIDDEN_PATTERN.fullmatch(path.name)] if folder.is_dir() else []
    return [*dead, *hidden]


def _replace_folder(fresh: Path, folder: Path) -> None:
    """Move a damaged version away first, as a folder that is not empty cannot be renamed over."""
    if folder.exists():
        damaged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=str(folder.parent)))
        os.replace(folder, damaged / "old")
        os.replace(fresh, folder)
        shutil.rmtree(damaged, ignore_errors=True)
    else:
        os.replace(fresh, folder)

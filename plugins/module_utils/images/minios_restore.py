# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was put into Xen's own folders, and the way back to what was there before.

A file there is ours when it is one of an image in the store, byte for byte. All of Xen's folders are looked at, as the
host can have got a newer release since.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

from ..common.files import below, sync_folder, unfinished
from ..schemes.paired import IMAGE
from ..toolstack import xen_folders
from ..toolstack.base import HostState
from ..xen.facts import STUBDOM_DM
from ..xen.releases import XEN_DIRECTORIES
from . import minios_install, minios_layout
from . import store as image_store
from .store import sha256_of

_NAMES = (IMAGE, STUBDOM_DM, "stubdompath.sh")


@dataclass
class Found:
    """``ours`` are paths of files of ours, each with that of what was there before, "" for nothing. ``unfinished`` are
    what a killed run left. ``left`` are sentences about files that are no longer what was put there."""

    ours: dict[str, str] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def look(store: Path, state: HostState, root: Path) -> Found:
    """Raises OSError."""
    found = Found()
    sums = {sum_ for image in image_store.versions(store, minios_layout.NAME) for sum_ in image.files.values()}
    wanted = _wanted(store, state, root)
    for folder in _folders(root):
        for name in sorted(os.listdir(folder)):
            if unfinished(name) in _NAMES or unfinished(name) in [f"{known}{minios_install.KEPT}" for known in _NAMES]:
                found.unfinished.append(str(folder / name))
        for path in (folder / name for name in _NAMES):
            kept = path.with_name(f"{path.name}{minios_install.KEPT}")
            before = str(kept) if kept.is_file() and not kept.is_symlink() else ""
            if path.is_file() and not path.is_symlink() and sha256_of(path) in sums:
                found.ours[str(path)] = before
                continue
            if before or (_real(path) in wanted and os.path.lexists(path)):
                found.left.append(f"{path}: is not what this collection has put there, if it has")
            if before:
                found.left.append(f"{before}: what was there before this collection put a file of its own there")
    return found


def take_back(path: Path, before: str) -> None:
    """Raises OSError; the file is as it was then."""
    if before:
        os.replace(before, path)
    else:
        path.unlink()
    sync_folder(path.parent)


def _folders(root: Path) -> list[Path]:
    """Those that there are; of two names of one folder, by a link, the first."""
    names = [name.format(release="*").lstrip("/") for name in XEN_DIRECTORIES]
    found = sorted(path for name in names for part in ("boot", "bin") for path in root.glob(f"{name}/{part}"))
    folders: dict[Path, Path] = {}
    for path in found:
        if path.is_dir():
            folders.setdefault(path.resolve(), path)
    return list(folders.values())


def _wanted(store: Path, state: HostState, root: Path) -> set[Path]:
    """Where a file of the current image has been put, unless somebody hindered it."""
    image = image_store.current(store, minios_layout.NAME)
    if not image:
        return set()
    folders = [path for part in ("boot", "bin") for path in xen_folders.places(state.release, part)]
    said: Mapping[str, object] = image_store.manifest_in(Path(image.folder))
    firmware = xen_folders.firmware(state.release, root)
    files, _problems = minios_layout.wanted(said, state.toolstack, state.release, firmware, folders)
    return {_real(below(root, file.path)) for file in files}


def _real(path: Path) -> Path:
    return path.parent.resolve() / path.name

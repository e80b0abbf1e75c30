# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the files that were put into Xen's own folders, and restore what was there before.

A file there is ours when it is recorded so, or its bytes are those of a file of an image in the store: without the record,
all of Xen's folders are searched, as the host may have a newer release since the installation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ..common.files import below, sync_folder, unfinished
from ..toolstack import xen_folders
from ..toolstack.base import HostState
from ..xen.facts import STUBDOM_DM
from ..xen.releases import HOST_TOOLS, KEYMAPS_FOLDER, MINIOS_IMAGE, XEN_DIRECTORIES
from . import minios_layout, placed
from . import store as image_store
from .store import sha256_of

_NAMES = (MINIOS_IMAGE, STUBDOM_DM, "stubdompath.sh")


@dataclass
class XenFolderFiles:
    """Hold the files of Xen's folders that this collection put there, or may have.

    ``ours`` are paths of our files, each with the path of the host's original, "" for none. ``leftovers`` are temporary
    files of interrupted runs. ``notes`` are sentences about files that changed since they were installed. ``folders`` were
    made for ours alone, if nothing else is in them.
    """

    ours: dict[str, str] = field(default_factory=dict)
    leftovers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)


def find_files(store: Path, state: HostState, root: Path) -> XenFolderFiles:
    """Return the files of images in Xen's folders below ``root``. Raise OSError."""
    found = XenFolderFiles()
    record = {_real(below(root, path)): file for path, file in placed.read_record(store).items()}
    versions = [image for name in (minios_layout.NAME, HOST_TOOLS) for image in image_store.versions(store, name)]
    sums = {sum_ for image in versions for sum_ in image.files.values()}
    expected = _expected_paths(store, state, root) | set(record)
    for folder, names in _places(root, list(record)).items():
        hidden = [*names, *(f"{name}{placed.ORIGINAL_SUFFIX}" for name in names)]
        found.leftovers += [str(folder / name) for name in sorted(os.listdir(folder)) if unfinished(name) in hidden]
        if str(folder).endswith(f"/{KEYMAPS_FOLDER}"):
            found.folders += [folder, folder.parent, folder.parent.parent]
        for path in (folder / name for name in names):
            known, original = record.get(_real(path)), _original_of(path)
            if known and original and sha256_of(Path(original)) != known.original:
                # The host's own: it was there before.
                original = ""
            if path.is_file() and not path.is_symlink() and _is_ours(path, sums, known):
                found.ours[str(path)] = original
                continue
            if original or (_real(path) in expected and os.path.lexists(path)):
                found.notes.append(f"{path}: is not a file that this collection installed, or was changed since")
            if original:
                found.notes.append(f"{original}: the host's file from before this collection installed its own")
    return found


def _is_ours(path: Path, sums: set[str], known: placed.PlacedFile | None) -> bool:
    sha256 = sha256_of(path)
    return sha256 in sums or known is not None and known.is_ours(sha256)


def _original_of(path: Path) -> str:
    copy = placed.copy_of(path)
    return str(copy) if copy.is_file() and not copy.is_symlink() else ""


def _places(root: Path, recorded: list[Path]) -> dict[Path, list[str]]:
    """Return the folders with files that can be ours, each with the names of these; no folder under two names."""
    found = {folder.resolve(): (folder, list(_NAMES)) for folder in _folders(root)}
    for path in recorded:
        if path.parent.is_dir():
            _folder, names = found.setdefault(path.parent, (path.parent, []))
            names += [path.name] if path.name not in names else []
    return dict(found.values())


def restore_file(path: Path, original: str) -> None:
    """Put the original back in the place of our file, or remove ours when there was none. Raise OSError."""
    if original:
        os.replace(original, path)
    else:
        path.unlink()
    sync_folder(path.parent)


def _folders(root: Path) -> list[Path]:
    """Return Xen's folders that exist; of two names of one folder, by a link, the first."""
    names = [name.format(release="*").lstrip("/") for name in XEN_DIRECTORIES]
    found = sorted(path for name in names for part in ("boot", "bin") for path in root.glob(f"{name}/{part}"))
    folders: dict[Path, Path] = {}
    for path in found:
        if path.is_dir():
            folders.setdefault(path.resolve(), path)
    return list(folders.values())


def _expected_paths(store: Path, state: HostState, root: Path) -> set[Path]:
    """Return where the files of the current image are, when their installation succeeded."""
    image = image_store.current(store, minios_layout.NAME)
    if not image:
        return set()
    folders = [path for part in ("boot", "bin") for path in xen_folders.places(state.release, part)]
    manifest = image_store.manifest_in(Path(image.folder))
    firmware = xen_folders.firmware(state.release, root)
    files, _problems = minios_layout.files_for_xen(manifest, state.toolstack, state.release, firmware, folders)
    return {_real(below(root, file.path)) for file in files}


def _real(path: Path) -> Path:
    return path.parent.resolve() / path.name

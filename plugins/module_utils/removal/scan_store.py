# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what is ours in the collection's own folders: images, records, proofs. Nothing is changed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Mapping

from ..boot_proof import proofs
from ..images import retention
from ..images import store as image_store
from ..images.store import PLACED
from ..lifecycle import records
from ..toolstack.base import BootFiles, Domain, Toolstack


@dataclass
class RemovalList:
    """Collect the paths to remove, folders that may be empty afterwards, and sentences about what stays. ``only``, if it
    is not None, are the paths that the operator agreed to."""

    only: frozenset[str] | None = None
    trees: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def is_agreed(self, path: Path) -> bool:
        """Return whether the operator agreed to the path."""
        return self.only is None or str(path) in self.only

    def allow(self, path: Path) -> bool:
        """Return whether the operator agreed to the path; report it among what stays if not."""
        if self.is_agreed(path):
            return True
        self.left.append(f"{path}: appeared after the plan was made")
        return False

    def add(self, path: Path, is_tree: bool = False) -> None:
        """Add a file, or a folder with all that is in it, unless the operator did not agree to it."""
        if self.allow(path):
            (self.trees if is_tree else self.files).append(str(path))


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, none where there is no folder. Raise OSError."""
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def foreign_uses(
    toolstack: Toolstack, foreign: list[Domain], store: Path, config_dir: Path, own_files: set[str]
) -> dict[str, str]:
    """Return the versions of the store that something boots from which is not ours, each with what that is."""
    versions = {path.name for path in store.glob("*/*") if image_store.VERSION_PATTERN.fullmatch(path.name)}
    if not versions:
        return {}
    alive = {str(domain.domid) for domain in foreign}
    found: dict[str, str] = {}
    for version, paths in retention.references(versions, retention.lasting_reference_patterns(str(config_dir))).items():
        others = [path for path in paths if str(path) not in own_files and _counts(path, alive)]
        found.update({version: f"{others[0]} names it"} if others else {})
    booted = toolstack.booted_from(foreign) if foreign else {}
    for domain in foreign:
        files = booted.get(domain.domid, BootFiles())
        parts = {*files.kernel.split("/"), *files.ramdisk.split("/")}
        text = f"domain {domain.domid} ({domain.name}) was booted from it"
        found.update(dict.fromkeys(versions & parts, text))
    return found


def add_images(removals: RemovalList, store: Path, used: Mapping[str, str]) -> None:
    """Add the store's images, except versions in ``used``, which maps them to the reason why they stay."""
    # The record of files in Xen's folders goes with these.
    for folder in (store / name for name in names_in(store) if name != PLACED):
        if folder.is_symlink() or not folder.is_dir():
            removals.left.append(f"{folder}: is not an image of the store")
            continue
        removals.folders.append(folder)
        names = names_in(folder)
        # A link to a version goes with that one alone.
        stays = {name for name in names if name in used or not removals.is_agreed(folder / name)}
        for path in (folder / name for name in names):
            hidden = bool(image_store.HIDDEN_PATTERN.fullmatch(path.name))
            if path.name in used:
                removals.left.append(f"{path}: {used[path.name]}")
            elif path.is_symlink() and (hidden or path.name in (image_store.CURRENT, image_store.PREVIOUS)):
                removals.files += [str(path)] if os.readlink(path) not in stays else []
            elif path.is_dir() and not path.is_symlink() and (hidden or image_store.VERSION_PATTERN.fullmatch(path.name)):
                removals.add(path, is_tree=True)
            else:
                removals.left.append(f"{path}: is not a version of an image")
    removals.folders.append(store)


def add_records(removals: RemovalList, folder: Path) -> None:
    """Add the records of starts and pauses."""
    folders = records.folders_of(folder)
    for one in folders:
        _add_files(removals, one, records.is_record, "is not a record of a start or a pause", folders)


def add_proofs(removals: RemovalList, folder: Path) -> None:
    """Add the proofs that images boot, unless a boot proof is under way."""
    if proofs.is_busy(folder):
        removals.left.append(f"{folder}: a boot proof is under way")
    else:
        _add_files(removals, folder, proofs.is_proof, "is not a proof that an image boots")


def _add_files(
    removals: RemovalList, folder: Path, is_ours: Callable[[Path], bool], why: str, others: Iterable[Path] = ()
) -> None:
    """Add the files of one kind in a folder. The folders in ``others`` are scanned by calls of their own."""
    if folder.is_symlink():
        return
    removals.folders.append(folder)
    for path in (folder / name for name in names_in(folder)):
        if path in others and path.is_dir() and not path.is_symlink():
            continue
        if is_ours(path):
            removals.add(path)
        else:
            removals.left.append(f"{path}: {why}")


def _counts(path: Path, alive: set[str]) -> bool:
    """Return whether a file that names a version keeps it: libxl's record of a domain does so while that domain is there
    and not ours."""
    is_record = path.name.startswith("userdata-") and len(path.name.split(".")) > 2
    return not is_record or path.name.split(".")[1] in alive

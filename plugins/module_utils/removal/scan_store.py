# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for what is ours in the collection's own folders: images, records, proofs. Changes nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Mapping

from ..boot_proof import proofs
from ..images import retention
from ..images import store as image_store
from ..lifecycle import records
from ..toolstack.base import BootFiles, Domain, Toolstack


@dataclass
class Going:
    """Paths that go, folders that may be empty then, and sentences about what stays. ``only``, if it is not None, are
    the paths that were agreed to."""

    only: frozenset[str] | None = None
    trees: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def may(self, path: Path) -> bool:
        return self.only is None or str(path) in self.only

    def agreed(self, path: Path) -> bool:
        """The same; if not, it is told."""
        if self.may(path):
            return True
        self.left.append(f"{path}: has come since the plan was made")
        return False

    def take(self, path: Path, is_tree: bool = False) -> None:
        if self.agreed(path):
            (self.trees if is_tree else self.files).append(str(path))


def listed(folder: Path) -> list[str]:
    """The names in a folder, none where there is no folder. Raises OSError."""
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def users(
    toolstack: Toolstack, foreign: list[Domain], store: Path, config_dir: Path, own_files: set[str]
) -> dict[str, str]:
    """Versions of the store that something boots from which is not ours, each with what that is."""
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


def take_images(going: Going, store: Path, used: Mapping[str, str]) -> None:
    for folder in (store / name for name in listed(store)):
        if folder.is_symlink() or not folder.is_dir():
            going.left.append(f"{folder}: is no image of the store")
            continue
        going.folders.append(folder)
        names = listed(folder)
        # A link to a version goes with that one alone.
        stays = {name for name in names if name in used or not going.may(folder / name)}
        for path in (folder / name for name in names):
            hidden = bool(image_store.HIDDEN_PATTERN.fullmatch(path.name))
            if path.name in used:
                going.left.append(f"{path}: {used[path.name]}")
            elif path.is_symlink() and (hidden or path.name in (image_store.CURRENT, image_store.PREVIOUS)):
                going.files += [str(path)] if os.readlink(path) not in stays else []
            elif path.is_dir() and not path.is_symlink() and (hidden or image_store.VERSION_PATTERN.fullmatch(path.name)):
                going.take(path, is_tree=True)
            else:
                going.left.append(f"{path}: is no version of an image")
    going.folders.append(store)


def take_records(going: Going, folder: Path) -> None:
    folders = records.folders_of(folder)
    for one in folders:
        _take_files(going, one, records.is_record, "is no record of a start or a pause", folders)


def take_proofs(going: Going, folder: Path) -> None:
    if proofs.is_busy(folder):
        going.left.append(f"{folder}: an image is being tried (boot_proof)")
    else:
        _take_files(going, folder, proofs.is_proof, "is no proof that an image boots")


def _take_files(
    going: Going, folder: Path, is_ours: Callable[[Path], bool], why: str, others: Iterable[Path] = ()
) -> None:
    """A folder in which there are files of one kind; ``others`` are looked at by themselves."""
    if folder.is_symlink():
        return
    going.folders.append(folder)
    for path in (folder / name for name in listed(folder)):
        if path in others and path.is_dir() and not path.is_symlink():
            continue
        if is_ours(path):
            going.take(path)
        else:
            going.left.append(f"{path}: {why}")


def _counts(path: Path, alive: set[str]) -> bool:
    """libxl's record of a domain counts while that domain is there, and is not ours."""
    is_record = path.name.startswith("userdata-") and len(path.name.split(".")) > 2
    return not is_record or path.name.split(".")[1] in alive

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a source tree without the products of earlier builds: its digest, and a copy to build in.

Nothing is ever built in the operator's own tree. Products of an earlier build in it are neither copied nor counted:
half-patched folders, objects of other flags, and the files of configure would pass for finished work.
"""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Iterator

from ...common.errors import BuildError
from ...images.store import sha256_of
from ..digest import digest
from .products import is_product

# Archives in stubdom/ count by the sums that are required of them.
_ARCHIVES = ("*.tar.gz", "*.tar.bz2", "*.tgz")

# Older than anything that is unpacked in the tree: make unpacks an archive again that is newer than its folder. One time
# for all files, so that make sees no file that is older than what it is made of.
_TIME = 946684800


@dataclass(frozen=True)
class Entry:
    """Describe a file, link or folder: its ``path`` in the tree, and the file with its bytes. ``target`` is that of a link."""

    path: str
    source: Path
    target: str = ""
    is_folder: bool = False


def check_tree(root: Path) -> None:
    """Raise BuildError unless this is a source tree that may be built from."""
    if not root.is_dir():
        raise BuildError(f"tree: {root} is not a folder of the build host", "name Xen's source tree (XEN_ROOT)")
    for name in ("stubdom/Makefile", "xen/Makefile", "Config.mk"):
        if not (root / name).is_file():
            raise BuildError(
                f"{root} has no {name}, so it is not the top folder of a Xen source tree that has stub domains",
                "name that folder (XEN_ROOT), of Xen 3.3 or newer",
            )
    owner = root.stat().st_uid
    if owner not in (0, os.geteuid()):
        raise BuildError(
            f"tree: {root} belongs to {_user(owner)}, and building runs its Makefiles with the rights of "
            f"{_user(os.geteuid())}",
            f"build as {_user(owner)}, or give the tree to {_user(os.geteuid())}",
        )


def tree_entries(root: Path) -> list[Entry]:
    """Return what is in the tree, sorted, without the products of a build. Raise OSError.

    A link that leads out of the tree is replaced by what it leads to.
    """
    return sorted(_walk(root, "", follow=True), key=lambda entry: entry.path)


def tree_digest(found: list[Entry]) -> str:
    """Return a digest of all that determines the bytes of a build. Raise BuildError with all files that are unreadable."""
    lines, unreadable = [], []
    for entry in found:
        folder, _slash, name = entry.path.rpartition("/")
        if entry.is_folder or folder == "stubdom" and any(fnmatchcase(name, pattern) for pattern in _ARCHIVES):
            continue
        if entry.target:
            lines.append(f"{entry.path} -> {entry.target}")
            continue
        try:
            lines.append(f"{entry.path} {_is_program(entry.source):d} {sha256_of(entry.source)}")
        except PermissionError:
            unreadable.append(entry.path)
    if unreadable:
        more = f" and {len(unreadable) - 5} more" if len(unreadable) > 5 else ""
        raise BuildError(
            f"tree: {', '.join(unreadable[:5])}{more} cannot be read", f"give {_user(os.geteuid())} the right to read it"
        )
    return digest(lines)


def copy_tree(found: list[Entry], into: Path) -> None:
    """Make a copy of the tree at a path that does not exist. Raise OSError."""
    into.mkdir(parents=True)
    for entry in found:
        place = into / entry.path
        if entry.is_folder:
            place.mkdir()
        elif entry.target:
            place.symlink_to(entry.target)
        else:
            shutil.copyfile(str(entry.source), str(place))
            place.chmod(0o755 if _is_program(entry.source) else 0o644)


def remove_products(root: Path) -> None:
    """Remove the products of a build from an unpacked tree, and give all of its files one time. Raise OSError."""
    for folder, folders, files in os.walk(str(root), topdown=True):
        below = os.path.relpath(folder, str(root))
        there = [*folders, *files]
        for name in there:
            path = Path(folder, name)
            is_folder = path.is_dir() and not path.is_symlink()
            if is_product(name if below == "." else f"{below}/{name}", is_folder, there):
                if is_folder:
                    shutil.rmtree(str(path))
                    folders.remove(name)
                else:
                    path.unlink()
            else:
                os.utime(str(path), (_TIME, _TIME), follow_symlinks=False)


def _walk(folder: Path, below: str, follow: bool) -> Iterator[Entry]:
    names = set(os.listdir(str(folder)))
    for found in os.scandir(str(folder)):
        path = f"{below}/{found.name}" if below else found.name
        place = Path(found.path)
        is_folder = found.is_dir(follow_symlinks=False)
        if is_product(path, is_folder, names):
            continue
        if found.is_symlink():
            target = os.readlink(found.path)
            if follow and _leaves(below, target) and place.exists():
                is_folder, place = place.is_dir(), place.resolve()
                if is_folder:
                    yield Entry(path, place, is_folder=True)
                    # Once only: a link in it may lead to its own folder.
                    yield from _walk(place, path, follow=False)
                    continue
            else:
                yield Entry(path, place, target)
                continue
        if is_folder:
            yield Entry(path, place, is_folder=True)
            yield from _walk(place, path, follow)
        elif place.is_file():
            yield Entry(path, place)


def _leaves(below: str, target: str) -> bool:
    return os.path.isabs(target) or os.path.normpath(f"{below}/{target}" if below else target).startswith("..")


def _is_program(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o111)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"

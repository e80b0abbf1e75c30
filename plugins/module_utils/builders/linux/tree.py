# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage a folder that stands for the root of another machine: paths and links in it never lead out of it."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

from ...common.errors import BuildError
from ...toolstack.command import Run

# /lib and others are links into /usr, as in every Debian since 12, even when a package has its files in /lib.
MERGED = ("bin", "lib", "lib64", "sbin")

# The kernel's limit.
_MOST_LINKS = 40

OVERLAY = "overlay"


class Tree:
    """Manage the unpacked packages and the overlays; ``owners`` has the package of each file."""

    def __init__(self, root: Path) -> None:
        """Start with a folder that exists."""
        self.root = root
        self.owners: dict[str, str] = {}

    def inside(self, path: str) -> Path:
        """Return the file that a path of the tree leads to, links followed, as for a process whose root the tree is.

        It need not exist. Raise OSError for links in a circle.
        """
        found: list[str] = []
        left = _steps(path)
        links = 0
        while left:
            step = left.pop()
            here = self.root.joinpath(*found, step)
            if step == "..":
                del found[-1:]
            elif here.is_symlink():
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                target = os.readlink(here)
                if target.startswith("/"):
                    found = []
                left += _steps(target)
            else:
                found.append(step)
        return self.root.joinpath(*found)

    def name(self, file: Path) -> str:
        """Return a file's path in the tree, without a slash before it."""
        return str(file.relative_to(self.root))

    def owner(self, file: Path) -> str:
        """Return the package of a file; a file of no package counts as the overlay's."""
        return self.owners.get(self.name(file), OVERLAY)

    def unpack(self, archive: Path, package: str, runner: Run) -> None:
        """Unpack a package's files; none of its scripts is run. Raise BuildError."""
        done = runner(["dpkg-deb", "--vextract", str(archive), str(self.root)])
        if done.rc != 0:
            raise BuildError(
                f"{package} cannot be unpacked: {done.summary()}",
                f"make sure that the disk has room, or remove {archive}, so that it is fetched again",
            )
        for line in done.out.splitlines():
            path = line[2:] if line.startswith("./") else line
            first = path.partition("/")[0]
            self.owners[f"usr/{path}" if first in MERGED else path] = package

    def merge_usr(self) -> None:
        """Move what packages have in /lib and others into /usr, and make these links. Raise OSError.

        Call it after the last package, as dpkg-deb would replace a link by a folder again.
        """
        for name in MERGED:
            old, new = self.root / name, self.root / "usr" / name
            new.mkdir(parents=True, exist_ok=True)
            if old.is_dir() and not old.is_symlink():
                _move(old, new)
            if not old.is_symlink():
                old.symlink_to(f"usr/{name}")

    def add_overlay(self, folder: Path) -> None:
        """Copy a folder's files over those of the tree. Raise BuildError, OSError."""
        for where, folders, files in os.walk(folder):
            into = self.inside(os.path.relpath(where, folder))
            into.mkdir(parents=True, exist_ok=True)
            for name in files + [name for name in folders if os.path.islink(os.path.join(where, name))]:
                self._add_file(Path(where, name), into / name)

    def _add_file(self, file: Path, into: Path) -> None:
        kind = file.lstat().st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISLNK(kind):
            raise BuildError(f"overlay: {file} is neither a file nor a link", "remove it from the overlay")
        if self.inside(self.name(into)).is_dir():
            if stat.S_ISLNK(kind):
                return  # The overlay has a link, such as /lib, where the tree has its folder.
            raise BuildError(f"overlay: {file} would replace a folder of the packages", "rename it")
        if into.is_symlink() or into.exists():
            into.unlink()
        shutil.copy(str(file), str(into), follow_symlinks=False)
        self.owners[self.name(into)] = OVERLAY


def _move(old: Path, new: Path) -> None:
    """Move a folder's entries into another and remove it; of a file and a link to it the file stays."""
    for path in list(old.iterdir()):
        place = new / path.name
        if place.is_dir() and not place.is_symlink() and path.is_dir() and not path.is_symlink():
            _move(path, place)
        elif path.is_symlink() and (place.is_symlink() or place.exists()):
            path.unlink()
        else:
            os.replace(path, place)
    old.rmdir()


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step not in ("", ".")][::-1]

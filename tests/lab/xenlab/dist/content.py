# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an installed tree: which of them a host gets, their digest, and the archive that brings them there."""

import hashlib
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import LabError

# What no host needs: it is not copied and does not count for the digest.
FOLDERS_LEFT_OUT = ("debug", "doc", "include", "info", "man", "pkgconfig", "__pycache__")
SUFFIXES_LEFT_OUT = (".a", ".pyc", ".pyo")
SIZE_LIMIT = 1024**3  # bytes; Xen's own trees have 20 to 200 MB
LINKS_LIMIT = 40


@dataclass(frozen=True)
class Content:
    """The files, folders and symbolic links, by their paths below the tree's root, sorted."""

    root: Path
    entries: dict[str, os.stat_result]

    def files(self, *suffixes: str) -> Iterator[str]:
        """Yield the paths of regular files that end so, or of all."""
        for path, status in self.entries.items():
            if stat.S_ISREG(status.st_mode) and (not suffixes or path.endswith(suffixes)):
                yield path

    def named(self, name: str) -> list[str]:
        """Return the paths of files and links of that name."""
        return [path for path, status in self.entries.items() if not stat.S_ISDIR(status.st_mode) and basename(path) == name]

    def resolve(self, path: str) -> str | None:
        """Return the path of the file or folder that a path means on the host, after its links; None when the tree lacks it."""
        parts = [part for part in PurePosixPath(path).parts if part != "/"]
        done: list[str] = []
        for _link in range(LINKS_LIMIT):
            while parts:
                part = parts.pop(0)
                if part == "..":
                    done = done[:-1]
                    continue
                status = self.entries.get("/".join([*done, part]))
                if status is None:
                    return None
                if stat.S_ISLNK(status.st_mode):
                    target = PurePosixPath(os.readlink(self.root.joinpath(*done, part)))
                    if target.is_absolute():
                        done = []
                    parts = [*(name for name in target.parts if name != "/"), *parts]
                    break
                done.append(part)
            else:
                return "/".join(done)
        return None  # links that lead in a circle

    def has(self, path: str) -> bool:
        """Return whether the host finds that path in the tree."""
        return self.resolve(path) is not None

    def read(self, path: str) -> bytes:
        """Return what is in a file (a path that resolve returned)."""
        return (self.root / path).read_bytes()

    def text(self, path: str) -> str:
        """Return what is in a text file, as the host finds it; empty when the tree has none of that name."""
        real = self.resolve(path)
        return self.read(real).decode(errors="replace") if real else ""

    def digest(self) -> str:
        """Return the SHA-256 of all that is copied: paths, modes, link targets, contents. Times and owners do not count."""
        total = hashlib.sha256()
        for path, status in self.entries.items():
            kind, inside = stat.S_IFMT(status.st_mode), ""
            if kind == stat.S_IFLNK:
                inside = os.readlink(self.root / path)
            elif kind == stat.S_IFREG:
                with (self.root / path).open("rb") as file:
                    inside = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(json.dumps([path, kind, stat.S_IMODE(status.st_mode), inside]).encode())
        return total.hexdigest()

    def pack(self, archive: Path) -> None:
        """Write all into a tar file, owned by root."""

        def owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            return entry

        with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as packed:
            for path in self.entries:
                packed.add(self.root / path, path, recursive=False, filter=owned_by_root)


def basename(path: str) -> str:
    """Return the last part of a path."""
    return path.rsplit("/", 1)[-1]


def look(root: Path) -> Content:
    """Return what is in the tree, without what no host needs. Raise LabError for what cannot be an installed tree, OSError for what
    cannot be read."""
    entries: dict[str, os.stat_result] = {}
    size = 0

    def failed(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(root, onerror=failed):
        below = os.path.relpath(folder, root)
        folders[:] = [name for name in folders if name not in FOLDERS_LEFT_OUT]
        for path in (joined(below, name) for name in [*folders, *files] if not name.endswith(SUFFIXES_LEFT_OUT)):
            status = (root / path).lstat()
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode)):
                raise LabError(f"{root / path} is a device, a pipe or a socket, which no installed Xen has: give a tree of `make install`.")
            entries[path] = status
            size += status.st_size if stat.S_ISREG(status.st_mode) else 0
            if size > SIZE_LIMIT:
                raise LabError(f"{root} has more than {SIZE_LIMIT // 1024**2} MiB: give the folder that Xen alone was installed into (DESTDIR).")
    return Content(root, dict(sorted(entries.items())))


def joined(below: str, name: str) -> str:
    return name if below == "." else f"{below}/{name}"

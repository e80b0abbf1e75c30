# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage a build folder: the finished image, the work in progress, and the lock that keeps two runs apart.

``DEST/NAME`` is a link to a folder in ``DEST/.NAME``, where everything else is, too: a link can be replaced in one step,
a folder cannot. An interrupted run leaves the link as it was, and the next run removes its leftovers.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from ..common.files import link_atomic, settle, write_atomic
from ..images.store import MANIFEST, sha256_of

# The folder of a source tree that is built in, which every build makes anew.
TREE = "tree"


class BuildFolder:
    """Manage one image's part of the folder, or that of several images that are built together.

    ``link`` leads to the finished image, ``work`` is the folder of everything else.
    """

    def __init__(self, dest: Path, name: str) -> None:
        """Name the paths; nothing is made."""
        self.link = dest / name
        self.work = dest / f".{name}"
        self._stamp = self.work / "compared"

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Wait until no other run works here, and remove leftovers of interrupted runs. Raise OSError.

        Yield the lock's file descriptor: a process that inherits it keeps the next run out for as long as it lives.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        with (self.work / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._remove_leftovers()
            yield lock.fileno()

    def manifest(self) -> dict[str, Any] | None:
        """Return the image's manifest, or None when it does not exist, is incomplete, or a file differs from it."""
        try:
            manifest: dict[str, Any] = json.loads((self.link / MANIFEST).read_text(encoding="utf-8"))
            whole = all(sha256_of(self.link / name) == sha256 for name, sha256 in manifest["files"].items())
            whole = whole and bool(manifest["files"] and manifest["sha256"] and manifest["inputs"] and manifest["asked"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return manifest if whole else None

    def seconds_since_comparison(self) -> float:
        """Return the seconds since the image was last compared with the archives; infinite for a time in the future."""
        try:
            age = time.time() - self._stamp.stat().st_mtime
        except OSError:
            return float("inf")
        return age if age >= 0 else float("inf")

    def record_comparison(self) -> None:
        """Record that the image was compared with the archives now. Raise OSError."""
        write_atomic(self._stamp, "", 0o644)

    @contextmanager
    def scratch_folder(self) -> Iterator[Path]:
        """Yield an empty folder on the same file system, and remove it afterwards. Raise OSError."""
        folder = Path(tempfile.mkdtemp(prefix="new-", dir=str(self.work)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def install_image(self, folder: Path, manifest: dict[str, Any]) -> None:
        """Make a folder of the scratch folder the image, with its manifest, in one step. Raise OSError."""
        write_atomic(folder / MANIFEST, json.dumps(manifest, indent=2, sort_keys=True) + "\n", 0o644)
        settle(folder)
        place = self.work / f"image-{folder.parent.name}"
        os.rename(folder, place)
        if self.link.is_dir() and not self.link.is_symlink():
            os.rename(self.link, self.work / f"old-{folder.parent.name}")
        link_atomic(self.link, f"{self.work.name}/{place.name}")
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        used = os.path.basename(os.readlink(self.link)) if self.link.is_symlink() else ""
        for kind in ("new-*", "image-*", "old-*", TREE):
            for folder in self.work.glob(kind):
                if folder.name != used:
                    shutil.rmtree(folder, ignore_errors=True)
        for link in self.link.parent.glob(f".{self.link.name}.*.tmp"):
            link.unlink()

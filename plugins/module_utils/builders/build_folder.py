# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The build folder: the finished image, the work in progress, and the lock that keeps two runs apart.

``DEST/NAME`` is a link to a folder in ``DEST/.NAME``, where everything else is, too: a link can be replaced
by one step, a folder cannot. A run that was killed leaves the link as it was, and the next run clears away the rest.
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


class Kept:
    """One image's part of the build folder, or that of several images that are built together."""

    def __init__(self, dest: Path, name: str) -> None:
        self.link = dest / name
        self.work = dest / f".{name}"
        self._stamp = self.work / "compared"

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Waits until no other run works here, and clears away what killed runs have left. Raises OSError.

        Gives the lock's file descriptor: a process that inherits it keeps the next run out for as long as it lives.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        with (self.work / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._clear()
            yield lock.fileno()

    def manifest(self) -> dict[str, Any] | None:
        """The image's manifest, if all of its files are as the manifest says."""
        try:
            said: dict[str, Any] = json.loads((self.link / MANIFEST).read_text(encoding="utf-8"))
            whole = all(sha256_of(self.link / name) == sha256 for name, sha256 in said["files"].items())
            whole = whole and bool(said["files"] and said["sha256"] and said["inputs"] and said["asked"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # Nothing there, or half of it: it is built again.
        return said if whole else None

    def compared(self) -> float:
        """Seconds since the image was last compared with the archives; a time to come counts as long ago."""
        try:
            age = time.time() - self._stamp.stat().st_mtime
        except OSError:
            return float("inf")
        return age if age >= 0 else float("inf")

    def stamp(self) -> None:
        """Notes that the image was compared with the archives now. Raises OSError."""
        write_atomic(self._stamp, "", 0o644)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder on the same file system, which is gone afterwards. Raises OSError."""
        folder = Path(tempfile.mkdtemp(prefix="new-", dir=str(self.work)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def install(self, folder: Path, manifest: dict[str, Any]) -> None:
        """Makes a folder of the scratch folder the image, with its manifest, by one step. Raises OSError."""
        write_atomic(folder / MANIFEST, json.dumps(manifest, indent=2, sort_keys=True) + "\n", 0o644)
        settle(folder)
        place = self.work / f"image-{folder.parent.name}"
        os.rename(folder, place)
        if self.link.is_dir() and not self.link.is_symlink():
            os.rename(self.link, self.work / f"old-{folder.parent.name}")
        link_atomic(self.link, f"{self.work.name}/{place.name}")
        self._clear()

    def _clear(self) -> None:
        used = os.path.basename(os.readlink(self.link)) if self.link.is_symlink() else ""
        for kind in ("new-*", "image-*", "old-*"):
            for folder in self.work.glob(kind):
                if folder.name != used:
                    shutil.rmtree(folder, ignore_errors=True)
        for link in self.link.parent.glob(f".{self.link.name}.*.tmp"):
            link.unlink()

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packs folders so that the same files give the same bytes, whoever packs them, and when."""

from __future__ import annotations

import os
from pathlib import Path

from ...common.errors import BuildError
from ...toolstack.command import Result, Run

_LEVEL = "19"


def packer(runner: Run) -> str:
    """The version of the program whose every version packs in its own way. Raises BuildError."""
    done = runner(["mksquashfs", "-version"])
    said = done.out.partition("\n")[0].strip()
    if not said.startswith("mksquashfs version"):
        raise BuildError(f"mksquashfs does not run: {done.said()}. Remedy: install squashfs-tools.")
    return said


def squashfs(folder: Path, out: Path, runner: Run) -> None:
    """A compressed read-only file system of a folder's files, all of them root's. Raises BuildError."""
    argv = ["mksquashfs", str(folder), str(out), "-noappend", "-no-progress", "-all-root", "-no-xattrs"]
    argv += ["-mkfs-time", "0", "-all-time", "0", "-comp", "zstd", "-Xcompression-level", _LEVEL, "-processors", "1"]
    # It refuses to be told the time twice.
    _packed(runner(["env", "-u", "SOURCE_DATE_EPOCH", *argv]), "mksquashfs", out)


def initramfs(folder: Path, out: Path, runner: Run) -> None:
    """A cpio archive, as Linux unpacks it before anything else; all files are root's. Raises BuildError, OSError.

    It is not compressed: nearly all of it is, already.
    """
    names = []
    for where, folders, files in os.walk(folder):
        names += [os.path.relpath(os.path.join(where, name), folder) for name in folders + files]
    for name in names:
        os.utime(folder / name, (0, 0), follow_symlinks=False)
    lists = out.with_suffix(".list")
    lists.write_bytes(b"".join(os.fsencode(name) + b"\0" for name in sorted(names)))
    archive = 'cd "$1" && exec cpio --reproducible -o -H newc --quiet -0 -R 0:0 -O "$2" <"$3"'
    _packed(runner(["sh", "-c", archive, "sh", str(folder), str(out), str(lists)]), "cpio", out)
    lists.unlink()


def _packed(done: Result, program: str, out: Path) -> None:
    if done.rc != 0 or not out.is_file():
        raise BuildError(
            f"{program} failed: {done.said()}. Remedy: see that it is installed and that the disk has room."
        )

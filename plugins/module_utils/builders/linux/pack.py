# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pack folders so that the same files give the same bytes, for every user and at every time."""

from __future__ import annotations

import os
from pathlib import Path

from ...common.errors import BuildError
from ...toolstack.command import Result, Run

_LEVEL = "19"


def packer_version(runner: Run) -> str:
    """Return the version of mksquashfs, as each version packs differently. Raise BuildError."""
    done = runner(["mksquashfs", "-version"])
    version = done.out.partition("\n")[0].strip()
    if not version.startswith("mksquashfs version"):
        raise BuildError(f"mksquashfs does not run: {done.summary()}", "install squashfs-tools")
    return version


def pack_squashfs(folder: Path, out: Path, runner: Run) -> None:
    """Write a compressed read-only file system of a folder's files, all of them root's. Raise BuildError."""
    argv = ["mksquashfs", str(folder), str(out), "-noappend", "-no-progress", "-all-root", "-no-xattrs"]
    argv += ["-mkfs-time", "0", "-all-time", "0", "-comp", "zstd", "-Xcompression-level", _LEVEL, "-processors", "1"]
    # It fails when the time is given twice.
    _check_packed(runner(["env", "-u", "SOURCE_DATE_EPOCH", *argv]), "mksquashfs", out)


def pack_initramfs(folder: Path, out: Path, runner: Run) -> None:
    """Write a cpio archive, as Linux unpacks it at its start; all files are root's. Raise BuildError, OSError.

    It is not compressed, as nearly all of its content is.
    """
    names = []
    for where, folders, files in os.walk(folder):
        names += [os.path.relpath(os.path.join(where, name), folder) for name in folders + files]
    for name in names:
        os.utime(folder / name, (0, 0), follow_symlinks=False)
    lists = out.with_suffix(".list")
    lists.write_bytes(b"".join(os.fsencode(name) + b"\0" for name in sorted(names)))
    archive = 'cd "$1" && exec cpio --reproducible -o -H newc --quiet -0 -R 0:0 -O "$2" <"$3"'
    _check_packed(runner(["sh", "-c", archive, "sh", str(folder), str(out), str(lists)]), "cpio", out)
    lists.unlink()


def _check_packed(done: Result, program: str, out: Path) -> None:
    if done.rc != 0 or not out.is_file():
        raise BuildError(f"{program} failed: {done.summary()}", "make sure that it is installed and that the disk has room")

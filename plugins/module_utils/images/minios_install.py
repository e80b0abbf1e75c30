# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put files of a mini-OS image where Xen's own programs look for them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Collection, Iterable

from ..common.files import below, write_atomic
from .minios_layout import XenFile
from .store import ImageError, sha256_of

ROOT = Path("/")
# The host's own file is kept beside the installed one by this suffix.
ORIGINAL_SUFFIX = ".orig"


def state_of(files: Iterable[XenFile], root: Path | None = None) -> dict[str, tuple[str, int]]:
    """Return sha256 and mode of what is at the files' paths, by path.

    Raise OSError, also when a folder is in the place of a file.
    """
    found = {}
    for file in files:
        path = below(root or ROOT, file.path)
        if path.exists():
            found[file.path] = (sha256_of(path), stat.S_IMODE(path.stat().st_mode))
    return found


def install_file(file: XenFile, our_sums: Collection[str], root: Path | None = None) -> None:
    """Replace one file. Keep a copy of the existing one, once, unless its sha256 is one of ``our_sums``.

    Raise ImageError when the store's file has another sha256 than announced; OSError, and the old file stays then.
    """
    path = below(root or ROOT, file.path)
    content = Path(file.source).read_bytes()
    if sha256_of(Path(file.source)) != file.sha256:
        raise ImageError(f"{file.source} is not the file that was installed", "install the image again")
    original = path.with_name(f"{path.name}{ORIGINAL_SUFFIX}")
    if path.exists() and sha256_of(path) not in our_sums and not original.exists():
        write_atomic(original, path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
    write_atomic(path, content, file.mode)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the operator's own files that go into an image, and compute the digest of everything but the packages."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict
from pathlib import Path

from ...common.errors import BuildError, with_remedy
from ...images.store import sha256_of
from ..digest import digest
from .options import Options

# Raised when the same inputs are to give another image.
_FORM = "1"


def check_files(options: Options) -> None:
    """Raise BuildError with all of the operator's own files that are missing."""
    absent = [f"overlay: {folder} is not a folder" for folder in options.overlay if not Path(folder).is_dir()]
    absent += [f"boot_files: {file} is not a file" for file in options.boot_files.values() if not Path(file).is_file()]
    if absent:
        raise BuildError.of(with_remedy(f"{reason} of the build host", "name one that exists") for reason in absent)


def input_digest(options: Options, boot_files: dict[str, str], packer: str) -> str:
    """Return a digest of all inputs except the packages. Raise OSError.

    ``boot_files`` are sha256 by path, and ``packer`` is the version of mksquashfs. Files count by their bytes, not by
    their paths on the build host.
    """
    values = asdict(options)
    values["overlay"] = [_folder_digest(Path(folder)) for folder in options.overlay]
    values["boot_files"] = boot_files
    return digest([_FORM, packer, json.dumps(values, sort_keys=True)])


def _folder_digest(folder: Path) -> str:
    lines = []
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            lines.append(f"{path.relative_to(folder)!s} -> {os.readlink(path)}")
        elif stat.S_ISREG(mode):
            lines.append(f"{path.relative_to(folder)!s} {mode & 0o111:o} {sha256_of(path)}")
    return digest(lines)

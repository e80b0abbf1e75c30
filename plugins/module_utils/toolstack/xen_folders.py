# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find Xen's folders on a host, and the stubdom-dm in them. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from ..common.files import below, read_text
from ..xen.facts import STUBDOM_DM, dm_config_of
from ..xen.releases import XEN_DIRECTORIES, Release, shown


def places(release: Release, part: str) -> list[str]:
    """Return the folders in which Xen can have its images (boot) or programs (bin), Debian's versioned folder first."""
    return [f"{name.format(release=shown(release))}/{part}" for name in XEN_DIRECTORIES]


def folders(release: Release, part: str, root: Path = Path("/")) -> list[str]:
    """Return those of ``places`` that this host has."""
    return [name for name in places(release, part) if below(root, name).is_dir()]


def find(
    release: Release, root: Path = Path("/"), coming: Mapping[str, str | None] | None = None
) -> tuple[str, str | None]:
    """Return the path of the installed stubdom-dm, "" for none, and how it names a stub domain's file (``facts.Facts``).

    ``coming`` has the paths of files that this run is about to install; for a script, with the name that it gives.
    """
    scripts = [f"{name}/{STUBDOM_DM}" for name in places(release, "bin")]
    script = next((name for name in scripts if name in (coming or ()) or below(root, name).is_file()), "")
    if coming and script in coming:
        return script, coming[script]
    return script, dm_config_of(read_text(below(root, script)) or "") if script else ""


def firmware(release: Release, root: Path = Path("/")) -> str:
    """Return the folder from which the toolstack takes hvmloader and a stub domain's image (XENFIRMWAREDIR); "" for unknown."""
    return next((name for name in places(release, "boot") if below(root, f"{name}/hvmloader").is_file()), "")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds Xen's folders on a host, and the stubdom-dm in them. Looks, and changes nothing."""

from __future__ import annotations

from pathlib import Path

from .facts import STUBDOM_DM, dm_config_of
from .files import below, read_text
from .releases import XEN_DIRECTORIES, Release, shown


def folders(release: Release, part: str, root: Path = Path("/")) -> list[str]:
    """Where this host's Xen keeps its images (boot) or programs (bin), as they exist, Debian's versioned one first."""
    names = [f"{name.format(release=shown(release))}/{part}" for name in XEN_DIRECTORIES]
    return [name for name in names if below(root, name).is_dir()]


def find(release: Release, root: Path = Path("/")) -> tuple[str, str | None]:
    """The path of the installed script, "" for none, and how it names a stub domain's file; see ``facts.Facts``."""
    scripts = [f"{name}/{STUBDOM_DM}" for name in folders(release, "bin", root)]
    script = next((name for name in scripts if below(root, name).is_file()), "")
    return script, dm_config_of(read_text(below(root, script)) or "") if script else ""

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which old versions of an image are pruned: never one that a running, saved or defined guest boots from."""

from __future__ import annotations

import errno
import os
import stat
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import Iterable

from ..common.errors import with_remedy
from ..common.paths import CONFIG_DIR, RECORDS, XEN_LIB_DIR
from . import store as image_store

# In the folder of configuration files: guests' own files with their copies, links for autostart, and the files that
# stubdom-dm writes.
_CONFIGS = ("*", "auto/*", "stubdoms/*")
# libxl's record of each running domain, with its id as second part: when it reboots, its image is read again.
_USERDATA = f"{XEN_LIB_DIR}/userdata-*"
_DEFINED = (
    f"{XEN_LIB_DIR}/save/*",  # guests that xendomains saved; their stub domains are started anew
    "/var/lib/xend/domains/*/*",  # guests that xend manages
)
# The other files in which a host records what domains were started from.
_PLACES = (
    _USERDATA,
    *_DEFINED,
    "/var/lib/xenstored/tdb",  # xenstore: what xend knows of a running domain
    f"{RECORDS}/*",
)
# A saved domain is as large as its memory; its configuration is at the beginning.
_HEAD_BYTES = 16 << 20


def reference_patterns(config_dir: str = CONFIG_DIR) -> list[str]:
    """Return glob patterns of the files that name an image which is in use.

    These include guests' files in Xen's own folder, whatever folder this collection writes to, and in that one.
    """
    return sorted({*_PLACES, *_config_patterns(config_dir)})


def lasting_reference_patterns(config_dir: str = CONFIG_DIR) -> list[str]:
    """Return the patterns without files that also name images of domains which no longer exist.

    xenstored's file contains what was removed, and the records are this collection's own.
    """
    return sorted({_USERDATA, *_DEFINED, *_config_patterns(config_dir)})


def _config_patterns(config_dir: str) -> list[str]:
    folders = [CONFIG_DIR, escape(config_dir.rstrip("/"))]
    return [f"{folder}/{below}" for folder in folders for below in _CONFIGS]


def surplus_versions(
    store: Path, image: image_store.Image, keep: int, patterns: Iterable[str], root: Path = Path("/")
) -> tuple[list[image_store.Image], str]:
    """Return the versions to prune when ``image`` is current and ``keep`` others stay, and why none is, "" mostly.

    The newest versions stay, by the time when each was last current, and those that are in use.
    """
    others = [other for other in image_store.versions(store, image.name) if other != image]
    others.sort(key=lambda other: (_age_of(other), other.version), reverse=True)
    old = others[keep:]
    try:
        used = set(references([other.version for other in old], patterns, root)) if old else set()
    except OSError as error:
        return [], with_remedy(
            f"image {image.name}: keep = {keep}: no old version is removed, as it is unknown which are in use: {error}",
            "make sure that root may read this, then run this again",
        )
    return [other for other in old if other.version not in used], ""


def _age_of(image: image_store.Image) -> int:
    return (Path(image.folder) / image_store.MANIFEST).stat().st_mtime_ns


def references(versions: Iterable[str], patterns: Iterable[str], root: Path = Path("/")) -> dict[str, list[Path]]:
    """Return the versions that a file names, each with these files. Raise OSError when an existing file is unreadable.

    Only the version is searched for: a path can be written in several ways, and 16 digits do not match by accident.
    """
    wanted = list(versions)
    used: dict[str, list[Path]] = {}
    for path in [path for pattern in patterns for path in _matches(root, pattern)]:
        content = _content(path)
        for version in wanted:
            if version.encode() in content:
                used.setdefault(version, []).append(path)
    return used


def _matches(root: Path, pattern: str) -> list[Path]:
    """Return what Path.glob would. Raise OSError for a folder that cannot be read, which Path.glob ignores."""
    found = [root]
    for part in pattern.strip("/").split("/"):
        found = [folder / name for folder in found for name in _names_in(folder) if fnmatchcase(name, part)]
    return found


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        if _is_absence(error):
            return []
        raise


def _content(path: Path) -> bytes:
    """Return the beginning of a file; b"" for a folder, a pipe, or a file that no longer exists."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with path.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except OSError as error:
        if _is_absence(error):
            return b""
        raise


def _is_absence(error: OSError) -> bool:
    return error.errno in (errno.ENOENT, errno.ENOTDIR)

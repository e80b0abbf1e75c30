# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which old versions of an image may go: never one that a guest, running, saved or defined, still boots from."""

from __future__ import annotations

import errno
import os
import stat
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import Iterable

from ..common.paths import CONFIG_DIR, RECORDS
from . import store as image_store

# What is below the folder of configuration files: guests' own files with their copies, links for autostart, and the
# files that stubdom-dm writes.
_CONFIGS = ("*", "auto/*", "stubdoms/*")
# libxl's record of each running domain, with its id as second part: when it reboots, its image is read again.
_USERDATA = "/var/lib/xen/userdata-*"
_DEFINED = (
    "/var/lib/xen/save/*",  # guests that xendomains saved; their stub domains are started anew
    "/var/lib/xend/domains/*/*",  # guests that xend manages
)
# Where else a host writes down what domains were started from.
_PLACES = (
    _USERDATA,
    *_DEFINED,
    "/var/lib/xenstored/tdb",  # xenstore: what xend knows of a running domain
    f"{RECORDS}/*",
)
# A saved domain is as large as its memory; its configuration is at the beginning.
_HEAD_BYTES = 16 << 20


def places_of(config_dir: str = CONFIG_DIR) -> list[str]:
    """Patterns of the files in which an image that is in use is named: those of guests in Xen's own folder, whatever
    folder this collection was told to write to, and in that one."""
    return sorted({*_PLACES, *_configs(config_dir)})


def lasting_places_of(config_dir: str = CONFIG_DIR) -> list[str]:
    """The same without what is told of domains that are gone: xenstored's file keeps what was removed, and the records
    are this collection's own."""
    return sorted({_USERDATA, *_DEFINED, *_configs(config_dir)})


def _configs(config_dir: str) -> list[str]:
    folders = [CONFIG_DIR, escape(config_dir.rstrip("/"))]
    return [f"{folder}/{below}" for folder in folders for below in _CONFIGS]


def surplus(
    store: Path, image: image_store.Image, keep: int, places: Iterable[str], root: Path = Path("/")
) -> tuple[list[image_store.Image], str]:
    """The versions that go when ``image`` is the current one and ``keep`` others stay, and why none goes, "" mostly.

    The newest stay, counted from when each was current last, and those that are in use.
    """
    others = [other for other in image_store.versions(store, image.name) if other != image]
    others.sort(key=lambda other: (_age_of(other), other.version), reverse=True)
    old = others[keep:]
    try:
        used = set(named_in([other.version for other in old], places, root)) if old else set()
    except OSError as error:
        return [], (
            f"image {image.name}: keep = {keep}: no old version is removed, as nobody can tell which are in use: {error}. "
            "Remedy: see that root may read this, then run this again."
        )
    return [other for other in old if other.version not in used], ""


def _age_of(image: image_store.Image) -> int:
    return (Path(image.folder) / image_store.MANIFEST).stat().st_mtime_ns


def named_in(versions: Iterable[str], places: Iterable[str], root: Path = Path("/")) -> dict[str, list[Path]]:
    """Those of the versions that a file names, each with these files. Raises OSError for one that is there and cannot
    be read.

    The version alone is looked for: a path can be written in several ways, and 16 digits are no accident.
    """
    wanted = list(versions)
    used: dict[str, list[Path]] = {}
    for path in [path for place in places for path in _matches(root, place)]:
        content = _content(path)
        for version in wanted:
            if version.encode() in content:
                used.setdefault(version, []).append(path)
    return used


def _matches(root: Path, pattern: str) -> list[Path]:
    """Like Path.glob, which overlooks a folder that it cannot read. Raises OSError."""
    found = [root]
    for part in pattern.strip("/").split("/"):
        found = [folder / name for folder in found for name in _listed(folder) if fnmatchcase(name, part)]
    return found


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        if _is_absence(error):
            return []
        raise


def _content(path: Path) -> bytes:
    """The beginning of a file; nothing of what is none, such as a folder, a pipe, or a file that has just vanished."""
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

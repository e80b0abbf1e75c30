# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the paths of images in the rows that modules return of them.

A row is what ``Image.as_dict`` makes: name, version, path, and files.
"""

from __future__ import annotations

import posixpath
from typing import Any, Iterable, Mapping

from .store import ImageError


def paths_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return where domains boot from: an image of one file by the image's name, the files of others by their own.

    Where two have one name, the file of an image of several files counts.
    """
    single: dict[str, str] = {}
    several: dict[str, str] = {}
    for image in rows:
        files = image.get("files") or []
        if len(files) > 1:
            several.update({str(file["file"]): str(file["path"]) for file in files})
        else:
            single[str(image["name"])] = str(image["path"])
    return {**single, **several}


def announced(given: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the paths of the images that a run is about to install, from the rows of the module image.

    Raise ImageError when a row lacks a name or a path.
    """
    rows = list(given)
    remedy = "give what the module image returned as image"
    for number, image in enumerate(rows):
        if not image.get("name") or not image.get("path"):
            raise ImageError(f"images[{number}] has no name or no path", remedy)
        files = image.get("files") or []
        if not isinstance(files, list) or not all(isinstance(file, dict) and _is_named(file) for file in files):
            raise ImageError(f"images[{number}].files has an element without file or path", remedy)
    return paths_of(rows)


def paths_in_xen_folders(given: Iterable[Mapping[str, Any]]) -> dict[str, str | None]:
    """Return the paths in Xen's own folders that this run installed files at, or in check mode will.

    ``given`` are rows of the module minios_stubdom_install; the path of stubdom-dm has how it names a stub domain's file.
    """
    rows = [row for image in given for row in image.get("placed") or []]
    return {str(row["path"]): row.get("dm_config") for row in rows if isinstance(row, dict) and row.get("path")}


def version_at(path: str) -> str:
    """Return the version that a file of the store is of, by its path.

    >>> version_at("/var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin")
    '0f3c9a51d2e64b78'
    """
    return posixpath.basename(posixpath.dirname(path))


def file_of(rows: Iterable[Mapping[str, Any]], path: str) -> tuple[Mapping[str, Any] | None, Mapping[str, Any]]:
    """Return the image that has a file of that path, and the file; None and an empty mapping when no image has it."""
    for image in rows:
        for file in image["files"]:
            if file["path"] == path:
                return image, file
    return None, {}


def _is_named(file: Mapping[str, Any]) -> bool:
    return bool(file.get("file") and file.get("path"))

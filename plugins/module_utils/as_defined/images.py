# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe whether each image that a host is to have is installed, current, and where Xen looks for it. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

from ..host import xen_files
from ..images import install
from ..images.sources import read_sources
from ..images.wanted import wanted
from ..toolstack.base import HostState
from ..xen.releases import shown
from .difference import Difference


def installed(
    options: Mapping[str, Any], host: HostState, read_sum: Callable[[Path], str]
) -> list[Mapping[str, Any]]:
    """Return the images, as the module minios_stubdom_install does. Raise Difference, XenfleetError or OSError.

    ``read_sum`` returns the sha256 of a file.
    """
    try:
        rows: list[Mapping[str, Any]] = [_installed(image, read_sum) for image in _asked(options, shown(host.release))]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # The argument spec of the step's module reports it.
        raise Difference("an image is described wrongly") from error
    if not any(row["name"] in xen_files.IMAGES for row in rows):
        return rows
    place = xen_files.placement(rows, host)
    if place.missing or place.notes:
        raise Difference("files of images are not in Xen's own folders")
    return place.images


def _asked(options: Mapping[str, Any], release: str) -> Iterator[dict[str, Any]]:
    """Yield the options of the module image for each image of this host: those that were built, then those that are pinned."""
    pinned = options["images_versions"]
    # Whence files come (src) is of no interest where they are installed.
    shared = {
        "src": ".",
        "store": options["images_store"],
        "config_dir": options["images_config_dir"],
        "keep": options["images_keep"],
    }
    for image in options["images"]:
        if image["name"] not in pinned and image.get("xen", release) == release:
            manifest = image.get("manifest") or {}
            yield {**shared, "name": image["name"], "files": image["files"], "manifest": manifest}
    for name, version in pinned.items():
        yield {**shared, "name": name, "version": str(version), "manifest": {}}


def _installed(image: Mapping[str, Any], read_sum: Callable[[Path], str]) -> dict[str, Any]:
    found = wanted(image, read_sources(image), read_sum)
    if found.changes or found.doubt or install.leftovers(Path(found.image.folder).parent):
        raise Difference(f"image {image['name']}: the store is to be changed")
    return found.as_dict(image["manifest"])

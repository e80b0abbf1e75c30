# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the facts of this host that schemes are chosen by: its images, and how its stubdom-dm works."""

from __future__ import annotations

from pathlib import Path
from typing import Collection, Mapping

from ..common.files import below
from ..images import boot_paths
from ..images import store as image_store
from ..toolstack import xen_folders
from ..toolstack.base import HostState
from ..xen.facts import Facts
from ..xen.releases import IMAGE_FILES


def read_facts(
    state: HostState,
    store: Path,
    announced: Mapping[str, str],
    root: Path = Path("/"),
    coming: Mapping[str, str | None] | None = None,
) -> Facts:
    """Return the facts of this host. ``announced`` are images that this run is about to install, ``coming`` are paths in
    Xen's own folders at which it puts files of them; see ``xen_folders.find``.

    Of an image that is in several places, the announced one counts, then the store's, then that of the first of Xen's
    folders.
    """
    found = {path.name: str(path) for path in reversed(xen_images(state, root, coming or {}))}
    script, dm_config = xen_folders.find(state.release, root, coming)
    return Facts(
        state.release,
        state.toolstack,
        {**found, **stored_images(store), **announced},
        found,
        stubdom_dm=script,
        dm_config=dm_config,
    )


def stored_images(store: Path) -> dict[str, str]:
    """Return the paths that domains boot from, of the current version of each image in the store."""
    return boot_paths.paths_of(image for image in image_store.installed(store) if image["current"])


def xen_images(state: HostState, root: Path, coming: Collection[str] = ()) -> list[Path]:
    """Return the images in Xen's own folders, those that are ``coming`` included."""
    paths = [Path(place) / name for place in xen_folders.places(state.release, "boot") for name in IMAGE_FILES]
    return [path for path in paths if str(path) in coming or below(root, str(path)).is_file()]

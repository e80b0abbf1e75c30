# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find where files of images go among the files of this host's Xen, and what is there. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from ..common.errors import BuildError, with_remedy
from ..common.problem import Problem
from ..images import host_tools_layout, minios_install, minios_layout
from ..toolstack import xen_folders
from ..toolstack.base import HostState
from ..xen.facts import STUBDOM_DM
from ..xen.releases import HOST_TOOLS
from . import libxl_paths

#: The images whose files may be looked for outside the store.
IMAGES = (minios_layout.NAME, HOST_TOOLS)


@dataclass(frozen=True)
class Placement:
    """Describe the files that go to the folders of Xen's own programs; ``found`` is what ``minios_install.state_of`` is
    for them.

    ``images`` are the images that were given, with the files that are placed. ``notes`` are the files that are not used.
    """

    images: list[Mapping[str, Any]]
    files: list[minios_layout.XenFile]
    found: Mapping[str, tuple[str, int]]
    notes: list[str]

    @property
    def missing(self) -> list[minios_layout.XenFile]:
        """Return the files that are to be installed."""
        return [file for file in self.files if self.found.get(file.path) != (file.sha256, file.mode)]


def placement(given: Iterable[Mapping[str, Any]], host: HostState) -> Placement:
    """Return where the files of images go. ``given`` are rows of the module image.

    Raise BuildError with every reason why files cannot be placed, or OSError.
    """
    shown, files, problems = [], [], []
    for image in given:
        own, found_problems = _layout(image, host)
        problems += [problem.text() for problem in found_problems]
        files += own
        shown.append({**image, "placed": [file.as_dict() for file in own]} if own else image)
    if problems:
        raise BuildError.of(problems)
    script, _way = xen_folders.find(host.release, minios_install.ROOT, {file.path: None for file in files})
    notes = [
        with_remedy(f"{script} of the host comes before {file.path}, which is not used", "remove the first")
        for file in files
        if file.name == STUBDOM_DM and file.path != script
    ]
    return Placement(shown, files, minios_install.state_of(files), notes)


def _layout(image: Mapping[str, Any], host: HostState) -> tuple[list[minios_layout.XenFile], list[Problem]]:
    """Return the files of one image, and the problems."""
    root, release = minios_install.ROOT, host.release
    firmware = xen_folders.firmware(release, root)
    if image.get("name") != HOST_TOOLS:
        folders = [path for part in ("boot", "bin") for path in xen_folders.places(release, part)]
        return minios_layout.files_for_xen(image, host.toolstack, release, firmware, folders)
    paths = libxl_paths.find(release, root)
    # Where no libxl is found, a folder that has a hvmloader is Xen's.
    usual = (firmware,) if firmware else ()
    bins = paths.bin or tuple(f"{folder[: -len('boot')]}bin" for folder in usual)
    folders_of_libxl = host_tools_layout.LibxlFolders(bins, paths.boot or usual)
    return host_tools_layout.files_for_libxl(image, host.toolstack, folders_of_libxl)

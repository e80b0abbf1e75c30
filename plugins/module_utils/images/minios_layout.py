# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which files of a mini-OS image go to Xen's own folders, and where (pure)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any, Collection, Mapping

from ..common.problem import Problem
from ..xen.facts import STUBDOM_DM
from ..xen.releases import MINIOS_IMAGE, Release, knows

# The name of the image in the store.
NAME = "ioemu-stubdom"
# The modes that Xen's own build gives to programs and images.
_MODES = ("0755", "0644")


@dataclass(frozen=True)
class XenFile:
    """Describe a file of an image that goes to one of Xen's folders: source, sha256, path on the host, and mode.

    ``dm_config`` is explained in ``facts.Facts``; ``firmware`` is what a hvmloader contains. A ``member`` is of the archive
    ``source``, which has the sha256 ``archive``.
    """

    source: str
    sha256: str
    path: str
    mode: int
    dm_config: str | None = None
    firmware: tuple[str, ...] = ()
    member: str = ""
    archive: str = ""

    @property
    def name(self) -> str:
        """Return the file's name on the host."""
        return posixpath.basename(self.path)

    @property
    def source_sha256(self) -> str:
        """Return the sha256 of ``source``."""
        return self.archive or self.sha256

    def as_dict(self) -> dict[str, Any]:
        """Return the file as data, for a module's result."""
        return {"path": self.path, "mode": f"{self.mode:04o}", "sha256": self.sha256, "dm_config": self.dm_config}


def files_for_xen(
    image: Mapping[str, Any], toolstack: str, release: Release, firmware: str, folders: Collection[str]
) -> tuple[list[XenFile], list[Problem]]:
    """Return the files of an image that are installed in Xen's folders; ``image`` is a result of the module image.

    With xm these are all files, at the paths that the source tree has for them, as stubdom-dm contains these paths.
    libxl starts no script; until 4.13 it reads the image from the folder of hvmloader (``firmware``, "" when unknown),
    from 4.14 on a guest's file names the one in the store.

    ``folders`` are those in which Xen is looked for on this host; no file is installed elsewhere.
    """
    if image.get("name") != NAME or (toolstack == "xl" and knows("stubdomain_kernel", release)):
        return [], []
    installed, problems = installed_by(image)
    files = []
    for file in image.get("files") or []:
        name = str(file["file"])
        if name not in installed or (toolstack == "xl" and name != MINIOS_IMAGE):
            continue
        path, mode = str(installed[name].get("path")), str(installed[name].get("mode"))
        if toolstack == "xl" and firmware:
            path = posixpath.join(firmware, name)
        if posixpath.dirname(path) not in folders or posixpath.basename(path) != name:
            reason = f"the tree that it was built from has {name} where Xen is not looked for on this host"
            remedy = f"build it for one of {', '.join(folders)}, as with configure: [--prefix=/usr]"
            problems.append(Problem(reason, remedy, key=f"image {NAME}", value=path))
        elif mode not in _MODES:
            reason = f"is not a mode that Xen installs {name} with"
            problems.append(Problem(reason, "build the image again", key=f"image {NAME}", value=mode))
        else:
            dm_config = installed[name].get("dm_config") if name == STUBDOM_DM else None
            files.append(XenFile(str(file["path"]), str(file["sha256"]), path, int(mode, 8), dm_config))
    return ([], problems) if problems else (files, [])


def installed_by(image: Mapping[str, Any]) -> tuple[Mapping[str, Mapping[str, Any]], list[Problem]]:
    """Return what the manifest of an image has of each file, by name, and the problems; {} with a problem.

    A manifest can come from a damaged store, or from a playbook that was written by hand.
    """
    found = image.get("installed") or {}
    if isinstance(found, Mapping) and all(isinstance(about, Mapping) for about in found.values()):
        return found, []
    reason, remedy = "installed must be a mapping with a mapping for each file", "build the image again"
    return {}, [Problem(reason, remedy, key=f"image {image.get('name')}", value=found)]


def file_listing(found: Mapping[str, tuple[str, int]], files: Collection[XenFile]) -> tuple[str, str]:
    """Return the files before and after, for a diff; ``found`` has sha256 and mode of existing files, by path."""
    before = [f"{path} {sha256[:16]} {mode:04o}\n" for path, (sha256, mode) in sorted(found.items())]
    after = [
        f"{file.path} {file.sha256[:16]} {file.mode:04o}\n" for file in sorted(files, key=lambda file: file.path)
    ]
    return "".join(before), "".join(after)

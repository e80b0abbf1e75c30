# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a mini-OS image Xen's own programs look for in their own folders, and where (pure)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any, Collection, Mapping

from ..common.problem import Problem
from ..schemes.paired import IMAGE
from ..xen.facts import STUBDOM_DM
from ..xen.releases import Release, knows

# The name of the image in the store.
NAME = "ioemu-stubdom"
# What Xen's own build installs programs and images with.
_MODES = ("0755", "0644")


@dataclass(frozen=True)
class Placed:
    """A file of an image, its sha256, where it goes on the host, and its mode. ``dm_config`` see ``facts.Facts``."""

    source: str
    sha256: str
    path: str
    mode: int
    dm_config: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"path": self.path, "mode": f"{self.mode:04o}", "sha256": self.sha256, "dm_config": self.dm_config}


def wanted(
    image: Mapping[str, Any], toolstack: str, release: Release, firmware: str, folders: Collection[str]
) -> tuple[list[Placed], list[Problem]]:
    """What is to be installed of an image, as the module image returned it.

    With xm all of it, where the tree that it was built from has it: stubdom-dm has these paths in it. libxl starts no
    script; until 4.13 it takes the image from the folder that hvmloader is in (``firmware``, "" where nobody knows), from
    4.14 on a guest's file names the one in the store.

    ``folders`` are those that Xen is looked for in on this host; nothing is put anywhere else.
    """
    if image.get("name") != NAME or (toolstack == "xl" and knows("stubdomain_kernel", release)):
        return [], []
    said = image.get("installed") or {}
    placed, problems = [], []
    for file in image.get("files") or []:
        name = str(file["file"])
        if name not in said or (toolstack == "xl" and name != IMAGE):
            continue
        path, mode = str(said[name].get("path")), str(said[name].get("mode"))
        if toolstack == "xl" and firmware:
            path = posixpath.join(firmware, name)
        if posixpath.dirname(path) not in folders or posixpath.basename(path) != name:
            reason = f"the tree that it was built from has {name} where Xen is not looked for on this host"
            remedy = f"build it for one of {', '.join(folders)}, as with configure: [--prefix=/usr]"
            problems.append(Problem(reason, remedy, key=f"image {NAME}", value=path))
        elif mode not in _MODES:
            reason = f"is no mode that Xen installs {name} with"
            problems.append(Problem(reason, "build the image again", key=f"image {NAME}", value=mode))
        else:
            dm_config = said[name].get("dm_config") if name == STUBDOM_DM else None
            placed.append(Placed(str(file["path"]), str(file["sha256"]), path, int(mode, 8), dm_config))
    return ([], problems) if problems else (placed, [])


def listing(found: Mapping[str, tuple[str, int]], placed: Collection[Placed]) -> tuple[str, str]:
    """The files before and after, for a diff; ``found`` are sha256 and mode of those that are there."""
    before = [f"{path} {sha256[:16]} {mode:04o}\n" for path, (sha256, mode) in sorted(found.items())]
    after = [f"{one.path} {one.sha256[:16]} {one.mode:04o}\n" for one in sorted(placed, key=lambda one: one.path)]
    return "".join(before), "".join(after)

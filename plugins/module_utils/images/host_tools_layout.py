# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide where the parts that dom0 needs for mini-OS stub domains are installed: where the host's libxl looks (pure)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from ..common.problem import Problem
from ..xen.releases import HOST_TOOLS, HVMLOADER, KEYMAPS, KEYMAPS_FOLDER, QEMU_DM
from .minios_layout import XenFile, installed_by

# The prefix of a build, as in /usr/local/share/xen/qemu/keymaps: qemu-dm looks nowhere else.
_KEYMAPS = re.compile(rf"(/usr|/usr/local|/opt/[\w.+-]+)/{re.escape(KEYMAPS_FOLDER)}")
# The name of a keymap, such as en-us.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_KEY = f"image {HOST_TOOLS}"


@dataclass(frozen=True)
class LibxlFolders:
    """Hold the folders in which the host's libxl looks for qemu-dm (``bin``) and for hvmloader (``boot``)."""

    bin: tuple[str, ...] = ()
    boot: tuple[str, ...] = ()


def files_for_libxl(
    image: Mapping[str, Any], toolstack: str, folders: LibxlFolders
) -> tuple[list[XenFile], list[Problem]]:
    """Return the files of the image host-tools, and the problems; ``image`` is a result of the module image.

    There are none with xm, whose releases always have these parts.
    """
    if image.get("name") != HOST_TOOLS or toolstack != "xl":
        return [], []
    files: list[XenFile] = []
    installed, problems = installed_by(image)
    if problems:
        return [], problems
    for file in image.get("files") or []:
        name, about = str(file["file"]), installed.get(file["file"]) or {}
        if name in (QEMU_DM, HVMLOADER):
            places, mode = (folders.bin, 0o755) if name == QEMU_DM else (folders.boot, 0o644)
            firmware = tuple(str(one) for one in about.get("firmware") or ())
            files += [
                XenFile(str(file["path"]), str(file["sha256"]), f"{place}/{name}", mode, firmware=firmware)
                for place in places
            ]
            if not places:
                reason = f"it is not known where this host's libxl looks for {name}"
                remedy = "install xl and its libraries in one prefix, such as /usr/local, or the parts by hand"
                problems.append(Problem(reason, remedy, key=_KEY, value=name))
        elif name == KEYMAPS:
            try:
                files += _keymaps(file, about)
            except (KeyError, TypeError, ValueError, AttributeError):
                reason = "is not where a build of Xen has the keymaps of qemu-dm"
                remedy = "build it with a prefix such as /usr/local, and without options for its folders"
                problems.append(Problem(reason, remedy, key=_KEY, value=about.get("path", "")))
    return ([], problems) if problems else (files, [])


def _keymaps(file: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[XenFile]:
    """Yield the files of the archive. Raise ValueError and others where its manifest is not one of the builder's."""
    folder = posixpath.splitext(str(about["path"]))[0]
    if not _KEYMAPS.fullmatch(folder):
        raise ValueError(folder)
    for name, sha256 in sorted(about["members"].items()):
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        path = f"{folder}/{name}"
        yield XenFile(str(file["path"]), str(sha256), path, 0o644, member=str(name), archive=str(file["sha256"]))

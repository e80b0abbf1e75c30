# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find and install the program fs-backend on a host, and list its processes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping

from ..common.errors import XenfleetError
from ..common.files import below, read_text, write_atomic
from ..common.problem import shown
from ..images import store as image_store
from ..xen.releases import FS_BACKEND_PROGRAM
from .policy import LOCK, LOCK_FD, NAME, PROGRAM, Process

ROOT = Path("/")

_MODE = 0o755


@dataclass(frozen=True)
class Source:
    """Describe the file to install, and the sha256 that it must have, "" for any."""

    path: str
    sha256: str = ""


class ProgramError(XenfleetError):
    """Report that the program cannot be installed."""


class NoProgramError(ProgramError):
    """Report that the host has no program to install."""


def find_program(named: str, store: Path, announced: Iterable[Mapping[str, Any]], root: Path | None = None) -> Source:
    """Return the first of: the named file, the image of this run, the store's current image, the file of Xen's own build.

    Raise NoProgramError.
    """
    if named:
        return Source(named)
    for image in announced:
        if image["name"] == NAME:
            return Source(str(image["path"]), str(image.get("sha256") or ""))
    stored = image_store.current(store, NAME)
    if stored:
        return Source(stored.path, stored.sha256)
    own = below(root or ROOT, FS_BACKEND_PROGRAM)
    if own.is_file():
        return Source(str(own))
    reason = f"is not given; the store has no image {NAME}, and the host has no {FS_BACKEND_PROGRAM}"
    remedy = (
        "declare the host's release in stubdom_host and name a source tree of it in stubdom_xen_sources, or install Xen's "
        "tools/fs-back"
    )
    raise NoProgramError(f"program: {reason}", remedy)


def checked_sum(source: Source) -> str:
    """Return the sha256 of the file. Raise ProgramError when the file does not exist or has another sha256; OSError."""
    found = image_store.sha256_of(Path(source.path)) if os.path.isfile(source.path) else ""
    if found and found == (source.sha256 or found):
        return found
    reason = "is not the image that was installed" if found else "is not a file of the host"
    remedy = "install the image again" if source.sha256 else f"correct the path, or leave it out for the image {NAME}"
    raise ProgramError(f"program = {shown(source.path)}: {reason}", remedy)


def installed_sum(root: Path | None = None) -> str:
    """Return the sha256 of the installed program; "" when none is installed and executable. Raise OSError."""
    path = below(root or ROOT, PROGRAM)
    return image_store.sha256_of(path) if path.is_file() and os.access(str(path), os.X_OK) else ""


def install_program(source: Source, root: Path | None = None) -> None:
    """Put the file where the service starts it from. A running process keeps the old file. Raise OSError."""
    write_atomic(below(root or ROOT, PROGRAM), Path(source.path).read_bytes(), _MODE)


def service_manager(root: Path | None = None) -> str:
    """Return the host's service manager, systemd or sysvinit: systemd has this folder (sd_booted(3))."""
    return "systemd" if below(root or ROOT, "/run/systemd/system").is_dir() else "sysvinit"


def processes(root: Path | None = None) -> list[Process]:
    """Return every fs-backend that runs, by the name of its process."""
    found = []
    for folder in sorted(below(root or ROOT, "/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            # The name is in brackets, and can contain brackets itself.
            head, _bracket, rest = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:
            continue  # The process has ended since it was listed.
        if head.partition("(")[2] == NAME and rest.split()[:1] != ["Z"]:
            found.append(Process(int(folder.name), _leads_to(folder / "fd" / str(LOCK_FD), LOCK)))
    return found


def started_sum(root: Path | None = None) -> str:
    """Return the sha256 of the program that the service started last, "" for none."""
    return (read_text(below(root or ROOT, LOCK)) or "").strip()


def _leads_to(link: Path, target: str) -> bool:
    try:
        return os.readlink(link) == target
    except OSError:
        return False

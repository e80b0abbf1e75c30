# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put an installed tree into a host's root file system. Needs root."""

import os
import subprocess
from pathlib import Path

from ..errors import LabError
from ..process import SEARCH_PATH, run
from .content import look
from .read import XenDist
from .services import Services

ARCHIVE = "xen-dist.tar"
RUNLEVELS = (2, 3, 4, 5)


def copy(dist: XenDist, rootfs: Path, log: Path) -> None:
    """Copy the tree's files. Folders that are there keep their modes, and links to folders stay links.

    tar runs in the root file system: /var/run is a link to /run there, and it must not mean this machine's.
    """
    try:
        dist.content.pack(rootfs / ARCHIVE)
        same = look(dist.path).digest() == dist.digest
    except OSError:
        same = False
    if not same:
        raise LabError(f"{dist.path} has changed while the base was built: wait until Xen's installation has ended, and build it again.")
    run(["chroot", str(rootfs), "tar", "-x", "-p", "-f", f"/{ARCHIVE}", "-C", "/", "--keep-directory-symlink", "--no-overwrite-dir"], log)
    (rootfs / ARCHIVE).unlink()


def enable(services: Services, rootfs: Path, disk_backend: bool, log: Path) -> None:
    """Have Xen's services started at boot."""
    units = [unit for unit in services.units if disk_backend or "disk-backend" not in unit]
    if units:
        run(["chroot", str(rootfs), "systemctl", "enable", *units], log)
    before = ""
    for script in services.scripts:
        for level in RUNLEVELS:
            link = rootfs / f"etc/rc{level}.d/S01{script}"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"../init.d/{script}")
        if before:
            drop_in = rootfs / f"etc/systemd/system/{script}.service.d/order.conf"
            drop_in.parent.mkdir(parents=True)
            drop_in.write_text(f"[Unit]\nAfter={before}.service\n")
        before = script


def require_libraries(dist: XenDist, rootfs: Path, log: Path) -> None:
    """Refresh the cache of shared libraries. Raise LabError when one that the tree needs is not on the host."""
    run(["chroot", str(rootfs), "ldconfig"], log)
    command = ["chroot", str(rootfs), "ldconfig", "-p"]
    known = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": SEARCH_PATH}).stdout
    missing = {soname: file for soname, file in dist.needed.items() if f"\t{soname} (" not in known}
    if missing:
        listed = "\n".join(f"  - {soname}, which {file} needs" for soname, file in sorted(missing.items()))
        raise LabError(
            f"{dist.path} needs shared libraries that neither it nor this Debian release has:\n{listed}\n"
            "  Build Xen on that release, or configure the part away that needs them."
        )

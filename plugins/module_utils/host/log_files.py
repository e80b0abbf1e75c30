# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name the logs of a guest on the host, and mark where one ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: The arguments with which xenconsoled logs the console of every guest, as the role console_log sets them.
XENCONSOLED_ARGUMENTS = "--log=guest"


@dataclass(frozen=True)
class Mark:
    """Describe the end of a log at some time: ``size`` in bytes.

    libxl begins a new log with each start, and renames the one before; the inode shows which one it is.
    """

    inode: int = 0
    size: int = 0


def console_log_of(folder: Path, name: str) -> Path:
    """Return the path at which xenconsoled --log=guest writes a guest's console."""
    return folder / f"guest-{name}.log"


def stub_domain_log_of(folder: Path, name: str) -> Path:
    """Return the path of the log of a guest's stub domain, or of its QEMU where that runs in dom0."""
    return folder / f"qemu-dm-{name}.log"


def model_logs(folder: Path, name: str, stub: str) -> list[Path]:
    """Return the logs of the device model of a guest: that of its stub domain, or of its QEMU in dom0; and that of the QEMU in
    dom0 that serves the stub domain, its consoles and display (libxl_dm.c, xend/image.py)."""
    return [stub_domain_log_of(folder, name), stub_domain_log_of(folder, stub)]


def toolstack_logs(folder: Path, log: str) -> list[Path]:
    """Return the toolstack's own logs: xl has one for each guest, ``log``; xend has two."""
    own = folder / Path(log).name
    return [own, folder / "xend-debug.log"] if own.name == "xend.log" else [own]


def mark(log: Path) -> Mark:
    """Return where a log ends now."""
    try:
        status = log.stat()
    except OSError:
        return Mark()
    return Mark(status.st_ino, status.st_size)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name where a host keeps what an import reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..common.paths import RECORDS, XEN_LIB_DIR


@dataclass(frozen=True)
class Places:
    """Hold the folders of a host. ``library`` has libxl's records of running domains: up to Xen 4.4 the text that xl read is
    among them. ``root`` is where Xen's own files lie, ``records`` the folder of this collection's records."""

    config_dir: Path
    autostart_dir: Path
    store: Path
    processes: Path = Path("/proc")
    library: Path = Path(XEN_LIB_DIR)
    root: Path = Path("/")
    records: Path = Path(RECORDS)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what libxl recorded of a running domain's configuration. Read only, without a process.

From Xen 4.5 on, libxl keeps the configuration that a domain was made from in userdata-d.DOMID.UUID.libxl-json, with what it
chose by itself, such as MAC addresses (libxl_internal.c, libxl__set_domain_configuration). The file also serves HVM guests
with a stub domain, of which ``xl list -l`` prints nothing while their QEMU does not answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..common.files import read_text
from ..common.paths import XEN_LIB_DIR
from .meaning import Meaning, MeaningError, recorded

_ENDING = ".libxl-json"


class DomainRecord(NamedTuple):
    """Describe what a domain was made from, and its ``uuid``."""

    uuid: str
    meaning: Meaning


def read_record(domid: int, folder: Path | None = None) -> DomainRecord | None:
    """Return libxl's record of a domain, None where there is none that can be read."""
    found = sorted((folder or Path(XEN_LIB_DIR)).glob(f"userdata-d.{domid}.*{_ENDING}"))
    if len(found) != 1:
        return None
    try:
        text = read_text(found[0])
        return None if text is None else DomainRecord(found[0].name.split(".")[2].lower(), recorded(text))
    except (OSError, MeaningError):
        return None

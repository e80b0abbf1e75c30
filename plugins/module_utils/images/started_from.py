# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the version that a domain was started from where Xen requires its image in a folder of its own. Read only.

The toolstack names the path in Xen's folder only; what was there at the start is another version, once a newer one is
installed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterable, Mapping

from ..toolstack.base import BootFiles, Domain, Toolstack
from . import placed
from . import store as image_store


def stored_files(
    toolstack: Toolstack, store: Path, domains: Iterable[Domain], files: Mapping[int, BootFiles]
) -> dict[int, BootFiles]:
    """Return ``files``, what the toolstack names for each domain by its id, with the store's paths of files that this
    collection placed in Xen's folders. Raise ToolstackError.

    The toolstack is asked for the start of such domains only. A path stays as it is where the start, or what was there then,
    is unknown. mini-OS has no RAM disk.
    """
    record = {os.path.realpath(path): file for path, file in placed.read_record(store).items()}
    kernels = {domain.domid: os.path.realpath(files[domain.domid].kernel) for domain in domains if record}
    concerned = [domain for domain in domains if kernels.get(domain.domid) in record]
    if not concerned:
        return dict(files)
    current = {
        file["sha256"]: file["path"] for image in image_store.installed(store) if image["current"] for file in image["files"]
    }
    facts = toolstack.facts_of_all(concerned)
    found = dict(files)
    for domain in concerned:
        presence = record[kernels[domain.domid]].at(facts[domain.domid].start_time)
        if presence:
            # A newer version can have the same file.
            found[domain.domid] = BootFiles(current.get(presence.sha256, presence.source), files[domain.domid].ramdisk)
    return found


def replaced(store: Path) -> dict[str, str]:
    """Return the image's name by the path of each file that was in Xen's folders before the one of that image: those of the
    host, and of versions that may no longer be in the store."""
    return {
        presence.source: file.image
        for file in placed.read_record(store).values()
        for presence in file.history
        if presence.sha256 != file.sha256
    }

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the guests that run from files of older image versions than the current ones. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping

from ..guest.model import Guest
from ..toolstack import stub_domains
from ..toolstack.base import BootFiles, Domain, Toolstack
from . import store as image_store


def stale_files(store: Path, versions: Mapping[str, str]) -> dict[str, str]:
    """Return the image's name by the path of each file in the store that is not of its current version, and of each file
    outside the store that one of the store has replaced in Xen's folders.

    ``versions`` are those that this run makes current, by image name: in check mode they are not current yet.
    """
    files = [(image, str(file["path"])) for image in image_store.installed(store) for file in image["files"]]
    stale = {
        path: str(image["name"])
        for image, path in files
        if image["version"] != versions.get(image["name"], image["version"] if image["current"] else "")
    }
    if (store / image_store.PLACED).exists():
        # Hosts of the mini-OS generation.
        from . import started_from

        stored = {path for _image, path in files}
        stale.update((path, name) for path, name in started_from.replaced(store).items() if path not in stored)
    return stale


def stale_files_of_guests(
    toolstack: Toolstack,
    store: Path,
    guests: Iterable[tuple[Guest, Domain]],
    domains: Mapping[str, Domain],
    stale: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """Return by guest name the ``stale`` files that its domain, or its stub domain, was booted from, with the images.

    ``domains`` are those of the host, by name. A file that the definition itself names is not stale. The toolstack is
    asked nothing when no file is stale. Raise ToolstackError.
    """
    asked = list(guests) if stale else []
    booted: dict[str, Domain] = {}
    for guest, domain in asked:
        source = stub_domains.serving(toolstack, domains, domain) if guest.type == "hvm" else domain
        if source and guest.type != "pvh":
            booted[guest.name] = source
    files = toolstack.booted_from(list(booted.values())) if booted else {}
    if booted and (store / image_store.PLACED).exists():
        from . import started_from

        files = started_from.stored_files(toolstack, store, booted.values(), files)
    found = {}
    for guest, domain in asked:
        boot_files = files.get(booted[guest.name].domid, BootFiles()) if guest.name in booted else BootFiles()
        if guest.type == "pvh":
            boot_files = BootFiles(toolstack.kernel_of(domain))
        own = {guest.boot.kernel, guest.boot.ramdisk, guest.device_model.kernel, guest.device_model.ramdisk}
        paths = [path for path in (boot_files.kernel, boot_files.ramdisk) if path in stale and path not in own]
        if paths:
            found[guest.name] = {path: stale[path] for path in paths}
    return found

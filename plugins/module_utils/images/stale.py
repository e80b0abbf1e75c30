# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests run on from files of older images than the installed ones. Looks, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping

from ..guest.model import Guest
from ..toolstack import stub_domains
from ..toolstack.base import BootFiles, Domain, Toolstack
from . import store as image_store


def old_files(store: Path, versions: Mapping[str, str]) -> dict[str, str]:
    """The image's name by the path of each file in the store that is not of its current version. ``versions`` are those
    that this run makes current, by the names of their images: in check mode they are not current yet."""
    return {
        file["path"]: image["name"]
        for image in image_store.installed(store)
        if image["version"] != versions.get(image["name"], image["version"] if image["current"] else "")
        for file in image["files"]
    }


def find(
    toolstack: Toolstack,
    guests: Iterable[tuple[Guest, Domain]],
    domains: Mapping[str, Domain],
    old: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """Of each guest, by its name, those of the ``old`` files that its domain, or the stub domain that serves it, was booted
    from, each with the image's name. What its definition names itself is as it is wanted.

    ``domains`` are those of the host, by name. Nobody is asked for anything where there are no old files. Raises
    ToolstackError.
    """
    asked = list(guests) if old else []
    booted: dict[str, Domain] = {}
    for guest, domain in asked:
        source = stub_domains.serving(toolstack, domains, domain) if guest.type == "hvm" else domain
        if source and guest.type != "pvh":
            booted[guest.name] = source
    files = toolstack.booted_from(list(booted.values())) if booted else {}
    found = {}
    for guest, domain in asked:
        seen = files.get(booted[guest.name].domid, BootFiles()) if guest.name in booted else BootFiles()
        if guest.type == "pvh":
            seen = BootFiles(toolstack.kernel_of(domain))
        own = {guest.boot.kernel, guest.boot.ramdisk, guest.device_model.kernel, guest.device_model.ramdisk}
        stale = {path: old[path] for path in (seen.kernel, seen.ramdisk) if path in old and path not in own}
        if stale:
            found[guest.name] = stale
    return found

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe a Xen host and what it has: the work of ``host_info``. Read only."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Callable

from ..common.files import below
from ..common.processes import command_lines
from ..fs_backend.policy import need_of
from ..images import placed
from ..images import store as image_store
from ..images.origin import StoreIndex
from ..schemes.choose import refusal
from ..toolstack.base import BootFiles, Domain, Toolstack
from ..toolstack.monitors import monitored, refuse_beside_xend
from ..toolstack.transitions import SHORT_LIMIT, remaining, settle
from ..toolstack.xen_folders import folders
from ..xen.releases import SCHEMES, shown
from . import facts
from .device_models import DeviceModels

# Seconds: a domain that is destroyed is listed without a name for a moment.
_TEARDOWN = 2.0


def collect(
    toolstack: Toolstack,
    store: Path,
    root: Path = Path("/"),
    targets: list[str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Return the whole result of host_info. Raise NotXenError or ToolstackError.

    ``targets`` are those that hosts of the fleet share; None reads neither uuids nor disks.
    """
    state = toolstack.info()
    listed = toolstack.domains()
    if toolstack.name == "xm":
        refuse_beside_xend(below(root, "/proc"), {domain.name for domain in listed})
    found_domains, unsettled = _settled(toolstack, listed, root, sleep)
    left = toolstack.nameless
    if left:
        sleep(_TEARDOWN)
        left = remaining(toolstack, left)
    known = facts.read_facts(state, store, {}, root)
    rows = domains(toolstack, found_domains, store, root)
    if targets is not None:
        # Only a fleet whose hosts share disks asks for it.
        from .identities import identify

        known_of = identify(toolstack, found_domains, rows, targets)
    else:
        known_of = {}
    return {
        "xen": {**asdict(state), "release": shown(state.release)},
        "fs_backend": asdict(need_of(state.release)),
        "directories": folders(state.release, "boot", root),
        "images": image_store.installed(store),
        "xen_images": [str(path) for path in facts.xen_images(state, root)],
        "changed_files": placed.changes(store, root),
        "schemes": [scheme for scheme in SCHEMES if refusal(scheme, known) is None],
        "domains": rows,
        "unsettled": unsettled,
        "nameless": [{"domid": domain.domid, "memory": domain.memory} for domain in left],
        **known_of,
    }


def _settled(
    toolstack: Toolstack, found: list[Domain], root: Path, sleep: Callable[[float], None]
) -> tuple[list[Domain], dict[str, str]]:
    """Return the domains when no guest is in the midst of a reboot, an end or a migration any more; and why, by name, one
    still is.

    A guest that has no domain for a moment shows by the process that monitors it.
    """
    processes = below(root, "/proc")
    changing = [
        domain.name
        for domain in found
        if domain.domid and (domain.condition not in ("running", "paused") or not domain.has_run)
    ]
    by_name = {domain.name: domain for domain in found}
    names = [*changing, *(name for name in monitored(processes) if name not in by_name)]
    if not names:
        return found, {}
    settled = settle(toolstack, by_name, names, sleep, processes, SHORT_LIMIT)
    return list(settled.domains.values()), dict(settled.unsettled)


def domains(toolstack: Toolstack, found: list[Domain], store: Path, root: Path = Path("/")) -> list[dict[str, Any]]:
    """Return all domains but dom0: each guest with its device model, and the image of its stub domain or its kernel.

    They come from the text of ``list``: ``xl list -l`` leaves out stub domains, and sometimes a guest that has one (Xen
    4.5 on; before, it prints nothing).
    """
    models = DeviceModels(toolstack, store, found, command_lines(below(root, "/proc")).values())
    seen = {domain.domid: models.of(domain.domid) for domain in found if domain.domid != 0}
    # A guest with a device model has no kernel of its own. Those of the others are read together.
    others = [domain for domain in found if domain.domid in seen and not seen[domain.domid].where]
    unknown = [domain for domain in others if domain.domid not in models.files]
    files = {**(toolstack.booted_from(unknown) if unknown else {}), **models.files}
    installed = StoreIndex(store)
    rows = []
    for domain in found:
        if domain.domid == 0:
            continue
        model = seen[domain.domid]
        booted = model.files if model.where else files.get(domain.domid, BootFiles())
        origin = installed.origin_of(booted.kernel, booted.ramdisk)
        row = {
            "name": domain.name,
            "domid": domain.domid,
            "memory": domain.memory,
            "vcpus": domain.vcpus,
            "state": domain.condition,
            "device_model": model.where,
            "stub_domain": model.stub.name if model.stub else "",
            "serves": models.targets[domain.domid],
            "image": origin.text,
            "stale": bool(origin.stale),
        }
        rows.append(row)
    return rows

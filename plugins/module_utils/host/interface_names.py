# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the names of guests' interfaces are not those of interfaces that the host has for itself. Read only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Collection, Sequence

from ..common.files import below
from ..common.problem import Problem
from ..guest.device_strings import server_of
from ..guest.model import Guest

INTERFACES = "/sys/class/net"


def check(guests: Sequence[Guest], running: Collection[str], root: Path = Path("/")) -> list[Problem]:
    """Return a problem for each name of an interface of a guest that is to start, where the host has a bridge, a card or another
    interface of that name: the vif script cannot rename the guest's interface then.

    An interface of a domain is left out: it may go in this run, or belong to the guest while it reboots.
    """
    return [
        Problem(
            "is the name of an interface that the host has",
            "give the guest's interface another name",
            guest=guest.name,
            key=f"vifs[{number}].vifname",
            value=vif.vifname,
        )
        for guest in guests
        if guest.has_domain and guest.name not in running
        for number, vif in enumerate(guest.vifs)
        if vif.vifname and not server_of(vif.backend) and _is_hosts_own(below(root, INTERFACES) / vif.vifname)
    ]


def _is_hosts_own(interface: Path) -> bool:
    """Return whether an interface is there and is neither a back end of a domain (its device is vif-DOMID-NUMBER) nor QEMU's end
    of an emulated card."""
    if not interface.exists() or (interface / "tun_flags").exists():
        return False
    return not os.path.basename(os.path.realpath(interface / "device")).startswith("vif-")

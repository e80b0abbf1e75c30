# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the host has the users that a QEMU in dom0 is to run as. Read only."""

from __future__ import annotations

import pwd

from ..xen.releases import Release
from .findings import Findings

# The first release whose libxl looks the users up itself, refuses root, and falls back to a shared user
# (libxl__domain_get_device_model_uid of libxl_dm.c). Before, QEMU looks them up, and dm_restrict had other users.
_LOOKED_UP: Release = (4, 12)
_RANGE, _SHARED = "xen-qemuuser-range-base", "xen-qemuuser-shared"


def check(found: Findings, scheme: str, release: Release) -> None:
    """Refuse device_model_user and dm_restrict where the host does not have the user. A stub domain's QEMU is not a process
    of dom0."""
    if found.guest.type != "hvm" or scheme != "dom0" or release < _LOOKED_UP:
        return
    user = found.text("device_model_user")
    if user:
        uid = _uid(user)
        if uid is None or uid == 0:
            reason = "is not a user of the host" if uid is None else "is root, as which libxl does not restrict QEMU"
            found.problem_of_file("device_model_user", reason, "create the user on the host, or correct the name")
    elif found.is_on("dm_restrict") and _uid(_RANGE) is None and _uid(_SHARED) is None:
        reason = f"the host has neither the user {_RANGE} nor {_SHARED}, as which libxl restricts QEMU"
        found.problem_of_file("dm_restrict", reason, f"create {_RANGE} with a range of free user ids behind it")


def _uid(user: str) -> int | None:
    """Return the id of a user as getpwnam finds it, from a directory service too; None where there is none."""
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None

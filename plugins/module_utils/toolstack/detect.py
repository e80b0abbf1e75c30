# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Return the toolstack of a host, from the programs that the host has."""

from __future__ import annotations

import os
from shutil import which

from .base import NotXenError, Toolstack
from .command import Run, run
from .xl import Xl

# While one of these exists, xl of Xen 4.2 to 4.4 changes nothing (tools/libxl/xl.c, XEND_LOCK).
LOCKS = ("/var/lock/subsys/xend", "/var/lock/xend")


def detect(wanted: str = "auto", runner: Run = run) -> Toolstack:
    """Return the toolstack named ``wanted`` (xl or xm), or for "auto" the one that runs the guests of this host.

    Raise NotXenError for xl on a host on which xend runs.
    """
    if wanted == "auto":
        wanted = "xm" if _has_xend(runner) else "xl"
    if wanted == "xl":
        _refuse_beside_xend()
        return Xl(runner)
    # Imported here, as hosts since Xen 4.5 have no xm, and need none of the files that it is made of.
    from .xm import Xm

    return Xm(runner)


def _refuse_beside_xend() -> None:
    """Raise NotXenError where xend keeps xl from its work. Hosts since Xen 4.5 have no xm."""
    lock = next((path for path in LOCKS if which("xm") and os.path.exists(path)), "")
    if lock:
        raise NotXenError(
            f"xl changes nothing on this host while xend runs, which {lock} shows",
            f"use toolstack: xm, and start xend if it does not answer, or end it for good: xend stop, then remove {lock}",
        )


def _has_xend(runner: Run) -> bool:
    """Return whether xend runs the guests: the host has xm alone, or xend answers.

    Where xend runs, xl of Xen 4.2 to 4.4 refuses to change anything. No host with Xen 4.5 or newer has xm, so that
    nothing is run there.
    """
    if which("xm") is None:
        return False
    return which("xl") is None or runner(["xm", "info"]).rc == 0

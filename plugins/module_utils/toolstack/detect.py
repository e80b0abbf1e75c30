# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Return the toolstack of a host, from the programs that the host has."""

from __future__ import annotations

from shutil import which

from .base import Toolstack
from .command import Run, run
from .xl import Xl


def detect(wanted: str = "auto", runner: Run = run) -> Toolstack:
    """Return the toolstack named ``wanted`` (xl or xm), or for "auto" the one that runs the guests of this host."""
    if wanted == "auto":
        wanted = "xm" if _has_xend(runner) else "xl"
    if wanted == "xl":
        return Xl(runner)
    # Imported here, as hosts since Xen 4.5 have no xm, and need none of the files that it is made of.
    from .xm import Xm

    return Xm(runner)


def _has_xend(runner: Run) -> bool:
    """Return whether xend runs the guests: the host has xm alone, or xend answers.

    Where xend runs, xl of Xen 4.2 to 4.4 refuses to change anything. No host with Xen 4.5 or newer has xm, so that
    nothing is run there.
    """
    if which("xm") is None:
        return False
    return which("xl") is None or runner(["xm", "info"]).rc == 0

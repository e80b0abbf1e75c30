# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which toolstack a host has, from what it really has."""

from __future__ import annotations

from shutil import which

from .base import Toolstack
from .command import Run, run
from .program import Program
from .xl import Xl
from .xm import Xm

TOOLSTACKS: dict[str, type[Program]] = {"xl": Xl, "xm": Xm}


def detect(wanted: str = "auto", runner: Run = run) -> Toolstack:
    """The toolstack named, or the one the host has."""
    if wanted == "auto":
        wanted = "xm" if _has_xend(runner) else "xl"
    return TOOLSTACKS[wanted](runner)


def _has_xend(runner: Run) -> bool:
    """Whether xend runs the guests: there is only xm, or xend answers. Then xl of 4.2 to 4.4 refuses to change anything.

    No host with Xen 4.5 or newer has xm, so that it is asked nothing.
    """
    if which("xm") is None:
        return False
    return which("xl") is None or runner(["xm", "info"]).rc == 0

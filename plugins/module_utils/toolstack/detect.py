# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which toolstack a host has, from what it really has."""

from __future__ import annotations

from .base import Toolstack, ToolstackError
from .command import Run, run
from .xl import Xl

TOOLSTACKS: dict[str, type[Xl]] = {"xl": Xl}


def detect(wanted: str = "auto", runner: Run = run) -> Toolstack:
    """The toolstack named, or the one the host has; ``xl`` is the only one that Xen 4.5 on has.

    Raises ToolstackError for one that no host can be asked with.
    """
    if wanted == "xm":
        raise ToolstackError("files can be written for xm, but it cannot be asked. Remedy: give release, such as 4.0.")
    return TOOLSTACKS["xl" if wanted == "auto" else wanted](runner)

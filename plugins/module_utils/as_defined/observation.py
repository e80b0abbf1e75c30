# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe at once whether a host is as defined, so that no step of deploy.yml has anything to do there. Read only.

Each step is asked in the order of the steps, by the code that its module runs, and the observation ends at the first one
that would do or report something: that one then does so.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any, Mapping

from ..common import host_lock
from ..common.errors import XenfleetError
from ..toolstack.base import Toolstack
from . import options as observation_options
from .difference import Difference


def observe(toolstack: Toolstack, given: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether the host is ``as_defined``: the rows of its ``guests``, or the ``difference`` that was found first.

    ``given`` are the options of the steps; ``facts`` is the result of host_info.
    """
    try:
        options = observation_options.read(given)
        with ExitStack() as stack:
            for path in sorted({options["lock"], options["images_lock"]}):
                if not stack.enter_context(host_lock.keep_out(Path(path))):
                    raise Difference("no run has worked on the host yet, or another one does")
            return {"as_defined": True, "guests": _guests(toolstack, options, facts)}
    except (Difference, XenfleetError, OSError) as found:
        return {"as_defined": False, "difference": str(found)}


def _guests(toolstack: Toolstack, options: Mapping[str, Any], facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the guests. Raise Difference, XenfleetError or OSError."""
    if facts["unsettled"] or facts["nameless"]:
        raise Difference("a domain is about to change, or was destroyed and is still there")
    if options["fs_backend"] and facts["fs_backend"]["wanted"]:
        raise Difference("the step fs_backend runs on this host")
    with_console = options["console"] and _are_consoles_logged(options)
    # Loaded for a host that may be as defined.
    from ..images.origin import StoreIndex
    from ..images.store import sha256_of
    from . import guests, images

    # An image is read once, whichever steps ask about it.
    read_sum = lru_cache(maxsize=None)(sha256_of)
    found = images.installed(options, toolstack.info(), read_sum)
    return guests.rows(toolstack, options, found, StoreIndex(Path(options["store"]), read_sum), with_console)


def _are_consoles_logged(options: Mapping[str, Any]) -> bool:
    """Return whether xenconsoled logs the consoles; True where another one than the role console_log sees to it.

    Raise Difference or OSError.
    """
    if not options["console_log"]:
        return True
    from ..host.console_setup import set_up

    result = set_up(options["console_log_arguments"], check=True)
    if result.changed or result.note:
        raise Difference("xenconsoled is to be set up")
    return result.logged

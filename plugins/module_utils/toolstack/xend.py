# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read from xend's records what it does with domains that have ended (pure)."""

from __future__ import annotations

import re

from . import sxp

_ACTIONS = ("on_poweroff", "on_reboot", "on_crash")
_ROW = re.compile(r'^( *)(\S+) = "(.*)"')


def is_preserved(data: sxp.Sxp) -> bool:
    """Return whether xend may keep a domain that has ended, for each reason that the list does not exclude.

    xm names no reason but a crash: a domain that is kept in one case is taken for kept.
    """
    crashed = "c" in sxp.value_of(data, "state")
    actions = _ACTIONS[2:] if crashed else _ACTIONS[:2]
    return any("preserve" in sxp.value_of(data, action) for action in actions)


def restarting(text: str) -> set[str]:
    """Return the names of the guests that xend restarts: it records that below /vm from before the destruction of the old
    domain until the new one runs (Xen 4.1, tools/python/xen/xend/XendDomainInfo.py, RESTART_IN_PROGRESS).

    ``text`` is what xenstore-ls printed of /vm.
    """
    found, name = set(), ""
    for line in text.splitlines():
        row = _ROW.match(line)
        if row is None:
            continue
        blanks, key, value = row.groups()
        if not blanks:
            name = ""
        elif key == "name" and len(blanks) == 1:
            name = value
        # xenstore keeps keys in the order in which they were made: the name comes first.
        elif key == "restart_in_progress" and name:
            found.add(name)
    return found

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until domains are gone, or as they are to be."""

from __future__ import annotations

from typing import Callable

from ..toolstack.base import Domain, Toolstack

POLL_SECONDS = 2.0

# For what takes a moment: xl returns when a domain was unpaused, and Xen pauses one at once.
_MOMENT = 30.0


class Waiting:
    """All of it raises ToolstackError."""

    def __init__(self, toolstack: Toolstack, sleep: Callable[[float], None]) -> None:
        self._toolstack = toolstack
        self.sleep = sleep

    def gone(self, timeout: float, *domains: Domain | None) -> dict[int, str]:
        """The conditions of those that are not gone when the time is over, by their ids. ``timeout`` is in seconds."""
        asked = [domain.domid for domain in domains if domain]
        left: dict[int, str] = {}
        for attempt in range(int(timeout / POLL_SECONDS) + 1):
            if attempt:
                self.sleep(POLL_SECONDS)
            found = {domain.domid: domain.condition for domain in self._toolstack.domains()}
            left = {domid: found[domid] for domid in asked if domid in found}
            if not left:
                break
        return left

    def leaves(self, name: str, condition: str) -> Domain | None:
        """The domain of that name as soon as it is no longer in that condition, or as it is after half a minute; None
        for none."""
        domain = self.named(name)
        for _attempt in range(int(_MOMENT / POLL_SECONDS)):
            if domain is None or domain.condition != condition:
                break
            self.sleep(POLL_SECONDS)
            domain = self.named(name)
        return domain

    def condition(self, domain: Domain) -> str:
        """As it is now, "" for gone."""
        same = (found.condition for found in self._toolstack.domains() if found.domid == domain.domid)
        return next(same, "")

    def named(self, name: str) -> Domain | None:
        """The domain of that name as it is now, or None."""
        return next((domain for domain in self._toolstack.domains() if domain.name == name), None)


def within(what: str) -> str:
    """For a message: what was not reached in the time that such a moment has.

    >>> within("is running")
    'is running 30 seconds later'
    """
    return f"{what} {_MOMENT:.0f} seconds later"

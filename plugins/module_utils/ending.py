# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until domains are gone, and destroys what does not go by itself: a part of ``lifecycle``."""

from __future__ import annotations

from typing import Callable

from .toolstack.base import Domain, Toolstack, ToolstackError

_POLL_SECONDS = 2.0


class Ending:
    """``timeout`` is in seconds, for each wait. All of it raises ToolstackError."""

    def __init__(self, toolstack: Toolstack, timeout: float, sleep: Callable[[float], None]) -> None:
        self._toolstack = toolstack
        self._timeout = timeout
        self._sleep = sleep

    def wait(self, *domains: Domain | None) -> dict[int, str]:
        """The conditions of those that are not gone when the time is over, by their ids.

        xl shutdown -w could return before that (until Xen 4.14). A domain that is shut down is left to xl's own
        monitor for as long: two that destroy the same domain disturb each other's hotplug scripts.
        """
        asked = [domain.domid for domain in domains if domain]
        left: dict[int, str] = {}
        for attempt in range(int(self._timeout / _POLL_SECONDS) + 1):
            if attempt:
                self._sleep(_POLL_SECONDS)
            found = {domain.domid: domain.condition for domain in self._toolstack.domains()}
            left = {domid: found[domid] for domid in asked if domid in found}
            if not left:
                break
        return left

    def condition(self, domain: Domain) -> str:
        """As it is now, "" for gone."""
        same = (found.condition for found in self._toolstack.domains() if found.domid == domain.domid)
        return next(same, "")

    def destroy(self, domain: Domain) -> None:
        """A domain that somebody else ended meanwhile is as good as destroyed."""
        try:
            self._toolstack.destroy(domain)
        except ToolstackError:
            if self.condition(domain):
                raise

    def destroy_rest(self, stub: Domain) -> None:
        """Of a guest that is gone, its stub domain: it serves nobody, and would keep the guest from its next start. One
        that is on its way out is let go."""
        if self.condition(stub) not in ("", "dying"):
            self.destroy(stub)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends domains, and what does not go by itself: a part of ``lifecycle``."""

from __future__ import annotations

from ..toolstack import stub_domains
from ..toolstack.base import Domain, Toolstack, ToolstackError
from .wait import Waiting


class Ending:
    """``timeout`` is in seconds, for each wait. All of it raises ToolstackError."""

    def __init__(self, toolstack: Toolstack, waiting: Waiting, timeout: float) -> None:
        self._toolstack = toolstack
        self._waiting = waiting
        self._timeout = timeout

    def wait(self, *domains: Domain | None) -> dict[int, str]:
        """The conditions of those that are not gone when the time is over, by their ids.

        xl shutdown -w could return before that (until Xen 4.14). A domain that is shut down is left to xl's own
        monitor for as long: two that destroy the same domain disturb each other's hotplug scripts.
        """
        return self._waiting.gone(self._timeout, *domains)

    def destroy(self, domain: Domain) -> None:
        """A domain that somebody else ended meanwhile is as good as destroyed."""
        try:
            self._toolstack.destroy(domain)
        except ToolstackError:
            if self._waiting.condition(domain):
                raise

    def destroy_rest(self, stub: Domain) -> None:
        """Of a guest that is gone, its stub domain: it serves nobody, and would keep the guest from its next start. One
        that is on its way out is let go."""
        if self._waiting.condition(stub) not in ("", "dying"):
            self.destroy(stub)

    def remove(self, domain: Domain) -> str:
        """A domain that has never run, with the stub domain that serves it; its last condition, "" for gone."""
        found = {other.name: other for other in self._toolstack.domains()}
        stub = stub_domains.serving(self._toolstack, found, domain)
        self.destroy(domain)
        if stub:
            self.destroy_rest(stub)
        left = self.wait(domain, stub)
        return next(iter(left.values()), "")

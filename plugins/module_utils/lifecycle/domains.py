# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until domains are gone or have left a condition, and destroy domains."""

from __future__ import annotations

from typing import Callable

from ..toolstack import stub_domains
from ..toolstack.base import Domain, Toolstack, ToolstackError

POLL_SECONDS = 2.0

# Seconds, for a change that takes a moment: xl returns when a domain was unpaused, and Xen pauses one at once.
_SHORT = 30.0


class Waiter:
    """Wait for domains. Every method raises ToolstackError."""

    def __init__(self, toolstack: Toolstack, sleep: Callable[[float], None]) -> None:
        self._toolstack = toolstack
        self.sleep = sleep

    def gone(self, timeout: float, *domains: Domain | None) -> dict[int, str]:
        """Wait ``timeout`` seconds at most, and return the conditions of the domains that still exist, by their ids."""
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
        """Wait, 30 seconds at most, until the domain of that name is no longer in that condition; return it then.

        Return None when there is no such domain.
        """
        domain = self.named(name)
        for _attempt in range(int(_SHORT / POLL_SECONDS)):
            if domain is None or domain.condition != condition:
                break
            self.sleep(POLL_SECONDS)
            domain = self.named(name)
        return domain

    def condition(self, domain: Domain) -> str:
        """Return the condition of a domain now, "" for gone."""
        same = (found.condition for found in self._toolstack.domains() if found.domid == domain.domid)
        return next(same, "")

    def named(self, name: str) -> Domain | None:
        """Return the domain that has that name now, None for none."""
        return next((domain for domain in self._toolstack.domains() if domain.name == name), None)


class Destroyer:
    """Destroy domains. ``timeout`` is in seconds, for each wait. Every method raises ToolstackError."""

    def __init__(self, toolstack: Toolstack, waiter: Waiter, timeout: float) -> None:
        self._toolstack = toolstack
        self._waiter = waiter
        self._timeout = timeout

    def wait(self, *domains: Domain | None) -> dict[int, str]:
        """Wait until the domains are gone, and return the conditions of those that are not in time, by their ids.

        xl shutdown -w could return before that (until Xen 4.14). A domain that has shut down is left to xl's own
        monitor for that time: two programs that destroy the same domain disturb each other's hotplug scripts.
        """
        return self._waiter.gone(self._timeout, *domains)

    def destroy(self, domain: Domain) -> None:
        """Destroy a domain. One that ended meanwhile counts as destroyed."""
        try:
            self._toolstack.destroy(domain)
        except ToolstackError:
            if self._waiter.condition(domain):
                raise

    def destroy_stub(self, stub: Domain) -> None:
        """Destroy the stub domain of a guest that is gone, unless it is ending already.

        It serves no guest, and its name would keep the guest from its next start.
        """
        if self._waiter.condition(stub) not in ("", "dying"):
            self.destroy(stub)

    def remove(self, domain: Domain) -> str:
        """Destroy a domain that has never run, with its stub domain, and return its last condition, "" for gone."""
        found = {other.name: other for other in self._toolstack.domains()}
        stub = stub_domains.serving(self._toolstack, found, domain)
        self.destroy(domain)
        if stub:
            self.destroy_stub(stub)
        left = self.wait(domain, stub)
        return next(iter(left.values()), "")


def after_wait(text: str) -> str:
    """Return a message about what was not reached within the time of ``Waiter.leaves``.

    >>> after_wait("is running")
    'is running 30 seconds later'
    """
    return f"{text} {_SHORT:.0f} seconds later"

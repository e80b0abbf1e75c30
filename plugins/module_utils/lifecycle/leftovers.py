# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove what an interrupted or failed start left: an incomplete domain, or its stub domain."""

from __future__ import annotations

from typing import Mapping

from ..toolstack import stub_domains
from ..toolstack.base import Domain, ToolstackError
from .context import Context, GuestRun


class Leftovers:
    """Remove what starts left; in check mode, predict the outcomes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._toolstack = context.toolstack
        self._is_check = context.policy.check

    def remove_interrupted(self, run: GuestRun) -> None:
        """Remove, before a start, what an earlier one left of a guest. Raise ToolstackError."""
        domains: Mapping[str, Domain] = self._context.domains
        if run.domain:
            domains = self._remove_half_made(run, run.domain)
        if not run.outcome.problems and run.has_stub_domain:
            self._remove_stub(run, domains)

    def remove_failed(self, run: GuestRun, uuid: str) -> str:
        """Remove what a start that has failed left. Return the remedy for what cannot be removed, "" for nothing.

        ``uuid`` is that of the domain that the start made.
        """
        try:
            domains = self._context.list_domains()
        except ToolstackError as error:
            return f"find out why the toolstack does not answer ({error})"
        domain = domains.get(run.guest.name)
        try:
            if domain:
                is_ours = not domain.has_run and self._toolstack.facts_of(domain).uuid == uuid
                if not is_ours or self._context.destroyer.remove(domain):
                    return f"destroy the incomplete domain that is left: {self._toolstack.name} destroy {run.guest.name}"
                run.outcome.note(f"domain {domain.domid}, left by a failed start, is destroyed")
                domains = self._context.list_domains()
            if run.guest.type == "hvm":
                self._remove_stub(run, domains)
        except ToolstackError as error:
            return f"destroy its stub domain, which is left: {self._destroy_stub(run)} ({error})"
        return ""

    def _remove_half_made(self, run: GuestRun, domain: Domain) -> Mapping[str, Domain]:
        """Destroy the domain of an interrupted start, and return the domains that exist then, by name."""
        if self._is_check:
            stub = stub_domains.serving(self._toolstack, self._context.domains, domain)
            return {name: other for name, other in self._context.domains.items() if other not in (domain, stub)}
        last = self._context.destroyer.remove(domain)
        if last:
            reason = f"domain {domain.domid}, whose start was interrupted, was destroyed and is {last}"
            run.fail(reason, self._find_holder())
        else:
            run.set_off()
        return self._context.list_domains()

    def _remove_stub(self, run: GuestRun, domains: Mapping[str, Domain]) -> None:
        """Destroy the stub domain that a failed start left: libxl cannot make another one of its name."""
        left, taken = stub_domains.left_over(self._toolstack, domains, run.guest.name)
        if taken:
            run.fail(taken, f"examine it, then run {self._destroy_stub(run)}")
            return
        if left and not self._is_check:
            if left.condition != "dying":
                self._context.destroyer.destroy(left)
            if self._context.destroyer.wait(left):
                reason = f"domain {left.domid} ({left.name}), left by a failed start, was destroyed and still exists"
                run.fail(reason, self._find_holder())
                return
        if left and left.condition != "dying":
            run.outcome.note(f"domain {left.domid} ({left.name}), left by a failed start, is destroyed")

    def _find_holder(self) -> str:
        return f"find out what holds it ({self._toolstack.name} dmesg), then run this again"

    def _destroy_stub(self, run: GuestRun) -> str:
        return f"{self._toolstack.name} destroy {self._toolstack.stub_name_of(run.guest.name)}"

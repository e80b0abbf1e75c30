# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shut guests down, pause and unpause them."""

from __future__ import annotations

from ..common.arguments import setting
from ..toolstack import stub_domains
from ..toolstack.base import Domain, ToolstackError
from . import records
from .context import Context, GuestRun
from .domains import after_wait

_FORCE = setting("guest_state", "stop_force", "true")


class Stopper:
    """Shut guests down, pause and unpause them; in check mode, predict the outcomes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._policy = context.policy
        self._toolstack = context.toolstack
        self._records = context.folders.records

    def stop(self, runs: list[GuestRun]) -> None:
        """Ask all guests to shut down, then wait for all of them: they shut down side by side."""
        for run in runs if not self._policy.check else []:
            self._ask(run)
        for run in runs:
            if not run.outcome.problems:
                with self._context.guard(run):
                    self.wait_gone(run)

    def pause(self, run: GuestRun) -> None:
        """Pause a guest. Raise ToolstackError or OSError."""
        if self._policy.check or run.domain is None:
            run.outcome.state = "paused"
            return
        # Recorded first: a pause without a record would count as an operator's.
        records.pause(self._records, run.guest.name, self._toolstack.facts_of(run.domain).uuid)
        self._toolstack.pause(run.domain)
        self._wait_for(run, "running", "paused")

    def unpause(self, run: GuestRun) -> None:
        """Unpause a guest. Raise ToolstackError or OSError."""
        if self._policy.check or run.domain is None:
            run.outcome.state = "running"
            return
        self._toolstack.unpause(run.domain)
        if self._wait_for(run, "paused", "running"):
            records.forget_pause(self._records, run.guest.name)

    def wait_gone(self, run: GuestRun) -> None:
        """Wait until a guest is off, and remove the records of its start and its pause.

        Raise ToolstackError or OSError.
        """
        last = self._end(run.domain) if run.domain and not self._policy.check else ""
        if run.domain and not last and not self._policy.check:
            last = self._end_again(run)
            if run.outcome.problems:
                return
        if last:
            reason = f"did not shut down within {self._policy.timeout:.0f} seconds, and is {last}"
            more = f"give it more time with {setting('guest_state', 'stop_timeout')}"
            remedy = f"shut it down from inside, {more}, or set {_FORCE}"
            run.fail(reason, remedy)
            run.outcome.state = last
            return
        run.set_off()
        if not self._policy.check:
            records.forget_begun(self._records, run.guest.name)
            records.forget_pause(self._records, run.guest.name)

    def _end_again(self, run: GuestRun) -> str:
        """End the domain that a guest has got by itself since its last one ended, as in a reboot of its own. Return its last
        condition, "" for gone. Raise ToolstackError.

        One that shuts down and comes back once more is started by its on_poweroff.
        """
        domain = self._context.settled(run.guest.name)
        if domain is None:
            return ""
        self._context.update(run, domain)
        self._ask(run)
        last = "" if run.outcome.problems else self._end(domain)
        again = None if last or run.outcome.problems else self._context.settled(run.guest.name)
        if again is None:
            return last
        self._context.update(run, again)
        if self._policy.destroy:
            # xl starts no guest again whose domain was destroyed.
            self._context.destroyer.destroy(again)
            return self._end(again)
        remedy = f"set on_poweroff: destroy and restart it once, or set {_FORCE}"
        run.fail("starts again whenever it shuts down", remedy)
        return ""

    def _wait_for(self, run: GuestRun, before: str, wanted: str) -> bool:
        """Wait until the guest's domain is in the wanted condition; report a problem of the guest where it is not."""
        domain = self._context.waiter.leaves(run.guest.name, before)
        self._context.update(run, domain)
        if run.outcome.state == wanted:
            return True
        reason = after_wait(f"should be {wanted}, and is {run.outcome.state}")
        run.fail(reason, "read its console, then run this again")
        return False

    def _ask(self, run: GuestRun) -> None:
        domain = run.domain
        if domain is None:
            return
        try:
            if run.observation.paused_by_us:
                self._toolstack.unpause(domain)
                self._shutdown(domain)
            elif domain.condition == "running":
                self._shutdown(domain)
            elif domain.condition in ("crashed", "paused"):
                self._context.destroyer.destroy(domain)
        except ToolstackError as error:
            run.fail(str(error), "read the guest's console, then run this again")

    def _shutdown(self, domain: Domain) -> None:
        """Ask a guest to shut down. Where it cannot be asked, destroy it if that is the policy."""
        try:
            self._toolstack.shutdown(domain)
        except ToolstackError:
            if not self._policy.destroy:
                raise
            self._context.destroyer.destroy(domain)

    def _end(self, domain: Domain) -> str:
        """Wait until a domain and its stub domain are gone, and return its last condition, "" for gone."""
        stub = stub_domains.serving(self._toolstack, self._context.domains, domain)
        left = self._context.destroyer.wait(domain, stub)
        last = left.get(domain.domid, "")
        # A guest that has ended, kept by on_poweroff = "preserve", has nothing left to lose.
        if last == "shutdown" or (last and self._policy.destroy):
            self._context.destroyer.destroy(domain)
            last = ""
        if stub and left and not last:
            self._context.destroyer.destroy_stub(stub)
        return last

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shuts guests down, and pauses and unpauses them: a part of ``lifecycle``."""

from __future__ import annotations

from ..toolstack import stub_domains
from ..toolstack.base import Domain, ToolstackError
from . import records
from .context import Scene, Task
from .wait import within


class Stopping:
    """In check mode it says what would be."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._rules = scene.rules
        self._toolstack = scene.toolstack

    def stop(self, tasks: list[Task]) -> None:
        """All are asked at once, then waited for together: they shut down side by side."""
        for task in tasks if not self._rules.check else []:
            self._ask(task)
        for task in tasks:
            if not task.outcome.problems:
                with self._scene.guard(task):
                    self.wait_gone(task)

    def pause(self, task: Task) -> None:
        """Raises ToolstackError, OSError."""
        if self._rules.check or task.domain is None:
            task.outcome.state = "paused"
            return
        # Noted first: a pause that nobody noted would be an operator's.
        records.pause(self._rules.records, task.guest.name, self._toolstack.facts_of(task.domain).uuid)
        self._toolstack.pause(task.domain)
        self._see(task, "running", "paused")

    def unpause(self, task: Task) -> None:
        if self._rules.check or task.domain is None:
            task.outcome.state = "running"
            return
        self._toolstack.unpause(task.domain)
        if self._see(task, "paused", "running"):
            records.forget_pause(self._rules.records, task.guest.name)

    def _see(self, task: Task, before: str, wanted: str) -> bool:
        """Waits until the guest's domain is as wanted; what it is otherwise is the guest's problem."""
        domain = self._scene.waiting.leaves(task.guest.name, before)
        self._scene.seen_again(task, domain)
        if task.outcome.state == wanted:
            return True
        task.fail(within(f"was to be {wanted}, and is {task.outcome.state}"), "look at its console, then run this again")
        return False

    def _ask(self, task: Task) -> None:
        domain = task.domain
        if domain is None:
            return
        try:
            if task.situation.paused_by_us:
                self._toolstack.unpause(domain)
                self._shutdown(domain)
            elif domain.condition == "running":
                self._shutdown(domain)
            elif domain.condition in ("crashed", "paused"):
                self._scene.ending.destroy(domain)
        except ToolstackError as error:
            task.fail(str(error), "look at the guest's console, then run this again")

    def _shutdown(self, domain: Domain) -> None:
        """A guest that cannot be asked is one that did not listen: with ``destroy`` it goes the hard way."""
        try:
            self._toolstack.shutdown(domain)
        except ToolstackError:
            if not self._rules.destroy:
                raise
            self._scene.ending.destroy(domain)

    def wait_gone(self, task: Task) -> None:
        """Raises ToolstackError, OSError."""
        last = self._end(task.domain) if task.domain and not self._rules.check else ""
        if last:
            reason = f"did not shut down within {self._rules.timeout:.0f} seconds, and is {last}"
            remedy = "shut it down from inside, give it more time with stop_timeout, or set stop_force: true"
            task.fail(reason, remedy)
            task.outcome.state = last
            return
        task.is_off()
        if not self._rules.check:
            records.forget_begun(self._rules.records, task.guest.name)
            records.forget_pause(self._rules.records, task.guest.name)

    def _end(self, domain: Domain) -> str:
        """Waits until a domain is gone, and its stub domain with it; its last condition, "" for gone."""
        stub = stub_domains.serving(self._toolstack, self._scene.domains, domain)
        left = self._scene.ending.wait(domain, stub)
        last = left.get(domain.domid, "")
        # A guest that has ended, kept by on_poweroff = "preserve", has nothing left to lose.
        if last == "shutdown" or (last and self._rules.destroy):
            self._scene.ending.destroy(domain)
            last = ""
        if stub and left and not last:
            self._scene.ending.destroy_rest(stub)
        return last

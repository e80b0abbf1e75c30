# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring the guests of a host to their states: the work of ``guest_state``.

For each guest the run waits for a start of an earlier run, observes the host and decides. Then it plans the order of all
actions, and takes them step by step.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, Sequence

from ..guest.model import Definition, depths_of
from ..images import stale
from ..toolstack.base import Toolstack, ToolstackError
from . import records
from .context import Context, Folders, GuestRun
from .decide import Decision, Policy, decide
from .observation import EarlierStart, Observation
from .observe import Observer
from .order import Step, plan
from .outcome import Outcome

if TYPE_CHECKING:
    from .start import Starter
    from .stop import Stopper

__all__ = ["Folders", "HostRun", "Outcome", "Policy"]

_Configured = Mapping[str, Mapping[str, Any]]


class HostRun:
    """Bring the guests of one host to their states; a problem of one guest does not affect the others."""

    def __init__(
        self,
        toolstack: Toolstack,
        folders: Folders,
        policy: Policy,
        configured: _Configured | None = None,
        sleep: Callable[[float], None] = time.sleep,
        new_uuid: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        """List the domains of the host. Raise ToolstackError.

        ``configured`` is what guest_config returned for each guest, by name; a guest that it refused is left alone.
        """
        self._toolstack = toolstack
        self._folders = folders
        self._policy = policy
        self._configured = configured
        files_may_come = policy.check and configured is not None
        self._context = Context(toolstack, folders, policy, sleep, files_may_come)
        self._new_uuid = new_uuid
        # The name of a guest that did not start again after its restart.
        self._failed_restart = ""

    # What starts and stops guests is loaded only where a guest is started or stopped.
    @cached_property
    def _stopper(self) -> Stopper:
        from .stop import Stopper

        return Stopper(self._context)

    @cached_property
    def _starter(self) -> Starter:
        from .start import Starter

        return Starter(self._context, self._stopper, self._new_uuid)

    def run(self, definitions: Sequence[Definition], more_starts: bool = False) -> list[Outcome]:
        """Return one outcome for each definition. Raise ToolstackError.

        With ``more_starts``, the caller starts other guests afterwards, so that the last delay passes, too.
        """
        outcomes, runs = self._decided(definitions)
        actions = [(run.guest, run.outcome.action) for run in runs]
        steps = plan(actions, self._policy.restart_batch)
        for number, step in enumerate(steps):
            concerned = [self._context.runs[name] for name in step.names]
            self._take(step, concerned)
            if more_starts or any(later.is_start for later in steps[number + 1 :]):
                self._delay(concerned)
        self._forget_absent(runs)
        self._note_users(runs)
        return outcomes

    def decide(self, definitions: Sequence[Definition]) -> list[Outcome]:
        """Return the outcomes of a run as far as its decisions, of which no action is taken. Raise ToolstackError."""
        return self._decided(definitions)[0]

    def left_behind(self) -> tuple[str, str] | None:
        """Return what is left of domains that were destroyed before the run, and the remedy; None for nothing.

        Raise ToolstackError.
        """
        return self._context.left_behind()

    def _decided(self, definitions: Sequence[Definition]) -> tuple[list[Outcome], list[GuestRun]]:
        """Observe the guests and decide; return the same as ``_read``."""
        outcomes, runs = self._read(definitions)
        self._context.runs = {run.guest.name: run for run in runs}
        for name, depth in depths_of([run.guest for run in runs]).items():
            self._context.runs[name].outcome.depth = depth
        self._decide_all(runs)
        return outcomes, runs

    def _read(self, definitions: Sequence[Definition]) -> tuple[list[Outcome], list[GuestRun]]:
        """Return one outcome for each definition, and a run for each guest that something may be done with."""
        outcomes, runs = [], []
        for definition in definitions:
            outcome = Outcome(definition.name, problems=list(definition.problems))
            outcomes.append(outcome)
            domain = self._context.domains.get(definition.name)
            if domain:
                outcome.state, outcome.domid = domain.condition, domain.domid
            configured = self._configured
            result = None if configured is None else configured.get(definition.name, {"problems": True})
            # guest_config has reported why it refused a guest; a second report would count twice.
            outcome.refused = bool(result and result.get("problems"))
            if definition.guest:
                outcome.order = definition.guest.order
            if definition.guest and not outcome.refused:
                scheme = str((result or {}).get("scheme", ""))
                runs.append(GuestRun(definition.guest, outcome, domain, scheme=scheme))
        return outcomes, runs

    def _decide_all(self, runs: list[GuestRun]) -> None:
        domains = [run.domain for run in runs if run.domain]
        observer = Observer(self._toolstack, self._folders, self._older_files(runs), domains)
        starts: dict[str, EarlierStart | None] = {}
        for run in runs:
            with self._context.guard(run):
                start = self._wait_for_earlier_start(run, observer)
                if start:
                    self._context.update(run, start.domain)
                starts[run.guest.name] = start
        # A guest whose earlier start cannot be read has its problem.
        runs = [run for run in runs if run.guest.name in starts]
        unsettled = self._settle(runs, starts)
        for run in runs:
            name = run.guest.name
            with self._context.guard(run):
                result = None if self._configured is None else self._configured[name]
                observation = observer.observe(run.guest, run.domain, starts[name], result)
                run.observation = replace(observation, unsettled=unsettled.get(name, ""))
                decision = decide(run.guest, run.observation, self._policy, self._toolstack.name)
                _report(run, decision)
                if not self._policy.check:
                    self._close_start(name, run.observation)

    def _settle(self, runs: list[GuestRun], starts: Mapping[str, EarlierStart | None]) -> Mapping[str, str]:
        """Wait for guests in the midst of a reboot, an end or a migration. Raise ToolstackError.

        Return why the state of a guest is not final then, by the names of these guests.
        """
        waiting = [
            run
            for run in runs
            if run.guest.state != "defined"
            and (run.domain is None or run.domain.condition != "running")
            and not ((start := starts[run.guest.name]) and start.process)
        ]
        unsettled = self._context.settle([run.guest.name for run in waiting]) if waiting else {}
        for run in waiting:
            domain = self._context.domains.get(run.guest.name)
            if domain != run.domain:
                self._context.update(run, domain)
        return unsettled

    def _wait_for_earlier_start(self, run: GuestRun, observer: Observer) -> EarlierStart | None:
        """Wait until a start is over that an earlier run began and whose end it did not see; return it, None for none.

        Raise ToolstackError or OSError.
        """
        if records.begun(self._folders.records, run.guest.name) is None:
            return None
        # Loaded only after an interrupted run.
        from .earlier_start import EarlierStartWaiter

        return EarlierStartWaiter(self._context, observer.facts_of).wait(run.guest.name, run.domain)

    def _older_files(self, runs: list[GuestRun]) -> dict[str, dict[str, str]]:
        """Return the files of older images that guests run from, by the names of the guests."""
        running = [(run.guest, run.domain) for run in runs if run.domain and run.guest.has_domain]
        store = self._folders.store
        old = stale.stale_files(store, self._policy.versions)
        try:
            return stale.stale_files_of_guests(self._toolstack, store, running, self._context.domains, old)
        except ToolstackError as error:
            for run in runs:
                if run.domain and run.guest.has_domain:
                    run.outcome.note(f"the image that it was booted from is unknown: {error}")
            return {}

    def _close_start(self, name: str, found: Observation) -> None:
        """Bring the record of an earlier start that is over up to date. Raise OSError."""
        start = found.start
        if start is None or not start.is_over:
            return
        if not start.made_domain:
            records.forget_begun(self._folders.records, name)
        elif not found.is_half_made:
            # It succeeded after the run that began it.
            records.save(self._folders.records, name, start.record)

    def _take(self, step: Step, runs: list[GuestRun]) -> None:
        if step.action == "stopped":
            self._stopper.stop([run for run in runs if self._is_free(run)])
        elif step.action == "started":
            self._starter.start(runs, self._policy.start_parallel)
        elif step.action == "restarted":
            self._restart(runs)
        else:
            for run in runs:
                with self._context.guard(run):
                    (self._stopper.pause if step.action == "paused" else self._stopper.unpause)(run)

    def _restart(self, runs: list[GuestRun]) -> None:
        """Restart guests together.

        When one does not start again, no other running guest is stopped: the cause may be what they share, such as a
        new image.
        """
        if self._failed_restart:
            for run in runs:
                run.outcome.action, run.outcome.cause = "none", ""
                run.outcome.note(f"was not restarted, as guest {self._failed_restart} did not start again after its restart")
            return
        for run in runs:
            with self._context.guard(run):
                self._starter.check(run)
        self._stopper.stop([run for run in runs if not run.outcome.problems])
        stopped = [run for run in runs if not run.outcome.problems]
        for run in stopped:
            run.done = "stopped"
        self._starter.start(stopped, self._policy.start_parallel)
        self._failed_restart = next((run.guest.name for run in stopped if run.outcome.state != "running"), "")

    def _is_free(self, run: GuestRun) -> bool:
        """Return whether no guest of the run needs this one any more; report a problem of the guest otherwise."""
        guests = [other.guest for other in self._context.runs.values() if run.guest.name in other.guest.needed]
        if not guests:
            return True
        # Few guests are needed by others.
        from .needs import still_in_use

        problem = still_in_use(run.guest.name, guests, self._context.states())
        if problem:
            run.outcome.action = "none"
            run.outcome.problems.append(problem)
        return problem is None

    def _note_users(self, runs: list[GuestRun]) -> None:
        if any(run.guest.needed for run in runs) and any(run.outcome.action in ("started", "restarted") for run in runs):
            from .needs import note_users

            note_users([run.guest for run in runs], {run.guest.name: run.outcome for run in runs})

    def _delay(self, runs: Iterable[GuestRun]) -> None:
        """Wait for the longest ``start_delay`` of the guests that were started."""
        started = [run for run in runs if run.outcome.action in ("started", "restarted") and not run.outcome.problems]
        seconds = max((run.guest.start_delay for run in started), default=0)
        if seconds and not self._policy.check:
            self._context.waiter.sleep(seconds)

    def _forget_absent(self, runs: list[GuestRun]) -> None:
        """Remove the records of guests that are to be absent, and are off."""
        for run in runs:
            if run.guest.state == "absent" and run.outcome.state == "off" and not self._policy.check:
                with self._context.guard(run):
                    records.forget(self._folders.records, run.guest.name)


def _report(run: GuestRun, decision: Decision) -> None:
    """Put what was observed and decided into the outcome of a guest."""
    found, outcome = run.observation, run.outcome
    outcome.restart_needed, outcome.stale, outcome.older = found.restart_needed, found.is_stale, dict(found.older)
    for note in found.notes:
        outcome.note(note)
    outcome.action, outcome.cause = decision.action, decision.cause
    if decision.problem:
        outcome.problems.append(decision.problem)
    if found.domain and found.is_half_made and outcome.action != "none":
        outcome.note(f"domain {found.domain.domid}, whose start was interrupted, is destroyed")

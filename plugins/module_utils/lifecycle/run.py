# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings the guests of a host to their states: what ``guest_state`` does.

``look`` tells what is there, ``decide`` what is to be done with each guest, ``sequence`` in which order; ``stopping`` and
``starting`` do it.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, Callable, Iterable, Mapping

from ..guest.model import read_guests
from ..images import stale
from ..toolstack.base import Toolstack, ToolstackError
from . import records
from .context import Outcome, Rules, Scene, Task
from .decide import Policy, decide
from .observe import Look
from .order import Step, plan
from .start import Starting
from .stop import Stopping

__all__ = ["Lifecycle", "Outcome", "Rules"]

_Said = Mapping[str, Mapping[str, Any]]


class Lifecycle:
    """One host's guests in one run; a guest's fault does not keep the others."""

    def __init__(
        self,
        toolstack: Toolstack,
        rules: Rules,
        sleep: Callable[[float], None] = time.sleep,
        new_uuid: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._toolstack = toolstack
        self._rules = rules
        self._scene = Scene(toolstack, rules, sleep)
        self._stopping = Stopping(self._scene)
        self._starting = Starting(self._scene, self._stopping, new_uuid)
        # The guest that did not come back from its restart.
        self._lost = ""

    def run(self, items: list[Any], configured: _Said | None) -> list[Outcome]:
        """``configured`` is what guest_config said of each guest, by name; a guest that it refused is left alone.

        Raises ToolstackError when the host's domains cannot be listed at the start.
        """
        self._scene.domains = self._scene.list()
        self._scene.files_may_come = self._rules.check and configured is not None
        outcomes, tasks = self._read(items, configured)
        self._decide_all(tasks, configured)
        steps = plan(
            [(task.guest, task.outcome.action) for task in tasks], self._rules.start_parallel, self._rules.restart_batch
        )
        by_name = {task.guest.name: task for task in tasks}
        for number, step in enumerate(steps):
            concerned = [by_name[name] for name in step.names]
            self._take(step, concerned)
            if any(later.is_start for later in steps[number + 1 :]):
                self._delay(concerned)
        for task in tasks:
            if task.guest.state == "absent" and task.outcome.state == "off" and not self._rules.check:
                with self._scene.guard(task):
                    records.forget(self._rules.records, task.guest.name)
        return outcomes

    def _read(self, items: list[Any], configured: _Said | None) -> tuple[list[Outcome], list[Task]]:
        """One outcome for each definition, and a task for each guest that something may be done with."""
        outcomes, tasks = [], []
        for definition in read_guests(items):
            outcome = Outcome(definition.name, problems=list(definition.problems))
            outcomes.append(outcome)
            domain = self._scene.domains.get(definition.name)
            if domain:
                outcome.state, outcome.domid = domain.condition, domain.domid
            said = None if configured is None else configured.get(definition.name, {"problems": True})
            # What guest_config refused is its own to tell; told twice it would count twice.
            outcome.refused = bool(said and said.get("problems"))
            if definition.guest:
                outcome.order = definition.guest.order
            if definition.guest and not outcome.refused:
                tasks.append(Task(definition.guest, outcome, domain))
        return outcomes, tasks

    def _decide_all(self, tasks: list[Task], configured: _Said | None) -> None:
        rules = self._rules
        policy = Policy(self._toolstack.name, rules.destroy, rules.restart_stale, rules.reboot)
        look = Look(self._scene, self._stale(tasks), [task.domain for task in tasks if task.domain])
        for task in tasks:
            with self._scene.guard(task):
                task.situation = look.at(task, None if configured is None else configured[task.guest.name])
                task.take(decide(task.guest, task.situation, policy))
                if task.begun and not (task.situation.is_cut or task.situation.maker or rules.check):
                    # It came to its end after the run that began it.
                    records.save(rules.records, task.guest.name, task.begun)
                elif task.outlived and not rules.check:
                    records.forget_begun(rules.records, task.guest.name)
                if task.domain and task.situation.is_cut and task.outcome.action != "none":
                    task.outcome.note(f"domain {task.domain.domid}, whose start was cut short, is destroyed")

    def _stale(self, tasks: list[Task]) -> dict[str, dict[str, str]]:
        """The files of older images that guests run from, by their names."""
        running = [(task.guest, task.domain) for task in tasks if task.domain and task.guest.has_domain]
        old = stale.stale_files(self._rules.store, self._rules.versions)
        try:
            return stale.stale_files_of_guests(self._toolstack, running, self._scene.domains, old)
        except ToolstackError as error:
            for task in tasks:
                if task.domain and task.guest.has_domain:
                    task.outcome.note(f"nobody can tell which image it was booted from: {error}")
            return {}

    def _take(self, step: Step, tasks: list[Task]) -> None:
        if step.action == "stopped":
            self._stopping.stop(tasks)
        elif step.action == "started":
            self._starting.start(tasks)
        elif step.action == "restarted":
            self._restart(tasks)
        else:
            for task in tasks:
                with self._scene.guard(task):
                    (self._stopping.pause if step.action == "paused" else self._stopping.unpause)(task)

    def _restart(self, tasks: list[Task]) -> None:
        """Together. When one does not come back, no other guest that runs is taken down: it may be what they share, such
        as a new image, that keeps it down."""
        if self._lost:
            for task in tasks:
                task.outcome.action, task.outcome.cause = "none", ""
                task.outcome.note(f"was not restarted, as guest {self._lost} did not come back from its restart")
            return
        for task in tasks:
            with self._scene.guard(task):
                self._starting.text_of(task)
        self._stopping.stop([task for task in tasks if not task.outcome.problems])
        stopped = [task for task in tasks if not task.outcome.problems]
        for task in stopped:
            task.done = "stopped"
        for part in _parts(stopped, self._rules.start_parallel):
            self._starting.start(part)
        self._lost = next((task.guest.name for task in stopped if task.outcome.state != "running"), "")

    def _delay(self, tasks: Iterable[Task]) -> None:
        """After what was started, if anything was."""
        started = [task for task in tasks if task.outcome.action in ("started", "restarted") and not task.outcome.problems]
        seconds = max((task.guest.start_delay for task in started), default=0)
        if seconds and not self._rules.check:
            self._scene.waiting.sleep(seconds)


def _parts(tasks: list[Task], size: int) -> list[list[Task]]:
    return [tasks[number : number + size] for number in range(0, len(tasks), size)]

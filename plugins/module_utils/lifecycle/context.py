# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of one run know and tell of each guest."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

from ..common.paths import LOG_DIR, STORE
from ..common.problem import Problem
from ..guest.model import Guest
from ..toolstack.base import Domain, Toolstack, ToolstackError
from .decide import Decision, Situation
from .destroy import Ending
from .records import Record
from .wait import Waiting


@dataclass
class Outcome:
    """What was done to one guest, or would be done; ``restart_needed`` is None when nobody can tell.

    ``cause`` is why it is restarted (``decide.Decision``); ``stale`` says that it runs on from an older image than the
    installed one, and ``older`` are the versions, by the images' names, that it ran from when it was looked at.
    ``order`` is that of its definition.
    ``refused`` says that guest_config did not write the guest's file, so that it was left alone. ``notes`` are what is
    worth knowing and no fault.
    """

    name: str
    action: str = "none"
    cause: str = ""
    state: str = "off"
    domid: int | None = None
    restart_needed: bool | None = False
    stale: bool = False
    older: dict[str, str] = field(default_factory=dict)
    order: int = 0
    refused: bool = False
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "problems": [problem.as_dict() for problem in self.problems]}

    def note(self, text: str) -> None:
        self.notes.append(f"guest {self.name}: {text}")


@dataclass(frozen=True)
class Rules:
    """How a host's guests are handled. ``timeout`` is in seconds, for one guest's shutdown. ``log_dir`` has the logs of
    stub domains, ``store`` the images, ``processes`` dom0's processes; ``versions`` are those of the images that this
    run installs, by name. The last four are described in ``decide`` and ``sequence``."""

    config_dir: Path
    records: Path
    console_dir: Path
    log_dir: Path = Path(LOG_DIR)
    store: Path = Path(STORE)
    processes: Path = Path("/proc")
    versions: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 120.0
    destroy: bool = False
    check: bool = False
    restart_stale: bool = False
    reboot: tuple[str, ...] = ()
    start_parallel: int = 1
    restart_batch: int = 1


@dataclass
class Task:
    """One guest in this run. ``domain`` is the one that it had when it was looked at, and ``begun`` the start of it that
    an earlier run did not see end; ``outlived`` says that nothing is left of such a start. ``done`` is what a later fault
    can no longer undo."""

    guest: Guest
    outcome: Outcome
    domain: Domain | None = None
    situation: Situation = field(default_factory=Situation)
    begun: Record | None = None
    outlived: bool = False
    done: str = "none"

    def take(self, decision: Decision) -> None:
        self.outcome.action, self.outcome.cause = decision.action, decision.cause
        if decision.problem:
            self.outcome.problems.append(decision.problem)

    def fail(self, reason: str, remedy: str, key: str = "state") -> None:
        self.outcome.action = self.done
        self.outcome.problems.append(Problem(reason, remedy, guest=self.guest.name, key=key, value=self.guest.state))

    def is_off(self) -> None:
        self.outcome.state, self.outcome.domid = "off", None

    def is_seen(self, domain: Domain) -> None:
        self.outcome.state, self.outcome.domid = domain.condition, domain.domid


class Scene:
    """What all steps of one run share. ``domains`` are those of the host as they were at the start, by name: a stub domain
    is looked up here, so that a guest without one costs nothing."""

    def __init__(self, toolstack: Toolstack, rules: Rules, sleep: Callable[[float], None]) -> None:
        self.toolstack = toolstack
        self.rules = rules
        self.waiting = Waiting(toolstack, sleep)
        self.ending = Ending(toolstack, self.waiting, rules.timeout)
        self.domains: dict[str, Domain] = {}
        # In check mode guest_config has told of files that it has not written.
        self.files_may_come = False
        self.try_again = f"correct the cause and run this again ({toolstack.says_more})"

    def list(self) -> dict[str, Domain]:
        """The domains that there are now. Raises ToolstackError."""
        return {domain.name: domain for domain in self.toolstack.domains()}

    @contextmanager
    def guard(self, task: Task) -> Iterator[None]:
        """What the toolstack or the disk refuses half-way is the guest's problem, not that of the guests after it."""
        try:
            yield
        except (ToolstackError, OSError) as error:
            task.fail(str(error), self.try_again)

    def seen_again(self, task: Task, domain: Domain | None) -> None:
        """The guest's domain as it is after some waiting."""
        task.domain = domain
        if domain:
            task.is_seen(domain)
            self.domains[domain.name] = domain
        else:
            task.is_off()
            self.domains.pop(task.guest.name, None)

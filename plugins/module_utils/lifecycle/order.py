# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the order in which a host's guests are stopped, started and restarted, and how many at a time (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from ..common.problem import Problem
from ..guest.model import Guest, depths_of

#: toolstack/command.py gives xl 600 seconds for one start, and xl makes one domain at a time: the others wait meanwhile.
MOST_STARTS = 8

_STARTING = ("started", "restarted")


@dataclass(frozen=True)
class Step:
    """Describe one action, and the names of the guests that it is taken on together. All of them have the same ``order``,
    and none needs another one."""

    action: str
    names: tuple[str, ...]

    @property
    def is_start(self) -> bool:
        """Return whether the action starts guests."""
        return self.action in _STARTING


def plan(actions: Sequence[tuple[Guest, str]], restarts: int = 1) -> list[Step]:
    """Return the steps of a run. Each guest with an action is in one of them.

    Guests are stopped and paused first, from the highest order on, all guests of one order together. Then, from the
    lowest order on, guests are unpaused, started and restarted (``restarts`` at a time): a guest that is off is started
    before a running one is stopped. Within one order, a guest that is needed by another one comes before it, and is
    stopped after it. A guest with a ``start_delay`` is the last of its step, so that the next step begins after the
    delay.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
    >>> db, web = Guest("db", 64, Boot("direct"), order=-1), Guest("web", 64, Boot("direct"))
    >>> [step.names for step in plan([(web, "started"), (db, "started")])]
    [('db',), ('web',)]
    """
    depths = depths_of([guest for guest, _action in actions])
    groups: dict[tuple[int, int], dict[str, list[Guest]]] = {}
    for guest, action in actions:
        groups.setdefault((guest.order, depths[guest.name]), {}).setdefault(action, []).append(guest)
    orders = sorted(groups)
    steps: list[Step] = []
    for action in ("stopped", "paused"):
        for order in reversed(orders):
            steps += _split(action, groups[order].get(action, []), len(actions))
    for order in orders:
        for action, size in (("unpaused", len(actions)), ("started", len(actions)), ("restarted", restarts)):
            steps += _split(action, groups[order].get(action, []), size)
    return steps


def check_sizes(starts: int, restarts: int) -> list[Problem]:
    """Return the problems of ``start_parallel`` and ``restart_batch``."""
    found = []
    if not 1 <= starts <= MOST_STARTS:
        found.append(Problem(f"is outside 1 to {MOST_STARTS}", "give a number in that range", key="start_parallel", value=starts))
    if restarts < 1:
        found.append(Problem("is less than 1", "give the number of guests", key="restart_batch", value=restarts))
    return found


def _split(action: str, guests: list[Guest], size: int) -> list[Step]:
    steps: list[Step] = []
    part: list[str] = []
    for guest in guests:
        part.append(guest.name)
        if len(part) == size or (action in _STARTING and guest.start_delay):
            steps.append(Step(action, tuple(part)))
            part = []
    return [*steps, Step(action, tuple(part))] if part else steps

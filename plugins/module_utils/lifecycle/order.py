# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order a host's guests are stopped, started and restarted, and how many at a time (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from ..common.problem import Problem
from ..guest.model import Guest

#: xl has 600 seconds for one start (toolstack/command.py), and makes one domain at a time: the others wait meanwhile.
MOST_STARTS = 8

_STARTING = ("started", "restarted")


@dataclass(frozen=True)
class Step:
    """One action, and the guests that it is taken on together, by their names. Guests of different ``order`` are never in
    one step."""

    action: str
    names: tuple[str, ...]

    @property
    def is_start(self) -> bool:
        return self.action in _STARTING


def plan(actions: Sequence[tuple[Guest, str]], starts: int = 1, restarts: int = 1) -> list[Step]:
    """Every guest, once, with what is to be done with it; the others are left out.

    What ends or is paused goes first, the highest order before the others: all guests of one order together. Then,
    from the lowest order on, guests are unpaused, started, ``starts`` at a time, and restarted, ``restarts`` at a time:
    a guest that is down is brought up before one that runs is taken down. A guest with a ``start_delay`` is the last
    of its step, so that the next one begins after the delay.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.boot import Boot
    >>> db, web = Guest("db", 64, Boot("direct"), order=-1), Guest("web", 64, Boot("direct"))
    >>> [step.names for step in plan([(web, "started"), (db, "started")], starts=2)]
    [('db',), ('web',)]
    """
    orders = sorted({guest.order for guest, _action in actions})
    steps: list[Step] = []
    for action in ("stopped", "paused"):
        for order in reversed(orders):
            steps += _cut(action, _of(actions, action, order), len(actions))
    for order in orders:
        for action, size in (("unpaused", len(actions)), ("started", starts), ("restarted", restarts)):
            steps += _cut(action, _of(actions, action, order), size)
    return steps


def faults_of(starts: int, restarts: int) -> list[Problem]:
    """What is wrong with the two numbers."""
    found = []
    if not 1 <= starts <= MOST_STARTS:
        found.append(Problem(f"is outside 1 to {MOST_STARTS}", "give a number in that range", key="start_parallel", value=starts))
    if restarts < 1:
        found.append(Problem("is less than 1", "give the number of guests", key="restart_batch", value=restarts))
    return found


def _of(actions: Sequence[tuple[Guest, str]], wanted: str, order: int) -> list[Guest]:
    return [guest for guest, action in actions if action == wanted and guest.order == order]


def _cut(action: str, guests: list[Guest], size: int) -> list[Step]:
    steps: list[Step] = []
    part: list[str] = []
    for guest in guests:
        part.append(guest.name)
        if len(part) == size or (action in _STARTING and guest.start_delay):
            steps.append(Step(action, tuple(part)))
            part = []
    return [*steps, Step(action, tuple(part))] if part else steps

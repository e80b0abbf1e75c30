# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report collisions between guests as problems, one for each user or one for a crowd (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable

from ..common.problem import Problem, counted, listed

# More users than these come from a copied line or a shared variable: one sentence names them, not one each.
CROWD = 10
SHOWN = 5


@dataclass(frozen=True)
class Use:
    """Describe one use of something by a guest: the key of the definition, and its value."""

    host: str
    guest: str
    key: str
    value: Any


@dataclass(frozen=True)
class Collision:
    """Hold users that collide with each other and with those of ``also``, which another collision reports."""

    users: list[Use]
    also: list[Use] = field(default_factory=list)


def report(collisions: Iterable[Collision], remedy: str) -> list[Problem]:
    """Return a problem for each user of each collision; one for all where they are more than ``CROWD``."""
    found = []
    for collision in collisions:
        everyone = [*collision.users, *collision.also]
        if len(everyone) > CROWD:
            advice = f"{remedy}; check for a copied line, or a variable that all of them have"
            found.append(_problem(everyone[0], _crowd(everyone), advice))
        elif len(everyone) > 1:
            found += [_problem(user, f"is used also by {_others(user, everyone)}", remedy) for user in collision.users]
    return found


def _problem(user: Use, reason: str, remedy: str) -> Problem:
    return Problem(reason, remedy, host=user.host, guest=user.guest, key=user.key, value=user.value)


def _others(user: Use, everyone: list[Use]) -> str:
    names = [
        f"its own {other.key}" if (other.host, other.guest) == (user.host, user.guest) else f"{other.guest} on {other.host}"
        for other in everyone
        if other is not user
    ]
    return ", ".join(dict.fromkeys(names))


def _crowd(everyone: list[Use]) -> str:
    guests = list(dict.fromkeys((use.guest, use.host) for use in everyone))
    hosts = {host for _guest, host in guests}
    named = listed([f"{guest} on {host}" for guest, host in guests], SHOWN)
    where = f"by {counted(len(guests), 'guest')} on {counted(len(hosts), 'host')}"
    return f"is used {len(everyone)} times, {where}: {named}"

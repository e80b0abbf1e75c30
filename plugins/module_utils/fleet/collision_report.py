# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report collisions between guests as problems, one for each user or one for a crowd (pure)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Callable, Hashable, Iterable, Sequence, TypeVar

from ..common.problem import Problem, counted, listed
from ..common.secrets import without_secrets

# More users than these come from a copied line or a shared variable: one sentence names them, not one each.
CROWD = 10
SHOWN = 5


@dataclass(frozen=True)
class Use:
    """Describe one use of something by a guest: the key of the definition, and its value. ``alias`` is what the message to
    another user shows of it, where that one has something else."""

    host: str
    guest: str
    key: str
    value: Any
    alias: str = ""


@dataclass(frozen=True)
class Collision:
    """Hold users that collide with each other and with those of ``also``, which another collision reports."""

    users: list[Use]
    also: list[Use] = field(default_factory=list)


Thing = TypeVar("Thing")


def by_thing(uses: Iterable[tuple[Hashable, Use]]) -> list[Collision]:
    """Return the users of each thing that has more than one."""
    users: dict[Hashable, list[Use]] = defaultdict(list)
    for thing, use in uses:
        users[thing].append(use)
    return [Collision(found) for found in users.values() if len(found) > 1]


def by_meeting(uses: Sequence[tuple[Thing, Use]], meet: Callable[[Thing, Thing], bool]) -> list[Collision]:
    """Return the collisions of things that are not all the same, such as ranges: each user with those that it meets; where
    there are more than ``CROWD`` of them, all in one."""
    if len(uses) > CROWD:
        uses = [one for one in uses if any(other is not one and meet(one[0], other[0]) for other in uses)]
    if len(uses) > CROWD:
        return [Collision([use for _thing, use in uses])]
    met = [(use, [other for its, other in uses if other is not use and meet(thing, its)]) for thing, use in uses]
    return [Collision([use], others) for use, others in met if others]


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
    # A target, or a text of settings, may hold a password.
    seen = without_secrets([reason, user.value])
    return Problem(seen[0], remedy, host=user.host, guest=user.guest, key=user.key, value=seen[1])


def _others(user: Use, everyone: list[Use]) -> str:
    names = []
    for other in everyone:
        if other is user:
            continue
        own = (other.host, other.guest) == (user.host, user.guest)
        name = f"its own {other.key}" if own else f"{other.guest} on {other.host}"
        names.append(f"{name} ({other.alias})" if other.alias not in ("", user.alias) else name)
    return ", ".join(dict.fromkeys(names))


def _crowd(everyone: list[Use]) -> str:
    guests = list(dict.fromkeys((use.guest, use.host) for use in everyone))
    hosts = {host for _guest, host in guests}
    named = listed([f"{guest} on {host}" for guest, host in guests], SHOWN)
    where = f"by {counted(len(guests), 'guest')} on {counted(len(hosts), 'host')}"
    return f"is used {len(everyone)} times, {where}: {named}"

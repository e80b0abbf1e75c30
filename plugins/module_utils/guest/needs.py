# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Order the guests of a host by what they need of each other, and refuse what can never be (pure)."""

from __future__ import annotations

from collections import deque
from typing import Mapping, Protocol, Sequence

from ..common.problem import Problem


class Guest(Protocol):
    """Describe what this file reads of a ``model.Guest``: model.py imports this file."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def order(self) -> int:
        """Return its place among the guests of its host."""

    @property
    def state(self) -> str:
        """Return the state that it is to have."""

    @property
    def needs(self) -> list[str]:
        """Return the names that its definition needs."""

    @property
    def needed(self) -> list[str]:
        """Return these, and its driver domains."""

    @property
    def driver_domains(self) -> list[tuple[str, str]]:
        """Return the keys and names of its driver domains."""

    @property
    def has_domain(self) -> bool:
        """Return whether it is to have a domain."""


def depths(guests: Sequence[Guest]) -> dict[str, int]:
    """Return, by the name of each guest, how many guests of its own ``order`` start one after the other before it.

    It is 0 for a guest that needs none of them. Guests of another order are before or after it in any case.

    >>> from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import Boot, Guest
    >>> net, web = Guest("net", 64, Boot("direct")), Guest("web", 64, Boot("direct"), needs=["net"])
    >>> depths([web, net])
    {'net': 0, 'web': 1}
    """
    orders = {guest.name: guest.order for guest in guests}
    same = {
        guest.name: [name for name in guest.needed if orders.get(name) == guest.order and name != guest.name]
        for guest in guests
    }
    return _levels(same)[0]


def find(guests: Sequence[Guest]) -> dict[str, list[Problem]]:
    """Return, by the names of guests, why they can never have what they need: circles, a higher ``order``, a state in which
    the needed guest does not run.

    A needed guest that is not in ``guests`` is no problem here: the list may be a part of that of the host.
    """
    known = {guest.name: guest for guest in guests}
    circles = find_circles({guest.name: [name for name in guest.needed if name in known] for guest in guests})
    found: dict[str, list[Problem]] = {}
    for guest in guests:
        own = []
        if guest.name in circles:
            own.append(_circle(guest, circles[guest.name]))
        own += [
            problem
            for key, name in [*(("needs", name) for name in guest.needs), *dict.fromkeys(guest.driver_domains)]
            if name in known and name not in circles.get(guest.name, ())
            for problem in _of_pair(guest, known[name], key)
        ]
        if own:
            found[guest.name] = own
    return found


def find_circles(needed: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return, for each name that needs itself in the end, the names on the way back to it, itself first.

    ``needed`` has, by name, the names that each needs.

    >>> find_circles({"a": ["b"], "b": ["a"], "c": ["a"]})
    {'a': ['a', 'b'], 'b': ['b', 'a']}
    """
    _found, left = _levels(needed)
    circles = {}
    for name in left:
        way = _way_back(name, left)
        if way:
            circles[name] = way
    return circles


def is_started_later(guest: Guest, needed: Guest) -> bool:
    """Return whether ``order`` contradicts a need: of two guests of one order, the needed one starts first in any case."""
    return needed.order > guest.order


def _levels(needed: Mapping[str, Sequence[str]]) -> tuple[dict[str, int], dict[str, Sequence[str]]]:
    """Return the length of the longest chain below each name, and what is left: names that are part of a circle or need
    one."""
    levels: dict[str, int] = {}
    left = dict(needed)
    while left:
        ready = [name for name, names in left.items() if all(other in levels or other not in needed for other in names)]
        if not ready:
            break
        levels.update({name: 1 + max((levels[other] for other in left[name] if other in levels), default=-1) for name in ready})
        for name in ready:
            del left[name]
    return levels, left


def _way_back(name: str, needed: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the shortest way from a name back to itself, without its end; empty for none."""
    ways = deque([[name]])
    seen: set[str] = set()
    while ways:
        way = ways.popleft()
        for other in needed.get(way[-1], ()):
            if other == name:
                return way
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _circle(guest: Guest, way: Sequence[str]) -> Problem:
    chain = ", ".join(f"{name} needs {other}" for name, other in zip(way, [*way[1:], way[0]]))
    # A need that the definition does not name comes from a driver domain.
    first = [*way[1:], way[0]][0]
    if first in guest.needs:
        return Problem(f"is a circle: {chain}", "remove one of these needs", guest=guest.name, key="needs", value=guest.needs)
    key = next(key for key, name in guest.driver_domains if name == first)
    return Problem(f"is a circle: {chain}", "remove one of these needs", guest=guest.name, key=key, value=first)


def _of_pair(guest: Guest, needed: Guest, key: str) -> list[Problem]:
    """Return why one guest can never have another one that it needs."""
    found = []
    if is_started_later(guest, needed):
        reason = f"has the order {needed.order} and would start after this guest, which has the order {guest.order}"
        found.append((reason, f"lower the order of {needed.name}, or raise that of {guest.name}"))
    if guest.has_domain and needed.state != "running":
        reason = f"has the state {needed.state}, so that it does not run when this guest starts"
        other = "remove it from needs" if key == "needs" else "use another driver domain"
        found.append((reason, f"set state: running for {needed.name}, or {other}"))
    return [Problem(reason, remedy, guest=guest.name, key=key, value=needed.name) for reason, remedy in found]

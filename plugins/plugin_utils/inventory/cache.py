# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the last known guests of the Xen hosts in a cache, and update them where hosts do not reply."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...module_utils.common.problem import Problem
from .entries import HostGuests
from .query import HostReply
from .running import guests_of

# Change it with the form of the rows: the hosts are then queried again, whatever an older version has cached.
_FORM = 1


@dataclass(frozen=True)
class FleetSnapshot:
    """Hold the guests of the fleet by host. ``asked`` is the time of the last query, in seconds since 1970."""

    asked: float = 0.0
    fleet: dict[str, HostGuests] = field(default_factory=dict)

    def is_fresh(self, lifetime: float) -> bool:
        """Return whether no query is needed. A ``lifetime`` (seconds) of 0 never ends; a time in the future counts as expired."""
        age = time.time() - self.asked
        return bool(self.asked) and age >= 0 and (lifetime == 0 or age < lifetime)

    def as_data(self, subject: str) -> dict[str, Any]:
        """Return the snapshot as data for a cache; ``subject`` names the sources and hosts of the query."""
        hosts = {host: asdict(guests) for host, guests in self.fleet.items()}
        return {"form": _FORM, "subject": subject, "asked": self.asked, "hosts": hosts}


def from_data(data: Any, subject: str) -> FleetSnapshot:
    """Return the snapshot of a cache, an empty one where it has another subject or form, or is damaged."""
    try:
        if (data["form"], data["subject"]) != (_FORM, subject):
            return FleetSnapshot()
        return FleetSnapshot(float(data["asked"]), {host: HostGuests(**guests) for host, guests in data["hosts"].items()})
    except (AttributeError, KeyError, TypeError, ValueError):
        return FleetSnapshot()


def updated(last: FleetSnapshot, replies: Mapping[str, HostReply]) -> tuple[FleetSnapshot, list[Problem]]:
    """Return the snapshot after a query, and a problem for each host that did not reply.

    A host that was not queried is dropped; of one that did not answer, the last known guests stay, marked as old.
    """
    now = time.time()
    fleet: dict[str, HostGuests] = {}
    problems = []
    for host, reply in replies.items():
        if not reply.failure:
            fleet[host] = HostGuests(guests_of(reply.definitions, reply.host_info, reply.scheme), now)
            continue
        known = last.fleet.get(host)
        result = "its guests are left out"
        if known:
            fleet[host] = HostGuests(known.guests, known.seen, is_old=True)
            result = f"its guests are those of {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(known.seen))}"
        reason = f"{result}, as it did not report what runs now: {reply.failure}"
        problems.append(Problem(reason, f"check that this works: ansible {host} -b -m xenfleet.stubdom.host_info", host=host))
    return FleetSnapshot(now, fleet), problems

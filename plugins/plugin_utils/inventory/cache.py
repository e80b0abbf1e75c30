# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Xen hosts told, in the form in which a cache keeps it, and what becomes of it when hosts do not answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...module_utils.common.problem import Problem
from .entries import HostGuests
from .query import HostReply
from .running import guests_of

# To be changed with the form of the rows: what an older version of the collection has kept is asked for again.
_FORM = 1


@dataclass(frozen=True)
class FleetSnapshot:
    """``asked`` is when the hosts were asked last, in seconds since 1970; ``fleet`` what they told, by their names."""

    asked: float = 0.0
    fleet: dict[str, HostGuests] = field(default_factory=dict)

    def is_fresh(self, lifetime: float) -> bool:
        """Whether nobody has to be asked. A ``lifetime`` (seconds) of 0 has no end; a time to come counts as long ago."""
        age = time.time() - self.asked
        return bool(self.asked) and age >= 0 and (lifetime == 0 or age < lifetime)

    def as_data(self, subject: str) -> dict[str, Any]:
        """For a cache; ``subject`` says what was asked, and of whom."""
        hosts = {host: asdict(told) for host, told in self.fleet.items()}
        return {"form": _FORM, "subject": subject, "asked": self.asked, "hosts": hosts}


def from_data(data: Any, subject: str) -> FleetSnapshot:
    """What a cache gives; nothing is known when it is about something else, of another version, or spoilt."""
    try:
        if (data["form"], data["subject"]) != (_FORM, subject):
            return FleetSnapshot()
        return FleetSnapshot(float(data["asked"]), {host: HostGuests(**told) for host, told in data["hosts"].items()})
    except (AttributeError, KeyError, TypeError, ValueError):
        return FleetSnapshot()


def updated(last: FleetSnapshot, answers: Mapping[str, HostReply]) -> tuple[FleetSnapshot, list[Problem]]:
    """What is known after the hosts were asked, and which of them did not answer. A host that nobody asked any more is
    forgotten; of one that did not answer, the last that is known stays, and is marked as old."""
    now = time.time()
    fleet: dict[str, HostGuests] = {}
    problems = []
    for host, answer in answers.items():
        if not answer.failure:
            fleet[host] = HostGuests(guests_of(answer.definitions, answer.look, answer.scheme), now)
            continue
        known = last.fleet.get(host)
        result = "its guests are left out"
        if known:
            fleet[host] = HostGuests(known.guests, known.seen, is_old=True)
            result = f"its guests are those of {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(known.seen))}"
        reason = f"{result}, as it did not tell what runs now: {answer.failure}"
        problems.append(Problem(reason, f"see that this works: ansible {host} -b -m xenfleet.stubdom.host_info", host=host))
    return FleetSnapshot(now, fleet), problems

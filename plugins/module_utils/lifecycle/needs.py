# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep a guest from a start without the guests that it needs, and these from their end before it (pure)."""

from __future__ import annotations

from typing import Mapping, Sequence

from ..common.problem import Problem
from ..guest.model import Guest
from .outcome import Outcome


def missing(guest: Guest, states: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each domain that a guest needs and that does not run. ``states`` has the condition of each
    domain of the host, and of each guest of the list."""
    found = []
    for name in guest.needed:
        state = states.get(name, "off")
        if state != "running":
            key = "needs" if name in guest.needs else "vifs"
            remedy = f"see that {name} runs, then run this again"
            found.append(Problem(f"{name}, which it needs, is {state}", remedy, guest=guest.name, key=key, value=name))
    return found


def still_in_use(name: str, guests: Sequence[Guest], states: Mapping[str, str]) -> Problem | None:
    """Return why a guest is not stopped: another one of the list needs it and still has a domain; None for no reason."""
    users = [guest.name for guest in guests if name in guest.needed and states.get(guest.name, "off") != "off"]
    if not users:
        return None
    reason = f"is not stopped, as {', '.join(users)} still runs and needs it"
    return Problem(reason, f"stop {', '.join(users)} first, then run this again", guest=name, key="state")


def note_users(guests: Sequence[Guest], outcomes: Mapping[str, Outcome]) -> None:
    """Add a note to each guest that runs on while one that it needs was started anew."""
    for guest in guests:
        outcome = outcomes[guest.name]
        if outcome.action != "none" or outcome.state != "running":
            continue
        for name in guest.needed:
            other = outcomes.get(name)
            if other and other.action in ("started", "restarted") and other.state == "running":
                text = f"was {other.action} while this guest ran: restart this guest, too, if it lost a device by that"
                outcome.note(f"{name}, which it needs, {text}")

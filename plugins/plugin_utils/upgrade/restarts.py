# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the restarts of an upgrade in batches, and find which guests of a batch failed (pure).

A guest is described here by its result of ``guest_state``, of which a plan has those that are to be restarted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

State = Mapping[str, Any]


def restart_batches(states: Iterable[State], size: int) -> list[list[State]]:
    """Return the guests to restart for another image, in batches of at most ``size``, in their order.

    The guests of a batch are down together, so none of them needs another one. They run from the same versions, so that
    a host has one place to return to when they fail.

    >>> web, db, own = ({"name": name, "cause": cause, "order": 0, "depth": depth, "older": {"stub": "3e650898"}}
    ...                 for name, cause, depth in (("web", "image", 1), ("db", "image", 0), ("own", "", 0)))
    >>> [[guest["name"] for guest in batch] for batch in restart_batches([web, db, own], 4)]
    [['db'], ['web']]
    """
    stale = sorted((state for state in states if state["cause"] == "image"), key=_place)
    batches: list[list[State]] = []
    for _place_of_group, group in groupby(stale, key=_place):
        guests = list(group)
        batches += [guests[first : first + int(size)] for first in range(0, len(guests), int(size))]
    return batches


def ended_guests(guests: Iterable[State], restarted: Iterable[State]) -> list[dict[str, str]]:
    """Return the guests that ``guest_state`` must not start if they are off, as its option ``elsewhere`` takes them.

    These are all but the ones that this run has stopped: ``restarted`` has what it did.
    """
    stopped = {state["name"] for state in restarted if state["action"] != "none"}
    reason = "has ended since its restart was planned, and may run on another host"
    remedy = "find out who stopped it, then run deploy.yml"
    return [
        {"name": guest["name"], "reason": reason, "remedy": remedy} for guest in guests if guest["name"] not in stopped
    ]


def restart_failures(
    guests: Iterable[State], restarted: Mapping[str, Any], verified: Mapping[str, Any]
) -> dict[str, str]:
    """Return why guests of a batch did not come back as defined, by their names; {} when all did.

    ``restarted`` and ``verified`` are the results of ``guest_state`` and ``guest_info``. Where one of them is not that of
    the module, as when the host was lost, no guest is proven.

    >>> restart_failures([{"name": "web"}], {"guests": [{"name": "web", "problems": []}]}, {"unreachable": True, "msg": "no route"})
    {'web': 'cannot be verified: no route'}
    """
    failed: dict[str, list[str]] = {guest["name"]: [] for guest in guests}
    for result, missing in ((restarted, "cannot be restarted"), (verified, "cannot be verified")):
        if "guests" not in result:
            return dict.fromkeys(failed, f"{missing}: {result.get('msg') or 'the module has no result'}")
        for guest in result["guests"]:
            failed[guest["name"]] += [problem["text"] for problem in guest["problems"]]
    return {name: " ".join(dict.fromkeys(texts)) for name, texts in failed.items() if texts}


def rolled_back(failure: str, guests: Sequence[State]) -> str:
    """Return the report of guests of a batch that run again from the versions that they ran from before.

    >>> rolled_back("no loader.", [{"name": "web", "older": {"stub": "3e650898"}}])
    'no loader. The host is back at stub 3e650898, and guest web runs as defined'
    """
    names = [guest["name"] for guest in guests]
    back = ", ".join(f"{image} {version}" for image, version in guests[0]["older"].items())
    who = f"guest {names[0]} runs" if len(names) == 1 else f"guests {', '.join(names)} run"
    return f"{failure.removesuffix('.')}. The host is back at {back}, and {who} as defined"


def _place(state: State) -> tuple[int, int, list[tuple[str, str]]]:
    return state["order"], state["depth"], sorted(state["older"].items())

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what became of the guests that move, from what tasks/take_over.yml recorded (pure)."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Tuple

#: By the old host of a guest, and its name.
Guest = Tuple[str, str]


def outcome(attempts: Mapping[str, Iterable[Mapping[str, Any]]]) -> tuple[dict[Guest, str], dict[Guest, tuple[str, str]]]:
    """Return the new host of each guest that was stopped on its old one, and reason and remedy for each that was not.

    ``attempts`` has those of each new host: the old ``host``, the ``guests``, and the results ``rehearsed`` of guest_state
    on the new host, ``removed`` of guest_config and ``stopped`` of guest_state on the old one.
    """
    moved: dict[Guest, str] = {}
    failures: dict[Guest, tuple[str, str]] = {}
    for new, tried in attempts.items():
        for attempt in tried:
            for guest in attempt["guests"]:
                key = (attempt["host"], guest["name"])
                failure = _failure_of(attempt, guest["name"])
                failures.pop(key, None)
                if failure:
                    failures[key] = failure
                else:
                    moved[key] = new
    return moved, failures


def _failure_of(attempt: Mapping[str, Any], name: str) -> tuple[str, str] | None:
    steps = (("rehearsed", ""), ("removed", ""), ("stopped", "off"))
    failures = (_failure(attempt[step], name, state) for step, state in steps)
    return next((failure for failure in failures if failure), None)


def _failure(result: Mapping[str, Any], name: str, state: str = "") -> tuple[str, str] | None:
    """Return reason and remedy for a step that failed for a guest; ``state`` is that which it had to bring it to."""
    again = "correct that, then run this again"
    found = next((guest for guest in result.get("guests") or [] if guest["name"] == name), None)
    if found is None:
        # The first sentence; what follows is a remedy of its own.
        message = " ".join(str(result.get("msg") or "the host did not answer").split()).partition(". ")[0]
        return message.rstrip("."), again
    if found["problems"]:
        return found["problems"][0]["reason"], found["problems"][0]["remedy"]
    if state and found.get("state") != state:
        return f"it is {found.get('state')}", again
    return None

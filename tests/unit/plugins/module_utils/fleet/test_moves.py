# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of guests that move, as the playbook records it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.moves import outcome

PROBLEM = {"reason": "is in the way", "remedy": "move it"}
LOST = {"unreachable": True, "msg": "No route to host"}


def done(problems: Any = (), **more: Any) -> dict[str, Any]:
    return {"guests": [{"name": "web1", "problems": list(problems), **more}]}


@pytest.mark.parametrize("removed, stopped, failure", [
    (done(), done(state="off"), None),
    (done([PROBLEM]), done(state="running"), ("is in the way", "move it")),
    (done(), done([PROBLEM], state="running"), ("is in the way", "move it")),
    # It ran again at once.
    (done(), done(state="running"), ("it is running", "correct that, then run this again")),
    (LOST, LOST, ("No route to host", "correct that, then run this again")),
    (done(), LOST, ("No route to host", "correct that, then run this again")),
    (done(), {"failed": True, "msg": "another run holds the lock.\nRemedy: wait."}, ("another run holds the lock", "correct that, then run this again")),
    (done(), {"skipped": True}, ("the host did not answer", "correct that, then run this again")),
])
def test_an_outcome(removed: dict[str, Any], stopped: dict[str, Any], failure: tuple[str, str] | None) -> None:
    attempt = {"host": "xen1", "guests": [{"name": "web1", "state": "absent"}], "rehearsed": done(), "removed": removed, "stopped": stopped}
    key = ("xen1", "web1")
    expected: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {key: failure}) if failure else ({key: "xen2"}, {})
    assert outcome({"xen1": [], "xen2": [attempt]}) == expected


@pytest.mark.parametrize("rehearsed, failure", [
    (done([PROBLEM]), ("is in the way", "move it")),
    (LOST, ("No route to host", "correct that, then run this again")),
])
def test_a_guest_that_the_new_host_could_not_start_is_not_stopped(rehearsed: dict[str, Any], failure: tuple[str, str]) -> None:
    skipped = {"skipped": True}
    attempt = {"host": "xen1", "guests": [{"name": "web1"}], "rehearsed": rehearsed, "removed": skipped, "stopped": skipped}
    assert outcome({"xen2": [attempt]}) == ({}, {("xen1", "web1"): failure})

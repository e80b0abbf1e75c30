# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of the hosts' answers, for how long, and what becomes of it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.cache import FleetSnapshot, from_data, updated
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.entries import HostGuests
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.query import HostReply

ROW = {"name": "web1", "defined": True}
OLD = FleetSnapshot(1000.0, {"xen1": HostGuests([ROW], 900.0), "xen2": HostGuests([ROW], 900.0), "gone": HostGuests([ROW], 900.0)})


def test_a_cache_gives_what_it_was_given() -> None:
    assert from_data(json.loads(json.dumps(OLD.as_data("a"))), "a") == OLD


@pytest.mark.parametrize("changes", [{"subject": "b"}, {"form": 0}, {"asked": "soon"}, {"hosts": []}, {"hosts": {"xen1": {"x": 1}}},
                                     {"hosts": {"xen1": None}}])  # fmt: skip
def test_what_is_of_something_else_or_spoilt_is_not_known(changes: dict[str, Any]) -> None:
    assert from_data({**OLD.as_data("a"), **changes}, "a") == FleetSnapshot()


@given(st.none() | st.text() | st.integers() | st.lists(st.integers()) | st.dictionaries(st.text(), st.text()))
def test_a_cache_that_holds_anything(data: Any) -> None:
    assert from_data(data, "a") == FleetSnapshot()


@pytest.mark.parametrize("age,lifetime,wanted", [
    (10, 60, True), (61, 60, False), (1e6, 0, True), (-10, 60, False), (-10, 0, False),
])  # fmt: skip
def test_how_long_it_holds(age: float, lifetime: float, wanted: bool) -> None:
    assert FleetSnapshot(time.time() - age).is_fresh(lifetime) == wanted


def test_nothing_is_never_fresh() -> None:
    assert not FleetSnapshot().is_fresh(0)


def test_hosts_that_answer_and_hosts_that_do_not() -> None:
    domain = {"name": "db1", "domid": 1, "state": "running"}
    answers = {
        "xen1": HostReply([{"name": "db1", "type": "pv"}], host_info={"domains": [domain]}),
        "xen2": HostReply(failure="No route to host"),
        "xen3": HostReply(failure="it did not answer in time"),
    }
    known, problems = updated(OLD, answers)
    assert known.is_fresh(60)
    assert {host: [row["name"] for row in told.guests] for host, told in known.fleet.items()} == {"xen1": ["db1"], "xen2": ["web1"]}
    assert known.fleet["xen1"].seen == known.asked
    assert known.fleet["xen2"] == HostGuests([ROW], 900.0, is_old=True)
    texts = [problem.text() for problem in problems]
    assert texts[0].startswith("host xen2: its guests are those of 1970-01-01 ")
    assert "as it did not report what runs now: No route to host. Remedy: check that this works: ansible xen2" in texts[0]
    assert texts[1].startswith("host xen3: its guests are left out, as it did not report what runs now: it did not answer in time.")
    # It stays what it was for as long as the host is down.
    assert updated(known, {"xen2": HostReply(failure="x")})[0].fleet["xen2"].seen == 900.0

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks' tasks left in the variables of hosts, as the reports take it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.deployment import deployment_table
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.variables import (
    deployment,
    deployment_report,
    status_finding,
)

GUEST = {"name": "web1", "problems": []}
LOST = {"unreachable": True, "msg": "No route to host"}
SEEN = {"guests": [GUEST]}


def test_a_report_has_what_each_step_found() -> None:
    variables = {"preflight_host": {"xen": {}}, "guests_configured": SEEN, "guests_states": SEEN, "guests_verified": SEEN,
                 "stubdom_placement": {"hosts": {"xen1": SEEN}}}
    steps = {"configured": [GUEST], "states": [GUEST], "verified": [GUEST], "failure": ""}
    assert deployment_report(variables, "xen1") == {"defined": [], "placed": [GUEST], **steps}
    assert deployment_report(variables, "xen2") == {"defined": [], "placed": [], **steps}


def test_where_nothing_is_to_be_done_the_report_has_what_was_observed() -> None:
    row = {"name": "web1", "state": "running", "boot": "direct", "device_model": "", "stub_domain": "", "image": "", "proof": "kernel"}
    host = {"deployment": {"as_defined": True, "guests": [{**row, "notes": [["a"], ["b"], ["c"]]}]}}
    placement = {"as_defined": ["xen1"], "hosts": {}}
    for observed, name, steps in ((host, "xen1", 1), (host, "xen2", 0), ({"xen": {}}, "xen1", 0)):
        report = deployment_report({"preflight_host": observed, "stubdom_placement": placement}, name)
        assert [len(report[step]) for step in ("configured", "states", "verified")] == [steps] * 3
    report = deployment_report({"preflight_host": host, "stubdom_placement": placement}, "xen1")
    text = deployment_table({"xen1": report})
    assert "xen1  web1   running  direct  -      unchanged  unchanged  kernel" in text
    assert [line.strip() for line in text.splitlines()[-3:]] == [f"xen1: {note} (note)" for note in "abc"]
    assert "1 host, 1 guest: 1 as defined, 0 problems." in text


def test_a_report_has_the_guests_that_are_to_be_on_the_host() -> None:
    places = {"xen1": {"running": ["web1"], "absent": ["old1"], "others": ["db1"]}}
    variables = {"stubdom_fleet": {"placement": {"hosts": places}}}
    assert deployment_report(variables, "xen1")["defined"] == ["web1", "db1"]


@pytest.mark.parametrize("variables, failure", [
    ({}, ""),
    ({"preflight_host": LOST}, "cannot be reached: No route to host"),
    # The first of these is the cause of what follows.
    ({"preflight_host": LOST, "stubdom_failure": "no images"}, "cannot be reached: No route to host"),
    ({"guests_verified": LOST}, "the connection was lost during the run: No route to host"),
    ({"guests_verified": {"skipped": True}, "stubdom_failure": "no images"}, "no images"),
])
def test_the_failure_of_a_host(variables: dict[str, Any], failure: str) -> None:
    report = deployment_report(variables)
    assert report == {"defined": [], "placed": [], "configured": [], "states": [], "verified": [], "failure": failure}


def test_hosts_of_a_play_are_in_the_wave_or_lost_or_waiting_or_reported() -> None:
    seen: dict[str, Any] = {"preflight_host": {}}  # deploy.yml reads the state of all hosts before the first wave
    begun = {**seen, "stubdom_begun": {}}
    reported = {**begun, "stubdom_reported": {"report": ""}}
    hostvars = {"done": reported, "now": begun, "lost": begun, "later": seen, "other": begun}
    found = deployment(hostvars, ["done", "now", "lost", "later"], ["now"])
    assert (list(found.reports), found.lost, found.waiting) == (["now"], ["lost"], ["later"])


def test_hosts_that_left_their_wave_as_defined_are_in_its_report() -> None:
    seen = {"preflight_host": {"deployment": {"guests": []}}, "stubdom_placement": {"as_defined": ["done", "left", "later"]}}
    # In a wave with something to do, the task that reports one without is skipped.
    begun = {**seen, "stubdom_begun": True, "stubdom_reported": {"skipped": True}}
    hostvars = {"done": {**begun, "stubdom_reported": {"report": ""}}, "now": begun, "left": begun, "lost": begun, "later": seen}
    found = deployment(hostvars, ["done", "now", "left", "lost", "later"], ["now"])
    assert (list(found.reports), found.lost, found.waiting) == (["now", "left"], ["lost"], ["later"])


def test_a_finding_has_the_names_of_usable_definitions() -> None:
    guests = [{"name": "web1", "type": "pv", "state": "absent"}, {"name": "db1"}, {"type": "pv"}, "nonsense"]
    found = status_finding({"stubdom_status_proof": SEEN, "stubdom_status_host": {"xen": {}}}, guests)
    assert found["defined"] == [("web1", "pv", "absent"), ("db1", "", "")]
    assert (found["host"], found["verified"], found["failure"], found["unreachable"]) == ({"xen": {}}, [GUEST], "", "")
    assert status_finding({"stubdom_status_proof": SEEN}, "nonsense")["defined"] == []


@pytest.mark.parametrize("variables, failure, unreachable", [
    ({"stubdom_status_host": LOST}, "", "No route to host"),
    ({"stubdom_status_host": {}, "stubdom_status_files": LOST, "stubdom_status_failure": "x"}, "x", "No route to host"),
    ({"stubdom_status_failure": "no Xen"}, "no Xen", ""),
])
def test_a_finding_has_the_reason_why_there_is_none(variables: dict[str, Any], failure: str, unreachable: str) -> None:
    found = status_finding(variables, [])
    assert (found["failure"], found["unreachable"]) == (failure, unreachable)


def test_a_host_that_left_the_play_without_a_reason_is_unreachable() -> None:
    assert status_finding({"stubdom_status_host": {}}, [])["unreachable"] == "its tasks did not come to their end"

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import deployment

GOOD: dict[str, Any] = {
    "configured": [{"name": "web1", "action": "created", "problems": []}],
    "states": [{"name": "web1", "action": "started", "state": "running", "problems": []}],
    "verified": [
        {
            "name": "web1", "state": "running", "boot": "pvgrub2", "image": "pvgrub2-x86_64 0f3c9a51",
            "proof": "kernel, console", "notes": [], "problems": [],
        }
    ],
    "failure": "",
}


def fault(text: str) -> dict[str, str]:
    return {"text": text}


def test_a_host_in_order() -> None:
    assert deployment.deployment_table({"xen1": GOOD}).splitlines() == [
        "HOST  GUEST  STATE    BOOT     IMAGE                    FILE     DOMAIN   PROOF",
        "----  -----  -------  -------  -----------------------  -------  -------  ---------------",
        "xen1  web1   running  pvgrub2  pvgrub2-x86_64 0f3c9a51  created  started  kernel, console",
        "",
        "1 host, 1 guest: 1 as defined, 0 problems.",
    ]


def test_device_models_have_a_column_as_soon_as_a_guest_has_one() -> None:
    seen = [
        {**GOOD["verified"][0], "name": "win1", "boot": "firmware", "image": "qemu-stubdom-linux 1a2b3c4d",
         "device_model": "stub domain", "stub_domain": "win1-dm", "proof": "stub domain"},
        {**GOOD["verified"][0], "name": "win2", "boot": "direct", "image": "", "device_model": "dom0",
         "stub_domain": "", "proof": "QEMU in dom0"},
        # Both: what is in dom0 is not out of it.
        {**GOOD["verified"][0], "name": "win3", "boot": "direct", "image": "", "device_model": "dom0",
         "stub_domain": "win3-dm", "proof": "", "problems": [fault("two of them")]},
        {**GOOD["verified"][0], "name": "win4", "boot": "firmware", "image": "", "device_model": "", "stub_domain": ""},
        GOOD["verified"][0],
    ]  # fmt: skip
    lines = deployment.deployment_table({"xen1": {"verified": seen}}).splitlines()
    assert [line.rstrip() for line in lines[:7]] == [
        "HOST  GUEST  STATE    BOOT      DEVICE MODEL  IMAGE                        FILE  DOMAIN  PROOF",
        "----  -----  -------  --------  ------------  ---------------------------  ----  ------  ---------------",
        "xen1  win1   running  firmware  win1-dm       qemu-stubdom-linux 1a2b3c4d  -     -       stub domain",
        "xen1  win2   running  direct    dom0          -                            -     -       QEMU in dom0",
        "xen1  win3   running  direct    dom0          -                            -     -       PROBLEM",
        "xen1  win4   running  firmware  -             -                            -     -       kernel, console",
        "xen1  web1   running  pvgrub2   -             pvgrub2-x86_64 0f3c9a51      -     -       kernel, console",
    ]
    without = deployment.deployment_table({"xen1": {"verified": seen[3:]}}).splitlines()
    assert "DEVICE MODEL" not in without[0]
    assert len(without[0].split()) == 8


def test_problems_and_notes_stand_below_the_table_each_once() -> None:
    bad = {
        "configured": [
            {"name": "a", "action": "none", "problems": [fault("no disk")]},
            {"name": "b", "action": "none", "problems": []},
        ],
        "states": [
            {"name": "a", "action": "none", "state": "off", "refused": True, "problems": [fault("no disk")]},
            {"name": "b", "action": "none", "state": "running", "problems": []},
        ],
        "verified": [
            {"name": "a", "state": "off", "boot": "direct", "image": "", "proof": "", "notes": [], "problems": []},
            {"name": "b", "state": "running", "boot": "direct", "image": "", "proof": "kernel", "notes": ["stale"],
             "problems": []},
        ],
    }
    lines = deployment.deployment_table({"xen2": bad, "xen1": GOOD}).splitlines()
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["xen1", "web1", "running"], ["xen2", "a", "off"], ["xen2", "b", "running"],
    ]
    assert lines[3].split()[-1] == "PROBLEM"
    assert lines[4].split()[-3:] == ["unchanged", "unchanged", "kernel"]
    assert lines[5:] == [
        "", "2 hosts, 3 guests: 2 as defined, 1 problem.", "  xen2: no disk", "  xen2: stale (note)",
    ]


def test_a_host_that_failed_before_its_guests() -> None:
    assert deployment.deployment_table({"xen1": {"failure": "this is not a Xen host"}}).splitlines() == [
        "No guests.", "", "1 host, 0 guests: 0 as defined, 1 problem.", "  xen1: this is not a Xen host",
    ]


def test_guests_that_no_step_reached_are_in_the_table_of_a_host_that_failed() -> None:
    found = {"failure": "no room", "defined": ["web1", "db1"], "configured": [{"name": "db1", "action": "none", "problems": []}]}
    lines = deployment.deployment_table({"xen1": found}).splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["xen1", "db1", "-", "-", "-", "unchanged", "-", "not", "verified"],
        ["xen1", "web1", "-", "-", "-", "-", "-", "not", "reached"],
    ]
    assert "1 host, 2 guests: 0 as defined, 1 problem." in lines
    # With --tags, steps are left out without a failure.
    assert deployment.deployment_table({"xen1": {**found, "failure": "", "configured": []}}).startswith("No guests.")


def test_a_host_that_was_lost_is_a_problem_and_one_that_waits_is_none() -> None:
    reports = deployment.with_lost({"xen1": GOOD}, ["xen2"])
    lines = deployment.deployment_table(reports, ["xen3", "xen4"]).splitlines()
    lost = "the connection was lost during the run. Remedy: check the host, then run this again."
    assert deployment.problems(reports["xen2"]) == [lost]
    assert lines[-3:] == [
        "2 hosts, 1 guest: 1 as defined, 1 problem.",
        f"  xen2: {lost}",
        "2 hosts not begun: xen3, xen4.",
    ]


def test_a_step_that_did_not_come_to_a_guest_says_so() -> None:
    row = deployment.deployment_table({"xen1": {"configured": GOOD["configured"]}}).splitlines()[2].split("  ")
    assert [cell.strip() for cell in row if cell.strip()] == [
        "xen1", "web1", "-", "-", "-", "created", "-", "not verified",
    ]


def test_no_hosts() -> None:
    assert deployment.deployment_table({}) == "No guests.\n\n0 hosts, 0 guests: 0 as defined, 0 problems."


@pytest.mark.parametrize("missing", [None, []])
def test_problems_of_a_report_with_gaps(missing: Any) -> None:
    assert deployment.problems({"configured": missing, "states": [{"name": "a", "problems": [fault("x")]}]}) == ["x"]


def test_notes_of_configure_and_verify_each_with_its_host() -> None:
    noted = {
        "configured": [{"name": "a", "action": "updated", "problems": [], "notes": ["guest a: changed by hand"]},
                       {"name": "b", "action": "none", "problems": []}],
        "states": [{"name": "a", "action": "none", "notes": ["guest a: left over"], "problems": []}],
        "verified": [{"name": "a", "state": "running", "proof": "", "notes": ["guest a: stale"], "problems": []}],
    }  # fmt: skip
    assert deployment.notes(noted) == ["guest a: changed by hand", "guest a: left over", "guest a: stale"]
    lines = deployment.deployment_table({"xen1": noted}).splitlines()
    assert lines[-3:] == [
        "  xen1: guest a: changed by hand (note)", "  xen1: guest a: left over (note)", "  xen1: guest a: stale (note)",
    ]
    # Looked at, in order, and nothing proven: an HVM guest that waits for its restart.
    assert lines[2].split() == ["xen1", "a", "running", "-", "-", "updated", "unchanged", "-"]
    assert deployment.notes({}) == deployment.notes({"configured": None, "verified": []}) == []


def test_a_guest_that_runs_from_something_older_is_not_as_defined() -> None:
    def host(state: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
        return {**GOOD, "states": [{**GOOD["states"][0], **state}], "verified": [{**GOOD["verified"][0], **seen}]}

    older = {"definition": host({"restart_needed": True}, {}), "image": host({}, {"stale": True}),
             "observed": host({}, {"restart_needed": True})}
    for name, found in older.items():
        lines = deployment.deployment_table({name: found, "xen1": GOOD}).splitlines()
        assert lines[5] == "2 hosts, 2 guests: 1 as defined, 1 with another definition or image, 0 problems."
    # Nobody recorded what it runs from.
    unknown = host({"restart_needed": None}, {"stale": False})
    assert "1 as defined, 0 problems" in deployment.deployment_table({"xen1": unknown})


def test_a_dry_run_says_what_would_be_done() -> None:
    def steps(name: str, file: str, domain: str) -> dict[str, Any]:
        return {"configured": [{"name": name, "action": file, "problems": []}],
                "states": [{"name": name, "action": domain, "state": "running", "problems": []}], "verified": []}

    reports = {"xen1": steps("a", "created", "started"), "xen2": steps("b", "none", "restarted"), "xen3": steps("c", "none", "none"),
               "xen4": {"failure": "no room", "defined": ["d"]}}
    lines = deployment.deployment_table(reports, is_dry_run=True).splitlines()
    assert [re.split(" {2,}", line) for line in lines[2:6]] == [
        ["xen1", "a", "running", "-", "-", "would create", "would start", "dry run"],
        ["xen2", "b", "running", "-", "-", "unchanged", "would restart", "dry run"],
        ["xen3", "c", "running", "-", "-", "unchanged", "unchanged", "dry run"],
        ["xen4", "d", "-", "-", "-", "-", "-", "not reached"],
    ]
    assert lines[6:] == ["", "Dry run, nothing was changed. 4 hosts, 4 guests: 2 would change, 1 problem.", "  xen4: no room"]


def test_every_action_has_a_word_of_what_would_be_done() -> None:
    for action in ("created", "updated", "removed", "started", "stopped", "restarted", "paused", "unpaused"):
        report = {"configured": [{"name": "a", "action": action, "problems": []}]}
        text = deployment.deployment_table({"xen1": report}, is_dry_run=True)
        assert f"would {action.removesuffix('ed').removesuffix('p')}" in text
        assert action not in text.replace("would restart", "").split("\n\n", maxsplit=1)[0]

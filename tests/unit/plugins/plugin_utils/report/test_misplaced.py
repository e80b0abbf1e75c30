# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which domains of a fleet run where they should not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report import status
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.misplaced import problems

DISK = "/dev/san/web1"
UNIQUE = {"web1": {"uuid": "6f0f", "disks": [DISK], "writes": True}}
MOVE = "run deploy.yml for both hosts (--limit xen2,xen1), which moves it."


def host(*domains: dict[str, Any], defined: Any = (), **more: Any) -> dict[str, Any]:
    about = {"domains": list(domains), "xen": {"toolstack": "xl"}, "images": []}
    return {"host": about, "defined": list(defined), **more}


def row(name: str = "web1", domid: int = 1, **more: Any) -> dict[str, Any]:
    return {"name": name, "domid": domid, "state": "running", "serves": None, "uuid": "", "writes": [], **more}


def told(**hosts: Any) -> dict[tuple[str, str], list[str]]:
    homes: dict[str, list[str]] = {}
    for name, about in hosts.items():
        for guest, _type, state in about["defined"]:
            if state != "absent":
                homes.setdefault(guest, []).append(name)
    return problems(hosts, homes)


WEB1 = [("web1", "pv", "")]
GONE = [("web1", "pv", "absent")]


@pytest.mark.parametrize("hosts", [
    {"xen1": host(row(), defined=WEB1, unique=UNIQUE), "xen2": host(row("scratch"))},
    {"xen1": host(row(writes=[DISK], uuid="6f0f"), defined=WEB1, unique=UNIQUE), "xen2": host()},
    # It is off, and was to be: its own row has the problem.
    {"xen1": host(row(), defined=[("web1", "pv", "stopped")]), "xen2": host()},
    # Of one that is migrated, both hosts have a domain for a moment.
    {"xen1": host(row(), defined=WEB1), "xen2": host(row("web1--incoming", state="paused"))},
    {"xen1": host(row("app1"), row("app1-dm", 2, serves=1, writes=[DISK]), defined=[("app1", "hvm", "")]), "xen2": host()},
    # What is left of a guest that crashed does not run.
    {"xen1": {"unreachable": "No route to host", "defined": []}, "xen2": host(row("scratch"))},
])
def test_nothing_is_wrong(hosts: dict[str, Any]) -> None:
    assert told(**hosts) == {}


def test_a_guest_that_runs_on_a_host_that_does_not_define_it() -> None:
    assert told(xen1=host(defined=WEB1), xen2=host(row()))["xen2", "web1"] == [
        (f"guest web1: runs on host xen2, and is defined on xen1. Remedy: add {{name: web1, state: absent}} to the "
         f"stubdom_guests of host xen2, then {MOVE}")]
    assert told(xen1=host(defined=WEB1), xen2=host(row(state="crashed"), defined=GONE)) == {("xen2", "web1"): [
        f"guest web1: runs on host xen2, and is defined on xen1. Remedy: {MOVE}"]}


def test_a_guest_that_runs_twice_is_a_problem_of_both_hosts() -> None:
    found = told(xen1=host(row(), defined=WEB1), xen2=host(row()), xen3=host())
    assert [*found] == [("xen1", "web1"), ("xen2", "web1")]
    assert len({text for texts in found.values() for text in texts}) == 1
    assert "runs on xen1 and xen2 at the same time" in found["xen1", "web1"][0]
    # Two guests of one name that the fleet does not know.
    assert told(xen1=host(row("scratch")), xen2=host(row("scratch"))) == {}


@pytest.mark.parametrize("where", ["xen1", "xen2"])
def test_a_domain_that_has_a_shared_disk_or_the_uuid_of_a_guest(where: str) -> None:
    hosts = {"xen1": host(defined=WEB1, unique=UNIQUE), "xen2": host()}
    hosts[where]["host"]["domains"] = [row("x", 3, writes=[DISK], uuid="6f0f")]
    assert told(**hosts) == {(where, "x"): [
        (f"guest web1: its uuid 6f0f is that of domain 3 (x) on host {where}. Remedy: stop x on host {where}, or correct the "
         "definition, then run this again."),
        (f"guest web1: its shared disk {DISK} is open for writing in domain 3 (x) on host {where}. Remedy: stop x on host "
         f"{where}, or correct the definition, then run this again.")]}


def test_the_problems_are_in_the_model() -> None:
    domain = {**row(), "device_model": "", "stub_domain": "", "image": ""}
    found = status.model({"xen1": host(defined=WEB1), "xen2": host(domain)}, "2026-11-30T00:00:00Z")
    assert found["hosts"][1]["foreign"][0]["problems"][0].startswith("guest web1: runs on host xen2, and is defined on xen1")
    assert found["summary"]["problems"] == 1

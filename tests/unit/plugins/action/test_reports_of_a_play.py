# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugins report, status and removal_plan read the variables of the play when no hosts are given."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.

LOST = {"unreachable": True, "msg": "No route to host"}


class HostVars(dict[str, dict[str, Any]]):
    """Hold variables of hosts as Ansible's hostvars do."""

    def raw_get(self, host: str) -> dict[str, Any]:
        """Return the variables as the inventory has them."""
        return self[host]


def run(module: str, hostvars: dict[str, dict[str, Any]], present: list[str], **args: Any) -> dict[str, Any]:
    """Return the result in a play over all hosts of ``hostvars``, in which ``present`` are left."""
    from ansible.parsing.dataloader import DataLoader

    plugin = importlib.import_module(f"ansible_collections.xenfleet.stubdom.plugins.action.{module}")
    task = SimpleNamespace(args=args, check_mode=False, async_val=0, diff=False, action=f"xenfleet.stubdom.{module}")
    shell = SimpleNamespace(tmpdir=None)
    action = plugin.ActionModule(task, SimpleNamespace(_shell=shell), SimpleNamespace(), DataLoader(), None, None)
    answer: dict[str, Any] = action.run(None, {
        "hostvars": HostVars(hostvars), "ansible_play_hosts_all": list(hostvars), "ansible_play_batch": present,
        "ansible_play_hosts": present})
    return answer


def test_a_report_of_the_play() -> None:
    answer = run("report", {"xen1": {"preflight_host": LOST}, "xen2": {"stubdom_begun": {}}, "xen3": {}}, ["xen1"])
    assert answer["problems"]["xen1"] == ["cannot be reached: No route to host"]
    assert "lost" in answer["problems"]["xen2"][0]
    assert "1 host not begun: xen3." in answer["report"]


def test_a_report_of_hosts_that_are_given_reads_nothing_of_the_play() -> None:
    answer = run("report", {"xen1": {"preflight_host": LOST}}, ["xen1"], hosts={"xen2": {}})
    assert answer["problems"] == {"xen2": []}


def test_a_plan_of_the_play() -> None:
    plan = {"going": ["/var/lib/xenfleet/guests/web1.json"], "left": []}
    answer = run("removal_plan", {"xen1": {"remove_plan": plan}, "xen2": {}}, ["xen1"])
    assert answer["hosts"] == ["xen1"]
    assert "xen2" in answer["plan"]


def test_a_status_of_the_play() -> None:
    hostvars = {"xen1": {"stubdom_status_host": LOST, "stubdom_guests": [{"name": "web1"}]}, "xen2": {}}
    hosts = {host["name"]: host for host in run("status", hostvars, ["xen1"])["status"]["hosts"]}
    assert (hosts["xen1"]["state"], hosts["xen1"]["reason"]) == ("unreachable", "No route to host")
    assert hosts["xen2"]["reason"] == "its tasks did not come to their end"


def test_a_host_whose_definitions_cannot_be_evaluated_has_failed() -> None:
    try:
        from ansible.template import trust_as_template
    except ImportError:  # ansible-core 2.18
        pytest.skip("the test of playbooks proves it under this core")
    hostvars = {"xen1": {"stubdom_status_host": {}, "stubdom_guests": trust_as_template("{{ nowhere }}")}}
    host = run("status", hostvars, ["xen1"])["status"]["hosts"][0]
    assert host["state"] == "failed"
    assert host["reason"].startswith("host xen1: stubdom_guests: cannot be evaluated: ")

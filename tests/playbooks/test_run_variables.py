# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a run: each of them works in the inventory, or is refused before any host is touched.

The hosts are those of test_validate.py, which nobody may touch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deployment import CORE
from test_validate import Ran, Site

PLAYBOOKS = ("validate", "deploy", "upgrade", "rollback", "status", "import")


def run(folder: Path, core: str, playbook: str, groups: dict[str, Any], *options: str) -> Ran:
    site = Site(folder, core, {})
    site.inventory.write_text(json.dumps(groups))
    return site.run(*options, playbook=f"xenfleet.stubdom.{playbook}")


def group(*hosts: str, **variables: Any) -> dict[str, Any]:
    shared = {"ansible_host": "192.0.2.1", "ansible_connection": "watcher", **variables}
    return {"hosts": {host: {} for host in hosts}, "vars": shared}


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_group_that_does_not_exist(playbook: str, tmp_path: Path) -> None:
    ran = run(tmp_path, CORE, playbook, {"dom0s": group("xen1")})
    assert ran.status == 2, ran.text
    assert ran.result["msg"] == (
        "group = 'xen_hosts': the inventory has no such group. Remedy: name the group of the Xen hosts: -e stubdom_hosts=GROUP.")


@pytest.mark.parametrize("where", ["all", "dom0s"])
def test_the_group_is_chosen_in_the_inventory(where: str, tmp_path: Path, core: str) -> None:
    """Where there is another group xen_hosts, too, that would be taken in silence; with an extra variable it is the right one."""
    groups = {"dom0s": group("xen1"), "xen_hosts": group("xen2")}
    chosen = {"stubdom_hosts": "dom0s"}
    groups = {**groups, "all": {"vars": chosen}} if where == "all" else {**groups, "dom0s": group("xen1", **chosen)}
    ran = run(tmp_path / "without", core, "validate", groups)
    if where == "all":
        assert ran.status == 2, ran.text
        assert ran.result["msg"].startswith("stubdom_hosts = 'dom0s': must be an extra variable, and the inventory has it for xen1. ")
    ran = run(tmp_path / "with", core, "validate", groups, "-e", "stubdom_hosts=dom0s")
    assert ran.status == 0, ran.text


@pytest.mark.parametrize("playbook", ["status", "import"])
def test_other_playbooks_refuse_it_too(playbook: str, tmp_path: Path) -> None:
    ran = run(tmp_path, CORE, playbook, {"xen_hosts": group("xen2"), "dom0s": group("xen1"), "all": {"vars": {"stubdom_hosts": "dom0s"}}})
    assert ran.status == 2, ran.text
    assert "must be an extra variable" in ran.result["msg"]


@pytest.mark.parametrize("name", ["stubdom_remove_hosts", "stubdom_remove_confirmed"])
def test_a_removal_is_not_asked_for_by_the_inventory(name: str, tmp_path: Path) -> None:
    ran = run(tmp_path, CORE, "remove", {"xen_hosts": group("xen1", **{name: "xen1"})})
    assert ran.status == 2, ran.text
    assert ran.result["msg"].startswith(f"{name} = 'xen1': must be an extra variable, and the inventory has it for xen1. ")


def test_hosts_that_differ(tmp_path: Path, core: str) -> None:
    ran = run(tmp_path, core, "validate", {"xen_hosts": {"children": {
        "rack1": group("xen1", stubdom_serial=1), "rack2": group("xen2", stubdom_serial=2)}}})
    assert ran.status == 2, ran.text
    assert ran.result["msg"].startswith("stubdom_serial: is one for the whole run, and the hosts differ: 1 (xen1); 2 (xen2). Remedy: ")

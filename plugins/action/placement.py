# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide on the controller where guests may be started; the module of the same name documents the options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import guest_places, moves, placement
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.fleet_view import FleetView
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.sightings import view_of

_SPEC = {
    "group": {"type": "str", "required": True},
    "definitions": {"type": "dict", "required": True},
    "powered_off": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Run on the controller only, so that it knows of all hosts of the fleet."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what is decided for each host, and the hosts that have to be asked before. Raise AnsibleActionFail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(argument_spec=_SPEC)
        variables = task_vars or {}
        run = frozenset(variables["ansible_play_hosts_all"])
        fleet = {*variables["groups"].get(args["group"], []), *run}
        _check_off(args["powered_off"], fleet)
        hostvars = variables["hostvars"]
        seen = {host: hostvars[host].get("preflight_host") for host in run}
        # Each host of the run has asked some of the others.
        for answers in (hostvars[host].get("stubdom_others") or {} for host in run):
            seen.update({answer["item"]: answer for answer in answers.get("results", [])})
        attempts = {host: hostvars[host].get("stubdom_attempts") or [] for host in run}
        moved, failures = moves.outcome(attempts)
        view = FleetView(
            places=guest_places.of_data(args["definitions"]),
            hosts={host: view_of(host, seen.get(host)) for host in fleet},
            run=run,
            off=frozenset(args["powered_off"]),
            failures=failures,
            moved=moved,
        )
        ask, hosts = placement.to_ask(view), placement.as_data(placement.place(view))
        differences = {host: _difference(seen[host]) for host in sorted(run)}
        if "stubdom_placement" not in variables:
            # Once in a run: this is called again for hosts that are asked later, and for each guest that moves.
            for host in [host for host, difference in differences.items() if difference]:
                Display().v(f"{host}: all steps run, as it is not as defined: {differences[host]}")
        # What the hosts that are yet to be asked answer can be of importance for any host.
        done = [] if ask else [host for host, difference in differences.items() if difference == "" and host not in hosts]
        return {**result, "changed": False, "ask": ask, "hosts": hosts, "as_defined": done}


def _difference(answer: Mapping[str, Any] | None) -> str | None:
    """Return what host_info found first, with its option deployment, that is to be done on a host: "" for nothing, None where
    it was not asked or has failed."""
    found = (answer or {}).get("deployment")
    if not found:
        return None
    return "" if found.get("as_defined") else "; ".join(str(found.get("difference") or "unknown").splitlines())


def _check_off(off: Collection[str], fleet: Collection[str]) -> None:
    for host in off:
        if host not in fleet:
            problem = Problem("is not a host of the fleet", "correct the name", key="stubdom_hosts_off", value=host)
            raise AnsibleActionFail(problem.text())

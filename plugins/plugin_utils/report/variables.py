# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect what the playbooks' tasks left in the variables of each host, in the form that the reports take (pure).

``hostvars`` maps a host's name to its variables, as Ansible's variable of that name does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...module_utils.fleet.guest_places import of_guests
from ...module_utils.guest.model import read_guests

Variables = Mapping[str, Any]

_STATUS_STEPS = ("stubdom_status_host", "stubdom_status_files", "stubdom_status_states", "stubdom_status_proof")


@dataclass(frozen=True)
class Deployment:
    """Hold what a play that deploys in waves has to report: the hosts by what became of them."""

    reports: dict[str, dict[str, Any]]
    #: Hosts that were begun, are no longer in the play, and have not been reported yet.
    lost: list[str]
    #: Hosts whose wave has not come.
    waiting: list[str]


def deployment(hostvars: Mapping[str, Variables], play_hosts_all: Sequence[str], batch: Sequence[str]) -> Deployment:
    """Return the reports of the hosts of the current wave of a play, and the names of the others.

    ``batch`` are those that are still in the play; those that are as defined have left it.
    """
    reported = list(batch)
    lost: list[str] = []
    waiting: list[str] = []
    for host in (host for host in play_hosts_all if host not in batch):
        variables = hostvars[host]
        # The task that reports a wave without anything to do is skipped in the others.
        if "report" in variables.get("stubdom_reported", {}):
            continue
        if "stubdom_begun" not in variables:
            waiting.append(host)
        elif _is_as_defined(variables, host):
            reported.append(host)
        else:
            lost.append(host)
    return Deployment({host: deployment_report(hostvars[host], host) for host in reported}, lost, waiting)


def deployment_report(variables: Variables, host: str = "") -> dict[str, Any]:
    """Return the report of one host, as ``deployment.deployment_table`` takes it.

    >>> deployment_report({"preflight_host": {"unreachable": True, "msg": "No route to host"}})["failure"]
    'cannot be reached: No route to host'
    """
    preflight, verified = variables.get("preflight_host", {}), variables.get("guests_verified", {})
    if preflight.get("unreachable"):
        failure = f"cannot be reached: {preflight.get('msg', '')}"
    elif verified.get("unreachable"):
        # The step after a lost connection fails; after verification, the last step, there is none.
        failure = f"the connection was lost during the run: {verified.get('msg', '')}"
    else:
        failure = variables.get("stubdom_failure", "")
    placement = variables.get("stubdom_placement", {})
    if _is_as_defined(variables, host):
        return _observed(preflight["deployment"]["guests"])
    placed = placement.get("hosts", {}).get(host, {})
    return {
        "defined": _defined(variables, host),
        "placed": placed.get("guests", []),
        "configured": _guests(variables, "guests_configured"),
        "states": _guests(variables, "guests_states"),
        "verified": _guests(variables, "guests_verified"),
        "failure": failure,
    }


def _is_as_defined(variables: Variables, host: str) -> bool:
    """Return whether nothing was to be done on the host, so that no step has run there."""
    # Another playbook of the same run has observed the host anew, and not as a whole.
    is_observed = "deployment" in variables.get("preflight_host", {})
    return is_observed and host in variables.get("stubdom_placement", {}).get("as_defined", [])


def _observed(guests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the report of a host on which nothing was to be done, from what host_info observed of its guests."""
    steps: dict[str, list[dict[str, Any]]] = {"configured": [], "states": [], "verified": []}
    for guest in guests:
        for (step, rows), notes in zip(steps.items(), guest["notes"], strict=True):
            row = guest if step == "verified" else {"name": guest["name"], "action": "none"}
            rows.append({**row, "notes": notes})
    return {"defined": [], "placed": [], "failure": "", **steps}


def _defined(variables: Variables, host: str) -> list[str]:
    """Return the names of the guests that are to be on the host, as fleet_validate found them."""
    names = variables.get("stubdom_fleet", {}).get("placement", {}).get("hosts", {}).get(host, {})
    return [*names.get("running", []), *names.get("others", [])]


def status_finding(variables: Variables, guests: Any) -> dict[str, Any]:
    """Return what status.yml found on one host, as ``status.model`` takes it. ``guests`` is the host's list of definitions.

    >>> status_finding({}, [{"name": "web1"}])
    {'defined': [('web1', '', '')], 'unreachable': 'its tasks did not come to their end'}
    """
    defined = [
        (guest["name"], guest.get("type", ""), guest.get("state", ""))
        for guest in (guests if isinstance(guests, (list, tuple)) else [])
        if isinstance(guest, Mapping) and "name" in guest
    ]
    steps = [variables.get(name, {}) for name in _STATUS_STEPS]
    failure = variables.get("stubdom_status_failure", "")
    unreachable = next((str(step.get("msg", "")) for step in steps if step.get("unreachable")), "")
    if not (failure or unreachable or "stubdom_status_proof" in variables):
        return {"defined": defined, "unreachable": "its tasks did not come to their end"}
    return {
        "defined": defined,
        "unique": _unique(guests),
        "host": steps[0],
        "configured": _guests(variables, "stubdom_status_files"),
        "states": _guests(variables, "stubdom_status_states"),
        "verified": _guests(variables, "stubdom_status_proof"),
        "failure": failure,
        "unreachable": unreachable,
    }


def _unique(guests: Any) -> dict[str, dict[str, Any]]:
    """Return the uuid and the shared disks of each guest that has such, by its name."""
    # To read all definitions takes longer than the rest of the status.
    items = [item for item in guests if _may_be_unique(item)] if isinstance(guests, (list, tuple)) else []
    usable = [("", found.guest) for found in read_guests(items) if found.guest]
    unique: dict[str, dict[str, Any]] = of_guests(usable).as_data()["unique"]
    return unique


def _may_be_unique(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    settings, disks = item.get("settings"), item.get("disks")
    has_uuid = isinstance(settings, Mapping) and "uuid" in settings
    return has_uuid or any("shared" in disk for disk in disks or [] if isinstance(disk, Mapping))


def _guests(variables: Variables, name: str) -> list[dict[str, Any]]:
    guests: list[dict[str, Any]] = variables.get(name, {}).get("guests", [])
    return guests

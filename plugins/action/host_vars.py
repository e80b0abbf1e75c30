# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write definitions into host_vars on the controller, and print a report; the module of the same name documents the options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secrets import (
    HIDDEN,
    blank,
    hide_parts,
    long_secrets,
)
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.file_plan import FilePlan, plan_file
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.fleet import (
    ImportedGuest,
    compare,
    imported_guests,
    names_in,
)
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.import_report import import_report
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.host_vars.yaml_text import host_vars_text
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.host_variables import HostVariables
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.plain_data import plain

_SPEC = {"hosts": {"type": "dict"}, "group": {"type": "str", "default": "xen_hosts"}, "directory": {"type": "path"}}
_PASSWORD = re.compile(r"""(?i)(passw\w*["']?[ \t]*[:=][ \t]*)("(?:\\.|[^"\\])*"|'[^']*'|[^\s,}\]]+)""")


class ActionModule(ActionBase):
    """Run on the controller only, for all hosts at once: what hosts have in common decides what is written for each."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the report and what was written. Raise AnsibleActionFail when a file cannot be written."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(argument_spec=_SPEC)
        variables = task_vars or {}
        given = _found(variables) if args["hosts"] is None else args["hosts"]
        results: dict[str, Any] = plain(given)
        lost = {host: _reason(item) for host, item in results.items() if not isinstance(item.get("guests"), list)}
        read = {host: item for host, item in results.items() if host not in lost}
        defined, declared = self._inventory(args["group"], variables)
        guests = imported_guests(read)
        managed = {host: names_in(item["managed"]) for host, item in read.items()}
        compare(guests, managed, defined, declared)
        plans = {
            host: plan
            for host, own in guests.items()
            if (plan := self._plan(host, own, defined.get(host), args["directory"], variables))
        }
        secrets = long_secrets([guest.definition for own in guests.values() for guest in own])
        check = self._task.check_mode
        changed = {host: plan for host, plan in plans.items() if plan.action != "unchanged"}
        diff = [_diff(plan, secrets) for plan in changed.values()]
        # Before they are written: the action of a plan is what is to be done.
        text = import_report(read, guests, {host: plan.words(check) for host, plan in plans.items()}, lost)
        files = [
            {"host": host, "path": str(plan.path), "action": plan.action, "proposal": plan.is_proposal}
            for host, plan in plans.items()
        ]
        if not check:
            for plan in changed.values():
                _write(plan)
        Display().display(f"\n{text}\n")
        return {**result, "changed": bool(changed), "diff": diff, "report": text, "files": files, "lost": lost}

    def _inventory(self, group: str, variables: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the inventory has in stubdom_guests and stubdom_host, by host."""
        inventory = HostVariables(self._loader, variables["hostvars"])
        names = ["stubdom_guests", "stubdom_host"]
        found = {host: plain(inventory.read(host, names)) for host in variables["groups"].get(group, [])}
        return tuple({host: item[name] for host, item in found.items() if name in item} for name in names)  # type: ignore[return-value]

    def _plan(
        self, host: str, guests: list[ImportedGuest], defined: Any, directory: str | None, variables: dict[str, Any]
    ) -> FilePlan | None:
        """Return the plan of a host's file; None where there is nothing to be written."""
        if not guests:
            return None
        folder = directory or variables["hostvars"][host].get("inventory_dir")
        if not folder:
            raise AnsibleActionFail(with_remedy("the inventory lies in no folder", "name one in stubdom_import_dir"))
        if "/" in host or host.startswith("."):
            raise AnsibleActionFail(
                with_remedy(f"host {host}: no file can have this name", "give the host another name")
            )
        try:
            plan = plan_file(Path(folder), host, host_vars_text(host, guests), defined is not None)
            if not plan.is_proposal:
                return plan
            known = names_in(defined)
            new = [guest for guest in guests if guest.name not in known]
            if all(guest.reasons for guest in new):
                return None
            return plan_file(Path(folder), host, host_vars_text(host, new), is_defined=True)
        except OSError as error:
            raise _failed(error) from error


def _write(plan: FilePlan) -> None:
    try:
        plan.write()
    except OSError as error:
        raise _failed(error) from error


def _failed(error: OSError) -> AnsibleActionFail:
    reason = f"{error.filename}: cannot be read or written: {error.strerror}"
    return AnsibleActionFail(
        with_remedy(reason, "name a folder of the controller that you may write to in stubdom_import_dir")
    )


def _found(variables: dict[str, Any]) -> dict[str, Any]:
    """Return what import.yml found, by the name of the host."""
    hostvars = variables["hostvars"]
    return {host: hostvars[host].get("stubdom_import", {}) for host in variables["ansible_play_hosts_all"]}


def _reason(item: Mapping[str, Any]) -> str:
    return str(item.get("msg") or "was not reached")


def _hidden(text: str) -> str:
    """Return the text without what looks like a password: an older file can have others than the host has now."""
    return "\n".join(hide_parts(_PASSWORD.sub(rf'\g<1>"{HIDDEN}"', line)) for line in text.split("\n"))


def _diff(plan: FilePlan, secrets: list[str]) -> dict[str, str]:
    """Return the difference as Ansible shows it, passwords hidden."""
    shown = [_hidden(blank(text, secrets)) for text in (plan.before or "", plan.after)]
    return {"before_header": str(plan.path), "after_header": str(plan.path), "before": shown[0], "after": shown[1]}

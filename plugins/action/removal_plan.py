# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the removal plan on the controller; the module of the same name documents the options."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.removal_plan import removal_plan_text


class ActionModule(ActionBase):
    """Run on the controller only, for all hosts at once."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the plan as text, and print it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        spec = {"hosts": {"type": "dict"}, "lost": {"type": "list", "elements": "str", "default": []}}
        _validation, args = self.validate_argument_spec(argument_spec=spec)
        plans, lost = args["hosts"], args["lost"]
        if plans is None:
            variables = task_vars or {}
            hostvars, seen = variables["hostvars"], variables["ansible_play_hosts"]
            plans = {host: hostvars[host]["remove_plan"] for host in seen}
            lost = [host for host in variables["ansible_play_hosts_all"] if host not in seen]
        text = removal_plan_text(plans, lost)
        Display().display(f"\n{text}\n")
        hosts = [host for host, plan in plans.items() if plan["going"]]
        return {**result, "changed": False, "plan": text, "hosts": hosts}

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the report on the controller; the module of the same name documents the options."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.deployment import (
    deployment_table,
    problems,
    with_lost,
)
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.variables import deployment


class ActionModule(ActionBase):
    """Run on the controller only, so that the report includes hosts that failed."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the report as text with the problems of each host, and print it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        names = {"type": "list", "elements": "str", "default": []}
        spec = {"hosts": {"type": "dict"}, "lost": names, "waiting": names}
        _validation, args = self.validate_argument_spec(argument_spec=spec)
        hosts, lost, waiting = args["hosts"], args["lost"], args["waiting"]
        if hosts is None:
            variables = task_vars or {}
            play = deployment(variables["hostvars"], variables["ansible_play_hosts_all"], variables["ansible_play_batch"])
            hosts, lost, waiting = play.reports, play.lost, play.waiting
        reports = with_lost(hosts, lost)
        text = deployment_table(reports, waiting, self._task.check_mode)
        Display().display(f"\n{text}\n")
        found = {host: problems(report) for host, report in reports.items()}
        return {**result, "changed": False, "report": text, "problems": found}

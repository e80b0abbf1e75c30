# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the definitions of a group's hosts from the inventory; the module of the same name documents the options."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.run_variables import DEPLOYMENT
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.host_variables import HostVariables
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.run_variables import hosts_of, require

# The options that are read, by the variable of a host that they are read from.
_OPTIONS = {
    "stubdom_guests": "hosts",
    "stubdom_host": "declared",
    "stubdom_hooks": "hooks",
    "stubdom_image_url": "image_urls",
}
# What playbooks that begin with the validation have in ``hosts`` of a play.
_EXTRA = ("stubdom_hosts",)


class ActionModule(ActionBase):
    """Complete the options of the module from the variables of the hosts of ``group``, and run it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result. Raise AnsibleActionFail when there is no such group, or a variable is not usable."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        args = dict(self._task.args)
        group = args.pop("group", None)
        if group is not None:
            args = {**self._read(group, variables), **args}
        answer = self._execute_module("xenfleet.stubdom.fleet_validate", module_args=args, task_vars=variables)
        return {**result, **answer}

    def _read(self, group: str, variables: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the options, each a dictionary by the names of the hosts that have its variable."""
        inventory = HostVariables(self._loader, variables["hostvars"])
        names = [*_OPTIONS, *_EXTRA, *DEPLOYMENT]
        found = {host: inventory.read(host, names) for host in hosts_of(group, variables["groups"])}
        require(self._loader, found, group, _EXTRA, DEPLOYMENT)
        return {
            option: {host: values[name] for host, values in found.items() if name in values}
            for name, option in _OPTIONS.items()
        }

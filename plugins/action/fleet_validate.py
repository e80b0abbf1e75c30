# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the definitions of a group's hosts from the inventory; the module of the same name documents the options."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import with_remedy
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.host_variables import HostVariables

# The options that are read, by the variable of a host that they are read from.
_OPTIONS = {
    "stubdom_guests": "hosts",
    "stubdom_host": "declared",
    "stubdom_hooks": "hooks",
    "stubdom_image_url": "image_urls",
}


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
        if group not in variables["groups"]:
            reason = f"group = '{group}': the inventory has no such group"
            raise AnsibleActionFail(with_remedy(reason, "name the group of the Xen hosts"))
        inventory = HostVariables(self._loader, variables["hostvars"])
        options: dict[str, dict[str, Any]] = {option: {} for option in _OPTIONS.values()}
        for host in variables["groups"][group]:
            for name, value in inventory.read(host, _OPTIONS).items():
                options[_OPTIONS[name]][host] = value
        return options

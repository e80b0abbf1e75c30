# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the fleet on the controller; the module of the same name documents the options."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secret_option import Confidential
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import validation
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.run_variables import DEPLOYMENT
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.plain_data import plain
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.run_variables import read_checked
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.validation import validation_text

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
    """Check the fleet in this process: a module on the controller would need some seconds to begin.

    The options that are not given are completed from the variables of the hosts of ``group``.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result. Raise AnsibleActionFail when there is no such group, or a variable is not usable."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        group = self._task.args.get("group")
        read = {} if group is None else self._read(group, task_vars or {})
        # What Ansible's own kinds of texts and lists evaluate to, as a module would get it.
        self._task.args = plain({**read, **self._task.args})
        confidential = {name: Confidential("dict") for name in validation.CONFIDENTIAL}
        _validation, options = self.validate_argument_spec(
            argument_spec=validation.argument_spec(confidential), required_one_of=[("hosts", "group")]
        )
        options.update({name: option.value for name, option in confidential.items()})
        found = validation.check(options, os.path.isfile)
        if group is not None and "guests" in found and not found.get("failed"):
            Display().display(f"\n{validation_text(len((task_vars or {})['groups'][group]), found)}\n")
        return {**result, **found, "warnings": validation.warnings(found["notes"])}

    def _read(self, group: str, variables: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the options, each a dictionary by the names of the hosts that have its variable."""
        found = read_checked(self._loader, variables, group, _EXTRA, DEPLOYMENT, _OPTIONS)
        return {
            option: {host: values[name] for host, values in found.items() if name in values}
            for name, option in _OPTIONS.items()
        }

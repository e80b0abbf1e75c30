# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the variables of a run on the controller; the module of the same name documents the options."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.run_variables import read_checked

_SPEC = {
    "group": {"type": "str", "required": True},
    "extra": {"type": "list", "elements": "str", "default": []},
    "shared": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Run on the controller only, for all hosts at once."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return nothing but success. Raise AnsibleActionFail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(argument_spec=_SPEC)
        read_checked(self._loader, task_vars or {}, args["group"], args["extra"], args["shared"])
        return {**result, "changed": False}

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: answers
type: stdout
short_description: Write each result into a file at once
version_added: 0.1.0
description:
  - The inventory plugin P(xenfleet.stubdom.guests#inventory) runs a playbook with this callback and reads the results from
    the file. Results are kept also when the run is interrupted.
  - Each line is a JSON object with the keys C(host), C(action), C(ok) and C(result). Passwords are left out.
  - The callback prints nothing.
options:
  path:
    description: The file to append the lines to.
    type: path
    required: true
    env:
      - name: XENFLEET_ANSWERS
author:
  - xenfleet contributors (@xenfleet)
"""

import json
from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secrets import without_secrets


class CallbackModule(CallbackBase):
    """Append each result to a file, so that an interrupted run loses no result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "xenfleet.stubdom.answers"

    def v2_runner_on_ok(self, result: Any) -> None:
        """Write the result of a task that succeeded."""
        self._write(result, True)

    def v2_runner_on_failed(self, result: Any, **_kwargs: Any) -> None:
        """Write the result of a task that failed."""
        self._write(result, False)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Write the result of a host that cannot be reached."""
        self._write(result, False)

    def _write(self, result: Any, is_ok: bool) -> None:
        # The names without an underscore exist in ansible-core 2.19 and newer only.
        line = {
            "host": result._host.get_name(),
            "action": result._task.action,
            "ok": is_ok,
            "result": without_secrets(result._result),
        }
        with open(self.get_option("path"), "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

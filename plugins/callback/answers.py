# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: answers
type: stdout
short_description: Write each result into a file as soon as it is there
version_added: 0.1.0
description:
  - Made for the inventory plugin P(xenfleet.stubdom.guests#inventory), which runs a playbook and reads its results from that
    file. What was answered counts even when the run does not come to its end.
  - Each line is a JSON object with the keys C(host), C(action), C(ok) and C(result). Passwords are left out.
  - Nothing is shown.
options:
  path:
    description: The file that lines are appended to.
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
    """Keeps no state, so that a run that is killed loses nothing that was answered."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "xenfleet.stubdom.answers"

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result, True)

    def v2_runner_on_failed(self, result: Any, **_kwargs: Any) -> None:
        self._write(result, False)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, False)

    def _write(self, result: Any, is_ok: bool) -> None:
        # The names without the underscore are there from ansible-core 2.19 on.
        line = {
            "host": result._host.get_name(),
            "action": result._task.action,
            "ok": is_ok,
            "result": without_secrets(result._result),
        }
        with open(self.get_option("path"), "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes each task as it starts on a host, for the tests that kill a run at the n-th of them."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: starts
type: aggregate
short_description: note each task that starts on a host
description:
  - Appends a line to the file that the environment variable XENFLEET_STARTS names.
"""

# They include, check or keep something on the controller, in no time, and touch no host.
_IDLE = ("include_role", "include_tasks", "import_role", "import_tasks", "set_fact", "validate_argument_spec", "meta")


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types of its own
    """One line for each start, written before the task's own process begins."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "starts"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Note the task; one that is skipped starts, too."""
        if task.action.rpartition(".")[2] in _IDLE:
            return
        with open(os.environ["XENFLEET_STARTS"], "a", encoding="utf-8") as stream:
            stream.write(f"{host.get_name()}: {task.get_name().rpartition(' : ')[2]}\n")

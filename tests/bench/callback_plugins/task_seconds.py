# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes how long each task took, from its start to that of the next one, into the file XENFLEET_TASK_SECONDS.

ansible-core has no callback that does it. A task of an included file counts for itself.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Lines of [task, seconds]."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_seconds"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._begun = ("before the first task", time.monotonic())

    def _next(self, name: str) -> None:
        now = time.monotonic()
        with open(os.environ["XENFLEET_TASK_SECONDS"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps([self._begun[0], now - self._begun[1]]) + "\n")
        self._begun = (name, now)

    def v2_playbook_on_task_start(self, task: Any, **_more: Any) -> None:
        self._next(task.get_name())

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._next(task.get_name())

    def v2_playbook_on_stats(self, _stats: Any) -> None:
        self._next("")

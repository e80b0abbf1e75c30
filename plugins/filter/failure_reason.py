# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find in the result of a failed task why it failed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: failure_reason
short_description: Return why a task failed
version_added: 0.1.0
description:
  - Returns the message of a failed task with the task's name. Of a loop it is the message of the first item that failed; of
    a program, the last lines of its output.
  - The playbooks of this collection use it in O(ignore:rescue), for their reports.
positional: task
options:
  _input:
    description: The result of the task, C(ansible_failed_result) in a C(rescue).
    type: dict
    required: true
  task:
    description: The name of the task, C(ansible_failed_task.name) in a C(rescue).
    type: str
    required: true
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Record the reason
  ansible.builtin.set_fact:
    my_reason: "{{ ansible_failed_result | xenfleet.stubdom.failure_reason(ansible_failed_task.name) }}"
"""

RETURN = r"""
_value:
  description: The message.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.failure import failure_reason


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"failure_reason": failure_reason}

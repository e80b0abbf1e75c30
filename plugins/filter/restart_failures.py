# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the guests of a batch that did not come back as defined."""

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_failures
short_description: Find the guests that did not come back from a restart
version_added: 0.1.0
description:
  - Takes the guests of a batch and what the modules found of them, and returns why guests of the batch are not proven to run as
    defined. If a result is not that of the module, as of a host that was lost, none of them is.
  - C(upgrade.yml) and C(rollback.yml) use it.
positional: restarted, verified
options:
  _input:
    description: The guests, as P(xenfleet.stubdom.restart_batches#filter) returns them.
    type: list
    elements: dict
    required: true
  restarted:
    description: The result of M(xenfleet.stubdom.guest_state).
    type: dict
    required: true
  verified:
    description: The result of M(xenfleet.stubdom.guest_info).
    type: dict
    required: true
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Fail if a guest did not come back
  ansible.builtin.assert:
    that: my_batches[0] | xenfleet.stubdom.restart_failures(my_states, my_proof) | length == 0
"""

RETURN = r"""
_value:
  description: The reasons, by the names of the guests.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.upgrade.restarts import restart_failures


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"restart_failures": restart_failures}

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan in which batches guests are restarted from other images."""

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_batches
short_description: Plan in which batches guests are restarted
version_added: 0.1.0
description:
  - Takes the results of M(xenfleet.stubdom.guest_state) in check mode with O(ignore:restart_stale=true), and returns those of
    the guests that it would restart for another image, in batches.
  - The batches follow the guests' C(order), and their C(needs). The guests of a batch have the same C(order), none of them
    needs another one, and they run from the same versions, so that they can return to these together.
  - C(upgrade.yml) and C(rollback.yml) use it.
positional: size
options:
  _input:
    description: The C(guests) that the module returned.
    type: list
    elements: dict
    required: true
  size:
    description: How many guests a batch has at most.
    type: int
    required: true
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Plan the restarts, four at a time
  ansible.builtin.set_fact:
    my_batches: "{{ planned.guests | xenfleet.stubdom.restart_batches(4) }}"
"""

RETURN = r"""
_value:
  description: The batches, each a list of results of the module.
  type: list
  elements: list
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.upgrade.restarts import restart_batches


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"restart_batches": restart_batches}

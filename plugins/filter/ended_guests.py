# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name the guests of a batch that must not be started if they are off."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ended_guests
short_description: Name the guests that are not started if they are off
version_added: 0.1.0
description:
  - Takes the guests that are to be restarted, and returns those that this run has not stopped, as O(ignore:elsewhere) of
    M(xenfleet.stubdom.guest_state) takes them. One of them that is off has ended since its restart was planned, and may run on
    another host.
  - C(upgrade.yml) and C(rollback.yml) use it.
positional: restarted
options:
  _input:
    description: The guests, as P(xenfleet.stubdom.restart_batches#filter) returns them.
    type: list
    elements: dict
    required: true
  restarted:
    description: What the run has done with guests, as M(xenfleet.stubdom.guest_state) returns it.
    type: list
    elements: dict
    required: true
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Restart the guests of a batch that run
  xenfleet.stubdom.guest_state:
    guests: "{{ my_definitions }}"
    restart_stale: true
    elsewhere: "{{ my_batches[0] | xenfleet.stubdom.ended_guests([]) }}"
"""

RETURN = r"""
_value:
  description: The guests, each with C(name), C(reason) and C(remedy).
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.upgrade.restarts import ended_guests


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"ended_guests": ended_guests}

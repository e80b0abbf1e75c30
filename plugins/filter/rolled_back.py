# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report the rollback of guests to the versions that they ran from before."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rolled_back
short_description: Report a rollback
version_added: 0.1.0
description:
  - Takes the reason of a rollback, and adds to it the versions that the host has returned to and the guests that run from them.
  - C(upgrade.yml) and C(rollback.yml) use it.
positional: guests
options:
  _input:
    description: Why the guests were rolled back.
    type: str
    required: true
  guests:
    description: The guests, as P(xenfleet.stubdom.restart_batches#filter) returns them.
    type: list
    elements: dict
    required: true
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Print what was done
  ansible.builtin.debug:
    msg: "{{ my_failure | xenfleet.stubdom.rolled_back(my_batches[0]) }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.upgrade.restarts import rolled_back


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"rolled_back": rolled_back}

#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: removal_plan
short_description: Print what would be removed from which host
version_added: 0.1.0
description:
  - Prints for each host what is removed and what stays, from the results of M(xenfleet.stubdom.removal) in check mode.
  - Runs on the controller and contacts no host.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  hosts:
    description:
      - The results of M(xenfleet.stubdom.removal), by the host's name.
      - Without it, and without O(lost), it is what the role P(xenfleet.stubdom.remove#role) left in C(remove_plan) on each
        host of the play; hosts that are no longer in the play are lost.
    type: dict
  lost:
    description: Hosts that could not be examined. The plan names them.
    type: list
    elements: str
    default: []
seealso:
  - module: xenfleet.stubdom.removal
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Print the plan of one host
  xenfleet.stubdom.removal_plan:
    hosts: {xen1: "{{ plan }}"}
"""

RETURN = r"""
plan:
  description: The text that was printed.
  returned: always
  type: str
  sample: "xen1:\n  removes /var/lib/xenfleet/guests/web1.json"
hosts:
  description: The hosts from which something would be removed.
  returned: always
  type: list
  elements: str
  sample: [xen1]
"""

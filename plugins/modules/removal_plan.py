#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: removal_plan
short_description: Print what is going to be removed from which host
version_added: 0.1.0
description:
  - Prints for each host what goes and what stays, from what M(xenfleet.stubdom.removal) found in check mode.
  - It runs on the controller and touches no host.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  hosts:
    description: What M(xenfleet.stubdom.removal) returned, by the host's name.
    type: dict
    required: true
  lost:
    description: Hosts that could not be looked at. They are named.
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
  description: The hosts that something is to be removed from.
  returned: always
  type: list
  elements: str
  sample: [xen1]
"""

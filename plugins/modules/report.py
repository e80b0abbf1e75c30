#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Print the report of a deployment as a table
version_added: 0.1.0
description:
  - Prints a table with one line for each guest, then every problem and note, from the results of the other modules.
  - Runs on the controller and contacts no host. It does not fail because of the problems that it prints.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  hosts:
    description:
      - The results of each host, by the host's name.
      - Without it, and without O(lost) and O(waiting), it is what the roles of this collection found on the hosts of the
        play, as C(deploy.yml) uses them. A host that a report of this run has already is left out.
      - Each value has C(placed), C(configured), C(states) and C(verified), the C(guests) that M(xenfleet.stubdom.placement)
        returned for the host, and that M(xenfleet.stubdom.guest_config), M(xenfleet.stubdom.guest_state) and
        M(xenfleet.stubdom.guest_info) returned, and C(failure), the message of a task that ended the host's run. All of them
        are optional.
    type: dict
  lost:
    description: Hosts whose connection was lost during the run. Each is a problem.
    type: list
    elements: str
    default: []
  waiting:
    description: Hosts that the deployment has not reached yet. The report names them; they are not a problem.
    type: list
    elements: str
    default: []
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Print the report
  xenfleet.stubdom.report:
    hosts:
      xen1:
        configured: "{{ files.guests }}"
        states: "{{ states.guests }}"
        verified: "{{ seen.guests }}"
"""

RETURN = r"""
report:
  description: The text that was printed.
  returned: always
  type: str
  sample: "HOST  GUEST  STATE ..."
problems:
  description: The problems of each host, by its name.
  returned: always
  type: dict
  sample: {xen1: []}
"""

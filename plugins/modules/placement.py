#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: placement
short_description: Decide which guests of a fleet may be started where, and which move
version_added: 0.1.0
description:
  - Compares the definitions of the whole fleet with what runs on its hosts. A guest that runs on another host is not started,
    unless it moves, which means that the list of its new host has it, that of the old one has it with C(state=absent), and both
    are in the run.
  - A guest runs elsewhere if a host has a domain of its name, or one that has its C(uuid) of C(settings), or one that has one
    of its C(shared) disks open for writing, whatever the name of that domain is.
  - A guest that writes to a shared disk is not started either while a host of the fleet cannot be asked, unless O(powered_off) names
    that host.
  - Reads the results of the play. These are C(preflight_host) of each host; C(stubdom_others), the results of a loop of
    M(xenfleet.stubdom.host_info) over hosts of the fleet that are not in the play; and C(stubdom_attempts), which has what was
    done for moves in this run. M(xenfleet.stubdom.host_info) must have been called with C(identify=true) if C(identify) of
    O(definitions) is true.
  - Runs on the controller and contacts no host.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  group:
    description: The group of the inventory whose hosts are the fleet.
    type: str
    required: true
  definitions:
    description: C(placement) of M(xenfleet.stubdom.fleet_validate).
    type: dict
    required: true
  powered_off:
    description:
      - Hosts of the fleet whose power is off. They are not asked, and nothing is expected to run there. A host of the list that
        answers counts as any other.
    type: list
    elements: str
    default: []
seealso:
  - module: xenfleet.stubdom.guest_state
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Decide where the guests of the fleet may be started
  xenfleet.stubdom.placement:
    group: xen_hosts
    definitions: "{{ fleet.placement }}"
    powered_off: [xen3]
  run_once: true
  register: placement

- name: Start the guests
  xenfleet.stubdom.guest_state:
    guests: "{{ stubdom_guests }}"
    elsewhere: "{{ (placement.hosts[inventory_hostname] | default({})).elsewhere | default([]) }}"
"""

RETURN = r"""
ask:
  description:
    - The hosts of the fleet outside the play that have to be asked before this can be decided. It is empty if no guest of the
      play is to be started.
  returned: success
  type: list
  elements: str
  sample: [xen3]
as_defined:
  description:
    - The hosts of the play on which nothing is to be done. M(xenfleet.stubdom.host_info) found them as defined, with its option
      O(xenfleet.stubdom.host_info#module:deployment), and nothing is decided for them here.
    - It is empty while hosts have to be asked.
  returned: success
  type: list
  elements: str
  sample: [xen1]
hosts:
  description:
    - What is decided for each host of the play, by its name. A host without any of it is left out.
    - C(moves) has the guests that it takes over, by the C(host) where they run.
    - C(leave) has the names of guests of its list of which nothing is to be touched, neither file nor domain. Another host is
      going to take them over, or they run twice.
    - C(elsewhere) is for O(xenfleet.stubdom.guest_state#module:elsewhere). C(held) are guests that were seen elsewhere, and
      must not start when the host boots.
    - C(guests) has notes and problems.
  returned: success
  type: dict
  sample:
    xen2:
      moves: [{host: xen1, guests: [{name: web1, state: absent}]}]
      leave: []
      held: [web1]
      elsewhere:
        - name: web1
          reason: "runs on host xen1, and was not stopped there: this was not tried"
          remedy: correct that, then run this again
      guests:
        - {name: web1, notes: ["guest web1: moves here from host xen1"], problems: []}
"""

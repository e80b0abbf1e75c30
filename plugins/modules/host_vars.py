#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_vars
short_description: Write the guests that hosts have by hand into the inventory
version_added: 0.1.0
description:
  - Writes C(host_vars/HOST.yml) with C(stubdom_guests) for each host, from the results of M(xenfleet.stubdom.guest_import), and
    prints a report. Where there is a folder C(host_vars/HOST), it writes C(host_vars/HOST/stubdom_guests.yml).
  - Never replaces a file with another content. Where there is one, or where the inventory has C(stubdom_guests) of the host, it
    writes C(host_vars/HOST.import.yml), which Ansible does not read, with the guests that the inventory does not have.
  - A definition that is not fully understood is written as a comment, with the reasons and without passwords.
  - So is a guest that more than one host has, and one that collides with another guest of the fleet.
  - The files have the mode 0600, as passwords are in them in clear text.
  - Runs on the controller and contacts no host.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
options:
  hosts:
    description:
      - The results of M(xenfleet.stubdom.guest_import), by the host's name.
      - Without it, they are what the hosts of the play have in the variable C(stubdom_import).
    type: dict
  group:
    description: The group of all hosts of the fleet, whose guests in the inventory must not collide with those that are found.
    type: str
    default: xen_hosts
  directory:
    description: The folder on the controller that has, or gets, C(host_vars). The default is that of the inventory.
    type: path
seealso:
  - module: xenfleet.stubdom.guest_import
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Write the inventory
  xenfleet.stubdom.host_vars:
    directory: inventory
  run_once: true
"""

RETURN = r"""
report:
  description: The text that was printed.
  returned: always
  type: str
files:
  description: What was written of each host. V(proposal) is a file that Ansible does not read.
  returned: always
  type: list
  elements: dict
  sample: [{host: xen1, path: inventory/host_vars/xen1.yml, action: created, proposal: false}]
lost:
  description: The hosts that were not read, with the reason.
  returned: always
  type: dict
  sample: {xen2: "this is not a Xen host: it has no xl"}
"""

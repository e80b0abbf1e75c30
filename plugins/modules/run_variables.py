#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_variables
short_description: Check the variables that a run has one value of
version_added: 0.1.0
description:
  - Refuses variables of the inventory that a playbook would pass over in silence, with the way to set them.
  - Runs on the controller and contacts no host.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  group:
    description: A group of the inventory, which must exist and have hosts. The variables of all of its hosts are read.
    type: str
    required: true
  extra:
    description: Names of variables that can only be extra variables, as those in C(hosts) of a play. The inventory must not have
      them, unless an extra variable replaces them.
    type: list
    elements: str
    default: []
  shared:
    description: Names of variables that are read once for all hosts. The hosts must have the same value, or none.
    type: list
    elements: str
    default: []
seealso:
  - module: xenfleet.stubdom.fleet_validate
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Check the variables of the run
  xenfleet.stubdom.run_variables:
    group: xen_hosts
    extra: [stubdom_hosts]
    shared: [stubdom_status_json]
  run_once: true
"""

RETURN = r"""
"""

#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_validate
short_description: Check the definitions of a whole fleet before any host is touched
version_added: 0.1.0
description:
  - Reads the guests of all hosts at once, on the controller, and reports everything that is wrong with them, each with host,
    guest, key, value and remedy.
  - Beside each definition it checks what must be unique in the fleet, names and MAC addresses.
  - Tells which PV-GRUB images have to be built for the fleet.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  hosts:
    description: The list of guests of each host, by the host's name in the inventory.
    type: dict
    required: true
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Check the fleet
  xenfleet.stubdom.fleet_validate:
    hosts: "{{ dict(groups['xen_hosts'] | zip(groups['xen_hosts'] | map('extract', hostvars, 'stubdom_guests'))) }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
guests:
  description: How many guests are defined without a fault.
  returned: always
  type: int
  sample: 3
pvgrub2_archs:
  description: The architectures that a PV-GRUB2 image is needed for.
  returned: always
  type: list
  elements: str
  sample: [x86_64]
problems:
  description: Everything that is wrong; C(text) is the sentence for a person.
  returned: always
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import read_fleet
from ansible_collections.xenfleet.stubdom.plugins.module_utils.results import hide_secrets


def main() -> None:
    module = AnsibleModule(argument_spec={"hosts": {"type": "dict", "required": True}}, supports_check_mode=True)
    hosts = module.params["hosts"]
    for guests in hosts.values():
        hide_secrets(module, guests if isinstance(guests, list) else [])
    fleet = read_fleet(hosts)
    result = {
        "guests": len(fleet.guests),
        "pvgrub2_archs": fleet.pvgrub2_archs(),
        "problems": [problem.as_dict() for problem in fleet.problems],
    }
    if fleet.problems:
        module.fail_json(msg="\n".join(problem.text() for problem in fleet.problems), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

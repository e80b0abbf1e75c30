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
  - Beside each definition it checks what guests must not share, as names, MAC addresses, addresses and ports of VNC servers,
    and disks that one of two running guests writes.
  - Passwords are left out of all that it says. What more than ten guests have in common is one problem, not one for each.
  - For a host that declares its release, each guest is checked against what that release can do; for one that declares its
    memory, whether the running guests fit with their stub domains.
  - Tells which images of PV-GRUB, of Linux stub domains and of mini-OS have to be built for the fleet.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  hosts:
    description: The list of guests of each host, by the host's name in the inventory.
    type: dict
    required: true
  declared:
    description:
      - What the inventory says of each host itself, by the host's name. A host may be left out.
      - Each is a dictionary with the keys C(release) (a string such as C("4.17")), C(toolstack) (V(xl) or V(xm)), C(scheme)
        (of HVM guests that leave it at V(auto)), C(memory) (MiB, all that the host has) and C(dom0_memory) (MiB).
    type: dict
    default: {}
  serial:
    description: The sizes of the waves, as C(deploy.yml) gives them to Ansible, numbers of hosts or shares such as V(10%).
    type: raw
    default: 1
  max_fail_percentage:
    description: The share of the hosts of a wave that may fail, from 0 to 100.
    type: raw
    default: 0
  hooks:
    description:
      - What C(stubdom_hooks) is at each host that has it, by the host's name, as C(upgrade.yml) uses it. Each is a dictionary of
        absolute paths of task files on the controller, with the keys C(before_host), C(before_guest), C(after_guest) and
        C(after_host). They must be there.
    type: dict
    default: {}
  sources:
    description:
      - Source trees of Xen, by the release that they are of, such as C("3.4"); mini-OS images are built from them.
      - Each is a dictionary with those of the options O(xenfleet.stubdom.minios_stubdom_image#module:tree), C(archive),
        C(sha256), C(repository), C(revision), C(mirror), C(checksums), C(configure), C(variables), C(jobs) and C(timeout)
        of M(xenfleet.stubdom.minios_stubdom_image) that it needs.
    type: dict
    default: {}
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
linux_suites:
  description: Debian's suites that an image of a Linux stub domain is needed of, for the releases of the hosts.
  returned: always
  type: list
  elements: str
  sample: [bookworm]
minios_builds:
  description:
    - What has to be built of mini-OS, once for each release that O(declared) hosts have, their guests need something of, and
      O(sources) names a tree of. C(targets) are those of M(xenfleet.stubdom.minios_stubdom_image); the other keys are the
      source's, all of them.
  returned: always
  type: list
  elements: dict
  sample:
    - {release: "3.4", targets: [ioemu, fs_back], tree: /srv/src/xen-3.4.4, mirror: /srv/mirror/xen-extfiles}
stub_domain_hosts:
  description: The hosts with a guest whose device model is to run in a stub domain.
  returned: always
  type: list
  elements: str
  sample: [xen1]
notes:
  description: What is worth knowing and no fault. The first twenty are warnings as well.
  returned: always
  type: list
  elements: str
  sample: []
problems:
  description:
    - Everything that is wrong; C(text) is the sentence for a person.
    - The task's message has the first twenty sentences about each key, and counts the others.
  returned: always
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.confidential import Confidential
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import hooks, minios_builds, waves
from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.validate import LINES, message, read_fleet


def main() -> None:
    hosts, declared = Confidential("dict"), Confidential("dict")
    module = AnsibleModule(
        argument_spec={
            "hosts": {"type": hosts, "required": True},
            "declared": {"type": declared, "default": {}},
            "serial": {"type": "raw", "default": 1},
            "max_fail_percentage": {"type": "raw", "default": 0},
            "hooks": {"type": "dict", "default": {}},
            "sources": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    fleet = read_fleet(hosts.value, declared.value)
    sources, faults = minios_builds.read_sources(module.params["sources"])
    needed = minios_builds.targets(fleet.guests, fleet.declared)
    problems = [
        *waves.check(module.params["serial"], module.params["max_fail_percentage"]),
        *fleet.problems,
        *faults,
        *hooks.check(module.params["hooks"]),
    ]
    fleet.notes.extend(minios_builds.unused(sources, needed))
    for note in fleet.notes[:LINES]:
        module.warn(note)
    if len(fleet.notes) > LINES:
        module.warn(f"{len(fleet.notes) - LINES} more notes are in the result's list of notes")
    result = {
        "guests": len(fleet.guests),
        "pvgrub2_archs": fleet.pvgrub2_archs(),
        "linux_suites": fleet.linux_suites(),
        "minios_builds": minios_builds.builds(sources, needed),
        "stub_domain_hosts": minios_builds.stub_domain_hosts(fleet.guests, fleet.declared),
        "notes": fleet.notes,
        "problems": [problem.as_dict() for problem in problems],
        # Without this, Ansible adds the definitions of the whole fleet.
        "invocation": {"module_args": {}},
    }
    if problems:
        module.fail_json(msg=message(problems), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

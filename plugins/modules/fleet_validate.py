#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_validate
short_description: Check the definitions of a whole fleet before any host is changed
version_added: 0.1.0
description:
  - Reads the guests of all hosts on the controller, and reports every problem with host, guest, key, value and remedy.
  - Checks each definition, and what guests must not share, such as names, MAC addresses, addresses and ports of VNC servers,
    and disks that one of two running guests writes.
  - Messages and results have no passwords. A problem that more than ten guests share is reported once.
  - For a host with a declared release, the module checks that the release supports each guest. For a host with declared memory,
    it checks that the running guests and their stub domains fit.
  - Lists the images of PV-GRUB, of Linux stub domains and of mini-OS that the fleet needs.
  - Runs on the controller and contacts no host.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
options:
  group:
    description:
      - A group of the inventory, whose hosts are the fleet, whatever C(--limit) is. O(hosts), O(declared), O(hooks) and
        O(image_urls), where they are not given, are read from its hosts' variables C(stubdom_guests), C(stubdom_host),
        C(stubdom_hooks) and C(stubdom_image_url).
      - A host may lack any of these. One whose variable cannot be evaluated is an error.
    type: str
  hosts:
    description: The list of guests of each host, by the host's name in the inventory.
    type: dict
  declared:
    description:
      - The inventory's facts about each host, by the host's name. A host may be omitted.
      - Each is a dictionary with the keys C(release) (a string such as C("4.17")), C(toolstack) (V(xl) or V(xm)), C(scheme)
        (of HVM guests that leave it at V(auto)), C(memory) (the host's whole memory in MiB) and C(dom0_memory) (MiB).
    type: dict
    default: {}
  serial:
    description: The sizes of the waves, as C(deploy.yml) gives them to Ansible, as numbers of hosts or percentages such as V(10%).
    type: raw
    default: 1
  max_fail_percentage:
    description: The percentage of the hosts of a wave that may fail, from 0 to 100.
    type: raw
    default: 0
  hooks:
    description:
      - The value of C(stubdom_hooks) of each host that has it, by the host's name, as for C(upgrade.yml). Each is a dictionary
        with absolute paths of task files on the controller and the keys C(before_host), C(before_guest), C(after_guest) and
        C(after_host). The files must exist.
    type: dict
    default: {}
  image_urls:
    description: The value of C(stubdom_image_url) of each host that has it, by the host's name. Nothing is asked of a server.
    type: dict
    default: {}
  sources:
    description:
      - Source trees of Xen for building mini-OS images, by their release, such as C("3.4").
      - Each is a dictionary with those of the options O(xenfleet.stubdom.minios_stubdom_image#module:tree), C(archive),
        C(sha256), C(repository), C(revision), C(mirror), C(checksums), C(configure), C(variables), C(jobs) and C(timeout)
        of M(xenfleet.stubdom.minios_stubdom_image) that it needs.
      - With C(host_tools) set to V(true), C(qemu-dm), C(hvmloader) and keymaps are built, too, and installed on the hosts of that release
        that have a guest which needs qemu-xen-traditional in dom0.
    type: dict
    default: {}
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Check the fleet
  xenfleet.stubdom.fleet_validate:
    group: xen_hosts
  run_once: true
"""

RETURN = r"""
guests:
  description: Number of guests whose definition has no problem.
  returned: always
  type: int
  sample: 3
pvgrub2_archs:
  description: The architectures for which the fleet needs a PV-GRUB2 image.
  returned: always
  type: list
  elements: str
  sample: [x86_64]
linux_suites:
  description: The Debian suites of which the fleet needs an image of a Linux stub domain, for the releases of the hosts.
  returned: always
  type: list
  elements: str
  sample: [bookworm]
minios_builds:
  description:
    - The builds of mini-OS that the fleet needs, one for each release of a host in O(declared) whose guests need an image and
      that O(sources) has a tree of. C(targets) are those of M(xenfleet.stubdom.minios_stubdom_image); the other keys are those
      of the source.
  returned: always
  type: list
  elements: dict
  sample:
    - {release: "3.4", targets: [ioemu, fs_back], tree: /srv/src/xen-3.4.4, mirror: /srv/mirror/xen-extfiles}
host_tools_hosts:
  description: The hosts that get C(qemu-dm), C(hvmloader) and keymaps.
  returned: always
  type: list
  elements: str
  sample: [xen1]
stub_domain_hosts:
  description: The hosts with a guest whose device model runs in a stub domain.
  returned: always
  type: list
  elements: str
  sample: [xen1]
placement:
  description:
    - What M(xenfleet.stubdom.placement) takes as O(xenfleet.stubdom.placement#module:definitions).
    - C(hosts) has the names of each host's list, those that are to have a domain (C(running)), those with C(state=absent)
      (C(absent)), and the others. C(unique) has the uuid and the shared disks of each guest that has such, C(targets) all of
      these disks. C(identify) is true if there is such a guest.
  returned: success
  type: dict
  sample:
    identify: true
    targets: [/dev/san/web1]
    hosts: {xen1: {running: [web1], absent: [], others: []}}
    unique: {web1: {uuid: "", disks: [/dev/san/web1], writes: true}}
notes:
  description: Information that is not a problem. The first twenty notes are also warnings.
  returned: always
  type: list
  elements: str
  sample: []
problems:
  description:
    - All problems. C(text) is the message.
    - The task's message has the first twenty messages about each key, and the number of the others.
  returned: always
  type: list
  elements: dict
  sample: []
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secret_option import Confidential


def main() -> None:
    """Run the module, without the action plugin of its name."""
    # Not loaded by what imports this module for its documentation or its argument spec.
    from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet import validation

    confidential = {name: Confidential("dict") for name in validation.CONFIDENTIAL}
    module = AnsibleModule(
        argument_spec=validation.argument_spec(confidential),
        required_one_of=[("hosts", "group")],
        supports_check_mode=True,
    )
    options = {**module.params, **{name: option.value for name, option in confidential.items()}}
    result = validation.check(options, os.path.isfile)
    for warning in validation.warnings(result["notes"]):
        module.warn(warning)
    # Without this, Ansible adds the definitions of the whole fleet.
    result["invocation"] = {"module_args": {}}
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

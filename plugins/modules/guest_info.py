#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_info
short_description: Prove that the guests of a host run as they are defined
version_added: 0.1.0
description:
  - Checks the host itself, not the results of earlier tasks. Everything that does not hold is a problem in the result; the
    module does not fail because of it.
  - For a PV or PVH guest that is to run, its domain runs. Its kernel is the installed image, or the file of a direct boot, with
    the sha256 of the manifest. No C(pygrub) process of dom0 serves it. Its console shows the guest's own boot.
  - For an HVM guest, its device model runs in a stub domain, or in dom0 if that is its scheme, and not in both. The stub
    domain runs, and was booted from an installed image whose files match the manifest, from Xen's own image, or from the files
    that C(device_model) names. The guest's PV console is checked only for the text of C(boot.expect).
  - For a guest that is to be stopped or absent, there is no domain.
  - Guests in the midst of a reboot of their own, of their end or of a migration are waited for, up to one minute together.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.console_dir
  - xenfleet.stubdom._options.guests
  - xenfleet.stubdom._options.records
  - xenfleet.stubdom._options.scheme
  - xenfleet.stubdom._options.store
  - xenfleet.stubdom._options.toolstack
options:
  states:
    description: The C(guests) that M(xenfleet.stubdom.guest_state) returned, for their C(restart_needed).
    type: list
    elements: dict
    default: []
  console:
    description: Whether a guest's console must show its boot. It needs the console log of the role C(console_log).
    type: bool
    default: true
  wait:
    description: Seconds that all guests together have to show their boot on the console.
    type: int
    default: 0
seealso:
  - module: xenfleet.stubdom.guest_state
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Check every guest
  xenfleet.stubdom.guest_info:
    guests: "{{ stubdom_guests }}"
    wait: 60
  register: seen

- name: Fail if a guest has a problem
  ansible.builtin.assert:
    that: seen.guests | map(attribute='problems') | flatten | length == 0
"""

RETURN = r"""
guests:
  description:
    - One entry for each item of O(guests), in its order.
    - C(proof) names what was proven, and is empty for a guest that has problems.
    - C(image) is the image, with the beginning of its version, that the domain was booted from, or the stub domain of an HVM
      guest. It is empty if a file belongs to no installed image. C(stale) is true if a newer version is current.
    - C(device_model) is where an HVM guest's device model runs, V(stub domain) or V(dom0), also V(dom0) if it runs in both.
      C(stub_domain) is the name of the domain that serves the guest.
    - C(console) has the path of the C(log), the line that C(matched) C(boot.expect), the last lines as C(tail), and as C(echo)
      a line that matches too, but that only the boot loader in the guest printed.
  returned: success
  type: list
  elements: dict
  sample:
    - name: web1
      state: running
      domid: 3
      uuid: 5f0c2f5e-9a49-4f6e-8ab7-0b3f7c3b3d11
      memory: 256
      boot: pvgrub2
      kernel: /var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
      image: pvgrub2-x86_64 0f3c9a51
      stale: false
      pygrub: false
      device_model: ""
      stub_domain: ""
      console:
        log: /var/log/xen/console/guest-web1.log
        matched: "[    0.000000] Linux version 6.1.0-50-amd64"
        tail: []
        echo: ""
      proof: kernel, console
      notes: []
      problems: []
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.guest_module import (
    GUESTS,
    guest_definitions,
    without_passwords,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.device_model import SCHEMES
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.verify.verify import Verifier, VerifyOptions


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **GUESTS,
            **arguments.TOOLSTACK,
            "states": {"type": "list", "elements": "dict", "default": []},
            **arguments.STORE,
            **arguments.CONSOLE_DIR,
            **arguments.RECORDS,
            "console": {"type": "bool", "default": True},
            "wait": {"type": "int", "default": 0},
            **arguments.scheme(SCHEMES),
        },
        supports_check_mode=True,
    )
    params = module.params
    guests = guest_definitions(module)
    options = VerifyOptions(
        store=Path(params["store"]),
        records=Path(params["records"]),
        console_dir=Path(params["console_dir"]) if params["console"] else None,
        wait=params["wait"],
        scheme=params["scheme"],
    )
    try:
        states = {guest["name"]: guest for guest in params["states"]}
        evidence = Verifier(detect(params["toolstack"]), options).run(read_guests(guests), states)
    except XenfleetError as error:
        module.fail_json(msg=without_passwords(module, str(error)))
    module.exit_json(guests=without_passwords(module, [item.as_dict() for item in evidence]))


if __name__ == "__main__":
    main()

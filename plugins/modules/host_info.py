#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Tell what a Xen host is and has
version_added: 0.1.0
description:
  - Reads Xen's version, capabilities and memory, the images that are installed, and the domains that run, with the
    device model of each, and the image that this or the domain itself was booted from.
  - Domains are read from the text of C(xl list), or C(xm list), and from xenstore, since C(xl list -l) leaves out stub domains (Xen 4.5 on).
  - Fails, with the remedy, on a machine that does not run Xen.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.store
  - xenfleet.stubdom._options.toolstack
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Look at the host
  xenfleet.stubdom.host_info:
  register: host

- name: Tell the release
  ansible.builtin.debug:
    msg: "Xen {{ host.xen.version }}, {{ host.xen.free_memory }} MiB free"
"""

RETURN = r"""
xen:
  description: What the toolstack says of the host; memory in MiB.
  returned: success
  type: dict
  sample:
    version: 4.17.6
    release: "4.17"
    toolstack: xl
    capabilities: [xen-3.0-x86_64, hvm-3.0-x86_64]
    virt_capabilities: [pv, hvm, hap, shadow]
    free_memory: 1990
    total_memory: 3071
    cpus: 2
    commandline: dom0_mem=1024M,max:1024M
directories:
  description: The folders that this host's Xen keeps images in.
  returned: success
  type: list
  elements: str
  sample: [/usr/lib/xen-4.17/boot]
fs_backend:
  description:
    - Whether this host's release has fs-backend (C(wanted)), why (C(reason)), whether it serves C(/exports) (C(exports)), and
      whether no stub domain starts without it (C(required)).
  returned: success
  type: dict
  sample:
    wanted: false
    exports: false
    required: false
    reason: "Xen 4.17 has no fs-backend: Xen 3.3 to 4.0 have it, and later stub domains do not need it"
xen_images:
  description: Images that Xen's own build, or an administrator, put into those folders.
  returned: success
  type: list
  elements: str
  sample: [/usr/lib/xen-4.17/boot/ioemu-stubdom.gz]
schemes:
  description: The schemes of running a device model in a stub domain that this host can run, the best one first.
  returned: success
  type: list
  elements: str
  sample: [linux]
images:
  description: Every version of every image of the store; C(current) marks the one that new guests boot from.
  returned: success
  type: list
  elements: dict
  sample:
    - name: pvgrub2-x86_64
      version: 0f3c9a51d2e64b78
      sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
      path: /var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
      files:
        - file: pvgrub2-x86_64.bin
          sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
          path: /var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
      current: true
domains:
  description:
    - Every domain but dom0.
    - C(device_model) tells where an HVM guest's device model was seen, V(stub domain) or V(dom0); it is empty for a
      domain that has none.
    - C(stub_domain) names the domain that runs a guest's device model; C(serves) is the guest's id in a stub domain.
    - C(image) is the installed image, and the beginning of its version, that a PV guest, a stub domain, or the stub
      domain of a guest was booted from; it is empty where a file is of none. C(stale) says that a newer one is installed.
  returned: success
  type: list
  elements: dict
  sample:
    - name: web1
      domid: 3
      memory: 256
      vcpus: 1
      state: running
      device_model: ""
      stub_domain: ""
      serves:
      image: pvgrub2-x86_64 0f3c9a51
      stale: false
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.info import collect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.STORE,
            **arguments.TOOLSTACK,
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**collect(detect(module.params["toolstack"]), Path(module.params["store"])))
    except XenfleetError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()

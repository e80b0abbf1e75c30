#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Read what a Xen host is and has
version_added: 0.1.0
description:
  - Reads Xen's version, capabilities and memory, the installed images, and the running domains, with the device model of each,
    and the image that the domain or its stub domain was booted from.
  - The domains are those of the text of C(xl list) or C(xm list) and of xenstore, as C(xl list -l) of Xen 4.5 and newer omits
    stub domains.
  - Guests in the midst of a reboot of their own, of their end or of a migration are waited for, up to 15 seconds together.
  - With O(identify=true), it also reads the uuid of each domain and the disks that it has open for writing, by one process
    more.
  - Fails, with the remedy, on a machine that does not run Xen.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.info
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.store
  - xenfleet.stubdom._options.toolstack
options:
  identify:
    description: Whether to read the uuids of the domains, and the disks that they have open for writing.
    type: bool
    default: false
  targets:
    description:
      - Targets of disks that hosts of the fleet share, for O(identify=true). A domain that has such a disk open for writing
        under another path of this host has the target in C(writes), too.
    type: list
    elements: str
    default: []
  deployment:
    description:
      - The options of the steps of C(deploy.yml), which gives them in a run of all steps. The module then also observes whether
        any step has anything to do on the host, and takes no step.
      - C(playbooks/vars/roles.yml) of the collection has the keys.
    type: dict
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Read the facts of the host
  xenfleet.stubdom.host_info:
  register: host

- name: Print the release
  ansible.builtin.debug:
    msg: "Xen {{ host.xen.version }}, {{ host.xen.free_memory }} MiB free"
"""

RETURN = r"""
xen:
  description: What the toolstack reports of the host. Memory is in MiB.
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
  description: The folders in which this host's Xen keeps images.
  returned: success
  type: list
  elements: str
  sample: [/usr/lib/xen-4.17/boot]
fs_backend:
  description:
    - Whether this host's release uses fs-backend (C(wanted)), the C(reason), whether fs-backend serves C(/exports) (C(exports)),
      and whether stub domains do not start without it (C(required)).
  returned: success
  type: dict
  sample:
    wanted: false
    exports: false
    required: false
    reason: "Xen 4.17 has no fs-backend: Xen 3.3 to 4.0 have it, and later stub domains do not need it"
xen_images:
  description: Images in those folders that Xen's own build or an administrator installed.
  returned: success
  type: list
  elements: str
  sample: [/usr/lib/xen-4.17/boot/ioemu-stubdom.gz]
changed_files:
  description:
    - Files that M(xenfleet.stubdom.minios_stubdom_install) put into Xen's own folders and that are no longer there. The C(state) is
      V(replaced) or V(missing). An upgrade of the distribution's package of Xen replaces such files.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /usr/lib/xen-4.17/boot/hvmloader
      state: replaced
schemes:
  description: The schemes with a stub domain that this host can run, the best one first.
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
    - Every domain except dom0.
    - C(device_model) is where an HVM guest's device model runs, V(stub domain) or V(dom0). It is empty for a domain without one.
    - C(stub_domain) is the name of the domain that runs a guest's device model. For a stub domain, C(serves) is the id of its
      guest.
    - With O(identify=true), C(uuid) is the domain's, and C(writes) lists the targets that it has open for writing. Those of a stub
      domain count for its guest, too.
    - C(image) is the installed image, with the beginning of its version, that a PV guest, a stub domain, or the stub domain of
      a guest was booted from. It is empty if the file belongs to no installed image. C(stale) is true if a newer version is
      current.
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
      uuid: 6f0f4b9c-4b7e-4a53-9d0b-2f4b7f7f2a11
      writes: [/dev/vg0/web1]
unsettled:
  description: Why the states of guests are not final, by their names. Such a guest can be without a domain for a moment, as in the
    midst of its own reboot.
  returned: success
  type: dict
  sample: {}
nameless:
  description:
    - What is left of domains that were destroyed, and that something in dom0 keeps from its end. The toolstack has no name for
      them. They still hold memory, in MiB, and perhaps disks.
  returned: success
  type: list
  elements: dict
  sample: []
deployment:
  description:
    - Whether the host is C(as_defined), so that no step has anything to do or to report.
    - Then C(guests) has, in the order of the definitions, what the report has of each guest; C(notes) are those of the steps
      configure, launch and verify. Otherwise, C(difference) is the first thing that was found to be done.
    - Nothing in it is from an earlier run. A host on which a run is at work, or on which none has worked yet, is not as defined.
  returned: success, with O(deployment)
  type: dict
  sample:
    as_defined: true
    guests:
      - name: web1
        state: running
        boot: pvgrub2
        device_model: ""
        stub_domain: ""
        image: pvgrub2-x86_64 0f3c9a51
        stale: false
        restart_needed: false
        proof: kernel, console
        notes: [[], [], []]
unidentified:
  description: Why the uuids and the open disks of the domains are not known, empty if they are.
  returned: success, with O(identify=true)
  type: str
  sample: ""
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secret_option import Confidential
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secrets import blank, long_secrets
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.info import collect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.remembered import Remembered


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **arguments.STORE,
            **arguments.TOOLSTACK,
            "identify": {"type": "bool", "default": False},
            "targets": {"type": "list", "elements": "str", "default": []},
            "deployment": {"type": Confidential("dict")},
        },
        supports_check_mode=True,
    )
    deployment = module.argument_spec["deployment"]["type"].value
    remembered = Remembered()
    try:
        toolstack, store = detect(module.params["toolstack"], remembered), Path(module.params["store"])
        targets = module.params["targets"] if module.params["identify"] else None
        result = collect(toolstack, store, targets=targets, sleep=remembered.sleep)
        if toolstack.name == "xm":
            from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.host_defaults import xend_network

            for warning in filter(None, [xend_network(Path("/"))]):
                module.warn(warning)
        if deployment:
            # Only deploy.yml asks for it.
            from ansible_collections.xenfleet.stubdom.plugins.module_utils.as_defined.observation import observe

            found = observe(toolstack, deployment, result)
            result["deployment"] = blank(found, long_secrets(deployment))
    except XenfleetError as error:
        module.fail_json(msg=str(error))
    # What the controller has already is not sent back to it, which keeps the results of all hosts.
    shown = {key: value for key, value in module.params.items() if key != "deployment"}
    module.exit_json(**result, invocation={"module_args": shown})


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: boot_proof
short_description: Prove that a PV-GRUB image boots on a Xen host
version_added: 0.1.0
description:
  - Boots the image as the kernel of a guest without disk and network, reads the guest's console until PV-GRUB shows its
    prompt or a menu, and destroys the guest. The module fails if neither appears.
  - The host records the proof, by the image's sha256 and the version of Xen. A proven image is not booted again.
  - The module takes images that V(xenfleet.stubdom.pvgrub_image) and V(xenfleet.stubdom.minios_stubdom_image) build for PV and
    PVH guests.
  - The guest's name is C(xenfleet-proof-) and eight digits of the sha256. A guest of that name that an interrupted run left is
    destroyed. Xen's own logs of the guest stay.
  - The file is sent only if it is to be booted.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.toolstack
attributes:
  check_mode:
    support: full
    details:
      - Nothing is booted. The module reports a change if the image would be booted.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  name:
    description: Name of the image, such as V(pvgrub2-x86_64) or V(pv-grub-x86_64.gz).
    type: str
    required: true
  src:
    description: The image's file on the controller. It is not read if the image is proven already, nor in check mode.
    type: path
    required: true
  sha256:
    description: The file's sha256, 64 hexadecimal digits.
    type: str
    required: true
  memory:
    description: The guest's memory in MiB.
    type: int
    default: 64
  timeout:
    description: Seconds that the image has from the creation of its domain to its prompt.
    type: int
    default: 120
  remote_src:
    description: Whether the file lies on the host, not on the controller.
    type: bool
    default: false
  records:
    description: Folder on the host for the proofs.
    type: path
    default: /var/lib/xenfleet/proofs
seealso:
  - module: xenfleet.stubdom.pvgrub_image
  - module: xenfleet.stubdom.minios_stubdom_image
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Boot the image before it is installed in the fleet
  xenfleet.stubdom.boot_proof:
    name: pvgrub2-x86_64
    src: ~/.cache/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
  become: true
  delegate_to: xen-test
"""

RETURN = r"""
proven:
  description: Whether the image has booted, now or in an earlier run. In check mode, in an earlier run.
  returned: always
  type: bool
  sample: true
seen:
  description: The line of the console that proves it, or an empty string.
  returned: always
  type: str
  sample: GNU GRUB  version 2.06-13+deb12u2
lines:
  description: The last lines of the console if the image did not boot, without a terminal's control sequences.
  returned: always
  type: list
  elements: str
  sample: []
seconds:
  description: Seconds from the creation of the domain to its end, when the proof was made.
  returned: always
  type: float
  sample: 9.4
xen:
  description: The version of Xen that the image was booted on.
  returned: success
  type: str
  sample: 4.17.6
"""

import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof.run import BootVerifier, NotProven
from ansible_collections.xenfleet.stubdom.plugins.module_utils.boot_proof.trial import BootTrial
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect


def run(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Prove that an image boots.

    The action plugin of the same name calls this first without the file, then sends it where it is ``missing``, and calls
    again with ``remote_src``.
    """
    trial = BootTrial(params["name"], params["sha256"], params["memory"], params["timeout"])
    toolstack = detect(params["toolstack"])
    verifier = BootVerifier(toolstack, Path(params["records"]), os.uname().nodename)
    state = toolstack.info()
    verifier.check(trial, state)
    proof = verifier.earlier_proof(trial, state.version)
    changed, missing = not proof, not proof and not params["remote_src"]
    if not proof and not missing and not check:
        proof = verifier.prove(trial, Path(params["src"]), state)
    known = {"proven": bool(proof), "seen": proof.seen if proof else "", "seconds": proof.seconds if proof else 0.0}
    return {"changed": changed, "missing": missing, **known, "lines": [], "xen": state.version}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "src": {"type": "path", "required": True},
            "sha256": {"type": "str", "required": True},
            "memory": {"type": "int", "default": 64},
            "timeout": {"type": "int", "default": 120},
            "remote_src": {"type": "bool", "default": False},
            "records": {"type": "path", "default": paths.PROOFS},
            **arguments.TOOLSTACK,
        },
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode)
    except NotProven as error:
        result = {"proven": False, "seen": "", "lines": error.lines, "seconds": error.seconds}
        module.fail_json(msg=str(error), **result)
    except (XenfleetError, OSError) as error:
        module.fail_json(msg=f"image {module.params['name']}: {error}", proven=False, seen="", lines=[], seconds=0.0)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pvgrub_image
short_description: Build a PV-GRUB2 image
version_added: 0.1.0
description:
  - Builds GRUB 2 as the kernel of a PV or PVH guest, from the modules that the distribution ships (Debian C(grub-xen-bin)).
  - The image reads C(/boot/grub/grub.cfg) or C(/boot/grub/menu.lst) from the guest's own disks, inside the guest.
  - It is built only if the modules, GRUB or the collection's menu finder have changed. The same inputs give the same bytes.
  - The module needs no privileges.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
attributes:
  check_mode:
    support: full
    details:
      - The image is built and discarded, so that its sha256 is known.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  arch:
    description:
      - Architecture of the guests' kernels. V(i386) is for 32-bit PV kernels, which Debian's Xen 4.17 and 4.20 do not run.
      - The image for V(pvh) boots PVH guests with kernels of both architectures.
    type: str
    choices: [x86_64, i386, pvh]
    default: x86_64
  dest:
    description: Folder on the build host. The image is written to a folder of its name below it.
    type: path
    required: true
  modules_dir:
    description: Folder of GRUB's modules, with one folder for each platform.
    type: path
    default: /usr/lib/grub
requirements:
  - grub-mkimage
  - GRUB's modules for Xen
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Build the image
  xenfleet.stubdom.pvgrub_image:
    dest: ~/.cache/xenfleet/build
  delegate_to: localhost
  register: built
"""

RETURN = r"""
image:
  description: The image, its path on the build host, and its manifest.
  returned: success
  type: dict
  sample:
    name: pvgrub2-x86_64
    version: 0f3c9a51d2e64b78
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
    path: /root/.cache/xenfleet/build/pvgrub2-x86_64/pvgrub2-x86_64.bin
    files:
      - file: pvgrub2-x86_64.bin
        sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
        path: /root/.cache/xenfleet/build/pvgrub2-x86_64/pvgrub2-x86_64.bin
    manifest:
      arch: x86_64
      inputs:
        grub: grub-mkimage (GRUB) 2.06-13+deb12u2
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.pvgrub2 import PLATFORMS, build
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import Image


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "arch": {"type": "str", "choices": list(PLATFORMS), "default": "x86_64"},
            "dest": {"type": "path", "required": True},
            "modules_dir": {"type": "path", "default": "/usr/lib/grub"},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        built = build(params["arch"], Path(params["dest"]), Path(params["modules_dir"]), check=module.check_mode)
    except (XenfleetError, OSError) as error:
        module.fail_json(msg=str(error))
    image = Image(built.manifest["name"], {built.path.name: built.manifest["sha256"]}, str(built.path.parent))
    module.exit_json(changed=built.changed, image={**image.as_dict(), "manifest": built.manifest})


if __name__ == "__main__":
    main()

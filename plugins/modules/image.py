#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image
short_description: Install an image that domains boot from
version_added: 0.1.0
description:
  - Copies a file from the controller into the versioned image store of the host, with a manifest, and makes it the current
    version. The store is C(STORE/NAME/VERSION/FILE), where the version is the beginning of the file's sha256.
  - Older versions stay, since running guests were booted from them.
  - The file crosses the network only when the host does not have it, whole, already.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.xen
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description: Name of the image, such as V(pvgrub2-x86_64).
    type: str
    required: true
  src:
    description:
      - The image's file on the controller.
      - It is not read when the host has the image, nor in check mode.
    type: path
    required: true
  file:
    description: Name of the file in the store; the last component of O(src) by default.
    type: str
  remote_src:
    description: O(src) lies on the host already, not on the controller.
    type: bool
    default: false
  sha256:
    description: The file's sha256, 64 hexadecimal digits. A file that has another one is refused.
    type: str
    required: true
  manifest:
    description: What the image was made from; it is kept beside the image.
    type: dict
    default: {}
  store:
    description: Folder of the image store on the host.
    type: path
    default: /var/lib/xenfleet/images
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Install a PV-GRUB2 image
  xenfleet.stubdom.image:
    name: pvgrub2-x86_64
    src: build/pvgrub2-x86_64.bin
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
"""

RETURN = r"""
image:
  description: The image as it is, or in check mode will be, on the host.
  returned: success
  type: dict
  sample:
    name: pvgrub2-x86_64
    version: 0f3c9a51d2e64b78
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
    path: /var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
"""

import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils import images


def run(module: AnsibleModule) -> dict[str, Any]:
    """The action plugin of the same name asks first, uploads what is missing, and calls again with ``remote_src``."""
    params = module.params
    store = Path(params["store"])
    image = images.place_of(store, params["name"], params["sha256"], params["file"] or os.path.basename(params["src"]))
    before = images.current(store, image.name)
    changed = not images.is_installed(store, image)
    if changed and not module.check_mode and params["remote_src"]:
        images.install(image, Path(params["src"]), params["manifest"])
    diff = {
        "before": f"{before.name} {before.version}\n" if before else "",
        "after": f"{image.name} {image.version}\n",
    }
    return {"changed": changed, "image": image.as_dict(), "diff": diff if changed else {}}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "src": {"type": "path", "required": True},
            "sha256": {"type": "str", "required": True},
            "manifest": {"type": "dict", "default": {}},
            "store": {"type": "path", "default": "/var/lib/xenfleet/images"},
            "file": {"type": "str"},
            "remote_src": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if not images.NAME_PATTERN.fullmatch(module.params["name"]):
        module.fail_json(msg=f"name = {module.params['name']!r}: use letters, digits and . _ + -, to name a folder.")
    try:
        result = run(module)
    except images.ImageError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"image {module.params['name']}: {error}. Remedy: make room in the store's folder.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()

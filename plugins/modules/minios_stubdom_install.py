#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: minios_stubdom_install
short_description: Install files of mini-OS images into Xen's own folders
version_added: 0.1.0
description:
  - Xen's own programs look for some files in Xen's own folders, not in the image store. With C(xm), the program C(stubdom-dm)
    starts a stub domain and looks for C(ioemu-stubdom.gz) there; so does libxl up to Xen 4.13.
  - Copies C(ioemu-stubdom.gz), C(stubdom-dm) and C(stubdompath.sh) of the image C(ioemu-stubdom), as far as the host's release
    and toolstack need them, to the paths and with the modes of Xen's own build. With C(xl) the folder is that of the host's
    C(hvmloader).
  - With C(xl) of Xen 4.14 and newer there is nothing to do for that image, as the guests' files name it in the store.
  - With C(xl), copies C(qemu-dm) and C(hvmloader) of the image C(host-tools) to the folders in which the host's own libxl looks
    for them, and its keymaps to where that C(qemu-dm) looks.
  - A file that this collection did not install is kept, with C(.orig) after its name; it is the newest one that an upgrade of a
    package has put there. If C(NAME.orig) is another file of the host's own, nothing is installed.
  - Nothing is installed either if C(hvmloader) of the host contains a firmware that the new one lacks, or if the host has not the
    libraries of C(qemu-dm).
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.lock
  - xenfleet.stubdom._options.store
options:
  images:
    description: The host's images, as M(xenfleet.stubdom.image) returned them. Only C(ioemu-stubdom) and C(host-tools) are used.
    type: list
    elements: dict
    required: true
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Install the image's files into Xen's own folders
  xenfleet.stubdom.minios_stubdom_install:
    images: "{{ images_current }}"
"""

RETURN = r"""
images:
  description:
    - O(images) for the option of the same name of M(xenfleet.stubdom.guest_config). An image with files in Xen's own folders
      has C(placed) in addition, the list of these.
  returned: success
  type: list
  elements: dict
  sample:
    - name: ioemu-stubdom
      version: 7b1d55a0c9e84f21
      path: /var/lib/xenfleet/images/ioemu-stubdom/7b1d55a0c9e84f21
      placed:
        - path: /usr/lib/xen/bin/stubdom-dm
          mode: "0755"
          sha256: 5d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a9520f3c9a51
          dm_config: ""
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError, with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host.xen_files import placement
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import boot_paths, minios_install, minios_layout
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect


def run(module: AnsibleModule) -> dict[str, Any]:
    """Place the files. Raise XenfleetError or OSError."""
    boot_paths.announced(module.params["images"])
    place = placement(module.params["images"], detect().info())
    missing = place.missing
    if missing:
        installer = minios_install.Installer(Path(module.params["store"]))
        installer.check(missing)
        if not module.check_mode:
            installer.install(missing)
    for note in place.notes:
        module.warn(note)
    before, after = minios_layout.file_listing(place.found, place.files)
    return {
        "changed": bool(missing),
        "images": place.images,
        "diff": {"before": before, "after": after} if missing else {},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "dict", "required": True},
            **arguments.STORE,
            **arguments.LOCK,
        },
        supports_check_mode=True,
    )
    try:
        with host_lock.hold_for_module(module, "minios_stubdom_install"):
            result = run(module)
    except XenfleetError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        remedy = "check that root may write there and that there is room"
        module.fail_json(msg=with_remedy(f"{error.filename or minios_layout.NAME}: {error.strerror}", remedy))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

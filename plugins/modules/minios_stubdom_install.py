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
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import (
    BuildError,
    XenfleetError,
    with_remedy,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.problem import Problem
from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import libxl_paths
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import (
    boot_paths,
    host_tools_layout,
    minios_install,
    minios_layout,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import xen_folders
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import HostState
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.detect import detect
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import STUBDOM_DM
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import HOST_TOOLS


def run(module: AnsibleModule) -> dict[str, Any]:
    """Place the files. Raise XenfleetError or OSError."""
    given = module.params["images"]
    boot_paths.announced(given)
    host = detect().info()
    shown, placed, problems = [], [], []
    for image in given:
        files, found_problems = _layout(image, host)
        problems += [problem.text() for problem in found_problems]
        placed += files
        shown.append({**image, "placed": [file.as_dict() for file in files]} if files else image)
    if problems:
        raise BuildError.of(problems)
    found = minios_install.state_of(placed)
    todo = [file for file in placed if found.get(file.path) != (file.sha256, file.mode)]
    if todo:
        installer = minios_install.Installer(Path(module.params["store"]))
        installer.check(todo)
        if not module.check_mode:
            installer.install(todo)
    script, _way = xen_folders.find(host.release, minios_install.ROOT, {file.path: None for file in placed})
    for file in placed:
        if file.name == STUBDOM_DM and file.path != script:
            module.warn(with_remedy(f"{script} of the host comes before {file.path}, which is not used", "remove the first"))
    before, after = minios_layout.file_listing(found, placed)
    return {"changed": bool(todo), "images": shown, "diff": {"before": before, "after": after} if todo else {}}


def _layout(image: dict[str, Any], host: HostState) -> tuple[list[minios_layout.XenFile], list[Problem]]:
    """Return the files of one image, and the problems."""
    root, release = minios_install.ROOT, host.release
    firmware = xen_folders.firmware(release, root)
    if image.get("name") != HOST_TOOLS:
        folders = [path for part in ("boot", "bin") for path in xen_folders.places(release, part)]
        return minios_layout.files_for_xen(image, host.toolstack, release, firmware, folders)
    paths = libxl_paths.find(release, root)
    # Where no libxl is found, a folder that has a hvmloader is Xen's.
    usual = (firmware,) if firmware else ()
    bins = paths.bin or tuple(f"{folder[: -len('boot')]}bin" for folder in usual)
    folders_of_libxl = host_tools_layout.LibxlFolders(bins, paths.boot or usual)
    return host_tools_layout.files_for_libxl(image, host.toolstack, folders_of_libxl)


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

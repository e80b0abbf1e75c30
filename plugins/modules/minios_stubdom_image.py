#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: minios_stubdom_image
short_description: Build mini-OS stub domains, PV-GRUB and fs-backend from a Xen source tree
version_added: 0.1.0
description:
  - Builds C(stubdom/), C(tools/fs-back) and parts of C(tools/) of Xen 3.3 to 4.22, in the way of the release of the source tree.
  - The tree is copied below O(dest) and built there. The original is not changed. Products of earlier builds, which may be
    incomplete, are not copied.
  - The module compares the archives that the tree needs with a sha256 before make runs. make itself downloads nothing.
  - The images are built only if the tree, an archive, an option or the compiler has changed.
  - Only O(targets) are built, and only O(dest) is written to. C(make install-stubdom) is never run.
  - The module needs no privileges.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
attributes:
  check_mode:
    support: full
    details:
      - Everything is built and discarded, so that the sha256 are known.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  name:
    description: Name of the folder below O(dest). Builds of several trees need several names.
    type: str
    default: minios-stubdom
  dest:
    description:
      - Folder on the build host. The files are written to a folder O(name) below it, and the log of the build to O(name).log.
      - C(ioemu-stubdom.gz) contains this path, so that another folder gives another image.
    type: path
    required: true
  tree:
    description: Xen's source tree on the build host (XEN_ROOT). One of O(tree), O(archive) and O(repository) is needed.
    type: path
  archive:
    description: A tar archive of a source tree, a path on the build host or a URL.
    type: str
  sha256:
    description: The sha256 of O(archive), 64 hexadecimal digits.
    type: str
  repository:
    description: A Git repository, a path on the build host or a URL.
    type: str
  revision:
    description: The commit in O(repository), 40 hexadecimal digits.
    type: str
  release:
    description: The Xen release that the tree must have, such as V(4.17). By default every release is accepted.
    type: str
    default: ""
  targets:
    description:
      - The images to build. V(ioemu) is the device model's stub domain with C(stubdom-dm), of Xen 3.3 to 4.20.
      - V(pvgrub) and V(pvgrub32) are PV-GRUB for kernels of 64 and 32 bits, of Xen 3.3 to 4.22.
      - V(fs_back) is fs-backend, of Xen 3.3 to 4.0.
      - V(host_tools) is what dom0 needs for mini-OS stub domains with C(xl), and distributions leave out, of Xen 4.3 to 4.20;
        C(qemu-dm), C(hvmloader) with the ROM BIOS, and keymaps.
    type: list
    elements: str
    choices: [ioemu, pvgrub, pvgrub32, fs_back, host_tools]
    default: [ioemu, pvgrub]
  mirror:
    description:
      - Folder on the build host, or URL, of the files that the tree needs and lacks, such as C(newlib-1.16.0.tar.gz).
      - Without it only O(archive) and O(repository) are downloaded.
      - If the tree lacks mini-OS or qemu-xen-traditional, the mirror must have C(mini-os-REVISION.tar.gz) and
        C(qemu-xen-traditional-REVISION.tar.gz), with the revisions that the tree's C(Config.mk) names.
    type: str
    default: ""
  checksums:
    description:
      - The sha256 of files of O(mirror), by their names. They override those that the collection knows.
      - The collection knows newlib 1.16.0, zlib 1.2.3, pciutils 2.2.9, lwip 1.3.0, grub 0.97 and polarssl 1.1.4.
    type: dict
    default: {}
  configure:
    description: More arguments for C(configure) of Xen 4.3 and newer, such as V(--prefix=/usr).
    type: list
    elements: str
    default: []
  variables:
    description: Variables of make, such as C(PYTHON), by name.
    type: dict
    default: {}
  jobs:
    description: Number of parallel processes of make. V(0) means one for each core.
    type: int
    default: 0
  timeout:
    description: Seconds for each call of configure and make.
    type: int
    default: 7200
requirements:
  - an x86_64 build host with make, gcc, binutils, patch, tar, gzip, bzip2, perl, Python
  - for Xen 4.3 and newer the requirements of C(tools/configure), which the module reads from the tree; git for O(repository)
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Build from a tree on the build host, with archives of a local mirror
  xenfleet.stubdom.minios_stubdom_image:
    tree: /usr/src/xen-4.17.5
    dest: ~/.cache/xenfleet/build
    mirror: /srv/mirror/xen-extfiles
  delegate_to: localhost
  register: built

- name: Build all images of an old release
  xenfleet.stubdom.minios_stubdom_image:
    name: xen-4.0
    archive: https://mirror.example.org/xen-4.0.4.tar.gz
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
    dest: ~/.cache/xenfleet/build
    targets: [ioemu, pvgrub, pvgrub32, fs_back]
    mirror: https://mirror.example.org/xen-extfiles
    variables:
      PYTHON: python2
  delegate_to: localhost
"""

RETURN = r"""
images:
  description: The images, the paths of their files on the build host, and their manifests.
  returned: success
  type: list
  elements: dict
  sample:
    - name: pv-grub-x86_64.gz
      xen: "4.17"
      version: 0f3c9a51d2e64b78
      sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
      files:
        - file: pv-grub-x86_64.gz
          sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
          path: /root/.cache/xenfleet/build/minios-stubdom/pv-grub-x86_64.gz
      manifest:
        xen: "4.17"
        xen_version: 4.17.5
        built: "2026-01-09T10:11:12Z"
        compiler: gcc (Debian 12.2.0-14) 12.2.0
        configure: [--enable-pv-grub, --disable-xenstore-stubdom]
        tree:
          kind: tree
          from: /usr/src/xen-4.17.5
          revision: ""
          digest: 7b1d55a0c9e84f217b1d55a0c9e84f217b1d55a0c9e84f217b1d55a0c9e84f21
        installed:
          path: /usr/local/lib/xen/boot/pv-grub-x86_64.gz
          mode: "0644"
log:
  description: The log of the last build, on the build host.
  returned: always
  type: str
  sample: /root/.cache/xenfleet/build/minios-stubdom.log
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.build import BuildResult, build, log_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios.options import Options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import Image
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.minios import MINIOS_TARGETS


def images_of(built: BuildResult) -> list[dict[str, Any]]:
    """Return the images for the role ``images``, each with its part of the manifest."""
    shared = {key: value for key, value in built.manifest.items() if key not in ("asked", "inputs", "files", "images", "sha256")}
    images = []
    for row in built.manifest["images"]:
        image = Image(row["name"], row["files"], str(built.folder)).as_dict()
        installed = {name: shared["installed"][name] for name in row["files"]}
        images.append(
            {
                **{key: image[key] for key in ("name", "version", "sha256", "files")},
                "xen": shared["xen"],
                "manifest": {**shared, "installed": installed},
            }
        )
    return images


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "minios-stubdom"},
            "dest": {"type": "path", "required": True},
            "tree": {"type": "path"},
            "archive": {"type": "str"},
            "sha256": {"type": "str"},
            "repository": {"type": "str"},
            "revision": {"type": "str"},
            "release": {"type": "str", "default": ""},
            "targets": {
                "type": "list",
                "elements": "str",
                "choices": list(MINIOS_TARGETS),
                "default": ["ioemu", "pvgrub"],
            },
            "mirror": {"type": "str", "default": ""},
            "checksums": {"type": "dict", "default": {}},
            "configure": {"type": "list", "elements": "str", "default": []},
            "variables": {"type": "dict", "default": {}},
            "jobs": {"type": "int", "default": 0},
            "timeout": {"type": "int", "default": 7200},
        },
        required_one_of=[("tree", "archive", "repository")],
        mutually_exclusive=[("tree", "archive", "repository")],
        required_together=[("archive", "sha256"), ("repository", "revision")],
        supports_check_mode=True,
    )
    params = {key: value for key, value in module.params.items() if value is not None}
    dest = Path(params.pop("dest"))
    for key in ("checksums", "variables"):
        params[key] = {str(name): str(value) for name, value in params[key].items()}
    # In a fixed order, as another order of the same targets must not cause another build.
    params["targets"] = tuple(name for name in MINIOS_TARGETS if name in params["targets"])
    params["configure"] = tuple(params["configure"])
    log = str(log_of(dest, params["name"]))
    try:
        built = build(Options(**params), dest, dry=module.check_mode)
    except (XenfleetError, OSError) as error:
        module.fail_json(msg=str(error), log=log)
    module.exit_json(changed=built.changed, images=images_of(built), log=log)


if __name__ == "__main__":
    main()

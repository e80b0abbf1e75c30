#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: linux_stubdom_image
short_description: Build the image of Linux stub domains from Debian's packages
version_added: 0.1.0
description:
  - Builds the kernel and the root file system of a stub domain that runs qemu-xen, from Debian's packages, and a list of its
    parts (CycloneDX 1.5).
  - apt downloads the packages into a folder of its own. Nothing is installed on the build host, and no script of a package is
    run.
  - The image is built only if a package, a script or an option has changed. The same inputs give the same bytes.
  - The module needs no privileges.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
attributes:
  check_mode:
    support: full
    details:
      - The image is built and discarded, so that its sha256 is known. The downloaded packages stay in the cache below O(dest).
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  suite:
    description:
      - Code name of the Debian suite of the packages. Its Xen release is that of the image.
      - The stub domain communicates with libxl of the Xen host, so choose the suite whose Xen release the hosts run.
    type: str
    default: bookworm
  dest:
    description:
      - Folder on the build host. The image is written to a folder of its name and suite below it, beside downloaded packages.
    type: path
    required: true
  mount_script:
    description: Text of the script that mounts the root file system. The role C(build_linux_stubdom) has it.
    type: str
    required: true
  init_script:
    description: Text of the script that starts QEMU. The role C(build_linux_stubdom) has it.
    type: str
    required: true
  relay_script:
    description: Text of the script between QEMU and the toolstack. The role C(build_linux_stubdom) has it.
    type: str
    required: true
  sources:
    description:
      - Archives of the packages, as lines of C(sources.list). No others are used then.
      - The default is the archives of the build host's own suite, with the name of O(suite) in place of that suite.
    type: list
    elements: str
    default: []
  kernel_package:
    description: Package of the kernel. It is empty if O(overlay) has the kernel.
    type: str
    default: linux-image-amd64
  packages:
    description: More packages whose files are available to the image, such as a library that a QEMU in O(overlay) needs.
    type: list
    elements: str
    default: []
  overlay:
    description:
      - Folders on the build host whose files are added to the unpacked packages, in this order.
      - The paths in them are C(boot/vmlinuz-RELEASE) and C(lib/modules/RELEASE) for a kernel, O(qemu) for a QEMU, and
        C(usr/lib) for a library.
    type: list
    elements: path
    default: []
  qemu:
    description: Path of QEMU in the packages or O(overlay). The default is the path of Debian or Xen.
    type: str
    default: ""
  kernel_release:
    description: Release of the kernel, if O(kernel_package) and O(overlay) have several.
    type: str
    default: ""
  modules:
    description: Names of more kernel modules, loaded in this order after the image's own.
    type: list
    elements: str
    default: []
  boot_files:
    description:
      - Files of the build host, by the absolute path that a guest's C(kernel) or C(ramdisk) names on its Xen host.
      - QEMU in a stub domain reads these files inside the stub domain.
    type: dict
    default: {}
  cache_valid_time:
    description:
      - Seconds during which an image counts as up to date after the module compared it with the archives. During this time no
        archive is queried.
      - A changed script, file or option takes effect at once.
    type: int
    default: 3600
requirements:
  - apt, dpkg
  - mksquashfs with zstd, cpio
  - depmod and modprobe (kmod), readelf (binutils), zstd
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Build the image
  xenfleet.stubdom.linux_stubdom_image:
    suite: bookworm
    dest: ~/.cache/xenfleet/build
    mount_script: "{{ lookup('ansible.builtin.file', 'mount.sh', rstrip=false) }}"
    init_script: "{{ lookup('ansible.builtin.file', 'init.sh', rstrip=false) }}"
    relay_script: "{{ lookup('ansible.builtin.file', 'relay.sh', rstrip=false) }}"
  delegate_to: localhost
  register: built

- name: Build the image with another QEMU, and a kernel that a guest boots directly
  xenfleet.stubdom.linux_stubdom_image:
    dest: ~/.cache/xenfleet/build
    mount_script: "{{ lookup('ansible.builtin.file', 'mount.sh', rstrip=false) }}"
    init_script: "{{ lookup('ansible.builtin.file', 'init.sh', rstrip=false) }}"
    relay_script: "{{ lookup('ansible.builtin.file', 'relay.sh', rstrip=false) }}"
    sources:
      - deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example.org/debian bookworm main
    overlay: [/srv/build/qemu]
    qemu: /usr/lib/xen/bin/qemu-system-i386
    boot_files:
      /srv/guests/app1/vmlinuz: /srv/build/app1/vmlinuz
  delegate_to: localhost
"""

RETURN = r"""
image:
  description: The image, the paths of its files on the build host, and its manifest.
  returned: success
  type: dict
  sample:
    name: qemu-stubdom-linux
    xen: "4.17"
    version: 0f3c9a51d2e64b78
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
    files:
      - file: qemu-stubdom-linux-kernel
        sha256: 26f2e57c99338feaf71c46fa4babdc7e1a6c115943002d109fdb746667104f5f
        path: /root/.cache/xenfleet/build/qemu-stubdom-linux-bookworm/qemu-stubdom-linux-kernel
      - file: qemu-stubdom-linux-rootfs
        sha256: b8744e8b6ee600bf2144febe0b2d6099d1ea406fa0a2f6adacf904fafa41fd48
        path: /root/.cache/xenfleet/build/qemu-stubdom-linux-bookworm/qemu-stubdom-linux-rootfs
      - file: sbom.cdx.json
        sha256: e719e66a4b8fd4a4d22db7128f8598270e39cc5ac4aed8591e4ee98593a253f0
        path: /root/.cache/xenfleet/build/qemu-stubdom-linux-bookworm/sbom.cdx.json
    manifest:
      suite: bookworm
      xen: "4.17"
      kernel: 6.1.0-56-amd64
      qemu: 1:7.2+dfsg-7+deb12u18+b3
      sizes:
        kernel: 8247232
        rootfs: 15470080
        unpacked: 41272510
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.build import build
from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux.options import Options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.store import Image


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "suite": {"type": "str", "default": "bookworm"},
            "dest": {"type": "path", "required": True},
            "mount_script": {"type": "str", "required": True},
            "init_script": {"type": "str", "required": True},
            "relay_script": {"type": "str", "required": True},
            "sources": {"type": "list", "elements": "str", "default": []},
            "kernel_package": {"type": "str", "default": "linux-image-amd64"},
            "packages": {"type": "list", "elements": "str", "default": []},
            "overlay": {"type": "list", "elements": "path", "default": []},
            "qemu": {"type": "str", "default": ""},
            "kernel_release": {"type": "str", "default": ""},
            "modules": {"type": "list", "elements": "str", "default": []},
            "boot_files": {"type": "dict", "default": {}},
            "cache_valid_time": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    params = dict(module.params)
    params["boot_files"] = {path: str(file) for path, file in params["boot_files"].items()}
    dest, cache_valid_time = Path(params.pop("dest")), params.pop("cache_valid_time")
    try:
        built = build(Options(**params), dest, cache_valid_time, dry=module.check_mode)
    except (XenfleetError, OSError) as error:
        module.fail_json(msg=str(error))
    image = {key: built.manifest[key] for key in ("name", "xen", "version", "sha256")}
    image["files"] = Image(image["name"], built.manifest["files"], str(built.folder)).as_dict()["files"]
    image["manifest"] = built.manifest
    module.exit_json(changed=built.changed, image=image)


if __name__ == "__main__":
    main()

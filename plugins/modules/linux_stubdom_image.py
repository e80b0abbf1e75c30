#!/usr/bin/python
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: linux_stubdom_image
short_description: Build the image of a Linux stub domain
version_added: 0.1.0
description:
  - Makes the kernel and the root file system of a stub domain that runs qemu-xen, from Debian's packages, and a list of
    its parts (CycloneDX 1.5).
  - The packages are fetched by an apt that works in a folder of its own. Nothing is installed on the build host, and no
    script of a package is run.
  - It is built only when a package, a script or an option has changed; the same inputs give the same bytes.
  - Needs no privileges.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
attributes:
  check_mode:
    support: full
    details:
      - The image is made and thrown away, so that its sha256 is known. The packages fetched for it stay in the cache
        below O(dest).
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  suite:
    description:
      - Debian's suite that the packages are of, by its code name. Its Xen release is the image's.
      - The stub domain speaks to libxl of the Xen host, so take the suite whose Xen release the hosts run.
    type: str
    default: bookworm
  dest:
    description:
      - Folder on the build host. The image goes into a folder of its name and suite below it, beside fetched packages.
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
      - Archives to take the packages from, as lines of C(sources.list). They are the only ones then.
      - Without it they are the build host's own, of its own suite, with the name of O(suite) in its place.
    type: list
    elements: str
    default: []
  kernel_package:
    description: Package of the kernel; empty when O(overlay) has the kernel.
    type: str
    default: linux-image-amd64
  packages:
    description: More packages whose files are to be found, such as a library that a QEMU in O(overlay) needs.
    type: list
    elements: str
    default: []
  overlay:
    description:
      - Folders on the build host, laid over the unpacked packages in this order.
      - A kernel lies in them as C(boot/vmlinuz-RELEASE) with C(lib/modules/RELEASE), a QEMU where O(qemu) says, a
        library in C(usr/lib).
    type: list
    elements: path
    default: []
  qemu:
    description: Path of QEMU in the packages or O(overlay); by default where Debian or Xen has it.
    type: str
    default: ""
  kernel_release:
    description: Release of the kernel, where O(kernel_package) and O(overlay) have several.
    type: str
    default: ""
  modules:
    description: More kernel modules, by name, loaded in this order after the image's own.
    type: list
    elements: str
    default: []
  boot_files:
    description:
      - Files of the build host, by the absolute path that a guest's C(kernel) or C(ramdisk) names on its Xen host.
      - With a stub domain QEMU reads these inside the stub domain.
    type: dict
    default: {}
  cache_valid_time:
    description:
      - Seconds for which an image that was compared with the archives counts as up to date.
      - Until then no archive is asked.
      - A changed script, file or option has effect at once.
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

- name: With a QEMU of one's own, and a kernel that a guest boots directly
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
  description: The image, where its files lie on the build host, and its manifest.
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

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
  - Copies an image from the controller into the versioned image store of the host, with a manifest, and makes it the current
    version. The store is C(STORE/NAME/VERSION/FILE).
  - An image is one file, or several that go together, such as the kernel and the root file system of a stub domain; these
    become current at once, or not at all.
  - The version is the beginning of the file's sha256; of several files, of the sha256 over what C(sha256sum) prints of them,
    sorted by name.
  - Older versions stay, since running guests were booted from them, unless O(keep) says how many.
  - The files cross the network only when the host does not have them, whole, already.
extends_documentation_fragment:
  - xenfleet.stubdom._attributes
  - xenfleet.stubdom._attributes.changes
  - xenfleet.stubdom._attributes.xen
  - xenfleet.stubdom._options.config_dir
  - xenfleet.stubdom._options.lock
  - xenfleet.stubdom._options.store
options:
  name:
    description: Name of the image, such as V(pvgrub2-x86_64).
    type: str
    required: true
  src:
    description:
      - The image's file on the controller. With O(files), the folder that they lie in.
      - It is not read when the host has the image, nor in check mode.
    type: path
  url:
    description:
      - Where the host itself fetches the file from, instead of O(src), by HTTP or HTTPS. With O(files), the folder that they
        lie in.
      - It is not asked when the host has the image, nor in check mode.
    type: str
  file:
    description: Name of the file in the store; the last component of O(src) or O(url) by default.
    type: str
  sha256:
    description: The file's sha256, 64 hexadecimal digits. A file that has another one is refused.
    type: str
  files:
    description: The files of an image that has several, instead of O(file) and O(sha256).
    type: list
    elements: dict
    suboptions:
      src:
        description: The file on the controller; by default O(files[].file) in the folder O(src). Not with O(url).
        type: path
      file:
        description: Name of the file in the store; the last component of O(files[].src) by default.
        type: str
      sha256:
        description: The file's sha256, 64 hexadecimal digits. A file that has another one is refused.
        type: str
        required: true
      path:
        description: Where the file lies on the build host, as the modules that build images tell; not used here.
        type: path
  version:
    description:
      - Make this version the current one, 16 hexadecimal digits. The host's store must have it, whole; nothing is copied.
      - This is the way back to an older image. V(previous) is the version that the current one took the place of when it
        was installed. It is a way of one step, so that it changes nothing when it is gone again, or after a version was
        made current by this option.
    type: str
  keep:
    description:
      - How many versions stay beside the current one, those first that were current last. All of them by default.
      - A version that a guest boots from stays in any case. It is looked for in O(config_dir) and C(/etc/xen), in what Xen's
        toolstacks record of running, saved and managed domains below C(/var/lib), and in this collection's records.
      - Where one of these cannot be read, no version is removed, and a warning says so.
    type: int
  remote_src:
    description: The files lie on the host already, not on the controller.
    type: bool
    default: false
  manifest:
    description: What the image was made from; it is kept beside the image.
    type: dict
    default: {}
author:
  - xenfleet contributors (@xenfleet)
"""

EXAMPLES = r"""
- name: Install a PV-GRUB2 image
  xenfleet.stubdom.image:
    name: pvgrub2-x86_64
    src: build/pvgrub2-x86_64.bin
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952

- name: Install kernel and root file system of a stub domain, and keep two older versions
  xenfleet.stubdom.image:
    name: qemu-stubdom-linux
    src: build
    files:
      - {file: qemu-stubdom-linux-kernel, sha256: "{{ stubdom_kernel_sha256 }}"}
      - {file: qemu-stubdom-linux-rootfs, sha256: "{{ stubdom_rootfs_sha256 }}"}
    keep: 2

- name: Let the host fetch an image from a server
  xenfleet.stubdom.image:
    name: pvgrub2-x86_64
    url: https://images.example.org/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952

- name: Go back to the version before the current one
  xenfleet.stubdom.image:
    name: qemu-stubdom-linux
    version: previous

- name: Go back to an older version
  xenfleet.stubdom.image:
    name: qemu-stubdom-linux
    version: 7b1d55a0c9e84f21
"""

RETURN = r"""
image:
  description:
    - The image as it is, or in check mode will be, on the host.
    - RV(ignore:path) is its file, or the folder of its files when it has several.
    - RV(ignore:installed) is there if the manifest tells where Xen's own installation has the files, as that of
      M(xenfleet.stubdom.minios_stubdom_image) does.
  returned: success
  type: dict
  sample:
    name: pvgrub2-x86_64
    version: 0f3c9a51d2e64b78
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
    path: /var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
    files:
      - file: pvgrub2-x86_64.bin
        sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952
        path: /var/lib/xenfleet/images/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
removed:
  description: The versions that were, or in check mode will be, removed.
  returned: success
  type: list
  elements: str
  sample: [7b1d55a0c9e84f21]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.download import DownloadError
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError, with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import retention
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import store as image_store
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.sources import read_sources


def run(module: AnsibleModule) -> dict[str, Any]:
    """The action plugin of the same name asks first, sends what is ``missing``, and calls again with ``remote_src``."""
    params = module.params
    store, name = Path(params["store"]), params["name"]
    sources = read_sources(params)
    if params["version"]:
        image = image_store.version_of(store, name, params["version"])
        whole = True
    else:
        image = image_store.image_of(store, name, [(source.file, source.sha256) for source in sources])
        whole = image_store.is_whole(image)
    before = image_store.current(store, name)
    removed = _surplus(module, store, image)
    missing = not whole and not params["remote_src"] and not params["url"]
    if not module.check_mode and not missing:
        # Also when nothing else is to be done: a version whose removal was cut is in no list any more.
        image_install.remove_leftovers(Path(image.folder).parent)
        if not whole:
            image_install.install(image, {source.file: source.path for source in sources}, params["manifest"])
        elif before != image:
            image_install.make_current(image, by_name=bool(params["version"]))
        for old in removed:
            image_install.remove(old)
    changed = not whole or before != image or bool(removed)
    lines = [f"{before.name} {before.version}\n"] if before else []
    lines += [f"{old.name} {old.version} not current\n" for old in removed if old != before]
    diff = {"before": "".join(lines), "after": f"{image.name} {image.version}\n"}
    installed = params["manifest"].get("installed") or image_store.manifest_in(Path(image.folder)).get("installed")
    return {
        "changed": changed,
        "image": {**image.as_dict(), **({"installed": installed} if installed else {})},
        "removed": [old.version for old in removed],
        "missing": missing,
        "diff": diff if changed else {},
    }


def _surplus(module: AnsibleModule, store: Path, image: image_store.Image) -> list[image_store.Image]:
    """The versions that go when this one is current."""
    keep = module.params["keep"]
    if keep is None:
        return []
    if keep < 0:
        raise image_store.ImageError(f"image {image.name}: keep = {keep}: is negative", "give 0 or more, or leave it out to keep all")
    removed, doubt = retention.surplus_versions(store, image, keep, retention.reference_patterns(module.params["config_dir"]))
    if doubt:
        module.warn(doubt)
    return removed


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "src": {"type": "path"},
            "url": {"type": "str"},
            "file": {"type": "str"},
            "sha256": {"type": "str"},
            "files": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "src": {"type": "path"},
                    "file": {"type": "str"},
                    "sha256": {"type": "str", "required": True},
                    "path": {"type": "path"},
                },
            },
            "version": {"type": "str"},
            "keep": {"type": "int"},
            **arguments.CONFIG_DIR,
            "remote_src": {"type": "bool", "default": False},
            "manifest": {"type": "dict", "default": {}},
            **arguments.STORE,
            **arguments.LOCK,
        },
        required_one_of=[("sha256", "files", "version")],
        mutually_exclusive=[("sha256", "files", "version"), ("file", "files", "version"), ("src", "url", "version")],
        supports_check_mode=True,
    )
    try:
        with host_lock.held(module, "image"):
            result = run(module)
    except DownloadError as error:
        remedy = "check that the host reaches the server and that the server has the file"
        module.fail_json(msg=with_remedy(f"image {module.params['name']}: {error}", remedy))
    except XenfleetError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=with_remedy(f"image {module.params['name']}: {error}", "make room in the store's folder"))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

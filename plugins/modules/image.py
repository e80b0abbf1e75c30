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
    version. The path of a file in the store is C(STORE/NAME/VERSION/FILE).
  - An image is one file, or several files that belong together, such as the kernel and the root file system of a stub domain.
    Several files become current in one step, or not at all.
  - The version is the beginning of the file's sha256. For several files it is the beginning of the sha256 of the output of
    C(sha256sum) for them, sorted by name.
  - Older versions stay, as running guests were booted from them, unless O(keep) limits their number.
  - Files are sent only if the host does not have all of them, complete, already.
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
      - The image's file on the controller. With O(files), the folder that holds them.
      - It is not read if the host has the image already, nor in check mode.
    type: path
  url:
    description:
      - The URL from which the host itself downloads the file, in place of O(src), by HTTP or HTTPS, or from a folder that the
        host has mounted (C(file:///...)). With O(files), the folder that holds them. A list of URLs is tried in its order, for
        each file, until one of them has the file with its sha256.
      - Nothing is downloaded if the host has the image already, nor in check mode.
      - The host's lock is not held during the download. A download that was interrupted is continued by the next run, if the
        server can send a part of a file, as web servers do.
      - A name and a password in a URL are sent to its own server only, and not to one that it redirects to. They are not shown.
        A proxy is that of the variables C(http_proxy), C(https_proxy) and C(no_proxy) of the task's environment.
    type: raw
  url_timeout:
    description:
      - Seconds without an answer after which a server is given up. One that sends less than 1 KiB a second for so long is given
        up, too.
    type: int
    default: 60
  file:
    description: Name of the file in the store. The default is the last component of O(src) or O(url).
    type: str
  sha256:
    description: The file's sha256, 64 hexadecimal digits. A file with another sha256 is refused.
    type: str
  files:
    description: The files of an image that has several, in place of O(file) and O(sha256).
    type: list
    elements: dict
    suboptions:
      src:
        description: The file on the controller. The default is O(files[].file) in the folder O(src). Do not use it with O(url).
        type: path
      file:
        description: Name of the file in the store. The default is the last component of O(files[].src).
        type: str
      sha256:
        description: The file's sha256, 64 hexadecimal digits. A file with another sha256 is refused.
        type: str
        required: true
      path:
        description: Path of the file on the build host, as the modules that build images return it. This module does not use it.
        type: path
  version:
    description:
      - Make this version the current one, 16 hexadecimal digits. The host's store must have the complete version; nothing is
        copied.
      - Use it to roll back to an older image. V(previous) is the version that was current before the current one was installed.
        It goes back one step only, so that it changes nothing if it is repeated, or if this option selected the current
        version.
    type: str
  keep:
    description:
      - Number of versions that stay beside the current one, the most recently current ones first. By default all stay.
      - A version that a guest boots from always stays. The module looks for its path in O(config_dir) and C(/etc/xen), in the
        files below C(/var/lib) in which Xen's toolstacks record running, saved and managed domains, and in this collection's
        records.
      - If one of these cannot be read, no version is removed, and a warning gives the reason.
    type: int
  remote_src:
    description: Whether the files lie on the host, not on the controller.
    type: bool
    default: false
  manifest:
    description: Data about the sources of the image. The store keeps it beside the image.
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

- name: Let the host download an image from a server
  xenfleet.stubdom.image:
    name: pvgrub2-x86_64
    url: https://images.example.org/pvgrub2-x86_64/0f3c9a51d2e64b78/pvgrub2-x86_64.bin
    sha256: 0f3c9a51d2e64b78a4c1f0b6d59e2a7c38b1e4f7d0a95c6283f1e7b4d6c0a952

- name: Let the host download an image from the host of its rack that has it, else from a server
  xenfleet.stubdom.image:
    name: qemu-stubdom-linux
    url:
      - http://xen1.rack7.example.org/qemu-stubdom-linux/7b1d55a0c9e84f21
      - https://images.example.org/qemu-stubdom-linux/7b1d55a0c9e84f21
    files:
      - {file: qemu-stubdom-linux-kernel, sha256: "{{ stubdom_kernel_sha256 }}"}
      - {file: qemu-stubdom-linux-rootfs, sha256: "{{ stubdom_rootfs_sha256 }}"}

- name: Roll back to the version before the current one
  xenfleet.stubdom.image:
    name: qemu-stubdom-linux
    version: previous

- name: Roll back to a version by its digits
  xenfleet.stubdom.image:
    name: qemu-stubdom-linux
    version: 7b1d55a0c9e84f21
"""

RETURN = r"""
image:
  description:
    - The image as it is, or in check mode would be, on the host.
    - RV(ignore:path) is its file, or the folder of its files if it has several.
    - RV(ignore:installed) exists if the manifest has the paths that Xen's own build installs the files to, as that of
      M(xenfleet.stubdom.minios_stubdom_image) has.
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
  description: The versions that were, or in check mode would be, removed.
  returned: success
  type: list
  elements: str
  sample: [7b1d55a0c9e84f21]
"""

from pathlib import Path
from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, host_lock
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import XenfleetError, with_remedy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.url_option import UrlOption
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images import install as image_install
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.sources import Source, read_sources
from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.wanted import image_of, wanted


def run(module: AnsibleModule, sources: list[Source]) -> dict[str, Any]:
    """Return the module's result. On ``missing`` the action plugin sends the files and calls again with ``remote_src``."""
    with host_lock.hold_for_module(module, "image"):
        result = _install(module, sources)
    if module.params["url"] and result["missing"]:
        # Few runs download.
        from ansible_collections.xenfleet.stubdom.plugins.module_utils.images.fetch import downloaded

        image = image_of(module.params, sources)
        urls = {source.file: source.urls for source in sources}
        download = downloaded(image, urls, module.params["lock_timeout"], module.params["url_timeout"])
        with download as paths, host_lock.hold_for_module(module, "image"):
            result = _install(module, sources, paths)
    return result


def _install(module: AnsibleModule, sources: list[Source], fetched: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Install the image, and make it current, if its files are on the host; ``fetched`` are those that were downloaded."""
    params = module.params
    found = wanted(params, sources)
    image, before = found.image, found.before
    if found.doubt:
        module.warn(found.doubt)
    # Check mode reports a download as done.
    missing = not found.whole and not params["remote_src"] and fetched is None and not (params["url"] and module.check_mode)
    if not module.check_mode and not missing:
        # Also if nothing else changes: a version whose removal was interrupted is in no list any more.
        image_install.remove_leftovers(Path(image.folder).parent)
        if not found.whole:
            paths = fetched or {source.file: source.path for source in sources}
            image_install.install(image, paths, params["manifest"], is_moved=fetched is not None)
        elif before != image:
            image_install.make_current(image, by_name=bool(params["version"]))
        for old in found.surplus:
            image_install.remove(old)
    lines = [f"{before.name} {before.version}\n"] if before else []
    lines += [f"{old.name} {old.version} not current\n" for old in found.surplus if old != before]
    diff = {"before": "".join(lines), "after": f"{image.name} {image.version}\n"}
    return {
        "changed": found.changes,
        "image": found.as_dict(params["manifest"]),
        "removed": [old.version for old in found.surplus],
        "missing": missing,
        "diff": diff if found.changes else {},
    }


def main() -> None:
    """Run the module."""
    urls = UrlOption("raw")
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "src": {"type": "path"},
            "url": {"type": urls},
            "url_timeout": {"type": "int", "default": 60},
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
        result = run(module, read_sources({**module.params, "url": urls.value}))
    except XenfleetError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=with_remedy(f"image {module.params['name']}: {error}", "make room in the store's folder"))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of a stub domain's kernel."""

from __future__ import annotations

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    kernel_modules,
)


def test_problems_of_a_kernels_configuration() -> None:
    config = "CONFIG_XEN_PV=y\n# CONFIG_HVC_XEN_FRONTEND is not set\nCONFIG_DEVTMPFS=m\nCONFIG_BLK_DEV_INITRD=y\n"
    assert [fault.split("CONFIG_")[1].split("=")[0] for fault in kernel_modules.config_problems("6", config)] == [
        "HVC_XEN_FRONTEND",
        "DEVTMPFS",
        "SQUASHFS_ZSTD",
    ]
    assert kernel_modules.config_problems("6", "") == []


def test_modules_to_load() -> None:
    said = "builtin llc\ninsmod /a b/lib/modules/6/stp.ko.xz \ninsmod /a b/lib/modules/6/bridge.ko \n"
    assert kernel_modules.files_to_load(said) == ["/a b/lib/modules/6/stp.ko.xz", "/a b/lib/modules/6/bridge.ko"]
    assert kernel_modules.load_order(["a.ko", "xen-privcmd.ko"]) == "a.ko\nxen-privcmd.ko unrestricted=1\n"

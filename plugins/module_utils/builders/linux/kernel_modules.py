# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which modules a stub domain's kernel loads, and what has to be built into it (pure)."""

from __future__ import annotations

import re

# The first are loaded to mount the root file system, the others from it.
MOUNT = ("loop", "squashfs")
SERVE = "xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xen-blkfront xen-netfront tun bridge".split()

# Newer kernels let a domU's privcmd reach no other domain unless they are told.
PARAMETERS = {"xen-privcmd.ko": "unrestricted=1"}

BUILT_IN = "XEN_PV HVC_XEN_FRONTEND DEVTMPFS BLK_DEV_INITRD SQUASHFS_ZSTD".split()


def config_faults(release: str, config: str) -> list[str]:
    """What a kernel lacks, by its configuration; an empty one says nothing.

    >>> names = ["XEN_PV", "HVC_XEN_FRONTEND", "DEVTMPFS", "BLK_DEV_INITRD"]
    >>> config_faults("6.1", "\\n".join(f"CONFIG_{name}=y" for name in names))
    ['kernel 6.1 was built without CONFIG_SQUASHFS_ZSTD=y. Remedy: give another kernel, by kernel_package or overlay.']
    """
    remedy = "Remedy: give another kernel, by kernel_package or overlay."
    return [
        f"kernel {release} was built without CONFIG_{name}=y. {remedy}"
        for name in BUILT_IN
        if config and not re.search(rf"^CONFIG_{name}=y$", config, re.MULTILINE)
    ]


def to_load(said: str) -> list[str]:
    """The files that ``modprobe --show-depends`` names, dependencies first; what is built in needs none."""
    return [line[len("insmod ") :].strip() for line in said.splitlines() if line.startswith("insmod ")]


def plain_name(path: str) -> str:
    """A module's name in the image, where it is not compressed.

    >>> plain_name("/lib/modules/6.12/kernel/drivers/net/tun.ko.xz")
    'tun.ko'
    """
    return path.rpartition("/")[2].partition(".ko")[0] + ".ko"


def order(names: list[str]) -> str:
    """The list that the scripts load modules by: a file's name and its parameters on each line."""
    return "".join(f"{name} {PARAMETERS[name]}\n" if name in PARAMETERS else f"{name}\n" for name in names)

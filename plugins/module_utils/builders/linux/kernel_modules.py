# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define which modules a stub domain's kernel loads, and what must be built into it (pure)."""

from __future__ import annotations

import re

from ...common.arguments import setting
from ...common.errors import with_remedy

# The first are loaded to mount the root file system, the others from it.
MOUNT = ("loop", "squashfs")
SERVE = "xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xen-blkfront xen-netfront tun bridge".split()

# Newer kernels let a domU's privcmd reach no other domain without this parameter.
PARAMETERS = {"xen-privcmd.ko": "unrestricted=1"}

#: The remedy for a kernel that cannot be used.
ANOTHER_KERNEL = f"give another kernel, by {setting('linux_stubdom_image', 'kernel_package')} or overlay"

BUILT_IN = "XEN_PV HVC_XEN_FRONTEND DEVTMPFS BLK_DEV_INITRD SQUASHFS_ZSTD".split()


def config_problems(release: str, config: str) -> list[str]:
    """Return what a kernel lacks, by its configuration; an empty one states nothing.

    >>> names = ["XEN_PV", "HVC_XEN_FRONTEND", "DEVTMPFS", "BLK_DEV_INITRD"]
    >>> config_problems("6.1", "\\n".join(f"CONFIG_{name}=y" for name in names))  # doctest: +ELLIPSIS
    ['kernel 6.1 was built without CONFIG_SQUASHFS_ZSTD=y. Remedy: give another kernel, ...]
    """
    return [
        with_remedy(f"kernel {release} was built without CONFIG_{name}=y", ANOTHER_KERNEL)
        for name in BUILT_IN
        if config and not re.search(rf"^CONFIG_{name}=y$", config, re.MULTILINE)
    ]


def files_to_load(output: str) -> list[str]:
    """Return the files that ``modprobe --show-depends`` prints, dependencies first; built-in modules have none."""
    return [line[len("insmod ") :].strip() for line in output.splitlines() if line.startswith("insmod ")]


def plain_name(path: str) -> str:
    """Return a module's name in the image, where it is not compressed.

    >>> plain_name("/lib/modules/6.12/kernel/drivers/net/tun.ko.xz")
    'tun.ko'
    """
    return path.rpartition("/")[2].partition(".ko")[0] + ".ko"


def load_order(names: list[str]) -> str:
    """Return the list from which the scripts load modules: a file's name and its parameters on each line."""
    return "".join(f"{name} {PARAMETERS[name]}\n" if name in PARAMETERS else f"{name}\n" for name in names)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The release table: what differs from one Xen release to the next, once, each fact with its source (data)."""

from __future__ import annotations

import re
from typing import Tuple

from .problem import Problem

Release = Tuple[int, int]

# The oldest release whose xl reads what this collection writes for PV guests. Before 4.2 a disk is
# positional only (stable-4.1:tools/libxl/xl_cmdimpl.c, parse_disk_config).
OLDEST_XL: Release = (4, 2)

# The first release that knows a key. Older ones ignore it in silence, so it is refused, not written.
FIRST_RELEASE: dict[str, Release] = {
    "type": (4, 10),  # stable-4.10:tools/xl/xl_parse.c; PV is the default before
    "vif.gatewaydev": (4, 6),  # stable-4.6:tools/libxl/xl_cmdimpl.c, parse_nic_config
    "vif.mtu": (4, 15),  # stable-4.15:tools/xl/xl_parse.c, parse_nic_config
}

# Where images and the toolstack's own programs lie, below /usr: Debian's versioned prefix first, then the
# default prefixes of 4.5 on with --prefix=/usr, of 4.3 on, and of a libexecdir of its own.
XEN_DIRECTORIES = ("/usr/lib/xen-{release}", "/usr/lib/xen", "/usr/local/lib/xen", "/usr/libexec/xen")

# File names of images that Xen's build or its users put into the boot folder of those directories.
IMAGE_FILES = (
    "ioemu-stubdom.gz",  # 3.3 to 4.20
    "pv-grub-x86_64.gz",  # 3.3.0-rc5 to 4.22
    "pv-grub-x86_32.gz",
    "pv-grub.gz",  # 3.3.0-rc1 to rc4
    "pvgrub64.bin",  # what firmware="pvgrub64" means, 4.10 on
    "pvgrub32.bin",
    "qemu-stubdom-linux-kernel",  # 4.14 on
    "qemu-stubdom-linux-rootfs",
)

# A hypervisor with this word in xen_caps runs 32-bit PV kernels; Debian's 4.17 and 4.20 do not have it.
CAPABILITY = {"x86_64": "xen-3.0-x86_64", "i386": "xen-3.0-x86_32p"}


def parse_release(text: str) -> Release:
    """The release of a version such as ``4.17.5``. Raises ValueError when there is none.

    >>> parse_release("4.17.5")
    (4, 17)
    """
    found = re.match(r"(\d+)\.(\d+)", str(text))
    if not found:
        raise ValueError(f"{text!r} is not a Xen version; write it as 4.17")
    return int(found.group(1)), int(found.group(2))


def knows(key: str, release: Release) -> bool:
    """Whether the release reads the key; a key that is not in the table is known to all."""
    return release >= FIRST_RELEASE.get(key, (0, 0))


def too_new(key: str, release: Release, guest: str, value: object) -> Problem | None:
    """The problem of a key that the release would ignore, or None."""
    if knows(key, release):
        return None
    first = "{}.{}".format(*FIRST_RELEASE[key])
    return Problem(
        f"Xen {release[0]}.{release[1]} ignores this key",
        f"remove it, or move the guest to a host with Xen {first} or newer",
        guest=guest,
        key=key,
        value=value,
        release=f"Xen {first} on",
    )

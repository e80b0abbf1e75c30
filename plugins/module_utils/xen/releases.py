# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List what differs from one Xen release to the next, each fact once and with its source (pure)."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from ..common.errors import XenfleetError
from ..common.problem import Problem

Release = Tuple[int, int]
# The first and the last release; None for a last one that has not come yet.
Span = Tuple[Release, Optional[Release]]

# Which releases have a toolstack, and files that this collection writes for it. Before 4.2 a disk of xl is positional
# only (stable-4.1:tools/libxl/xl_cmdimpl.c, parse_disk_config); xm and xend went with 4.5 (9e8672f1c3).
TOOLSTACKS: dict[str, Span] = {"xl": ((4, 2), None), "xm": ((3, 3), (4, 4))}

# Which toolstack and releases have a scheme of running the device model in a stub domain; the best one first.
SCHEMES: dict[str, tuple[str, Span]] = {
    "paired": ("xm", ((3, 3), (3, 4))),  # until 3.4.0-rc2; da27f6d8b7 ends it
    "generated": ("xm", ((3, 4), (4, 4))),  # 3.4.0-rc3 on
    "linux": ("xl", ((4, 14), None)),  # 46587a30d4
    "minios": ("xl", ((4, 2), (4, 20))),  # f0adb65d3a; qemu-xen-traditional went with 4.21 (1eb944f650)
}

# Those of them whose stub domain is mini-OS.
MINIOS_SCHEMES = ("paired", "generated", "minios")

# fs-backend, which serves files of dom0 to mini-OS stub domains (be33e2333a to afadd6ac31); releases whose stub domains
# do not start without it (70ad90095b), and in which it serves /exports, not /var/lib/xen itself (b3dac9ec91).
FS_BACKEND: Span = ((3, 3), (4, 0))
FS_BACKEND_REQUIRED: Span = ((3, 3), (3, 4))
EXPORTS: Span = ((3, 3), (3, 4))

# Where Xen's own build installs it (tools/fs-back/Makefile, SBINDIR).
FS_BACKEND_PROGRAM = "/usr/sbin/fs-backend"

# The first release whose stubdom-dm looks for a whole word where it waits for a stub domain's name to be free (grep -w,
# stable-4.0:stubdom/stubdom-dm), and that hands a guest's serial port on (the same).
STUBDOM_DM_WORDS: Release = (4, 0)
STUBDOM_DM_SERIAL: Release = (4, 0)

# Which releases of a toolstack connect a pty of a mini-OS stub domain's QEMU with one of dom0. mini-OS opens device/console/1
# first until 4.0, and 3 from 4.1 on (extras/mini-os/console/xencons_ring.c); xend makes 0 to 2, and libxl those from 3 on for
# the guest's serial ports (xend/XendConfig.py; libxl_internal.h, STUBDOM_CONSOLE_SERIAL).
MINIOS_PTYS: dict[str, Span] = {"xl": ((4, 2), (4, 20)), "xm": ((4, 0), (4, 0))}

# The first release that reads a key. Older ones ignore it silently, so it is refused, not written.
FIRST_RELEASE: dict[str, Release] = {
    "type": (4, 10),  # stable-4.10:tools/xl/xl_parse.c; before, PV is the default, and builder=hvm makes HVM
    "vkb_device": (4, 13),  # c5d7f01cb9
    "stubdomain_cmdline": (4, 16),  # ce233b1031
    "stubdomain_kernel": (4, 14),  # f76a0fa109
    "stubdomain_memory": (4, 14),  # f76a0fa109
    "kernel of an HVM guest": (4, 5),  # stable-4.5:tools/libxl/xl_cmdimpl.c; before it was hvmloader's
}

# The image of PV-GRUB by the architecture of the kernels that it boots. The plain name is that of 3.3.0-rc1 to rc4,
# built for the host's own architecture; 006e7188d4 renamed it.
PVGRUB_IMAGES = {"x86_64": ("pv-grub-x86_64.gz", "pv-grub.gz"), "i386": ("pv-grub-x86_32.gz", "pv-grub.gz")}

# The first release whose PV-GRUB reads ext2, ext3, FAT, UFS and Minix on a disk without a partition table (b57d0354bf).
PVGRUB_WHOLE_DISK: Release = (3, 4)

# The image of a mini-OS stub domain.
MINIOS_IMAGE = "ioemu-stubdom.gz"

# What a mini-OS stub domain needs of dom0 and distributions leave out: the image of the store, and its files. The
# keymaps are a folder, and one archive here: each file of an image is fetched and sent by itself.
HOST_TOOLS = "host-tools"
QEMU_DM = "qemu-dm"
HVMLOADER = "hvmloader"
KEYMAPS = "keymaps.tar"
# Where qemu-dm has its keymaps, below the prefix of its build (xen-hooks.mak of qemu-xen-traditional).
KEYMAPS_FOLDER = "share/xen/qemu/keymaps"

# Images that Xen's own build makes, with the last release that makes them without being asked (3ae80dea46,
# faddd16e36), and, for the mini-OS stub domain, the script beside it that xm starts it by.
BUILT_BY_DEFAULT: dict[str, Release] = {
    "hvmloader": (99, 0),
    MINIOS_IMAGE: (4, 15),
    "pv-grub-x86_64.gz": (4, 15),
    "pv-grub-x86_32.gz": (4, 15),
}

# Default MiB of a stub domain: stubdom-dm gives memory=32 (3.3 to 4.20), and libxl had the same until 4.5;
# from 4.6 (d727bfcd0b) it is 28 and the video memory. libxl gives a Linux one 128; the image of this collection needs
# a margin to that for a bigger kernel (docs/linux-stubdom.md has what was measured), and what maps the guest's memory.
MINIOS_MEMORY = 32
MINIOS_MEMORY_4_6 = 28
LINUX_MEMORY = 160
GUEST_MIB_A_STUB_MIB = 512  # a page table entry of 8 bytes for a page of 4 KiB
MAPPED_MIB = 32768  # qemu: hw/i386/xen/xen-mapcache.c maps no more at a time

# The kernel of a Linux stub domain neither waits for its consoles nor fills the first one: where QEMU in dom0 leaves
# some unconnected (10.0 of Debian 13 does), both would last longer than libxl waits. Its last words are printed.
LINUX_CMDLINE = "initcall_blacklist=boot_wait_for_devices loglevel=1"

# Debian's suite with a Xen release, which images of stub domains are built from.
SUITES: dict[Release, str] = {(4, 17): "bookworm", (4, 20): "trixie"}
DEFAULT_SUITE = "bookworm"

# Where images and the toolstack's own programs lie, below /usr: Debian's versioned prefix first, then the
# default prefixes of 4.5 on with --prefix=/usr, of 4.3 on, and of a libexecdir of its own.
XEN_DIRECTORIES = ("/usr/lib/xen-{release}", "/usr/lib/xen", "/usr/local/lib/xen", "/usr/libexec/xen")

# File names of images that Xen's build or its users put into the boot folder of those directories.
IMAGE_FILES = (
    "hvmloader",  # what xm boots an HVM guest by
    MINIOS_IMAGE,  # 3.3 to 4.20
    "pv-grub-x86_64.gz",  # 3.3.0-rc5 to 4.22
    "pv-grub-x86_32.gz",
    "pv-grub.gz",  # 3.3.0-rc1 to rc4
    "pvgrub64.bin",  # what firmware="pvgrub64" means, 4.10 on
    "pvgrub32.bin",
    "qemu-stubdom-linux-kernel",  # 4.14 on
    "qemu-stubdom-linux-rootfs",
)

# A hypervisor with this word in xen_caps runs PV kernels of that architecture, or guests of that type. Debian's 4.17
# and 4.20 run no 32-bit PV kernels.
CAPABILITY = {"x86_64": "xen-3.0-x86_64", "i386": "xen-3.0-x86_32p", "hvm": "hvm-3.0-", "pvh": "hvm-3.0-"}


class ReleaseError(XenfleetError):
    """Report a text that does not name a Xen release."""


def parse_release(text: str) -> Release:
    """Return the release of a version such as ``4.17.5``. Raise ReleaseError for any other text.

    >>> parse_release("4.17.5")
    (4, 17)
    """
    found = re.match(r"(\d+)\.(\d+)", str(text))
    if not found:
        raise ReleaseError(f"{text!r} is not a Xen version", "write it as 4.17, in quotes")
    return int(found.group(1)), int(found.group(2))


def within(release: Release, span: Span) -> bool:
    """Return whether the span contains the release."""
    return span[0] <= release and (span[1] is None or release <= span[1])


def shown(release: Release) -> str:
    """Return the release as text.

    >>> shown((4, 17))
    '4.17'
    """
    return f"{release[0]}.{release[1]}"


def from_to(span: Span) -> str:
    """Return the span as text.

    >>> from_to(((4, 2), (4, 20))), from_to(((4, 14), None))
    ('4.2 to 4.20', '4.14 on')
    """
    return f"{shown(span[0])} to {shown(span[1])}" if span[1] else f"{shown(span[0])} on"


def ignored(release: Release, first: Release) -> tuple[str, str, str]:
    """Return reason, remedy and source for a key that came with a later release, the ``first`` one."""
    remedy = f"remove it, or move the guest to a host with Xen {shown(first)} or newer"
    return f"Xen {shown(release)} ignores this key", remedy, f"Xen {shown(first)} on"


def xen_directory(release: Release) -> str:
    """Return where Xen's own build puts images and programs by default (13d68fab40: /usr/local from 4.3 on)."""
    return "/usr/lib/xen" if release < (4, 3) else "/usr/local/lib/xen"


def knows(key: str, release: Release) -> bool:
    """Return whether the release reads the key; a key that is not in the table is known to all."""
    return release >= FIRST_RELEASE.get(key, (0, 0))


def too_new(key: str, release: Release, guest: str, value: object, shown_as: str = "") -> Problem | None:
    """Return the problem of a key that the release would ignore, or None. ``shown_as`` is the definition's name for it."""
    if knows(key, release):
        return None
    reason, remedy, source = ignored(release, FIRST_RELEASE[key])
    return Problem(reason, remedy, guest=guest, key=shown_as or key, value=value, release=source)

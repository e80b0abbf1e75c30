# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe what Xen's own build makes of mini-OS, and how it makes it, by release (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from .releases import Release, Span, shown, within

# What Xen's own build makes of mini-OS: the releases that have it, and the reason for the others.
MINIOS_TARGETS: dict[str, tuple[Span, str]] = {
    "ioemu": (((3, 3), (4, 20)), "qemu-xen-traditional went with 4.21 (1eb944f650), see the role build_linux_stubdom"),
    "pvgrub": (((3, 3), (4, 22)), "it went with the release after (0724c68d85), see the role build_pvgrub"),
    "pvgrub32": (((3, 3), (4, 22)), "it went with the release after (0724c68d85), see the role build_pvgrub"),
    "fs_back": (((3, 3), (4, 0)), "it went with 4.1 (afadd6ac31), whose stub domains do without"),
    "host_tools": (((4, 3), (4, 20)), "qemu-xen-traditional went with 4.21 (1eb944f650)"),
}

# Why the releases before it do not have a target.
MINIOS_TARGETS_BEFORE = {"host_tools": "Xen's own build always makes these parts there"}

# Where a source tree of Xen comes from, each with the key that identifies one tree there, "" for none.
TREE_SOURCES = {"tree": "", "archive": "sha256", "repository": "revision"}


@dataclass(frozen=True)
class MiniosBuild:
    """Describe how the trees of some releases are built.

    ``configure``: a configure script decides what is built. ``headers``: a call of its own makes the public headers.
    ``genpath``: stubdom-dm reads stubdompath.sh, made by a target of that name. ``qemu`` is the make variable that
    names the folder with QEMU's sources, "" where these have a fixed one. ``libraries`` are what qemu-dm is linked with:
    folders of the tree in their order, each with the goals there. ``multilib``: hvmloader is compiled with libc's headers
    for 32 bits.
    """

    span: Span
    configure: bool = False
    headers: bool = False
    genpath: bool = False
    qemu: str = ""
    libraries: tuple[str, ...] = ()
    multilib: bool = False


# tools/libs/uselibs.mk from 4.15 on: ctrl, guest, store, and what these use.
_LIBRARIES = "toolcore toollog evtchn gnttab call foreignmemory devicemodel ctrl guest store".split()
_LIBXC = ("tools/libxc", "tools/xenstore libxenstore.so")

MINIOS_BUILDS = (
    MiniosBuild(((3, 3), (3, 3))),  # 64a86b092f:stubdom/Makefile, override CONFIG_QEMU=ioemu
    MiniosBuild(((3, 4), (3, 4)), qemu="CONFIG_QEMU"),  # fbf6c4db1e
    MiniosBuild(((4, 0), (4, 2)), genpath=True, qemu="CONFIG_QEMU"),  # stable-4.0:stubdom/Makefile
    # stable-4.3:configure.ac
    MiniosBuild(((4, 3), (4, 4)), configure=True, qemu="CONFIG_QEMU", libraries=_LIBXC, multilib=True),
    # stable-4.5:Config.mk
    MiniosBuild(((4, 5), (4, 6)), configure=True, qemu="QEMU_TRADITIONAL_LOC", libraries=_LIBXC, multilib=True),
    # stable-4.7:tools/Makefile
    MiniosBuild(
        ((4, 7), (4, 8)),
        configure=True,
        qemu="QEMU_TRADITIONAL_LOC",
        libraries=("tools/libs", *_LIBXC),
        multilib=True,
    ),
    # stable-4.9:Makefile
    MiniosBuild(
        ((4, 9), (4, 14)),
        configure=True,
        headers=True,
        qemu="QEMU_TRADITIONAL_LOC",
        libraries=("tools/libs", *_LIBXC),
        multilib=True,
    ),
    # stable-4.15:tools/libs/uselibs.mk, tools/firmware/include
    MiniosBuild(
        ((4, 15), (4, 22)),
        configure=True,
        headers=True,
        qemu="QEMU_TRADITIONAL_LOC",
        libraries=tuple(f"tools/libs/{name}" for name in _LIBRARIES),
    ),
)

# Parts of Xen's tools that a build of stub domains does not need, and that need packages: switched off by name, where
# the release's tools/configure.ac has the name.
MINIOS_UNWANTED_TOOLS = (
    "monitors ocamltools xsmpolicy seabios ovmf golang pygrub rombios ipxe pvshim blktap1 blktap2 9pfs docs"
).split()

# The archives that stubdom/Makefile unpacks, the same from 3.3 on. No Xen Makefile checks them. Two
# distributions have the same sums independently (nixpkgs and the Arch User Repository).
MINIOS_COMPONENTS = {
    "newlib-1.16.0.tar.gz": "db426394965c48c1d29023e1cc6d965ea6b9a9035d8a849be2750ca4659a3d07",
    "zlib-1.2.3.tar.gz": "1795c7d067a43174113fdf03447532f373e1c6c57c08d61d9e4e9be5e244b05e",
    "pciutils-2.2.9.tar.bz2": "f60ae61cfbd5da1d849d0beaa21f593c38dac9359f0b3ddc612f447408265b24",
    "lwip-1.3.0.tar.gz": "772e4d550e07826665ed0528c071dd5404ef7dbe1825a38c8adbc2a00bca948f",
    "grub-0.97.tar.gz": "4e1d15d12dbd3e9208111d6b806ad5a9857ca8850c47877d36575b904559260b",
    "polarssl-1.1.4-gpl.tgz": "2d29fd04a0d0ba29dae6bd29fb418944c08d3916665dcca74afb297ef37584b6",
}


def host_tools_remedy(toolstack: str, release: Release) -> str:
    """Return what an operator does where a part of Xen's own tools is missing in dom0: qemu-dm, its keymaps, a hvmloader with
    the ROM BIOS.

    >>> host_tools_remedy("xm", (4, 1))
    "install Xen's own tools of 4.1: its build makes these parts"
    """
    if toolstack == "xm" or release < MINIOS_TARGETS["host_tools"][0][0]:
        return f"install Xen's own tools of {shown(release)}: its build makes these parts"
    built = "install Xen's tools, built with --enable-qemu-traditional and --enable-rombios"
    if not within(release, MINIOS_TARGETS["host_tools"][0]):
        return built
    return f'set host_tools: true for "{shown(release)}" in stubdom_xen_sources and run the playbook deploy.yml, or {built}'

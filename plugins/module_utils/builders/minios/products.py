# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguish the products of a build from the sources of a tree."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Collection

# The products of a build, by the path in the tree; a slash at the end means folders only.
_PRODUCTS = (
    "dist/ autom4te.cache/ config/Tools.mk config/Stubdom.mk config/Toplevel.mk config/Docs.mk "
    "config/Paths.mk stubdom/newlib-*/ stubdom/zlib-*/ stubdom/pciutils-*/ stubdom/lwip/ stubdom/lwip-*/ stubdom/gmp-*/ "
    "stubdom/polarssl-*/ stubdom/openssl-*/ stubdom/tpm_emulator-*/ stubdom/ocaml-*/ stubdom/libxc-*/ stubdom/libs-*/ "
    "stubdom/cross-root-*/ stubdom/mini-os-*/ stubdom/grub-upstream/ stubdom/grub-[0-9]*/ stubdom/grub-x86_*/ "
    "stubdom/ioemu/ stubdom/include/ stubdom/xenstore/ stubdom/xenstorepvh/ stubdom/pkg-config/ stubdom/mk-headers-* "
    "stubdom/*-minios-config.mk stubdom/stubdompath.sh "
    # The public headers. Make would not renew those in xen-foreign.
    "tools/include/xen/ tools/include/acpi/ tools/include/xen-xsm/ tools/include/xen-foreign/*.h "
    "tools/include/xen-foreign/checker tools/include/xen-foreign/checker.c "
    "extras/mini-os/include/mini-os extras/mini-os/include/x86/mini-os "
    # Of the tools of dom0: what make would not renew either.
    "tools/pkg-config/ tools/qemu-xen-build/ tools/include/_libxl*.h tools/firmware/hvmloader/hvmloader "
    "tools/firmware/hvmloader/mk_dsdt tools/firmware/hvmloader/roms.inc tools/firmware/hvmloader/dsdt_*.asl "
    "tools/firmware/hvmloader/dsdt_*.c tools/firmware/hvmloader/ssdt_*.h tools/firmware/rombios/BIOS-bochs-* "
    "tools/firmware/rombios/_rombios_.c tools/firmware/rombios/biossums tools/firmware/rombios/rombios.s "
    "tools/firmware/rombios/rombios.sym tools/firmware/rombios/rombios.txt tools/firmware/rombios/32bit/32bitbios_flat.h "
    "tools/firmware/vgabios/*.bin tools/firmware/vgabios/vgabios*.txt tools/firmware/vgabios/biossums "
    "tools/firmware/vgabios/vbetables-gen tools/firmware/vgabios/vbetables.h"
).split()
_PRODUCT_NAMES = (
    "*.o *.opic *.a *.so *.so.[0-9]* .*.d .*.d2 *.pyc headers.chk config.log config.status config.cache"
).split()
# Folders at any path.
_PRODUCT_FOLDERS = (".git", ".hg", ".svn", "__pycache__")
# A file of mini-OS that is a product when this one is beside it, and part of the tree in older releases.
_LIST, _LIST_SOURCE = "extras/mini-os/include/list.h", "minios-external"
# Make builds QEMU in this folder, unless its sources are there: then they are not in the other one.
_QEMU, _QEMU_SOURCE = "tools/qemu-xen-traditional-dir", "qemu-xen-traditional"


def is_product(path: str, is_folder: bool, beside: Collection[str] = ()) -> bool:
    """Return whether a build makes what is at this path of the tree; ``beside`` are the names in its folder.

    >>> is_product("stubdom/newlib-1.16.0", True), is_product("stubdom/newlib.patch", False)
    (True, False)
    >>> is_product("tools/config.h", False, ["config.h", "config.h.in"])
    True
    """
    name = path.rpartition("/")[2]
    if is_folder and (name in _PRODUCT_FOLDERS or path == _QEMU and _QEMU_SOURCE in beside):
        return True
    if not is_folder and any(fnmatchcase(name, pattern) for pattern in _PRODUCT_NAMES):
        return True
    # Configure makes each file from its .in; configure itself is not made here.
    if not is_folder and f"{name}.in" in beside and name != "configure" or path == _LIST and _LIST_SOURCE in beside:
        return True
    # A star must not match a slash.
    found = [pattern for pattern in _PRODUCTS if pattern.count("/", 0, -1) == path.count("/")]
    # In a submodule, mini-OS has a file of that name, with the path of its repository.
    return name == ".git" or any(
        fnmatchcase(path, pattern.rstrip("/")) for pattern in found if is_folder or not pattern.endswith("/")
    )

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a tree are products of a build."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.minios import (
    products,
)


@pytest.mark.parametrize(
    "path",
    [
        *("stubdom/newlib-1.16.0/", "stubdom/cross-root-x86_64/", "stubdom/ioemu/", "stubdom/grub-upstream/", "dist/"),
        *("stubdom/lwip/", "stubdom/grub-0.97/", "stubdom/grub-x86_64/", "stubdom/mini-os-x86_32-grub/", ".git/"),
        *("stubdom/mk-headers-x86_64", "stubdom/grub-minios-config.mk", "stubdom/stubdompath.sh", "config/Tools.mk"),
        *(
            "tools/libxc/xc.o",
            "tools/libs/call/libxencall.a",
            "tools/libxc/.xc.o.d",
            "config.log",
            "extras/mini-os/.git",
        ),
        *("tools/include/xen/", "tools/include/acpi/", "tools/include/xen-xsm/", "tools/include/xen-foreign/x86_64.h"),
        *("tools/include/xen-foreign/checker.c", "tools/include/xen-foreign/__pycache__/", "tools/qemu/.hg/"),
        *("tools/python/a.pyc", "extras/mini-os/include/mini-os", "extras/mini-os/include/x86/mini-os"),
    ],
)
def test_products(path: str) -> None:
    assert products.is_product(path.rstrip("/"), path.endswith("/"))


@pytest.mark.parametrize(
    "path",
    [
        *(
            "stubdom/grub/",
            "stubdom/grub.patches/",
            "stubdom/c/",
            "stubdom/vtpm/",
            "stubdom/newlib.patch",
            "tools/dist/",
        ),
        *(
            "stubdom/newlib-1.16.0.tar.gz",
            "stubdom/pciutils.patch",
            "config/Tools.mk.in",
            "config/StdGNU.mk",
            "xen/include/",
        ),
        *("stubdom/newlib-chk.patch", "stubdom/polarssl.patch", "stubdom/ioemu-minios.cfg", "stubdom/grub/include/"),
        *("tools/include/xen-foreign/structs.py", "tools/include/xen-sys/", "xen/include/xen/", "tools/config.h.in"),
        *("tools/config.h", "extras/mini-os/include/list.h", "extras/mini-os/include/x86/os.h", "tools/hotplug/Linux/"),
        *("tools/init.d/", "stubdom/lwip-1.3.0.tar.gz", "stubdom/tpmemu-0.7.4.patch", "stubdom/grub.patches/zlib-1/"),
    ],
)
def test_sources(path: str) -> None:
    assert not products.is_product(path.rstrip("/"), path.endswith("/"))


def test_files_beside_a_product() -> None:
    beside = ["config.h.in", "config.h", "configure", "configure.in", "doc.in", "doc", "list.h", "minios-external"]
    assert products.is_product("tools/config.h", False, beside)
    assert not products.is_product("tools/config.h.in", False, beside)
    # In a tree of Xen 4.0 it is what Autoconf has made for it.
    assert not products.is_product("tools/configure", False, beside)
    assert not products.is_product("tools/doc", True, beside)
    assert products.is_product("extras/mini-os/include/list.h", False, beside)
    assert not products.is_product("extras/mini-os/include/other.h", False, beside)

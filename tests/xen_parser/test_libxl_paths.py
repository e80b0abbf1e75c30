# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Debian's real libxl of 4.17 looks, as the checks of a host find it in the library."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.host import libxl_paths

if not glob.glob("/usr/lib/*/libxenlight.so.4.17*"):
    pytest.skip("libxenlight is not installed (Debian: libxenmisc4.17)", allow_module_level=True)


def test_where_debian_s_libxl_looks() -> None:
    assert libxl_paths.find((4, 17), Path("/"), "/usr/sbin/xl") == libxl_paths.LibxlPaths(
        boot=("/usr/lib/xen-4.17/boot",),
        bin=("/usr/lib/xen-4.17/bin",),
        scripts=("/etc/xen/scripts",),
        seabios=("/usr/share/seabios/bios-256k.bin",),
        ovmf=("/usr/share/ovmf/OVMF.fd",),
        qemu=("/usr/libexec/xen-qemu-system-i386",),
        proxy=("/usr/bin/vchan-socket-proxy",),
    )

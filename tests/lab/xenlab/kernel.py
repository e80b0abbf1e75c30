# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel that GRUB can load as a PV guest's.

GRUB unpacks gzip, xz and lzo, and calls a kernel packed with zstd "not xen image" (seen with GRUB 2.06 and Debian 13's
kernel). libxl, which boots a guest directly, knows zstd.
"""

import gzip
import subprocess

from .errors import LabError

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def for_grub(kernel: bytes) -> bytes:
    """Return the same kernel, packed with gzip where it was packed with zstd; other kernels as they are. Raise LabError without zstd."""
    payload = payload_of(kernel)
    if not payload.startswith(ZSTD_MAGIC):
        return kernel
    # The last four bytes of the payload are the unpacked size, which is none of zstd's; it may call them garbage.
    done = subprocess.run(["zstd", "-dcq"], input=payload[:-4], capture_output=True, check=False)
    if done.returncode != 0 or not done.stdout.startswith(b"\x7fELF"):
        raise LabError(f"the kernel cannot be unpacked: {done.stderr.decode(errors='replace').strip()}")
    return gzip.compress(done.stdout, mtime=0)


def payload_of(kernel: bytes) -> bytes:
    """Return the packed kernel inside a bzImage, by its header (Linux, Documentation/arch/x86/boot.rst); pure."""
    start = (kernel[0x1F1] + 1) * 512 + int.from_bytes(kernel[0x248:0x24C], "little")
    return kernel[start : start + int.from_bytes(kernel[0x24C:0x250], "little")]

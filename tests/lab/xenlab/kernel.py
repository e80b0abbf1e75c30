# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel that a loader of PV guests can unpack.

GRUB unpacks gzip, xz and lzo, and calls a kernel packed with zstd "not xen image" (seen with GRUB 2.06 and Debian 13's
kernel). Today's libxl, which boots a guest directly, knows zstd; libxc before 4.2 (xc_dom_bzimageloader.c) no xz, but every
one unpacks an ELF file that is packed with gzip (xc_dom_try_gunzip). The hypervisor, which starts dom0, is as old.
"""

import gzip
import lzma
import subprocess
import zlib

from .errors import LabError

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
XZ_MAGIC = b"\xfd7zXZ\0"
GZIP_MAGIC = b"\x1f\x8b"
KNOWS_XZ = (4, 2)


def for_grub(kernel: bytes) -> bytes:
    """Return the same kernel, packed with gzip where it was packed with zstd; other kernels as they are. Raise LabError without zstd."""
    payload = b"" if kernel.startswith(GZIP_MAGIC) else payload_of(kernel)  # gzip: an ELF file that for_xen has made
    return gzip.compress(unpacked(payload), mtime=0) if payload.startswith(ZSTD_MAGIC) else kernel


def for_xen(kernel: bytes, xen: tuple[int, int]) -> bytes:
    """Return the same kernel as that Xen can load it: for an old one, the ELF file in it, packed with gzip."""
    return gzip.compress(unpacked(payload_of(kernel)), mtime=0) if xen < KNOWS_XZ else kernel


def for_hypervisor(kernel: bytes, xen: tuple[int, int]) -> bytes:
    """Return the same kernel as that hypervisor can start it as dom0's: for an old one, the ELF file in it (xen/arch/x86/bzimage.c)."""
    return unpacked(payload_of(kernel)) if xen < KNOWS_XZ else kernel


def unpacked(payload: bytes) -> bytes:
    """Return the ELF file in a kernel's payload. Raise LabError when it cannot be unpacked.

    The last four bytes of a payload are the unpacked size, which the packers know nothing of.
    """
    error = "it is not packed with zstd, xz or gzip"
    content = b""
    if payload.startswith(ZSTD_MAGIC):
        done = subprocess.run(["zstd", "-dcq"], input=payload[:-4], capture_output=True, check=False)
        content, error = done.stdout, done.stderr.decode(errors="replace").strip()
        content = content if done.returncode == 0 else b""
    try:
        if payload.startswith(XZ_MAGIC):
            content = lzma.LZMADecompressor().decompress(payload)
        elif payload.startswith(GZIP_MAGIC):
            content = zlib.decompressobj(wbits=31).decompress(payload)
    except (lzma.LZMAError, zlib.error) as broken:
        error = str(broken)
    if not content.startswith(b"\x7fELF"):
        raise LabError(f"the kernel cannot be unpacked: {error}")
    return content


def payload_of(kernel: bytes) -> bytes:
    """Return the packed kernel inside a bzImage, by its header (Linux, Documentation/arch/x86/boot.rst); pure."""
    start = (kernel[0x1F1] + 1) * 512 + int.from_bytes(kernel[0x248:0x24C], "little")
    return kernel[start : start + int.from_bytes(kernel[0x24C:0x250], "little")]

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels for GRUB."""

import gzip
import lzma
import subprocess
from collections.abc import Callable

import pytest

from xenlab.errors import LabError
from xenlab.kernel import for_grub, for_hypervisor, for_xen, payload_of


def bzimage(payload: bytes) -> bytes:
    """A kernel of three setup sectors, with its payload 64 bytes behind them."""
    header = bytearray(4 * 512 + 64)
    header[0x1F1] = 3
    header[0x248:0x24C] = (64).to_bytes(4, "little")
    header[0x24C:0x250] = len(payload).to_bytes(4, "little")
    return bytes(header) + payload + b"behind"


def zstd(content: bytes) -> bytes:
    packed = subprocess.run(["zstd", "-cq"], input=content, capture_output=True, check=True).stdout
    return packed + len(content).to_bytes(4, "little")


def test_the_payload_is_found() -> None:
    assert payload_of(bzimage(b"payload")) == b"payload"


def test_what_grub_can_unpack_stays() -> None:
    kernel = bzimage(gzip.compress(b"\x7fELF"))
    assert for_grub(kernel) == kernel


def test_zstd_becomes_gzip() -> None:
    assert gzip.decompress(for_grub(bzimage(zstd(b"\x7fELF kernel")))) == b"\x7fELF kernel"


def test_what_is_no_kernel_is_told() -> None:
    with pytest.raises(LabError, match="cannot be unpacked"):
        for_grub(bzimage(zstd(b"text")))


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, lambda content: zstd(content)[:-4]])
def test_an_old_xen_gets_the_elf_file(pack: Callable[[bytes], bytes]) -> None:
    kernel = bzimage(pack(b"\x7fELF kernel") + bytes(4))
    assert for_xen(kernel, (4, 2)) == kernel
    assert gzip.decompress(for_xen(kernel, (4, 1))) == b"\x7fELF kernel"
    assert for_grub(for_xen(kernel, (4, 1))) == for_xen(kernel, (4, 1))
    assert (for_hypervisor(kernel, (4, 2)), for_hypervisor(kernel, (4, 1))) == (kernel, b"\x7fELF kernel")


def test_what_no_packer_made() -> None:
    with pytest.raises(LabError, match="cannot be unpacked: it is not packed with zstd, xz or gzip"):
        for_xen(bzimage(b"payload"), (4, 0))


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstd])
def test_a_damaged_kernel_is_told(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b"\x7fELF kernel" * 100)
    with pytest.raises(LabError, match="cannot be unpacked: ."):
        for_xen(bzimage(packed[:12] + bytes(len(packed) - 12)), (4, 0))

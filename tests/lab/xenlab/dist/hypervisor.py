# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hypervisor of an installed tree: the one file of /boot that QEMU starts."""

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from ..errors import LabError
from . import elf
from .content import Content, basename

FILE = re.compile(r"boot/xen[^/]*\.gz")
VERSION = re.compile(r"xen-(\d+\.\d+[^/]*)\.gz")
# The first line that it prints, where its build did not make large letters of it (figlet).
BANNER = re.compile(rb"\0 Xen (\d+\.\d+[\w.+-]*)\n")
# QEMU loads Xen by the first multiboot protocol, whose mark is in the first 8 KiB.
MULTIBOOT = (0x1BADB002).to_bytes(4, "little")
MULTIBOOT_WITHIN = 8192
# What it answers when it is asked for the kinds of its guests (xen_caps). The file of 64 bits is wrapped into one of 32, too.
GUESTS_64 = b"-x86_64"


@dataclass(frozen=True)
class Hypervisor:
    """The unpacked hypervisor."""

    file: str  # its path in the tree
    version: str
    content: bytes


def find_hypervisor(path: Path, content: Content, tools: tuple[int, int]) -> Hypervisor:
    """Return the hypervisor. Raise LabError when there is none, more than one, or one of another Xen or architecture."""
    file = only_file(path, content)
    unpacked = unpack(path, content, file)
    named, printed = VERSION.fullmatch(basename(file)), BANNER.search(unpacked)
    versions = [named[1]] if named else []
    versions += [printed[1].decode()] if printed else []
    for version in versions:
        if not re.match(rf"{tools[0]}\.{tools[1]}(\D|$)", version):
            raise LabError(
                f"{path} has the hypervisor of Xen {version} ({file}) and the tools of Xen {tools[0]}.{tools[1]}: "
                "install both from one source tree, into an empty folder."
            )
    return Hypervisor(file, versions[0] if versions else f"{tools[0]}.{tools[1]}", unpacked)


def only_file(path: Path, content: Content) -> str:
    """Return the hypervisor's file: the one there is, or the one that the link boot/xen.gz means."""
    files = sorted({real for name in content.entries if FILE.fullmatch(name) and (real := content.resolve(name))})
    chosen = content.resolve("boot/xen.gz")
    if chosen:
        return chosen
    if not files:
        raise LabError(
            f"{path} has no hypervisor: boot/xen-VERSION.gz does not exist. In Xen's source tree, run `make install-xen DESTDIR={path}`."
        )
    if len(files) > 1:
        raise LabError(f"{path} has more than one hypervisor: {', '.join(files)}. Remove all but one, or make boot/xen.gz a link to it.")
    return files[0]


def unpack(path: Path, content: Content, file: str) -> bytes:
    """Return the unpacked hypervisor. Raise LabError when it is damaged, or not one that a PC can start."""
    packed = content.read(file)
    try:
        unpacked = gzip.decompress(packed)
        read = elf.read(unpacked)
    except (OSError, EOFError, zlib.error, elf.ElfError) as error:
        raise LabError(
            f"{path}: the hypervisor {file} is damaged, or is for another architecture than x86 ({error}): build and install it again."
        ) from error
    if read.machine not in ("i386", "x86_64"):
        raise LabError(f"{path}: the hypervisor {file} is for {read.machine}: build Xen for x86_64.")
    if read.bits != 32 or MULTIBOOT not in unpacked[:MULTIBOOT_WITHIN]:
        raise LabError(
            f"{path}: {file} is not the file that a boot loader starts (an ELF file of 32 bits, for multiboot): "
            "install the file xen.gz of Xen's build, not xen-syms."
        )
    if GUESTS_64 not in unpacked:
        raise LabError(f"{path}: the hypervisor {file} is for x86 with 32 bits: build Xen for x86_64.")
    return unpacked

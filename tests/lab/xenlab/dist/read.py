# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installed tree is: which Xen, for which toolstack, started how, and what it needs that it does not have."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import LabError
from . import elf, services
from .content import Content, basename, look
from .hypervisor import Hypervisor, find_hypervisor
from .whole import half, below_xen, require_folder, require_installed, require_programs

PROGRAM_FOLDERS = ("bin", "sbin")
CONTROL_LIBRARY = re.compile(r"libxenctrl\.so\.(\d+)\.(\d+)")
# 3.3 kept the number of 3.2 (tools/libxc/Makefile).
CONTROL_LIBRARIES_OF = {(3, 2): (3, 3)}
SHARED = re.compile(r"\.so(\.|$)")
XEN_LIBRARY = re.compile(r"lib(xen|xl|fsimage|vchan|blktap)")
XM_MODULE = "/xen/xm/main.py"
QEMU_DM = "xen/bin/qemu-dm"
NO_QEMU_DM = "it has no qemu-dm (--enable-qemu-traditional): no mini-OS stub domain can run, and no HVM guest of xend"


@dataclass(frozen=True)
class XenDist:
    """An installed tree that was found whole."""

    path: Path
    content: Content = field(repr=False)
    digest: str
    xen: tuple[int, int]
    version: str  # the same in full, from the hypervisor's file name; "4.17" when that has none
    hypervisor: Hypervisor = field(repr=False)
    toolstack: str  # xl, or xm where there is xend
    services: services.Services
    program_folders: tuple[str, ...]  # on the host
    library_folders: tuple[str, ...]
    python_folders: tuple[str, ...]  # where xm's Python packages are
    needed: dict[str, str]  # name of a shared library that the tree lacks: the file of the tree that needs it
    notes: tuple[str, ...]  # what a host of it cannot do
    glibc: tuple[int, int]  # the oldest one that has all that the programs use
    texts: bytes = field(repr=False)  # of libxenlight, which names the programs that it starts


def read(path: Path) -> XenDist:
    """Read a tree. Raise LabError, with the remedy, when it is none, is not whole, or changes meanwhile."""
    try:
        return _read(path)
    except OSError as error:
        raise LabError(
            f"{error.filename or path} cannot be read: {error.strerror}. Read the tree as root, and when no installation is under way."
        ) from error


def _read(path: Path) -> XenDist:
    require_folder(path)
    content = look(path)
    require_installed(path, content)
    tools = tools_version(path, content)
    hypervisor = find_hypervisor(path, content, tools)
    programs = {basename(name): name for name in content.entries if in_program_folder(name) and content.has(name)}
    toolstack = find_toolstack(path, programs)
    require_programs(path, content, programs)
    pythons = tuple(f"/{name.removesuffix(XM_MODULE)}" for name in content.entries if name.endswith(XM_MODULE))
    if toolstack == "xm" and not pythons:
        raise half(path, "it has xm and xend, but not their Python package xen")
    files = read_programs(path, content)
    return XenDist(
        path=path,
        content=content,
        digest=content.digest(),
        xen=tools,
        version=hypervisor.version,
        hypervisor=hypervisor,
        toolstack=toolstack,
        services=services.find(path, content, toolstack),
        program_folders=folders_of(name for name in programs.values()),
        library_folders=folders_of(name for name in files if SHARED.search(basename(name)) and files[name].soname),
        python_folders=pythons,
        needed=libraries_needed(path, content, files),
        notes=() if below_xen(content, QEMU_DM) else (NO_QEMU_DM,),
        glibc=max((file.glibc for file in files.values()), default=(0, 0)),
        texts=b"".join(content.read(name) for name in files if basename(name).startswith("libxenlight.so")),
    )


def in_program_folder(path: str) -> bool:
    """Return whether that file is where a shell looks for commands."""
    return "/" in path and path.rsplit("/", 2)[-2] in PROGRAM_FOLDERS and "/xen/bin/" not in f"/{path}"


def folders_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of files, as the host names them."""
    return tuple(sorted({f"/{path.rsplit('/', 1)[0]}" for path in paths}))


def tools_version(path: Path, content: Content) -> tuple[int, int]:
    """Return the version of Xen that the tools are of, by their control library."""
    found = {
        (int(match[1]), int(match[2]))
        for name in content.entries
        if (match := CONTROL_LIBRARY.match(basename(name))) and content.has(name)
    }
    versions = {CONTROL_LIBRARIES_OF.get(version, version) for version in found}
    if not versions:
        raise half(path, "it has no libxenctrl.so")
    if len(versions) > 1:
        several = " and ".join(f"{major}.{minor}" for major, minor in sorted(versions))
        raise LabError(f"{path} has the tools of Xen {several}: install one Xen into an empty folder.")
    return versions.pop()


def find_toolstack(path: Path, programs: dict[str, str]) -> str:
    """Return xm for a tree with xend, whose host is run by it, else xl."""
    if {"xm", "xend"} <= programs.keys():
        return "xm"
    for one, other in (("xm", "xend"), ("xend", "xm")):
        if one in programs:
            raise half(path, f"it has {one}, but not {other}")
    if "xl" not in programs:
        raise half(path, "it has neither xl nor xm")
    return "xl"


def read_programs(path: Path, content: Content) -> dict[str, elf.Elf]:
    """Read the tree's programs and libraries for dom0, by their paths. Raise LabError for those of another architecture.

    Firmware and stub domains are ELF files, too, and have no dynamic part.
    """
    found: dict[str, elf.Elf] = {}
    for name in content.files():
        with (content.root / name).open("rb") as file:
            if file.read(4) != elf.MAGIC:
                continue
        try:
            read_file = elf.read(content.read(name))
        except elf.ElfError as error:
            raise half(path, f"{name} {error}") from error
        if in_program_folder(name) or read_file.dynamic:
            if (read_file.machine, read_file.bits) != ("x86_64", 64):
                raise LabError(
                    f"{path} is for {read_file.machine} ({read_file.bits} bits): {name}. The lab's hosts are x86_64: build Xen for that."
                )
            found[name] = read_file
    return found


def libraries_needed(path: Path, content: Content, files: dict[str, elf.Elf]) -> dict[str, str]:
    """Return the shared libraries that the tree lacks, each with a file that needs it. Raise LabError for one of Xen's own."""
    there = {basename(name) for name in content.entries if SHARED.search(basename(name)) and content.has(name)}
    there |= {file.soname for file in files.values() if file.soname}
    needed: dict[str, str] = {}
    for name, file in sorted(files.items()):
        for wanted in file.needed:
            if wanted not in there:
                needed.setdefault(wanted, name)
    for wanted in sorted(filter(XEN_LIBRARY.match, needed)):
        raise half(path, f"{needed[wanted]} needs {wanted}, which is not there")
    return needed

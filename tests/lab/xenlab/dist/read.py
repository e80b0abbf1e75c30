# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installed tree is: which Xen, for which toolstack, started how, and what it needs that it does not have."""

import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import LabError
from . import elf, services
from .content import Content, basename, look
from .hypervisor import Hypervisor, find_hypervisor

PROGRAM_FOLDERS = ("bin", "sbin")
# Each of these is in every Xen from 3.3 on, whatever it was configured with; of xenstored there are two.
DAEMONS = (("xenstored", "oxenstored"), ("xenconsoled",))
# So are these, which no shell finds: what connects to a console, what HVM guests start with, what the disks and network cards need.
OTHERS = ("xen/bin/xenconsole", "xen/boot/hvmloader", "xen/scripts/block", "xen/scripts/vif-bridge")
CONTROL_LIBRARY = re.compile(r"libxenctrl\.so\.(\d+)\.(\d+)")
# 3.3 kept the number of 3.2 (tools/libxc/Makefile).
CONTROL_LIBRARIES_OF = {(3, 2): (3, 3)}
# A folder that has one of these is a whole system, whose files must not replace the host's.
OF_A_SYSTEM = ("etc/passwd", "bin/sh", "usr/bin/sh", "sbin/init", "usr/sbin/init")
SHARED = re.compile(r"\.so(\.|$)")
XEN_LIBRARY = re.compile(r"lib(xen|xl|fsimage|vchan|blktap)")


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
            f"{error.filename} cannot be read: {error.strerror}. Read the tree as root, and when no installation is under way."
        ) from error


def _read(path: Path) -> XenDist:
    require_folder(path)
    content = look(path)
    require_installed(path, content)
    tools = tools_version(path, content)
    hypervisor = find_hypervisor(path, content, tools)
    programs = {basename(name): name for name in content.entries if in_program_folder(name) and content.has(name)}
    toolstack = find_toolstack(path, programs)
    for names in DAEMONS:
        if not programs.keys() & set(names):
            raise half(path, f"it has no {' or '.join(names)}")
    for name in {"xl", "xm", "xend", *(name for names in DAEMONS for name in names)} & programs.keys():
        require_program(path, content, programs[name])
    for other in OTHERS:
        if not any(name.endswith(f"/{other}") and content.has(name) for name in content.entries):
            raise half(path, f"it has no {other}")
    pythons = tuple(sorted({f"/{name.removesuffix('/xen/xm/main.py')}" for name in content.entries if name.endswith("/xen/xm/main.py")}))
    if toolstack == "xm" and not pythons:
        raise half(path, "it has xm and xend, but not their Python package xen")
    files = read_programs(path, content)
    libraries = {basename(name) for name in content.entries if SHARED.search(basename(name)) and content.has(name)}
    libraries |= {file.soname for file in files.values() if file.soname}
    needed = {wanted: name for name, file in sorted(files.items(), reverse=True) for wanted in file.needed if wanted not in libraries}
    of_xen = sorted(name for name in needed if XEN_LIBRARY.match(name))
    if of_xen:
        raise half(path, f"{needed[of_xen[0]]} needs {of_xen[0]}, which is not there")
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
        needed=needed,
        notes=() if any(name.endswith(f"/{QEMU_DM}") and content.has(name) for name in content.entries) else (NO_QEMU_DM,),
        glibc=max((file.glibc for file in files.values()), default=(0, 0)),
        texts=b"".join(content.read(name) for name in files if basename(name).startswith("libxenlight.so")),
    )


def half(path: Path, what: str) -> LabError:
    """Return the error of a tree that is not whole."""
    return LabError(
        f"{path} is a half-installed Xen: {what}. In Xen's source tree, run `make install-xen install-tools DESTDIR={path}` "
        "to its end (up to Xen 4.4, configured with --enable-xend where xm is wanted)."
    )


def require_folder(path: Path) -> None:
    """Refuse what is not a folder of its own."""
    if not path.exists():
        raise LabError(f"{path} does not exist: give the folder that Xen was installed into (make's DESTDIR).")
    if not path.is_dir():
        archive = path.is_file() and tarfile.is_tarfile(path)
        remedy = "unpack it into an empty folder, and give that" if archive else "give the folder that Xen was installed into (make's DESTDIR)"
        raise LabError(f"{path} is {'an archive' if archive else 'a file'}, not a folder: {remedy}.")
    if path.resolve() == Path("/"):
        raise LabError(f"{path} is this machine's own root: give a folder that Xen alone was installed into (make's DESTDIR).")


def require_installed(path: Path, content: Content) -> None:
    """Refuse a folder that has nothing of an installed Xen, and say which folder may be meant; and one that has more than Xen."""
    system = [name for name in OF_A_SYSTEM if name in content.entries]
    if system:
        raise LabError(f"{path} is a whole system (it has {system[0]}): give a folder that Xen alone was installed into (make's DESTDIR).")
    if any(content.has(name) for name in ("boot", "usr", "etc", "sbin")):
        return
    for below in ("dist/install", "install"):
        if (path / below).is_dir():
            raise LabError(f"{path} holds an installed Xen in {below}: give {path / below}.")
    if content.has("xen/Makefile") and content.has("tools"):
        raise LabError(f"{path} is Xen's source tree, in which nothing is installed yet: run `make install DESTDIR=…` in it, and give that folder.")
    raise LabError(f"{path} has none of boot, usr and etc: give the folder that Xen was installed into (make's DESTDIR).")


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


def require_program(path: Path, content: Content, name: str) -> None:
    """Refuse a program that no shell could run: an interrupted installation leaves such."""
    file = content.root / (content.resolve(name) or name)
    with file.open("rb") as opened:
        begins = opened.read(4)
    if not begins.startswith((elf.MAGIC, b"#!")):
        raise half(path, f"{name} is {'empty' if not begins else 'neither a program nor a script'}")
    if not file.stat().st_mode & 0o111:
        raise half(path, f"{name} is not executable")


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

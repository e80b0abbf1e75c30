# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse what is not a whole installed Xen in a folder of its own."""

import tarfile
from pathlib import Path

from ..errors import LabError
from . import elf
from .content import Content

# Each of these is in every Xen from 3.3 on, whatever it was configured with; of xenstored there are two.
DAEMONS = (("xenstored", "oxenstored"), ("xenconsoled",))
# So are these, which no shell finds: what connects to a console, what HVM guests start with, what the disks and network cards need.
OTHERS = ("xen/bin/xenconsole", "xen/boot/hvmloader", "xen/scripts/block", "xen/scripts/vif-bridge")
# A folder that has one of these is a whole system, whose files must not replace the host's.
OF_A_SYSTEM = ("etc/passwd", "bin/sh", "usr/bin/sh", "sbin/init", "usr/sbin/init")


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
        remedy = "give the folder that Xen was installed into (make's DESTDIR)"
        remedy = "unpack it into an empty folder, and give that" if archive else remedy
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
        raise LabError(
            f"{path} is Xen's source tree, in which nothing is installed yet: run `make install DESTDIR=…` in it, and give that folder."
        )
    raise LabError(f"{path} has none of boot, usr and etc: give the folder that Xen was installed into (make's DESTDIR).")


def require_programs(path: Path, content: Content, programs: dict[str, str]) -> None:
    """Refuse a tree without what every Xen has; `programs` are the paths of its commands by their names."""
    for names in DAEMONS:
        if not programs.keys() & set(names):
            raise half(path, f"it has no {' or '.join(names)}")
    for name in {"xl", "xm", "xend", *(name for names in DAEMONS for name in names)} & programs.keys():
        require_program(path, content, programs[name])
    for other in OTHERS:
        found = below_xen(content, other)
        if not found:
            raise half(path, f"it has no {other}")
        for name in found:
            require_code(path, content, name)


def below_xen(content: Content, other: str) -> list[str]:
    """Return the files of that name in a folder xen, wherever that is."""
    return [name for name in content.entries if name.endswith(f"/{other}") and content.has(name)]


def require_program(path: Path, content: Content, name: str) -> None:
    """Refuse a program that no shell could run: an interrupted installation leaves such."""
    file = require_code(path, content, name)
    if not file.stat().st_mode & 0o111:
        raise half(path, f"{name} is not executable")


def require_code(path: Path, content: Content, name: str) -> Path:
    """Refuse a file that is neither a program nor a script; return the file."""
    file = content.root / (content.resolve(name) or name)
    with file.open("rb") as opened:
        begins = opened.read(4)
    if not begins.startswith((elf.MAGIC, b"#!")):
        raise half(path, f"{name} is {'empty' if not begins else 'neither a program nor a script'}")
    return file

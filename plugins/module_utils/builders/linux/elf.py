# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what readelf prints about programs and libraries (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class Elf:
    """Hold what the dynamic loader reads of one file."""

    needed: list[str] = field(default_factory=list)
    search: list[str] = field(default_factory=list)  # folders of DT_RUNPATH or DT_RPATH, as written
    loader: str = ""


def parse_readelf(output: str, names: list[str]) -> dict[str, Elf]:
    """Return what ``readelf -dlW NAMES`` printed, by name, without files that are not ELF.

    readelf prints the names of files only when there are several.
    """
    found: dict[str, Elf] = {}
    name = names[0] if len(names) == 1 else ""
    for line in output.splitlines():
        if line.startswith("File: "):
            name = line[len("File: ") :]
        elif line.startswith("Elf file type"):
            found[name] = Elf()
        elif name in found:
            _read_line(line, found[name])
    return found


def _read_line(line: str, elf: Elf) -> None:
    entry = re.search(r"\((NEEDED|RUNPATH|RPATH)\)[^\[]*\[(.*)\]", line)
    loader = re.search(r"\[Requesting program interpreter: (.*)\]", line)
    if loader:
        elf.loader = loader.group(1)
    elif entry and entry.group(1) == "NEEDED":
        elf.needed.append(entry.group(2))
    elif entry:
        elf.search += [folder for folder in entry.group(2).split(":") if folder]


def search_folders(elf: Elf, own: str) -> list[str]:
    """Return the folders in which the loader searches for a file's libraries; ``own`` is the file's own folder.

    The image has no /etc/ld.so.cache, so that no other folder is searched.

    >>> search_folders(Elf(search=["$ORIGIN/../lib"]), "/opt/bin")[:2]
    ['/opt/bin/../lib', '/lib/x86_64-linux-gnu']
    """
    paths = [folder.replace("${ORIGIN}", own).replace("$ORIGIN", own) for folder in elf.search]
    return paths + ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What readelf says about programs and libraries (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class Elf:
    """What the dynamic loader needs to know of one file."""

    needed: list[str] = field(default_factory=list)
    search: list[str] = field(default_factory=list)  # folders of DT_RUNPATH or DT_RPATH, as written
    loader: str = ""


def read(said: str, names: list[str]) -> dict[str, Elf]:
    """What ``readelf -dlW NAMES`` said, by name; of a file that is no ELF nothing is said.

    readelf names the files only when there are several.
    """
    found: dict[str, Elf] = {}
    name = names[0] if len(names) == 1 else ""
    for line in said.splitlines():
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


def folders(elf: Elf, own: str) -> list[str]:
    """The folders in which the loader looks for a file's libraries, in its order; ``own`` is the file's own folder.

    Without /etc/ld.so.cache, which the image has not, these and no others are looked into.

    >>> folders(Elf(search=["$ORIGIN/../lib"]), "/opt/bin")[:2]
    ['/opt/bin/../lib', '/lib/x86_64-linux-gnu']
    """
    named = [folder.replace("${ORIGIN}", own).replace("$ORIGIN", own) for folder in elf.search]
    return named + ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"]

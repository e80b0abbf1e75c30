# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the domains that run, and the files of those whose file lies nowhere where one would look. Read only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..common.processes import command_lines
from ..toolstack.base import Domain, Toolstack
from .config_files import ConfigFile, UnreadableFile, read_file

_OPTION = re.compile(r"[A-Za-z_][\w.]*\+?=.*", re.DOTALL)


@dataclass(frozen=True)
class Start:
    """Describe how xl was called for a domain: the file's path, and whether keys stood behind it."""

    path: Path
    has_keys: bool


def guest_domains(toolstack: Toolstack, domains: list[Domain]) -> dict[str, Domain]:
    """Return the domains of guests by name: neither dom0 nor stub domains. Raise ToolstackError."""
    return {domain.name: domain for domain in domains if domain.domid != 0 and toolstack.target_of(domain) is None}


def starts(processes: Path) -> list[Start]:
    """Return how the processes of xl that wait for the end of a domain were called: each keeps its words to that end."""
    found = []
    for words in command_lines(processes).values():
        if len(words) < 3 or os.path.basename(words[0]) != "xl" or "create" not in words[1:3]:
            continue
        rest = [word for word in words[words.index("create") + 1 :] if not word.startswith("-")]
        # A relative path began in a folder that is not known any more.
        if rest and rest[0].startswith("/"):
            found.append(Start(Path(rest[0]), any(_OPTION.fullmatch(word) for word in rest[1:])))
    return found


def recorded_file(domain: Domain, library: Path) -> ConfigFile | None:
    """Return the text that xl read for a domain, from libxl's records; None from Xen 4.5 on, where xl leaves none."""
    for path in sorted(library.glob(f"userdata-d.{domain.domid}.*.xl")):
        try:
            return ConfigFile(path, read_file(path))
        except UnreadableFile:
            continue
    return None

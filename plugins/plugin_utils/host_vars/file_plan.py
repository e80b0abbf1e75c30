# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the file of a host's definitions, and write it: nothing that an operator wrote is replaced."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ...module_utils.common.files import read_text, write_atomic

# Passwords of VNC servers are in it.
MODE = 0o600
_ENDINGS = ("", ".yml", ".yaml", ".json")


@dataclass(frozen=True)
class FilePlan:
    """Describe the file: ``before`` is None where there is none; ``is_proposal`` is whether Ansible does not read it, as the
    host has variables of its own."""

    path: Path
    before: str | None
    after: str
    is_proposal: bool = False

    @property
    def action(self) -> str:
        """Return created, updated or unchanged."""
        if self.before is None:
            return "created"
        is_open = bool(self.path.stat().st_mode & 0o077)
        return "updated" if self.before != self.after or is_open else "unchanged"

    def words(self, check: bool) -> str:
        """Return what becomes of the file, for a report; ``check`` is whether this is check mode."""
        done = "not written, as this is check mode" if check and self.action != "unchanged" else self.action
        return f"{self.path}: {done}{', to be copied by hand' if self.is_proposal else ''}"

    def write(self) -> None:
        """Write the file. Raise OSError; the old one is unchanged then."""
        write_atomic(self.path, self.after, MODE)


def plan_file(folder: Path, host: str, text: str, is_defined: bool) -> FilePlan:
    """Return the plan for a host. ``folder`` holds host_vars; ``is_defined`` is whether the inventory has stubdom_guests of the
    host. Raise OSError."""
    place = folder / "host_vars"
    whole = place / host
    if whole.is_dir():
        own = whole / "stubdom_guests.yml"
    else:
        paths = [place / f"{host}{ending}" for ending in _ENDINGS]
        own = next((path for path in paths if os.path.lexists(path)), place / f"{host}.yml")
    before = read_text(own)
    if before == text or (before is None and not is_defined):
        return FilePlan(own, before, text)
    proposal = place / f"{host}.import.yml"
    return FilePlan(proposal, read_text(proposal), text, is_proposal=True)

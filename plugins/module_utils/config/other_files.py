# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find configurations of a guest under other file names, such as those that an operator wrote by hand. Read only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, Iterator

from ..common.files import owner_of, read_text
from .autostart import NAME
from .guest_plan import GuestPlan

# Copies that this collection keeps, and files of the toolstacks.
_COPY = re.compile(r".*\.(?:orig|by-hand-[0-9]+)|xl\.conf|xend-config\.sxp|xend-pci-.*|oxenstored\.conf|README.*")

# Bytes: a configuration is small.
_LARGEST = 1 << 20


def note(plans: Iterable[GuestPlan], config_dir: Path) -> None:
    """Add a note for each other file that defines a guest whose own file is created: started from it, the guest has what that
    file has. All files are read once; where no guest is new, none is."""
    new = {plan.name: plan for plan in plans}
    own = {file.path for plan in new.values() for file in plan.files}
    for path, name in _named(config_dir):
        if name in new and path not in own:
            text = f"{path} is another configuration of it, by hand: move it away, or import it with import.yml"
            new[name].notes.append(f"guest {name}: {text}")


def _named(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of a folder that name a guest and that this collection did not write, with the guest."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _COPY.fullmatch(path.name) or not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        try:
            text = read_text(path) or ""
        except (OSError, ValueError):
            continue  # One that nobody can read starts no guest.
        names = NAME.findall(text)
        if names and not owner_of(text):
            yield path, names[-1][1]

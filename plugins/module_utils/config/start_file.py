# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a guest's configuration on the host, as its domain is started from it."""

from __future__ import annotations

from pathlib import Path

from ..common.files import owner_of, read_text
from ..guest.model import Guest
from ..schemes.files import file_name
from ..toolstack.base import Toolstack


def path_of(folder: Path, guest: Guest, toolstack: Toolstack) -> Path:
    """Return the path of the guest's own file."""
    return folder / file_name(guest, toolstack.name)


def read(folder: Path, guest: Guest, toolstack: Toolstack) -> tuple[str | None, float]:
    """Return the text of the guest's file, None for no file, and the time of its last change, in seconds since 1970.

    The text of the second file that its stub domain may have is appended, as guest_config takes them together; the time
    is that of the later one. Raise OSError.
    """
    paths = [path_of(folder, guest, toolstack)]
    second = toolstack.stub_file_of(guest.name) if guest.type == "hvm" else ""
    if second and owner_of(read_text(folder / second) or "") == guest.name:
        paths.append(folder / second)
    texts = [read_text(path) for path in paths]
    if texts[0] is None:
        return None, 0.0
    return "".join(text or "" for text in texts), max(path.stat().st_mtime for path in paths)

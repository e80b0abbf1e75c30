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
from . import meaning_record


def path_of(folder: Path, guest: Guest, toolstack: Toolstack) -> Path:
    """Return the path of the guest's own file."""
    return folder / file_name(guest, toolstack.name)


def read(folder: Path, guest: Guest, toolstack: Toolstack, records: Path) -> tuple[str | None, float]:
    """Return the text of the guest's file, None for no file, and the time of its last change, in seconds since 1970.

    The text of the second file that its stub domain may have is appended, as guest_config takes them together; the time
    is that of the later one. ``records`` is the folder of the records: a second file of another origin belongs to the guest
    where it was adopted. Raise OSError.
    """
    paths = [path_of(folder, guest, toolstack)]
    second = toolstack.stub_file_of(guest.name) if guest.type == "hvm" else ""
    if second and _is_of(guest.name, folder / second, records):
        paths.append(folder / second)
    texts = [read_text(path) for path in paths]
    if texts[0] is None:
        return None, 0.0
    return "".join(text or "" for text in texts), max(path.stat().st_mtime for path in paths)


def _is_of(guest: str, second: Path, records: Path) -> bool:
    text = read_text(second)
    if text is None or owner_of(text):
        return owner_of(text or "") == guest
    found = meaning_record.read(meaning_record.path_of(records, guest))
    return bool(found and found.kept and found.kept.digest_of(second.name))

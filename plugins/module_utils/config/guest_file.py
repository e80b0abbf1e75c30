# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a guest's configuration on the host, as its domain is started from it, and name the owner of a file."""

from __future__ import annotations

import re
from pathlib import Path

from ..common.files import MARK, read_text
from ..guest.model import Guest
from ..schemes.files import file_name
from ..toolstack.base import Toolstack

_STUB = "the stub domain of "
_HEAD = re.compile(rf"# {re.escape(MARK)} for (?:{_STUB})?guest (\S+)\.[ \t\r]*(?:\n|\Z)")


def head_of(guest: str, second: bool = False) -> str:
    """Return the first line of a guest's file, which names the guest; ``second``: of the file of its stub domain.

    >>> head_of("web1")
    'Written by Ansible (xenfleet.stubdom) for guest web1.'
    """
    return f"{MARK} for {_STUB if second else ''}guest {guest}."


def owner_of(text: str) -> str:
    """Return the name of the guest that this collection wrote a file for, "" where its first line names none.

    >>> owner_of("# " + head_of("web1", second=True))
    'web1'
    """
    found = _HEAD.match(text)
    return found.group(1) if found else ""


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

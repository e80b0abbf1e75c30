# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the files of a layout."""

from __future__ import annotations

from pathlib import Path

from .layout import Layout, Writer


def copy_of(source: Path) -> Writer:
    """Return a writer of the bytes of another file."""
    return lambda path: _copy(source, path)


def text_of(text: str) -> Writer:
    """Return a writer of a text."""
    return lambda path: path.write_bytes(text.encode("utf-8", "surrogateescape"))


def write_layout(layout: Layout, folder: Path) -> None:
    """Write the layout's files below an empty folder. Raise OSError, BuildError."""
    for path in sorted(layout.entries):
        entry = layout.entries[path]
        place = folder / path
        if entry.target:
            place.symlink_to(entry.target)
            continue
        if entry.write:
            entry.write(place)
        else:
            place.mkdir()
        place.chmod(entry.mode)
    folder.chmod(0o755)


def _copy(source: Path, path: Path) -> None:
    with source.open("rb") as read, path.open("wb") as write:
        for piece in iter(lambda: read.read(1 << 20), b""):
            write.write(piece)

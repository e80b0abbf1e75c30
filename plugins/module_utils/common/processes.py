# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the command lines of processes. Read only."""

from __future__ import annotations

from pathlib import Path


def command_lines(processes: Path) -> dict[int, list[str]]:
    """Return the words of the command line of each process, by its id. ``processes`` is /proc.

    Empty words are left out. Bytes that are not UTF-8 become halves of characters, as in ``common.files``.
    """
    found = {}
    for path in processes.glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode("utf-8", "surrogateescape").split("\0")
        except OSError:
            continue  # The process has ended since it was listed.
        found[int(path.parent.name)] = [word for word in words if word]
    return found

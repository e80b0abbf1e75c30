# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the tree of exports and change it, folder by folder, without following a link.

A guest can rename what is in the tree while this runs (fs-backend of 3.3 and 3.4 allows it), so that each step starts
from an open folder, not from a path.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import Iterator, Sequence

from ..common.files import link_in, unfinished
from .exports import Entry, Plan, Tree
from .links import Link

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_MODE = 0o755


def read_tree(root: str, links: Sequence[Link]) -> Tree:
    """Return what is at the path of each link. Raise OSError."""
    found: dict[str, Entry] = {}
    entries: dict[str, frozenset[str]] = {}
    for link in links:
        found[link.name] = _read_entry(root, link, entries)
    return Tree(found, entries)


def apply_plan(root: str, plan: Plan) -> None:
    """Carry out the plan. The next run finishes an interrupted one. Raise OSError."""
    for name in plan.make:
        _make(root, name)
    for link in plan.put:
        with _opened(root, link.folders[-1]) as folder:
            link_in(folder, _last(link.name), link.target)
            _remove_leftovers(folder)
    for link in plan.remove:
        with _opened(root, link.folders[-1]) as folder:
            os.unlink(_last(link.name), dir_fd=folder)
            os.fsync(folder)
    for name in plan.prune:
        _prune(root, name)


def _read_entry(root: str, link: Link, entries: dict[str, frozenset[str]]) -> Entry:
    """Return what is at the path of one link; add the folders on the way to ``entries``."""
    found = Entry()
    for name in link.folders:
        try:
            with _opened(root, name) as folder:
                entries[name] = frozenset(entry for entry in os.listdir(folder) if not _is_leftover(folder, entry))
                if name == link.folders[-1]:
                    found = _entry_at(folder, link)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return Entry()
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                return Entry("other", at=name)
            raise
    return found


def _entry_at(folder: int, link: Link) -> Entry:
    entry = _last(link.name)
    try:
        status = os.stat(entry, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return Entry()
    if not stat.S_ISLNK(status.st_mode):
        return Entry("other", at=link.name)
    return Entry("link", os.readlink(entry, dir_fd=folder))


@contextmanager
def _opened(root: str, name: str) -> Iterator[int]:
    """Open a folder of the tree; "" is the tree itself. Raise OSError: ENOTDIR or ELOOP for a path that is not a folder."""
    folder = os.open(root, _FOLDER)
    try:
        for part in name.split("/") if name else ():
            below = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def _make(root: str, name: str) -> None:
    if not name:
        os.makedirs(os.path.dirname(root), exist_ok=True)
        os.mkdir(root, _MODE)
        os.chmod(root, _MODE)
        return
    parent, _slash, last = name.rpartition("/")
    with _opened(root, parent) as folder:
        os.mkdir(last, _MODE, dir_fd=folder)
        os.fsync(folder)
    with _opened(root, name) as made:
        os.fchmod(made, _MODE)  # whatever the umask is


def _prune(root: str, name: str) -> None:
    with _opened(root, name) as folder:
        _remove_leftovers(folder)
    if not name:
        os.rmdir(root)
        return
    parent, _slash, last = name.rpartition("/")
    with _opened(root, parent) as folder:
        os.rmdir(last, dir_fd=folder)
        os.fsync(folder)


def _remove_leftovers(folder: int) -> None:
    """Remove the temporary links of interrupted runs."""
    for entry in os.listdir(folder):
        if _is_leftover(folder, entry):
            os.unlink(entry, dir_fd=folder)


def _is_leftover(folder: int, entry: str) -> bool:
    return bool(unfinished(entry)) and stat.S_ISLNK(
        os.stat(entry, dir_fd=folder, follow_symlinks=False).st_mode
    )


def _last(name: str) -> str:
    return name.rpartition("/")[2]

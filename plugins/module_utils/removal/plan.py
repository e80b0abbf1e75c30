# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan what is removed from a host, and what stays (pure)."""

from __future__ import annotations

import posixpath
from dataclasses import asdict, dataclass, field
from typing import Any, Iterable, Mapping


@dataclass(frozen=True)
class OwnGuest:
    """Describe a guest of ours: the paths of its files, the links for autostart among them. ``state`` is its domain's
    condition, "off" without a domain; ``named`` is whether the inventory names it."""

    name: str
    paths: list[str]
    state: str = "off"
    named: bool = True

    @property
    def text(self) -> str:
        """Return the guest's line in the plan."""
        state = "off" if self.state == "off" else f"{self.state}; it is shut down first"
        unnamed = "" if self.named else "; the inventory does not name it"
        return f"guest {self.name} ({state}{unnamed}): {', '.join(self.paths)}"


@dataclass
class RemovalPlan:
    """Hold what is to be removed from a host. ``trees`` are folders with all that is in them, ``folders`` those that are
    empty afterwards, the deepest first. ``placed`` are files in Xen's own folders, each with the one that takes its place
    again, "" for none. ``lock`` is the host's, which is removed when only empty folders are left to remove. ``links`` are
    those below /exports. ``left`` are sentences about what stays, and why."""

    guests: list[OwnGuest] = field(default_factory=list)
    placed: dict[str, str] = field(default_factory=dict)
    trees: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    lock: str = ""
    links: list[str] = field(default_factory=list)
    service: str = ""
    console: str = ""
    left: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """Return the paths that no other module removes."""
        return [*self.placed, *self.trees, *self.files, *([self.lock] if self.lock else []), *self.folders]

    @property
    def going(self) -> list[str]:
        """Return a line for each thing to remove; none where nothing of ours is there."""
        lines = [guest.text for guest in self.guests]
        lines += [f"service {self.service}: it is stopped and no longer started at boot"] if self.service else []
        lines += [f"link {path}" for path in self.links]
        lines += [f"line {self.console}; xenconsoled is restarted"] if self.console else []
        lines += [f"{path}; {before} takes its place" if before else path for path, before in self.placed.items()]
        return [*lines, *self.paths[len(self.placed) :]]

    def listing(self) -> tuple[str, str]:
        """Return the paths before and after, for a diff."""
        after = [path for path, before in self.placed.items() if before]
        before = [*self.paths, *(self.placed[path] for path in after)]
        return "".join(f"{path}\n" for path in before), "".join(f"{path}\n" for path in after)

    def as_dict(self) -> dict[str, Any]:
        """Return the module's result; ``guests`` are definitions, for the modules that remove guests."""
        definitions = [{"name": guest.name, "state": "absent"} for guest in self.guests]
        return {**asdict(self), "guests": definitions, "paths": self.paths, "going": self.going}


def files_by_guest(
    owners: Mapping[str, str], own: Mapping[str, str], names: Mapping[str, Iterable[str]]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the files of each guest that is ours, by its name, and why a file that names a guest nevertheless stays.

    ``owners`` are the names of all files in the configuration folder, each with the guest that this collection wrote it
    for, "" for none. ``own`` is the name of a guest's own file, ``names`` are those of all its files.

    >>> files_by_guest({"web1.cfg": "web1", "copy": "web1"}, {"web1": "web1.cfg"}, {"web1": ["web1.cfg"]})
    ({'web1': ['web1.cfg']}, {'copy': 'is a copy of a file of guest web1'})
    """
    found: dict[str, list[str]] = {}
    left: dict[str, str] = {}
    for name, owner in sorted(owners.items()):
        if not owner:
            continue
        if name not in names[owner]:
            left[name] = f"is a copy of a file of guest {owner}"
        elif owners.get(own[owner], owner) != owner:
            left[name] = f"was written for guest {owner}, whose own file {own[owner]} is not ours"
        else:
            found.setdefault(owner, []).append(name)
    return found, left


def emptied(entries: Mapping[str, Iterable[str]], gone: Iterable[str]) -> list[str]:
    """Return the folders in which nothing is left, the deepest first. ``entries`` are what each holds now, ``gone`` the
    paths to remove.

    >>> emptied({"/a": ["b"], "/a/b": ["c"], "/d": ["e"]}, ["/a/b/c"])
    ['/a/b', '/a']
    """
    without = set(gone)
    found = []
    for folder in sorted(entries, key=lambda path: (path.count("/"), path), reverse=True):
        if all(posixpath.join(folder, entry) in without for entry in entries[folder]):
            without.add(folder)
            found.append(folder)
    return found

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the tree that fs-backend serves to mini-OS stub domains: which links and folders are made or removed (pure).

fs-backend of 3.3 and 3.4 puts /exports before each path that a stub domain asks for (3.3.0-rc7:tools/fs-back/fs-ops.c),
so that a link has the name of the folder that it leads to.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Mapping, Sequence

from ..common.problem import Problem
from .links import Link

ROOT = "/exports"
# The README's two: what QEMU in a stub domain reads its keymaps from, and where it keeps the state of a saved guest.
LINKS = ("usr/share/xen/qemu/keymaps", "var/lib/xen")


@dataclass(frozen=True)
class Entry:
    """Describe what is at a link's path: ``nothing``, a ``link`` to ``target``, or something ``other`` at ``at``.

    ``at`` is the link's path itself, or the first of its folders that is not a folder; "" is the tree.
    """

    kind: str = "nothing"
    target: str = ""
    at: str = ""


@dataclass(frozen=True)
class Tree:
    """Hold the state of the tree: the entry at each link's path, and the names in each folder of links that exists."""

    found: Mapping[str, Entry]
    entries: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Plan:
    """Hold the changes, in their order: folders made, links made or replaced, links removed, folders removed.

    ``kept`` are paths that stay as they are not ours. ``states`` has the state of each link after the changes.
    """

    make: list[str] = field(default_factory=list)
    put: list[Link] = field(default_factory=list)
    remove: list[Link] = field(default_factory=list)
    prune: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Return whether there is a change."""
        return bool(self.put or self.remove or self.prune)


def plan_present(root: str, links: Sequence[Link], tree: Tree) -> tuple[Plan, list[Problem]]:
    """Return the changes after which every link exists. Only links are replaced."""
    plan = Plan()
    problems = []
    for link in links:
        found = tree.found[link.name]
        if found.kind == "other":
            problems.append(_obstacle(root, link, found))
        elif found == Entry("link", link.target):
            plan.states[link.name] = "unchanged"
        else:
            plan.states[link.name] = "created" if found.kind == "nothing" else "replaced"
            plan.put.append(link)
            plan.make.extend(name for name in link.folders if name not in tree.entries and name not in plan.make)
    return (Plan(), problems) if problems else (plan, [])


def plan_absent(links: Sequence[Link], tree: Tree) -> Plan:
    """Return the changes after which no link of ours exists, and no folder that is empty without them."""
    plan = Plan()
    for link in links:
        found = tree.found[link.name]
        if found == Entry("link", link.target):
            plan.states[link.name] = "removed"
            plan.remove.append(link)
        else:
            plan.states[link.name] = "absent" if found.kind == "nothing" else "kept"
            plan.kept.extend([link.name] if found.kind != "nothing" else [])
    gone = {link.name for link in plan.remove}
    # The deepest first, since a folder is empty when the last of its folders is.
    for folder in sorted(tree.entries, key=lambda name: (name.count("/") if name else -1, name), reverse=True):
        if all(_joined(folder, entry) in gone for entry in tree.entries[folder]):
            plan.prune.append(folder)
            gone.add(folder)
    return plan


def plan_diff(plan: Plan, links: Sequence[Link], tree: Tree) -> tuple[str, str]:
    """Return the links, and the folders that are made or removed, before and after the plan: a module's diff."""
    before = [f"{name}/" for name in plan.prune]
    after = [f"{name}/" for name in plan.make]
    for link in links:
        found, state = tree.found[link.name], plan.states[link.name]
        shown = [f"{link.name} -> {found.target}"] if found.kind == "link" else []
        before += shown
        after += [f"{link.name} -> {link.target}"] if state in ("created", "replaced") else []
        after += shown if state in ("unchanged", "kept") else []
    return "".join(f"{line}\n" for line in sorted(before)), "".join(f"{line}\n" for line in sorted(after))


def _obstacle(root: str, link: Link, found: Entry) -> Problem:
    path = posixpath.join(root, found.at) if found.at else root
    if found.at == link.name:
        reason, remedy = "exists and is not a link", f"see what it contains, move {path} away, and run again"
    else:
        reason = f"{path} is a link or a file, and nothing is made behind it"
        remedy = "move it away, so that a folder can take its place, and run again"
    return Problem(reason, remedy, key=posixpath.join(root, link.name))


def _joined(folder: str, entry: str) -> str:
    return f"{folder}/{entry}" if folder else entry

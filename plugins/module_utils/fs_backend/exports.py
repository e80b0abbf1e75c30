# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree that fs-backend serves to mini-OS stub domains: which links are in it, and what is done for them (pure).

fs-backend of 3.3 and 3.4 puts /exports before each path that a stub domain asks for (3.3.0-rc7:tools/fs-back/fs-ops.c),
so that a link has the name of the folder that it leads to.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from ..common.problem import Problem

ROOT = "/exports"
# The README's two: what QEMU in a stub domain reads its keymaps from, and where it keeps the state of a saved guest.
LINKS = ("usr/share/xen/qemu/keymaps", "var/lib/xen")

_PART = 200  # bytes: a file name has 255, and that of a temporary link is a little longer than the link's


@dataclass(frozen=True)
class Link:
    """``name`` is the place in the tree, ``target`` the absolute path that the link leads to."""

    name: str
    target: str

    @property
    def folders(self) -> list[str]:
        """The folders of the tree that it lies in, the tree itself, "", first.

        >>> Link("var/lib/xen", "/var/lib/xen").folders
        ['', 'var', 'var/lib']
        """
        parts = self.name.split("/")
        return ["/".join(parts[:count]) for count in range(len(parts))]


@dataclass(frozen=True)
class Found:
    """What is in a link's place: ``nothing``, a ``link`` to ``target``, or something ``other`` at ``at``, which is the
    place itself or the first of its folders that is none; "" is the tree."""

    kind: str = "nothing"
    target: str = ""
    at: str = ""


@dataclass(frozen=True)
class Tree:
    """What was seen: of each link its place, and the names in each folder that links lie in, as far as it exists."""

    found: Mapping[str, Found]
    entries: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Plan:
    """What is done, in this order: folders made, links put in place (made or replaced) or removed, folders removed.

    ``kept`` are places that are left alone as what is there is not ours. ``states`` tell of each link what it will be.
    """

    make: list[str] = field(default_factory=list)
    put: list[Link] = field(default_factory=list)
    remove: list[Link] = field(default_factory=list)
    prune: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return bool(self.put or self.remove or self.prune)


def read_links(root: str, given: Iterable[Mapping[str, Any]]) -> tuple[list[Link], list[Problem]]:
    """The links of the option, each with its target, and what is wrong with them; none are returned then."""
    own = ("is the host's own tree", "give a folder of its own, such as /exports")
    root_fault = own if root == "/" else _path_fault(root)
    problems = [_problem("path", root, *root_fault)] if root_fault else []
    links: list[Link] = []
    for number, item in enumerate(given):
        name, target = str(item.get("name") or ""), str(item.get("target") or f"/{item.get('name') or ''}")
        key = f"links[{number}]"
        fault = _name_fault(name)
        if fault:
            problems.append(_problem(f"{key}.name", name, *fault))
            continue
        fault = _path_fault(target) or (None if root_fault else _loop_fault(root, target))
        if fault:
            problems.append(_problem(f"{key}.target", target, *fault))
            continue
        fault = _clash(name, links)
        if fault:
            problems.append(_problem(f"{key}.name", name, *fault))
        links.append(Link(name, target))
    return ([], problems) if problems else (links, [])


def plan_present(root: str, links: Sequence[Link], tree: Tree) -> tuple[Plan, list[Problem]]:
    """What it takes that every link is there. What is no link is never replaced."""
    plan = Plan()
    problems = []
    for link in links:
        found = tree.found[link.name]
        if found.kind == "other":
            problems.append(_in_the_way(root, link, found))
        elif found == Found("link", link.target):
            plan.states[link.name] = "unchanged"
        else:
            plan.states[link.name] = "created" if found.kind == "nothing" else "replaced"
            plan.put.append(link)
            plan.make.extend(name for name in link.folders if name not in tree.entries and name not in plan.make)
    return (Plan(), problems) if problems else (plan, [])


def plan_absent(links: Sequence[Link], tree: Tree) -> Plan:
    """What it takes that no link of ours is there, nor a folder that nothing is left in."""
    plan = Plan()
    for link in links:
        found = tree.found[link.name]
        if found == Found("link", link.target):
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


def listing(plan: Plan, links: Sequence[Link], tree: Tree) -> tuple[str, str]:
    """The links, and the folders that come or go, before and after the plan: a module's diff."""
    before = [f"{name}/" for name in plan.prune]
    after = [f"{name}/" for name in plan.make]
    for link in links:
        found, state = tree.found[link.name], plan.states[link.name]
        shown = [f"{link.name} -> {found.target}"] if found.kind == "link" else []
        before += shown
        after += [f"{link.name} -> {link.target}"] if state in ("created", "replaced") else []
        after += shown if state in ("unchanged", "kept") else []
    return "".join(f"{line}\n" for line in sorted(before)), "".join(f"{line}\n" for line in sorted(after))


def _name_fault(name: str) -> tuple[str, str] | None:
    """Why a name is no place in the tree, and what to do."""
    if not name:
        return "must not be empty", "give a path below the tree, such as var/lib/xen"
    fault = _text_fault(name)
    if fault:
        return fault
    if name.startswith("/"):
        return "is absolute, and would lie outside of the tree", f"write it as {name.strip('/') or 'var/lib/xen'}"
    return _parts_fault(name.split("/"))


def _path_fault(path: str) -> tuple[str, str] | None:
    """Why a path of the host cannot be used, and what to do. / is the host's own tree."""
    fault = _text_fault(path)
    if fault:
        return fault
    if not path.startswith("/"):
        return "is not absolute", f"write it as /{path}"
    return None if path == "/" else _parts_fault(path[1:].split("/"))


def _text_fault(text: str) -> tuple[str, str] | None:
    # What cannot be printed would also break the lines of a diff and of the service's log.
    if not text.isprintable():
        return "holds a newline or another character that cannot be printed", "remove it"
    return None


def _parts_fault(parts: Sequence[str]) -> tuple[str, str] | None:
    if any(part in (".", "..") for part in parts):
        return "has a part . or .., which can lead out of its folder", "write the path without it"
    if "" in parts:
        return "has an empty part", "write it without // and without / at its end"
    if any(len(part.encode("utf-8")) > _PART for part in parts):
        return f"has a part of more than {_PART} bytes", "shorten it"
    return None


def _loop_fault(root: str, target: str) -> tuple[str, str] | None:
    if posixpath.commonpath([root, target]) in (root, target):
        return f"holds the tree {root}, or lies in it, so that the tree would have no end", "name another folder"
    return None


def _clash(name: str, others: Sequence[Link]) -> tuple[str, str] | None:
    """Two links in one place, or one below the other, where only following that one would lead to."""
    for other in others:
        if name == other.name:
            return "is there twice", "remove one of the two"
        if f"{name}/".startswith(f"{other.name}/") or f"{other.name}/".startswith(f"{name}/"):
            return f"and {other.name} lie one below the other", "keep the shorter one, through which all below is reached"
    return None


def _in_the_way(root: str, link: Link, found: Found) -> Problem:
    place = posixpath.join(root, found.at) if found.at else root
    if found.at == link.name:
        reason, remedy = "is there and is no link", f"see what it holds, move {place} away, and run again"
    else:
        reason = f"{place} is a link or a file, and nothing is made behind it"
        remedy = "move it away, so that a folder can take its place, and run again"
    return Problem(reason, remedy, key=posixpath.join(root, link.name))


def _joined(folder: str, entry: str) -> str:
    return f"{folder}/{entry}" if folder else entry


def _problem(key: str, value: str, reason: str, remedy: str) -> Problem:
    return Problem(reason, remedy, key=key, value=value)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and check the links of the tree of exports, as the operator gives them (pure)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from ..common.problem import Problem

_PART = 200  # bytes: a file name has 255, and that of a temporary link is a little longer than the link's


@dataclass(frozen=True)
class Link:
    """Describe a link: ``name`` is its path in the tree, ``target`` the absolute path that it leads to."""

    name: str
    target: str

    @property
    def folders(self) -> list[str]:
        """Return the folders of the tree that it lies in, the tree itself, "", first.

        >>> Link("var/lib/xen", "/var/lib/xen").folders
        ['', 'var', 'var/lib']
        """
        parts = self.name.split("/")
        return ["/".join(parts[:count]) for count in range(len(parts))]


def read_links(root: str, given: Iterable[Mapping[str, Any]]) -> tuple[list[Link], list[Problem]]:
    """Return the links of the option, each with its target, and the problems; no link when there is a problem."""
    own = ("is the host's own tree", "give a folder of its own, such as /exports")
    root_problem = own if root == "/" else _path_problem(root)
    problems = [_problem("path", root, *root_problem)] if root_problem else []
    links: list[Link] = []
    for number, item in enumerate(given):
        name, target = str(item.get("name") or ""), str(item.get("target") or f"/{item.get('name') or ''}")
        key = f"links[{number}]"
        found = _name_problem(name)
        if found:
            problems.append(_problem(f"{key}.name", name, *found))
            continue
        found = _path_problem(target) or (None if root_problem else _loop_problem(root, target))
        if found:
            problems.append(_problem(f"{key}.target", target, *found))
            continue
        found = _clash(name, links)
        if found:
            problems.append(_problem(f"{key}.name", name, *found))
        links.append(Link(name, target))
    return ([], problems) if problems else (links, [])


def _name_problem(name: str) -> tuple[str, str] | None:
    """Return why a name cannot be a path in the tree, and the remedy."""
    if not name:
        return "must not be empty", "give a path below the tree, such as var/lib/xen"
    problem = _text_problem(name)
    if problem:
        return problem
    if name.startswith("/"):
        return "is absolute, and would be outside of the tree", f"write it as {name.strip('/') or 'var/lib/xen'}"
    return _parts_problem(name.split("/"))


def _path_problem(path: str) -> tuple[str, str] | None:
    """Return why a path of the host cannot be used, and the remedy. / is the host's own tree."""
    problem = _text_problem(path)
    if problem:
        return problem
    if not path.startswith("/"):
        return "is not absolute", f"write it as /{path}"
    return None if path == "/" else _parts_problem(path[1:].split("/"))


def _text_problem(text: str) -> tuple[str, str] | None:
    # What cannot be printed would also break the lines of a diff and of the service's log.
    if not text.isprintable():
        return "contains a newline or another character that cannot be printed", "remove it"
    return None


def _parts_problem(parts: Sequence[str]) -> tuple[str, str] | None:
    if any(part in (".", "..") for part in parts):
        return "has a part . or .., which can lead out of its folder", "write the path without it"
    if "" in parts:
        return "has an empty part", "write it without // and without / at its end"
    if any(len(part.encode("utf-8")) > _PART for part in parts):
        return f"has a part of more than {_PART} bytes", "shorten it"
    return None


def _loop_problem(root: str, target: str) -> tuple[str, str] | None:
    if posixpath.commonpath([root, target]) in (root, target):
        return f"contains the tree {root}, or lies in it, so that the tree would have no end", "name another folder"
    return None


def _clash(name: str, others: Sequence[Link]) -> tuple[str, str] | None:
    """Return why two links exclude each other: they have one path, or one is below the other."""
    for other in others:
        if name == other.name:
            return "is there twice", "remove one of the two"
        if f"{name}/".startswith(f"{other.name}/") or f"{other.name}/".startswith(f"{name}/"):
            return f"and {other.name} are one below the other", "keep the shorter one, through which all below is reached"
    return None


def _problem(key: str, value: str, reason: str, remedy: str) -> Problem:
    return Problem(reason, remedy, key=key, value=value)

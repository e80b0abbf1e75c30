# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole configuration file, for either toolstack (pure)."""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from . import xl, xm
from .values import Value

_ASSIGN = {"xl": xl.assign, "xm": xm.assign}
# What no comment may hold: a NUL ends Python's source, half a character is in no UTF-8, the rest plays with terminals.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
# What Python takes for a cookie (PEP 263).
_COOKIE = re.compile(r"coding[:=]")


def render(
    syntax: str, values: Mapping[str, Value], head: Sequence[str] = (), commented: Mapping[str, Value] | None = None
) -> str:
    """The file: head comments, one assignment a line in the mapping's order, then the commented-out assignments.

    Each line ends with a newline: a comment on a last line without one would be an error. A line end within a head line
    begins another comment line. Raises ValueError for a key or value that the syntax cannot express.

    >>> print(render("xl", {"name": "web1"}, ["Made for web1."], {"vnc": 1}), end="")
    # Made for web1.
    name = "web1"
    #vnc = 1
    """
    if syntax not in _ASSIGN:
        raise ValueError(f"no syntax of Xen: {syntax}")
    assign = _ASSIGN[syntax]
    lines = _comments(head)
    if syntax == "xm":
        lines.insert(_place(lines), xm.COOKIE)
    lines += [assign(key, value) for key, value in values.items()]
    lines += ["#" + assign(key, value) for key, value in (commented or {}).items()]
    return "".join(line + "\n" for line in lines)


def _comments(head: Sequence[str]) -> list[str]:
    """str.splitlines knows more line ends than either parser, so none is left in a comment."""
    lines = [line for text in head for line in (text.splitlines() or [""])]
    return [("# " + _UNPRINTABLE.sub("?", line)).rstrip() for line in lines]


def _place(lines: list[str]) -> int:
    """Where xm's cookie belongs: line 2, unless line 1 would be taken for one or needs one itself."""
    return int(bool(lines) and lines[0].isascii() and not _COOKIE.search(lines[0]))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a whole configuration file, for either toolstack (pure)."""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from .values import Value

# What no comment may hold: a NUL ends Python's source, UTF-8 has no surrogates, the rest controls terminals.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
# What Python takes for a declaration of the encoding (PEP 263).
_COOKIE = re.compile(r"coding[:=]")


def config_text(
    syntax: str, values: Mapping[str, Value], head: Sequence[str] = (), commented: Mapping[str, Value] | None = None
) -> str:
    """Return the text of a file for ``syntax``, xl or xm: the comments of ``head``, one assignment a line in the order of
    ``values``, then the assignments that are written as comments.

    Each line ends with a newline: a comment on a last line without one would be an error. A line end within a head line
    begins another comment line. Raise ConfigValueError for a key or value that the syntax cannot express.

    >>> print(config_text("xl", {"name": "web1"}, ["Made for web1."], {"vnc": 1}), end="")
    # Made for web1.
    name = "web1"
    #vnc = 1
    """
    rules = _rules_of(syntax)
    lines = _comments(head)
    if syntax == "xm":
        lines.insert(_place(lines), rules.COOKIE)
    lines += [rules.assign(key, value) for key, value in values.items()]
    lines += ["#" + rules.assign(key, value) for key, value in (commented or {}).items()]
    return "".join(line + "\n" for line in lines)


def check_assignment(syntax: str, key: str, value: Any, release: tuple[int, int]) -> str:
    """Return why the toolstack ``syntax``, xl or xm, of that release cannot read the assignment back; "" when it can.

    >>> check_assignment("xl", "name", "a\\0", (4, 17))
    "holds a character that Xen's syntax cannot express"
    """
    rules = _rules_of(syntax)
    return str(rules.check_key(key, release) or rules.check_value(value, release))


def _rules_of(syntax: str) -> Any:
    # Each host needs the syntax of its own toolstack only.
    if syntax == "xl":
        from . import write_xl

        return write_xl
    if syntax != "xm":
        raise ValueError(f"{syntax} is not a syntax of Xen")
    from . import write_xm

    return write_xm


def _comments(head: Sequence[str]) -> list[str]:
    """Return comment lines. str.splitlines knows more line ends than either parser, so none is left in a comment."""
    lines = [line for text in head for line in (text.splitlines() or [""])]
    return [("# " + _UNPRINTABLE.sub("?", line)).rstrip() for line in lines]


def _place(lines: list[str]) -> int:
    """Return the index of the line for xm's cookie: line 2, unless line 1 would be taken for one or needs one itself."""
    return int(bool(lines) and lines[0].isascii() and not _COOKIE.search(lines[0]))

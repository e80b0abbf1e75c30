# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Xen's configuration syntax, as libxlu_cfg of ``xl`` reads it (pure).

Source of the rules: Xen 4.17, tools/libs/util/libxlu_cfg_l.l, libxlu_cfg_y.y, libxlu_cfg.c.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, List, Mapping, Match, Union

Value = Union[str, int, bool, List[Any]]

# The only escapes that all releases read back: \xNN is always refused and an octal one loses its character.
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_INEXPRESSIBLE = re.compile(r"[\x00-\x06\x0e-\x1f\x7f\ud800-\udfff]")
# The whole value of a key, be it a string, a number or a list; and a part of a string, up to its comma or its end.
_PASSWORD_KEY = re.compile(r"(?m)^(\s*[\w.]*passw[\w.]*\s*=\s*).+$")
_PASSWORD_PART = re.compile(r"(passw\w*=)[^,]+")
_STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")


def check_value(value: Any) -> str:
    """Why the syntax cannot hold the value; empty when it can.

    >>> check_value(1.5)
    'a decimal number is no value of Xen configuration'
    """
    if isinstance(value, list):
        return next((reason for reason in map(check_value, value) if reason), "")
    if isinstance(value, float):
        return "a decimal number is no value of Xen configuration"
    if isinstance(value, str):
        return "holds a character that Xen's syntax cannot express" if _INEXPRESSIBLE.search(value) else ""
    return "" if isinstance(value, (int, bool)) else "is no value of Xen configuration"


def quote(text: str) -> str:
    r"""A string as the parser reads it back.

    Raises ValueError for a character that it cannot express (NUL and most control characters).

    >>> print(quote('say "hi"\n'))
    "say \"hi\"\n"
    """
    if _INEXPRESSIBLE.search(text):
        raise ValueError(check_value(text))
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def render_value(value: Value) -> str:
    """One value. Negative numbers are strings, as NUMBER has no sign; true and false are 1 and 0.

    >>> render_value([True, -1, "a"])
    '[ 1, "-1", "a" ]'
    """
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value) if value >= 0 else quote(str(value))
    if isinstance(value, list):
        return "[ " + ", ".join(render_value(item) for item in value) + " ]" if value else "[ ]"
    if isinstance(value, str):
        return quote(value)
    raise ValueError(check_value(value))


def render(values: Mapping[str, Value], comment: str = "") -> str:
    """A whole file: the comment, then one assignment a line, in the mapping's order, with a final newline.

    A comment on a last line without newline would be a lexical error, hence the order.
    """
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return head + "".join(f"{key} = {render_value(value)}\n" for key, value in values.items())


def digest(text: str) -> str:
    """sha256 of what a file says, comments and blank lines apart: two files with one digest define one guest."""
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    return hashlib.sha256("\n".join(said).encode("utf-8", "surrogateescape")).hexdigest()


def redact(text: str) -> str:
    """The text with its passwords hidden, for a diff.

    >>> print(redact('vfb = [ "vnc=1,vncpasswd=abc" ]'))
    vfb = [ "vnc=1,vncpasswd=********" ]
    """

    def hide(string: Match[str]) -> str:
        return _PASSWORD_PART.sub(r"\1********", string.group()[:-1]) + string.group()[-1]

    return _STRING.sub(hide, _PASSWORD_KEY.sub(r'\1"********"', text))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read S-expressions, in which ``xm list --long`` prints what xend knows of domains (pure)."""

from __future__ import annotations

import re
from typing import List, Union

from ..common.errors import XenfleetError

# A list, or a text: numbers are words, too.
Sxp = Union[str, List["Sxp"]]

# Xen writes a quoted text as Python 2 shows it: bytes that are not ASCII, and control characters, are escaped. The rest
# of a line after # is a comment.
_TOKEN = re.compile(
    r"""#[^\n]*|(?P<open>\()|(?P<close>\))|'(?P<single>(?:[^\\']|\\.)*)'|"(?P<double>(?:[^\\"]|\\.)*)\""""
    r"""|(?P<quote>['"])|(?P<word>[^\s()'"#][^\s()#]*)""",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_NAMED = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class SxpError(XenfleetError):
    """Report a text that is not a sequence of S-expressions."""


def read(text: str) -> list[Sxp]:
    r"""Return the expressions that follow each other in a text. Raise SxpError for one that is invalid or has no end.

    Source: Xen 4.1, tools/python/xen/xend/sxp.py and PrettyPrint.py.

    >>> read("(domain (name web1) (args 'root=/dev/xvda1 ro'))")
    [['domain', ['name', 'web1'], ['args', 'root=/dev/xvda1 ro']]]
    """
    found: list[Sxp] = []
    above: list[list[Sxp]] = []
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[token.lastgroup or 0]
        if kind == "open":
            above.append(found)
            found = []
        elif kind == "close":
            if not above:
                raise SxpError(f"a bracket that nothing opened, at character {token.end()}")
            above[-1].append(found)
            found = above.pop()
        elif kind == "quote":
            raise SxpError(f"a text without an end, at character {token.end()}")
        elif kind:
            found.append(word if kind == "word" else _plain(word))
    if above:
        raise SxpError("a list without an end")
    return found


def value_of(expression: Sxp, *keys: str) -> str:
    """Return the value of the first list with that key, at the end of a path of keys; "" for none.

    >>> value_of(["domain", ["domid", "3"], ["image", ["linux", ["kernel", "/boot/vmlinuz"]]]], "image", "linux", "kernel")
    '/boot/vmlinuz'
    """
    here: Sxp = expression
    for key in keys:
        here = next((item for item in here if isinstance(item, list) and item[:1] == [key]), "")
    value = here[1] if isinstance(here, list) and len(here) > 1 else ""
    return value if isinstance(value, str) else ""


def _plain(quoted: str) -> str:
    def replaced(escape: re.Match[bytes]) -> bytes:
        digits, octal, char = escape.groups()
        if char is None:
            return bytes([int(digits, 16) if digits else int(octal, 8) & 0xFF])
        return _NAMED.get(char, char)

    return _ESCAPE.sub(replaced, quoted.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

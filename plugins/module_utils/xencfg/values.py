# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both syntaxes of Xen's configuration share: the values that are written, and the documents that are read (pure).

``xl`` reads files with a parser of its own (xl.py, read_xl.py); ``xm`` executes them as Python 2 (xm.py, read_xm.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, List, Tuple, Union

from ..common.errors import XenfleetError

# What is written; and what is read: an atom is always a text, as libxlutil keeps numbers as texts too.
Value = Union[str, int, bool, List[Any]]
Read = Union[str, List[Any]]
Release = Tuple[int, int]

# For whoever has no release at hand: all that any release can read.
NEWEST: Release = (99, 0)
# No escape of xl reads these back, and nobody means them.
_INEXPRESSIBLE = re.compile(r"[\x00-\x06\x0e-\x1f\x7f\ud800-\udfff]")
# Far beyond any use, far below what a parser's stack holds.
_DEEPEST = 32

NO_TEXT = "holds a character that Xen's syntax cannot express"
_NO_DECIMAL = "a decimal number is no value of Xen configuration"
_NO_VALUE = "is no value of Xen configuration"
_TOO_DEEP = "is a list with too many lists inside one another"


@dataclass(frozen=True)
class Document:
    """A file as read: its keys in their order, and its comments: the line's number from 1, the text after the '#'."""

    values: dict[str, Read]
    comments: list[tuple[int, str]]


class SyntaxFault(XenfleetError):
    """The text is not what its reader takes.

    >>> print(SyntaxFault(3, "a string has no end"))
    line 3: a string has no end
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


def check_kind(value: Any, depth: int = 0) -> str:
    """Why the value is of no kind that a configuration has, whatever its text; empty when it is of one.

    >>> check_kind(1.5)
    'a decimal number is no value of Xen configuration'
    """
    if isinstance(value, list):
        if depth >= _DEEPEST:
            return _TOO_DEEP
        return next((reason for reason in (check_kind(item, depth + 1) for item in value) if reason), "")
    if isinstance(value, float):
        return _NO_DECIMAL
    return "" if isinstance(value, (str, int)) else _NO_VALUE


def check_value(value: Any) -> str:
    """Why the value can be in no file of any release; empty when some release of ``xl`` reads it back.

    >>> check_value(["a", "b\\0"])
    "holds a character that Xen's syntax cannot express"
    """
    reason = check_kind(value)
    return reason or (NO_TEXT if any(map(_INEXPRESSIBLE.search, texts(value))) else "")


def texts(value: Value) -> list[str]:
    """All strings of a value, those of its lists included.

    >>> texts(["a", 1, ["b"]])
    ['a', 'b']
    """
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def numbers(value: Value) -> list[int]:
    """All numbers of a value, those of its lists included.

    >>> numbers([True, 5, "b"])
    [1, 5]
    """
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [int(value)] if isinstance(value, int) else []


def is_nested(value: Value) -> bool:
    """Whether the value is a list with a list inside."""
    return isinstance(value, list) and any(isinstance(item, list) for item in value)

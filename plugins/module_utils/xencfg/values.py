# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define what both syntaxes of Xen's configuration share: values to write, and documents that were read (pure).

``xl`` reads files with a parser of its own (xl.py, read_xl.py); ``xm`` executes them as Python 2 (xm.py, read_xm.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, List, Tuple, Union

from ..common.errors import XenfleetError

# What is written; and what is read: each atom is a text, as libxlutil keeps numbers as texts too.
Value = Union[str, int, bool, List[Any]]
Read = Union[str, List[Any]]
Release = Tuple[int, int]

# Where no release is known: all that any release can read.
NEWEST: Release = (99, 0)
# No escape of xl reads these back.
_INEXPRESSIBLE = re.compile(r"[\x00-\x06\x0e-\x1f\x7f\ud800-\udfff]")
# Far beyond any use, far below what a parser's stack holds.
_DEEPEST = 32

NO_TEXT = "holds a character that Xen's syntax cannot express"
_NO_DECIMAL = "a decimal number is not a value of Xen's configuration"
_NO_VALUE = "is not a value of Xen's configuration"
_TOO_DEEP = "is a list with too many lists inside one another"


@dataclass(frozen=True)
class Document:
    """Hold a file as read: its keys in their order, and its comments: the line's number from 1, the text after the '#'.

    ``lines`` is where each key was set last, and each item of its list: ``disk``, ``disk[0]``.
    """

    values: dict[str, Read]
    comments: list[tuple[int, str]]
    lines: dict[str, int] = field(default_factory=dict, compare=False, repr=False)


class ConfigSyntaxError(XenfleetError):
    """Report a text that its reader cannot read, with the line's number from 1.

    >>> print(ConfigSyntaxError(3, "a string has no end"))
    line 3: a string has no end
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class ConfigValueError(XenfleetError):
    """Report a key or value that Xen's syntax cannot express."""


def check_kind(value: Any, depth: int = 0) -> str:
    """Return why no configuration has values of this kind, whatever their text; "" when the kind is right.

    >>> check_kind(1.5)
    "a decimal number is not a value of Xen's configuration"
    """
    if isinstance(value, list):
        if depth >= _DEEPEST:
            return _TOO_DEEP
        return next((reason for reason in (check_kind(item, depth + 1) for item in value) if reason), "")
    if isinstance(value, float):
        return _NO_DECIMAL
    return "" if isinstance(value, (str, int)) else _NO_VALUE


def check_value(value: Any) -> str:
    """Return why no release of ``xl`` reads the value back; "" when some release does.

    >>> check_value(["a", "b\\0"])
    "holds a character that Xen's syntax cannot express"
    """
    reason = check_kind(value)
    return reason or (NO_TEXT if any(map(_INEXPRESSIBLE.search, texts(value))) else "")


def texts(value: Value) -> list[str]:
    """Return all strings of a value, those of its lists included.

    >>> texts(["a", 1, ["b"]])
    ['a', 'b']
    """
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def numbers(value: Value) -> list[int]:
    """Return all numbers of a value, those of its lists included.

    >>> numbers([True, 5, "b"])
    [1, 5]
    """
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [int(value)] if isinstance(value, int) else []


def is_nested(value: Value) -> bool:
    """Return whether the value is a list that contains a list."""
    return isinstance(value, list) and any(isinstance(item, list) for item in value)

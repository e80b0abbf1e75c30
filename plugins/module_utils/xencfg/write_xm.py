# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write values in Xen's configuration syntax as ``xm`` reads it: Python 2, restricted to literals (pure).

``xm`` executes the file.

Source of the rules: Xen 3.3 to 4.4, tools/python/xen/xm/opts.py. Every literal here means the same to Python 2, whose
strings are bytes, and to Python 3's ``ast``.
"""

from __future__ import annotations

import re
from typing import Any

from . import values
from .values import NEWEST, NO_TEXT, ConfigValueError, Value

# Without it Python 2 refuses a file with any character beyond ASCII; PEP 263 requires it in line 1 or 2.
COOKIE = "# -*- coding: utf-8 -*-"

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DUNDER = re.compile(r"__.*__")
_KEYWORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except exec finally for from "
    "global if import in is lambda nonlocal not or pass print raise return try while with yield".split()
)
# xm reads it and its dry run prints it; xend, which gets it as XML, fails with an empty error or with one of Python's on
# the codec 'ascii' (seen on Xen 4.4.4 with extra and with disk).
_NOT_ASCII = "xend takes no characters beyond ASCII"
# A NUL ends the source, and UTF-8 has no surrogates.
_INEXPRESSIBLE = re.compile(r"[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"[\x01-\x1f\x7f\\]")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Larger ones are of Python 2's type long on a 32-bit host, which xm ignores silently.
_INT = 2**31


def check_key(key: str, release: tuple[int, int]) -> str:
    """Return why Python 2 cannot assign to the key, or should not; "" when it can.

    >>> check_key("print", (4, 1))
    'the key is a reserved word of Python'
    """
    del release  # The language is the same for all of them.
    if not _KEY.fullmatch(key):
        return "a key of xm is made of letters, digits and '_', and does not begin with a digit"
    return "the key is a reserved word of Python" if key in _KEYWORDS or _DUNDER.fullmatch(key) else ""


def check_value(value: Any, release: tuple[int, int]) -> str:
    """Return why xm cannot take the value; "" when it can.

    >>> check_value(2**31, (4, 1))
    'a number beyond 32 bits is not a value of xm'
    """
    del release  # As for keys.
    reason = values.check_kind(value)
    if reason:
        return reason
    if values.is_nested(value):
        return "a list inside a list is not a value of xm"
    if any(not -_INT <= number < _INT for number in values.numbers(value)):
        return "a number beyond 32 bits is not a value of xm"
    if any(map(_INEXPRESSIBLE.search, values.texts(value))):
        return NO_TEXT
    return "" if all(text.isascii() for text in values.texts(value)) else _NOT_ASCII


def quote(text: str, mark: str = '"') -> str:
    r"""Return a string as both Pythons read it back, in the quotation marks ``mark``.

    Raise ConfigValueError for a NUL and for an unpaired surrogate.

    >>> print(quote('say "hi"\n'))
    "say \"hi\"\n"
    """
    if _INEXPRESSIBLE.search(text):
        raise ConfigValueError(NO_TEXT)
    escaped = _ESCAPED.sub(lambda char: _ESCAPES.get(char.group(), f"\\x{ord(char.group()):02x}"), text)
    return mark + escaped.replace(mark, "\\" + mark) + mark


def render_value(value: Value) -> str:
    """Return a value as text: a single string in double quotes, strings of a list in single ones; true is 1, false 0.

    Raise ConfigValueError for what xm cannot take.

    >>> print(render_value(["phy:/dev/vg/a,xvda,w", True]))
    [ 'phy:/dev/vg/a,xvda,w', 1 ]
    """
    reason = check_value(value, NEWEST)
    if reason:
        raise ConfigValueError(reason)
    if isinstance(value, list):
        return "[ " + ", ".join(_atom(item, "'") for item in value) + " ]" if value else "[ ]"
    return _atom(value, '"')


def _atom(value: str | int, mark: str) -> str:
    return quote(value, mark) if isinstance(value, str) else format(int(value), "d")


def assign(key: str, value: Value) -> str:
    """Return one assignment, without the end of the line. Raise ConfigValueError for what xm cannot take.

    >>> assign("kernel", "/boot/a")
    'kernel = "/boot/a"'
    """
    reason = check_key(key, NEWEST)
    if reason:
        raise ConfigValueError(reason)
    return f"{key} = {render_value(value)}"

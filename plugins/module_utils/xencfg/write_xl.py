# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write values in Xen's configuration syntax as ``xl`` reads it, by the rules of libxlu_cfg (pure).

Source of the rules: Xen 4.17, tools/libs/util/libxlu_cfg_l.l, libxlu_cfg_y.y, libxlu_cfg.c, and their histories.
"""

from __future__ import annotations

import re
from typing import Any

from . import values
from .values import NEWEST, ConfigValueError, Value

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
_KEY = re.compile(r"[a-z][_0-9a-z]*")
_DOTTED_KEY = re.compile(r"[a-z][._0-9a-z]*")
_DOTS_SINCE = (4, 3)
_NESTED_SINCE = (4, 6)
_LONG = 2**63


def check_key(key: str, release: tuple[int, int]) -> str:
    """Return why this release cannot read the key; "" when it can.

    >>> check_key("xen.version", (4, 2))
    'a key with a dot needs Xen 4.3 or newer'
    """
    if _KEY.fullmatch(key):
        return ""
    if not _DOTTED_KEY.fullmatch(key):
        return "a key is made of lower-case letters, digits, '_' and '.', and begins with a letter"
    return "" if release >= _DOTS_SINCE else "a key with a dot needs Xen 4.3 or newer"


def check_value(value: Any, release: tuple[int, int]) -> str:
    """Return why this release cannot read the value back; "" when it can.

    >>> check_value([["a"]], (4, 5))
    'a list inside a list needs Xen 4.6 or newer'
    """
    reason = values.check_value(value)
    if reason:
        return reason
    if values.is_nested(value) and release < _NESTED_SINCE:
        return "a list inside a list needs Xen 4.6 or newer"
    # xl would read LONG_MAX, or nothing, of a larger one.
    if any(not -_LONG <= number < _LONG for number in values.numbers(value)):
        return "a number beyond 64 bits is not a value of Xen's configuration"
    return ""


def quote(text: str) -> str:
    r"""Return a string as the parser reads it back.

    Raise ConfigValueError for a character that it cannot express (NUL and most control characters).

    >>> print(quote('say "hi"\n'))
    "say \"hi\"\n"
    """
    reason = values.check_value(text)
    if reason:
        raise ConfigValueError(reason)
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def render_value(value: Value) -> str:
    """Return a value as text. Negative numbers are strings, as NUMBER has no sign; true and false are 1 and 0.

    Raise ConfigValueError for what no release can read back.

    >>> render_value([True, -1, "a"])
    '[ 1, "-1", "a" ]'
    """
    reason = check_value(value, NEWEST)
    if reason:
        raise ConfigValueError(reason)
    if isinstance(value, list):
        return "[ " + ", ".join(map(render_value, value)) + " ]" if value else "[ ]"
    if isinstance(value, str):
        return quote(value)
    # Also for bool, and for what else derives from int and has a text of its own.
    number = format(int(value), "d")
    return number if value >= 0 else quote(number)


def assign(key: str, value: Value) -> str:
    """Return one assignment, without the end of the line. Raise ConfigValueError for what no release can read back.

    >>> assign("memory", 256)
    'memory = 256'
    """
    reason = check_key(key, NEWEST)
    if reason:
        raise ConfigValueError(reason)
    return f"{key} = {render_value(value)}"

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S-expressions as xend writes them, for the fake Xen's `xm list --long`."""

from __future__ import annotations

import string

TYPE_CHECKING = False  # as type checkers know it, without the time that loading typing takes
if TYPE_CHECKING:
    from typing import Any

_PLAIN = frozenset(string.ascii_letters + string.digits + ".-_:/~")
_SHORT = 60


def text(value: Any, indent: int = 0, plain: bool = False) -> str:
    """One expression: a list in brackets, on one line if it is short; a word, or a text in quotes as Python 2 has it.

    ``plain``: an empty text has no quotes, as up to 4.0.
    """
    if not isinstance(value, (list, tuple)):
        return "" if plain and value == "" else _atom(value)
    parts = [text(item, indent + 4, plain) for item in value]
    flat = f"({' '.join(parts)})"
    if len(flat) <= _SHORT and "\n" not in flat:
        return flat
    between = "\n" + " " * (indent + 4)
    return f"({between.join(parts)}\n{' ' * indent})"


def _atom(value: Any) -> str:
    if isinstance(value, (int, float)):
        return str(value)
    word = str(value)
    if word and (word == "@" or _PLAIN.issuperset(word)):
        return word
    # Python 2's strings are bytes.
    return repr(word.encode("utf-8", "surrogateescape"))[1:]

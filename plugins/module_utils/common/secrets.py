# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords in definitions: what is one, and how it is kept out of what people read (pure)."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, Sequence

HIDDEN = "********"

# A part of a string, such as vfb's, up to the comma that ends it.
_PART = re.compile(r"(passw\w*\s*[=:]\s*)([^,]+)", re.IGNORECASE)
# Nobody means more levels of a value, and what is nested without end must not end the program.
_DEEPEST = 8


def is_secret(key: Any) -> bool:
    """Whether the value of such a key is a password: ``passwd``, ``vncpasswd``, ``password``.

    >>> is_secret("vncpasswd"), is_secret("passthrough")
    (True, False)
    """
    return isinstance(key, str) and "passw" in key.lower()


def without_secrets(value: Any, key: Any = "", depth: int = 0) -> Any:
    """A copy of the value of ``key`` in which no password can be read, whatever the value is.

    >>> without_secrets({"type": "sdl", "passwd": "abc"})
    {'type': 'sdl', 'passwd': '********'}
    >>> without_secrets(["vnc=1,vncpasswd=abc"])
    ['vnc=1,vncpasswd=********']
    """
    if value is None:
        return None
    if is_secret(key):
        return HIDDEN
    if isinstance(value, str):
        return _PART.sub(rf"\g<1>{HIDDEN}", value)
    if not isinstance(value, (list, Mapping)):
        return value
    if depth >= _DEEPEST:
        return "..."
    if isinstance(value, list):
        return [without_secrets(item, depth=depth + 1) for item in value]
    return {name: without_secrets(item, name, depth + 1) for name, item in value.items()}


def secrets_in(data: Any, below: bool = False, depth: int = 0) -> Iterator[str]:
    """Every password in a definition, wherever it stands: below a key of its own, also where the definition must not
    have it, or as a part of a string.

    >>> sorted(secrets_in({"settings": {"vfb": ["vnc=1,vncpasswd=def"]}, "display": {"passwd": "ghi"}}))
    ['def', 'ghi']
    """
    if isinstance(data, (Mapping, list)):
        items = data.items() if isinstance(data, Mapping) else [("", value) for value in data]
        for key, value in items if depth < _DEEPEST else []:
            yield from secrets_in(value, below or is_secret(key), depth + 1)
    elif below:
        # A number of that size is no password, and Python 3.11 on does not turn it into digits.
        if data not in (None, "") and not isinstance(data, bool) and not (isinstance(data, int) and abs(data) > 10**99):
            yield str(data)
    elif isinstance(data, str):
        yield from (secret.strip() for _key, secret in _PART.findall(data))


def hide(value: Any, secrets: Sequence[str]) -> Any:
    """The value without these passwords, the longest first, and without what looks like one.

    >>> hide(["abc is no number", 12], ["abc"])
    ['******** is no number', 12]
    """
    if isinstance(value, Mapping):
        return {hide(key, secrets): hide(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, secrets) for item in value]
    if isinstance(value, str):
        text = _PART.sub(rf"\g<1>{HIDDEN}", value)
        for secret in filter(None, secrets):
            text = text.replace(secret, HIDDEN)
        return text
    return HIDDEN if str(value) in secrets else value

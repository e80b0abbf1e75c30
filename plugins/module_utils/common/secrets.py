# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise passwords in definitions, and keep them out of messages and results (pure)."""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, Sequence

HIDDEN = "********"

# A part of a string, such as vfb's, up to the comma that ends it.
_PART = re.compile(r"(passw\w*\s*[=:]\s*)([^,]+)", re.IGNORECASE)
# No definition needs more levels, and a value that is nested without end must not end the program.
_DEEPEST = 8
# A shorter password is often a part of a name or a digest.
_SHORTEST = 6


def is_secret(key: Any) -> bool:
    """Return whether the value of such a key is a password: ``passwd``, ``vncpasswd``, ``password``.

    >>> is_secret("vncpasswd"), is_secret("passthrough")
    (True, False)
    """
    return isinstance(key, str) and "passw" in key.lower()


def without_secrets(value: Any, key: Any = "", depth: int = 0) -> Any:
    """Return a copy of the value of ``key`` without any password, whatever the value is.

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
    """Yield every password in a definition: the value of a key of its own, even where the definition must not have that
    key, or a part of a string.

    >>> sorted(secrets_in({"settings": {"vfb": ["vnc=1,vncpasswd=def"]}, "display": {"passwd": "ghi"}}))
    ['def', 'ghi']
    """
    if isinstance(data, (Mapping, list)):
        items = data.items() if isinstance(data, Mapping) else [("", value) for value in data]
        for key, value in items if depth < _DEEPEST else []:
            yield from secrets_in(value, below or is_secret(key), depth + 1)
    elif below:
        # A number of that size is not a password, and Python 3.11 and newer do not convert it to digits.
        if data not in (None, "") and not isinstance(data, bool) and not (isinstance(data, int) and abs(data) > 10**99):
            yield str(data)
    elif isinstance(data, str):
        yield from (secret.strip() for _key, secret in _PART.findall(data))


def long_secrets(data: Any) -> list[str]:
    """Return the passwords of a definition of at least six characters, the longest first, each also as a problem shows it (``repr``).

    >>> long_secrets([{"passwd": "it's-one"}, {"passwd": "short"}])
    ["it\\\\'s-one", "it's-one"]
    """
    found = set()
    for secret in secrets_in(data):
        if len(secret) >= _SHORTEST:
            escaped = repr(secret)[1:-1]
            found |= {secret, escaped, escaped.replace("'", "\\'")}
    return sorted(found, key=lambda secret: (-len(secret), secret))


def hide(value: Any, secrets: Sequence[str]) -> Any:
    """Return the value without these passwords, keys included, and without what looks like a password.

    The longest password must come first.

    >>> hide(["abc is not a number", 12, "passwd=def"], ["abc"])
    ['******** is not a number', 12, 'passwd=********']
    """
    if isinstance(value, Mapping):
        return {hide(key, secrets): hide(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, secrets) for item in value]
    return blank(_PART.sub(rf"\g<1>{HIDDEN}", value) if isinstance(value, str) else value, secrets)


def blank(value: Any, secrets: Sequence[str]) -> Any:
    """Return the value without these passwords, the longest of which comes first; keys of mappings stay.

    >>> blank({"state": ["abc is not a number", 12]}, ["abc", "state"])
    {'state': ['******** is not a number', 12]}
    """
    if isinstance(value, Mapping):
        return {key: blank(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [blank(item, secrets) for item in value]
    if isinstance(value, str):
        for secret in filter(None, secrets):
            value = value.replace(secret, HIDDEN)
        return value
    return HIDDEN if str(value) in secrets else value

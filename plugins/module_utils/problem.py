# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong, said once and in one form: host, guest, key, value, reason, remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping

HIDDEN = "********"
# A password within another value: of a frame buffer (vncpasswd=abc), or of a mapping that was written as a string.
_SECRET = re.compile(r"(passw\w*\s*[=:]\s*)([^,]+)", re.IGNORECASE)
# Nobody reads more levels of a wrong value, and what is nested without end must not end the program.
_DEEPEST = 8


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a guest, or a host, from being as its definition says.

    ``release`` names the Xen release or file that the rule comes from, where it comes from one.
    """

    reason: str
    remedy: str
    guest: str = ""
    key: str = ""
    value: Any = None
    host: str = ""
    release: str = ""

    def text(self) -> str:
        """One line for a person.

        >>> Problem("must not be empty", "give the guest a name", guest="web1", key="name", value="").text()
        "guest web1: name = '': must not be empty. Remedy: give the guest a name."
        """
        where = [f"{kind} {value}" for kind, value in (("host", self.host), ("guest", self.guest)) if value]
        if self.key:
            # A key that is no key at all can hold anything; the sentence stays on one line.
            key = self.key if self.key.isprintable() else repr(self.key)
            where.append(key if self.value is None else f"{key} = {shown(self.value)}")
        source = f" ({self.release})" if self.release else ""
        return ": ".join([*where, self.reason]) + f"{source}. Remedy: {self.remedy}."

    def as_dict(self) -> dict[str, Any]:
        """The same as data, for a module's result; ``text`` is the sentence."""
        return {**vars(self), "text": self.text()}


def shown(value: Any, limit: int = 80) -> str:
    """``repr`` keeps newlines and quotes of a hostile value visible; what is longer than ``limit`` characters is cut.

    >>> shown("a\\nb"), shown([1, 2, 3], limit=5)
    ("'a\\\\nb'", '[1...')
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Python 3.11 on writes no number of more than 4300 digits, and no list inside a thousand others.
        text = f"a value of type {type(value).__name__} that is too large to show"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def key_name(key: Any) -> str:
    """A key of a definition as a problem names it: one that is no text, or an empty one, by its ``repr``.

    >>> key_name("memory"), key_name(7), key_name("")
    ('memory', '7', "''")
    """
    return key if isinstance(key, str) and key else shown(key)


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
        return _SECRET.sub(rf"\g<1>{HIDDEN}", value)
    if not isinstance(value, (list, Mapping)):
        return value
    if depth >= _DEEPEST:
        return "..."
    if isinstance(value, list):
        return [without_secrets(item, depth=depth + 1) for item in value]
    return {name: without_secrets(item, name, depth + 1) for name, item in value.items()}

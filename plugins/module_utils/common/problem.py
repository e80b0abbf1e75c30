# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe problems in one form: host, guest, key, value, reason, remedy (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

from .errors import with_remedy
from .secrets import without_secrets

# How many characters a message shows of a value, and of one that is a path.
_VALUE, _PATH = 80, 300


@dataclass(frozen=True)
class Problem:
    """Describe one thing that is wrong with a guest or a host. Its value is kept without passwords.

    ``release`` names the Xen release or file that the rule comes from, "" where it comes from none.
    """

    reason: str
    remedy: str
    guest: str = ""
    key: str = ""
    value: Any = None
    host: str = ""
    release: str = ""

    def __post_init__(self) -> None:
        """Hide the passwords of the value."""
        object.__setattr__(self, "value", without_secrets(self.value, self.key))

    def text(self) -> str:
        """Return the problem as one line.

        >>> Problem("must not be empty", "give the guest a name", guest="web1", key="name", value="").text()
        "guest web1: name = '': must not be empty. Remedy: give the guest a name."
        """
        where = [f"{kind} {value}" for kind, value in (("host", self.host), ("guest", self.guest)) if value]
        if self.key:
            # A wrong key can hold anything; the sentence stays on one line.
            key = self.key if self.key.isprintable() else repr(self.key)
            # An operator needs the whole of a path.
            limit = _PATH if isinstance(self.value, str) and self.value.startswith("/") else _VALUE
            where.append(key if self.value is None else f"{key} = {shown(self.value, limit)}")
        source = f" ({self.release})" if self.release else ""
        return with_remedy(": ".join([*where, self.reason]) + source, self.remedy)

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as data for a module's result; ``text`` is the line."""
        return {**vars(self), "text": self.text()}


def shown(value: Any, limit: int = _VALUE) -> str:
    """Return the value as a message shows it: its ``repr``, cut after ``limit`` characters.

    >>> shown("a\\nb"), shown([1, 2, 3], limit=5)
    ("'a\\\\nb'", '[1...')
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Python 3.11 and newer convert no number of more than 4300 digits, and no list inside a thousand others.
        text = f"a value of type {type(value).__name__} that is too large to show"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def key_name(key: Any) -> str:
    """Return a key of a definition as a problem names it: one that is not a string, or is empty, by its ``repr``.

    >>> key_name("memory"), key_name(7), key_name("")
    ('memory', '7', "''")
    """
    return key if isinstance(key, str) and key else shown(key)


def counted(number: int, word: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "host"), counted(2, "host")
    ('1 host', '2 hosts')
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def listed(names: Sequence[str], limit: int) -> str:
    """Return the first ``limit`` names, and how many others there are.

    >>> listed(["a", "b", "c", "d"], 2), listed(["a", "b"], 2)
    ('a, b and 2 more', 'a, b')
    """
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare two configurations, key by key (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.secrets import without_secrets
from .values import Document, Read


@dataclass(frozen=True)
class Change:
    """Describe a key whose value differs; None where it is not set."""

    key: str
    before: Read | None
    after: Read | None

    def as_dict(self) -> dict[str, Read | None]:
        """Return the change as a part of a module's result, its passwords hidden; that a password differs is still shown.

        >>> Change("vncpasswd", "abc", None).as_dict()
        {'key': 'vncpasswd', 'before': '********', 'after': None}
        """
        return {"key": self.key, "before": _hidden(self.key, self.before), "after": _hidden(self.key, self.after)}


def changes(before: Document | None, after: Document | None) -> list[Change]:
    """Return the keys whose values differ, in the order of their names; None stands for a file that does not exist.

    >>> changes(Document({"a": "1", "b": "1"}, []), Document({"a": "1", "b": "2"}, []))
    [Change(key='b', before='1', after='2')]
    """
    old = before.values if before else {}
    new = after.values if after else {}
    both = [Change(key, old.get(key), new.get(key)) for key in sorted({*old, *new})]
    return [change for change in both if change.before != change.after]


def _hidden(key: str, value: Read | None) -> Read | None:
    hidden: Read | None = without_secrets(value, key)
    return hidden

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong, said once and in one form: host, guest, key, value, reason, remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


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
            where.append(key if self.value is None else f"{key} = {_short(self.value)}")
        source = f" ({self.release})" if self.release else ""
        return ": ".join([*where, self.reason]) + f"{source}. Remedy: {self.remedy}."

    def as_dict(self) -> dict[str, Any]:
        """The same as data, for a module's result; ``text`` is the sentence."""
        return {**asdict(self), "text": self.text()}


def _short(value: Any, limit: int = 80) -> str:
    """``repr`` keeps newlines and quotes of a hostile value visible; a long value is cut."""
    shown = repr(value)
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."

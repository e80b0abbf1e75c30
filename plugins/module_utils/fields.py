# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Typed reading of a guest's definition: every fault is collected, none is raised."""

from __future__ import annotations

import difflib
import re
from typing import Any, Iterable, Mapping, Pattern

from .problem import Problem

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Fields:
    """One mapping of a definition, read key by key.

    A reader returns the value, or its default when the key is absent or wrong; what is wrong is added to
    ``problems``. ``done()`` reports the keys that nobody asked for.
    """

    def __init__(self, data: Any, guest: str, problems: list[Problem], path: str = "") -> None:
        self.guest = guest
        self.problems = problems
        self.path = path
        self._asked: set[str] = set()
        self._data: Mapping[Any, Any] = data if isinstance(data, Mapping) else {}
        self._is_mapping = isinstance(data, Mapping)
        if not self._is_mapping:
            self._report(path or "guest", data, "must be a mapping of keys and values", "write it as key: value pairs")

    def problem(self, key: str, reason: str, remedy: str, value: Any = None, release: str = "") -> None:
        """Adds a problem of ``key``; its value is looked up when none is given."""
        shown = self._data.get(key) if value is None else value
        self._report(self._full(key), shown, reason, remedy, release)

    def text(
        self,
        key: str,
        default: str = "",
        required: bool = False,
        choices: Iterable[str] = (),
        pattern: Pattern[str] | None = None,
        hint: str = "",
    ) -> str:
        """A string without control characters; ``hint`` says what ``pattern`` wants."""
        value = self._take(key, required)
        if value is None:
            return default
        if isinstance(value, (bool, float, Mapping, list)):
            self.problem(key, f"must be a string, not {_kind(value)}", "quote the value")
            return default
        value = str(value)
        allowed = list(choices)
        if _CONTROL.search(value):
            self.problem(key, "holds a newline, NUL or another control character", "remove it")
        elif value != value.strip():
            self.problem(key, "begins or ends with a blank", "remove the blank")
        elif allowed and value not in allowed:
            self.problem(key, "is not one of the values it can have", f"use one of {', '.join(allowed)}")
        elif pattern and not pattern.fullmatch(value):
            self.problem(key, f"is not {hint}", f"give {hint}")
        elif required and not value:
            self.problem(key, "must not be empty", f"give {hint or 'a value'}")
        else:
            return value
        return default

    def path_name(self, key: str, required: bool = False) -> str:
        """An absolute path of the host. A relative one would mean another file in every directory."""
        return self.text(key, required=required, pattern=re.compile(r"/.*"), hint="an absolute path on the host")

    def integer(self, key: str, default: int = 0, minimum: int = 0, maximum: int = 2**31 - 1, required: bool = False) -> int:
        """A whole number. A string of digits counts: Jinja2 gives such strings for ``"{{ size }}"``."""
        value = self._take(key, required)
        if value is None:
            return default
        if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,17}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.problem(key, f"must be a whole number, not {_kind(value)}", "give digits only, without a unit")
            return default
        if not minimum <= value <= maximum:
            self.problem(key, f"is outside {minimum} to {maximum}", "give a number in that range")
            return default
        return value

    def boolean(self, key: str, default: bool = False) -> bool:
        value = self._take(key)
        if isinstance(value, str):
            value = _BOOLEANS.get(value.lower(), value)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"must be true or false, not {_kind(value)}", "write true or false")
            return default
        return value

    def mapping(self, key: str, required: bool = False) -> Fields | None:
        value = self._take(key, required)
        return None if value is None else Fields(value, self.guest, self.problems, self._full(key))

    def items(self, key: str) -> list[Fields]:
        """A list of mappings, such as ``disks``."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, f"must be a list, not {_kind(value)}", "write it as a list, one '-' an item")
            return []
        return [
            Fields(item, self.guest, self.problems, f"{self._full(key)}[{number}]") for number, item in enumerate(value)
        ]

    def raw(self, key: str) -> Any:
        """The value as it stands, for a reader that checks it itself."""
        return self._take(key)

    def done(self) -> None:
        """Reports every key that no reader asked for: a typo must not pass as a default."""
        for key in self._data:
            if key not in self._asked:
                near = difflib.get_close_matches(str(key), sorted(self._asked), n=1)
                remedy = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(sorted(self._asked))}"
                self._report(self._full(str(key)), self._data[key], "is not a key of the definition", remedy.rstrip("?"))

    def _take(self, key: str, required: bool = False) -> Any:
        self._asked.add(key)
        value = self._data.get(key)
        # What is no mapping has been reported as that; its keys are not missing as well.
        if value is None and required and self._is_mapping:
            self._report(self._full(key), None, "is missing", f"give {key}")
        return value

    def _full(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _report(self, key: str, value: Any, reason: str, remedy: str, release: str = "") -> None:
        self.problems.append(Problem(reason, remedy, guest=self.guest, key=key, value=value, release=release))


def _kind(value: Any) -> str:
    names = {bool: "true or false", float: "a decimal number", list: "a list", str: "a string", int: "a number"}
    return names.get(type(value), "a mapping" if isinstance(value, Mapping) else type(value).__name__)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a guest's definition by types: every problem is collected, none is raised (pure)."""

from __future__ import annotations

import difflib
import ipaddress
import re
from typing import Any, Callable, Iterable, Mapping, Pattern

from .problem import Problem, key_name
from .secrets import is_secret, without_secrets

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# JSON can hold half of a character beyond 16 bits (a surrogate); no file name and no file can.
_HALF = re.compile("[\ud800-\udfff]")
_LONG = 2**63
# What ansible-core up to 2.18 has in a variable for default(omit), but for the options of a module; 2.19 leaves it out.
_OMITTED = re.compile("__omit_place_holder__[0-9a-f]{40}")
# No definition needs more levels, and a value that is nested without end must not end the program.
_DEEPEST = 32
# How similar to a key a typing error of it is, at least (difflib), and how many characters it has more or less, at most.
_SIMILAR = 0.75
_LONGER = 2
# Names of secrets that a key that is not known can be meant as.
_SECRETS = ("passwd", "password")
_NUMBER = re.compile(r"\[[0-9]+\]")
# Returns where a key belongs, from the place at which it stands, such as disks[N], and its name.
Hint = Callable[[str, str], str]

_ADDRESS = re.compile(r"[0-9A-Fa-f.:/]+")
_LEADING_ZERO = re.compile(r"(^|[.:])0[0-9]+\.|\.0[0-9]")


class Fields:
    """Read one mapping of a definition key by key.

    A reader returns the value, or its default when the key is absent or wrong; it adds what is wrong to ``problems``.
    ``done()`` reports the keys that no reader asked for.
    """

    def __init__(
        self, data: Any, guest: str, problems: list[Problem], path: str = "", hint: Hint | None = None
    ) -> None:
        """Report data that is not a mapping, and read it as an empty one.

        ``path`` is where the mapping stands in the definition, such as ``disks[0]``; "" for the definition itself. ``hint``
        returns where a key belongs that is unknown at a place, "" for nowhere.
        """
        self.guest = guest
        self.problems = problems
        self.path = path
        self._hint = hint
        self._asked: set[str] = set()
        self._data: Mapping[Any, Any] = data if isinstance(data, Mapping) else {}
        self._is_mapping = isinstance(data, Mapping)
        if not self._is_mapping:
            self._report(path or "guest", data, "must be a mapping of keys and values", "write it as key: value pairs")

    def problem(self, key: str, reason: str, remedy: str, value: Any = None, release: str = "") -> None:
        """Add a problem of ``key``, with the key's value when none is given."""
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
        """Return a string without control characters; ``hint`` describes in words what ``pattern`` matches.

        Take a whole number as its digits, as YAML makes a number of ``vlan: 10``.
        """
        value = self._take(key, required)
        if value is None:
            return default
        allowed = list(choices)
        number = isinstance(value, int) and not isinstance(value, bool) and -_LONG <= value < _LONG
        if not number and not isinstance(value, str):
            remedy = "give one string" if isinstance(value, (list, Mapping)) else "quote the value"
            self.problem(key, f"must be a string, not {kind_of(value)}", _one_of(allowed) if allowed else remedy)
            return default
        text = str(value)
        problem = _text_problem(text)
        if problem:
            self.problem(key, *problem)
        elif required and not text:
            self.problem(key, "must not be empty", f"give {hint or 'a value'}")
        elif allowed and text not in allowed:
            self.problem(key, "is not one of the values it can have", _one_of(allowed))
        elif pattern and not text:
            self.problem(key, "is empty", f"give {hint}, or leave it out")
        elif pattern and not pattern.fullmatch(text):
            # YAML 1.1 makes a number of 52:54:00:12:34:56, to the base of 60.
            self.problem(key, f"is not {hint}", f"give {hint}{', in quotes' if number else ''}")
        else:
            return text
        return default

    def path_name(self, key: str, required: bool = False) -> str:
        """Return an absolute path of the host. A relative one would mean another file in every directory."""
        return self.text(key, required=required, pattern=re.compile(r"/.*"), hint="an absolute path on the host")

    def integer(self, key: str, default: int = 0, minimum: int = 0, maximum: int = 2**31 - 1, required: bool = False) -> int:
        """Return a whole number, also of a string of digits, as Jinja2 makes strings of ``"{{ size }}"``."""
        value = self._take(key, required)
        if value is None:
            return default
        if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,17}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.problem(key, f"must be a whole number, not {kind_of(value)}", "give digits only, without a unit")
            return default
        if not minimum <= value <= maximum:
            self.problem(key, f"is outside {minimum} to {maximum}", "give a number in that range")
            return default
        return value

    def boolean(self, key: str, default: bool = False) -> bool:
        """Return true or false, also of YAML's words for them as strings, as Jinja2 makes them. 1 and 0 are numbers."""
        value = self._take(key)
        if isinstance(value, str):
            value = _BOOLEANS.get(value.lower(), value)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"must be true or false, not {kind_of(value)}", "write true or false")
            return default
        return value

    def optional_boolean(self, key: str) -> bool | None:
        """Return true or false, as ``boolean`` does, or None when the key is absent, which differs from false."""
        return self.boolean(key) if self._take(key) is not None else None

    def mapping(self, key: str, required: bool = False) -> Fields | None:
        """Return a mapping within this one, such as ``boot``; None when the key is absent."""
        value = self._take(key, required)
        return None if value is None else Fields(value, self.guest, self.problems, self._full(key), self._hint)

    def items(self, key: str) -> list[Fields]:
        """Return a list of mappings, such as ``disks``; empty when the key is absent or not a list."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, f"must be a list, not {kind_of(value)}", "write it as a list, one '-' an item")
            return []
        return [
            Fields(item, self.guest, self.problems, f"{self._full(key)}[{number}]", self._hint)
            for number, item in enumerate(value)
        ]

    def strings(self, key: str) -> list[str]:
        """Return a list of strings without control characters, also of one string alone."""
        value = self._take(key)
        items = value if isinstance(value, list) else [] if value is None else [value]
        if any(not isinstance(item, str) or not item or _text_problem(item) for item in items):
            reason = "must be a list of strings, none of them empty, with blanks around it, or with control characters"
            self.problem(key, reason, "write one '-' a string, in quotes")
            return []
        return items

    def has(self, key: str) -> bool:
        """Return whether the key has a value, right or wrong."""
        return self._data.get(key) is not None

    def raw(self, key: str) -> Any:
        """Return the value unchecked, for a reader that checks it itself."""
        return self._take(key)

    def done(self, of: str = "", others: Mapping[str, str] | None = None) -> None:
        """Report every key that no reader asked for: a typo must not pass as a default.

        ``others`` are keys that are right elsewhere, each with what it belongs to; ``of`` is what was read here.
        """
        for key, value in self._data.items():
            if key in self._asked:
                continue
            name = key_name(key)
            if others and key in others:
                self._report(self._full(name), value, f"goes with {others[key]}, not with {of}", f"remove {key}")
                continue
            meant = self._meant(name)
            others_too = "; other keys of Xen go below settings" if self._hint and not self.path else ""
            keys = f"the keys are {', '.join(sorted(self._asked))}{others_too}"
            # A password is hidden also when its key is misspelt, or when that is only likely.
            near = difflib.get_close_matches(name, [*sorted(self._asked), *_SECRETS], n=1)
            seen = without_secrets(without_secrets(value, near[0] if near else ""), meant.rsplit(".", 1)[-1])
            remedy = f"did you mean {meant}" if meant else keys
            self._report(self._full(name), seen, "is not a key of the definition", remedy)

    def _meant(self, name: str) -> str:
        """Return the key that was meant by an unknown one, "" where that is not known."""
        place = _NUMBER.sub("[N]", self.path)
        hint = self._hint(place, name) if self._hint else ""
        if hint.startswith(f"{place}."):
            return hint[len(place) + 1 :]
        if hint:
            return f"{hint} of the guest itself" if self.path and "." not in hint else hint
        return self._misspelt(name)

    def _misspelt(self, name: str) -> str:
        """Return the key that was meant by a typing error, "" for none: a part of a longer word is another word."""
        near = difflib.get_close_matches(name, sorted(self._asked), n=1)
        if not near:
            return ""
        ratio = difflib.SequenceMatcher(None, near[0], name).ratio()
        is_close = ratio >= _SIMILAR and abs(len(near[0]) - len(name)) <= _LONGER
        return near[0] if is_close or is_secret(near[0]) else ""

    def _take(self, key: str, required: bool = False) -> Any:
        self._asked.add(key)
        value = self._data.get(key)
        # Data that is not a mapping has been reported as that; its keys are not reported as missing too.
        if value is None and required and self._is_mapping:
            self._report(self._full(key), None, "is missing", f"give {key}")
        return value

    def _full(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _report(self, key: str, value: Any, reason: str, remedy: str, release: str = "") -> None:
        self.problems.append(Problem(reason, remedy, guest=self.guest, key=key, value=value, release=release))


def kind_of(value: Any) -> str:
    """Return the kind of a value in words that a reader of YAML knows.

    >>> kind_of(True), kind_of({}), kind_of(b"")
    ('true or false', 'a mapping', 'bytes')
    """
    # A bool is an int to Python, so it comes first; Ansible's own strings and lists derive from Python's.
    kinds = ((bool, "true or false"), (int, "a number"), (float, "a decimal number"), (str, "a string"))
    containers = ((list, "a list"), (Mapping, "a mapping"))
    return next((name for kind, name in (*kinds, *containers) if isinstance(value, kind)), type(value).__name__)


def address(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """Return an IP address, with or without the length of its network. Raise ValueError for anything else.

    Stricter than ``ipaddress``, whose result depends on the version of Python: an IPv6 zone is any text from Python 3.9
    on, so that a comma in it would begin another key of a vif; Python 3.8 reads leading zeros as decimal, others as octal.

    >>> str(address("10.0.0.1/8"))
    '10.0.0.1/8'
    """
    if not _ADDRESS.fullmatch(text) or _LEADING_ZERO.search(text):
        raise ValueError(text)
    return ipaddress.ip_interface(text)


def is_omitted(value: Any) -> bool:
    """Return whether the value stands for what the inventory left out with ``default(omit)``."""
    return isinstance(value, str) and bool(_OMITTED.fullmatch(value))


def without_omitted(value: Any, depth: int = 0) -> Any:
    """Return the value without the keys and items that were omitted, at any depth; of a text with more in it, the rest is left.

    >>> gone = "__omit_place_holder__" + "0" * 40
    >>> without_omitted({"bridge": gone, "disks": [gone, {"vdev": "xvda", "script": gone}], "note": f"a{gone}"})
    {'disks': [{'vdev': 'xvda'}], 'note': 'a'}
    """
    if isinstance(value, str):
        return _OMITTED.sub("", value) if "__omit" in value else value
    if depth >= _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {key: without_omitted(item, depth + 1) for key, item in value.items() if not is_omitted(item)}
    if isinstance(value, list):
        return [without_omitted(item, depth + 1) for item in value if not is_omitted(item)]
    return value


def _text_problem(text: str) -> tuple[str, str] | None:
    """Return reason and remedy of a text that no string of a definition can be, None for any other."""
    if _CONTROL.search(text):
        return "contains a newline, NUL or another control character", "remove it"
    if _HALF.search(text):
        return "contains an unpaired surrogate (half of a character), which no file can hold", "remove it"
    if text != text.strip():
        return "begins or ends with a blank", "remove the blank"
    return None


def _one_of(choices: list[str]) -> str:
    return f"use one of {', '.join(choices)}" if len(choices) > 1 else f"use {choices[0]}"

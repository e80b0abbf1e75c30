# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check whether the toolstack of a release reads a guest's ``settings`` as they are meant (pure).

``xl`` ignores an unknown key and one for other types of guests silently, and a value of the wrong kind with a warning;
the guest then runs without it.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, Iterable, Mapping, Optional, Tuple

from ..common.problem import Problem
from ..common.secrets import is_secret
from .keys_xl import NEWEST, OLDEST_XL, XL_KEYS, Key
from .releases import Release, ignored, shown

# What strtol(3) with base 0 reads to the end, and what int() of Python 2 does.
_NUMBER = {
    "xl": re.compile(r"[ \t\n\v\f\r]*[+-]?(0[xX][0-9a-fA-F]+|[0-9]{1,40})"),
    "xm": re.compile(r"-?(0|[1-9][0-9]{0,39})"),
}
_OCTAL = re.compile(r"\s*[+-]?0[0-9]+")
_LONG = 2**63

# Reason, remedy, source.
_Refusal = Optional[Tuple[str, str, str]]


def check_settings(
    settings: Mapping[str, Any], toolstack: str, release: Release, guest: str, kind: str = ""
) -> list[Problem]:
    """Return a problem for each setting that the toolstack, ``xl`` or ``xm``, of that Xen release would ignore, misread or
    refuse for a guest of the type ``kind``: ``pv``, ``hvm``, ``pvh``, or "" for any.

    >>> [found.remedy for found in check_settings({"oncrash": "restart"}, "xl", (4, 17), "web1")]
    ['did you mean on_crash? Correct or remove the key']
    """
    keys, oldest, source = _table_of(toolstack)
    found = []
    for name, value in settings.items():
        known = keys.get(name)
        at = max(release, oldest)
        if known is None:
            refusal = _check_known(name, toolstack, keys, at)
        else:
            refusal = _check_release(known, at) or _check_type(known, kind, toolstack, at)
            refusal = refusal or _check_kind(known, value, toolstack, at, source)
            refusal = refusal or _check_choice(known, value, toolstack, at)
        if refusal:
            reason, remedy, where = refusal
            # No report may show a password, nor that of a misspelt key.
            seen = None if is_secret(name) or is_secret(remedy) else value
            key = f"settings.{name}"
            found.append(Problem(reason, remedy, guest=guest, key=key, value=seen, release=where))
    return found


def check_extra(settings: Mapping[str, Any], extra: Iterable[str], guest: str) -> list[Problem]:
    """Return a problem for each extra setting that a table has: settings checks it, and extra settings are not checked.

    >>> [found.remedy for found in check_extra({"on_crash": "restart"}, ["on_crash"], "web1")]
    ['use settings.on_crash']
    """
    # Hosts with xl do without the keys of xm, and most guests have no extra settings.
    from .keys_xm import XM_KEYS

    return [
        Problem(
            "is a key that the collection knows and checks",
            f"use settings.{name}",
            guest=guest,
            key=f"extra_settings.{name}",
            value=settings[name],
        )
        for name in sorted(extra)
        if name in XL_KEYS or name in XM_KEYS
    ]


def _table_of(toolstack: str) -> tuple[Mapping[str, Key], Release, str]:
    """Return the keys of a toolstack, its oldest release, and the source file that gives keys their kinds."""
    if toolstack == "xl":
        return XL_KEYS, OLDEST_XL, "libxlu_cfg.c"
    # Hosts with xl do without the keys of xm.
    from .keys_xm import OLDEST_XM, XM_KEYS

    return XM_KEYS, OLDEST_XM, "xend/XendConfig.py"


def _check_known(name: str, toolstack: str, keys: Mapping[str, Key], release: Release) -> _Refusal:
    if release > NEWEST:
        return None
    known = [key for key, entry in keys.items() if entry.first <= release <= (entry.last or release)]
    close = get_close_matches(name, known, n=1)
    return (
        f"is not a key of {toolstack}, which would ignore it silently",
        f"did you mean {close[0]}? Correct or remove the key"
        if close
        else f"correct or remove the key; if the host's own {toolstack} reads it, use extra_settings",
        _xen(release),
    )


def _check_release(key: Key, release: Release) -> _Refusal:
    if release < key.first:
        return ignored(release, key.first)
    if key.last and release > key.last:
        remedy = f"use {key.instead}" if key.instead else "remove it"
        return f"{_xen(release)} no longer reads this key", remedy, f"up to {_xen(key.last)}"
    return None


def _check_type(key: Key, kind: str, toolstack: str, release: Release) -> _Refusal:
    users = key.types_at(release)
    # Newer releases have made keys of one type those of all.
    if not kind or not key.types or kind in users or release > NEWEST:
        return None
    first = key.types.get(kind, release)
    remedy = f"use {key.instead}" if key.instead else "remove it"
    if release < first and not key.instead:
        remedy = f"remove it, or move the guest to a host with {_xen(first)} or newer"
    # It ignores nearly all of them silently; timer_mode of a PV guest ends xl.
    reason = f"{toolstack} does not use it for a guest of type {kind}, only of type {' or '.join(users)}"
    return reason, remedy, _knows(kind, key.types, key, release)


def _check_kind(key: Key, value: Any, toolstack: str, release: Release, source: str) -> _Refusal:
    kinds = key.kinds_at(release)
    if isinstance(value, list):
        refusal = _check_list(kinds, value)
    elif not {"string", "number", "boolean"}.intersection(kinds):
        refusal = ("must be a list", "write it as a list, one text for each item")
    elif "number" in kinds or "boolean" in kinds:
        # Where words are taken as well, the choices list them.
        refusal = None if "string" in kinds else _check_number(value, toolstack, "boolean" in kinds)
    elif isinstance(value, bool):
        refusal = ("must be text, not true or false", "put the word in quotes")
    elif toolstack == "xm" and not isinstance(value, str):
        refusal = ("must be text", "put it in quotes")
    else:
        refusal = None
    return (*refusal, source) if refusal else None


def _check_list(kinds: tuple[str, ...], value: list[Any]) -> tuple[str, str] | None:
    nested = [isinstance(item, list) for item in value]
    if "lists" in kinds:
        return None if all(nested) else ("must be a list of lists", "write each item as a list")
    if "list" not in kinds:
        return "must be one value, not a list", "write the value alone"
    return ("must not contain a list within the list", "write one text for each item") if any(nested) else None


def _check_number(value: Any, toolstack: str, boolean: bool) -> tuple[str, str] | None:
    remedy = "write true or false, without quotes" if boolean else "write a whole number"
    if isinstance(value, int):
        return None if -_LONG <= value < _LONG else ("is too large", remedy)
    text = str(value)
    if boolean and toolstack == "xm":
        # xm tests some of them for truth as they are, and the text "0" is true.
        return "must be true or false, not text", remedy
    if _OCTAL.fullmatch(text):
        return "begins with a zero, which is octal for xl and decimal for xm", "write it without leading zeros"
    if not _NUMBER[toolstack].fullmatch(text):
        return f"is not a number for {toolstack}", remedy
    return None if -_LONG <= int(text, 0) < _LONG else ("is too large", remedy)


def _check_choice(key: Key, value: Any, toolstack: str, release: Release) -> _Refusal:
    words = key.choices_at(release)
    if not words or release > NEWEST or isinstance(value, list):
        return None
    text = _text(value).lower() if key.any_case else _text(value)
    if text in words:
        return None
    close = get_close_matches(text, words, n=1)
    return (
        f"{toolstack} accepts only {', '.join(words)}",
        f"did you mean {close[0]}? Write one of them" if close else "write one of them",
        _knows(text, key.choices, key, release),
    )


def _knows(name: str, firsts: Mapping[str, Release], key: Key, release: Release) -> str:
    """Return the releases that know a word or a type; for one that none knows, the release that was asked for."""
    if name not in firsts:
        return _xen(release)
    return f"up to {_xen(key.gone[name])}" if release >= firsts[name] else f"{_xen(firsts[name])} on"


def _text(value: Any) -> str:
    """Return a value as the file has it; a number that no key has as a choice needs no digits."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value) if -_LONG <= value < _LONG else "too large"
    return value if isinstance(value, str) else " ".join(map(_text, value))


def _xen(release: Release) -> str:
    return f"Xen {shown(release)}"

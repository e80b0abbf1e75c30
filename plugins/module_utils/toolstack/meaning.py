# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the meaning of a configuration from what a dry run printed, and compare two meanings (pure).

Two texts that differ in comments, order, quotes or spelling have one meaning, as the toolstack makes one configuration of
them. What the toolstack makes up at random is left out, and so is a value that libxl would use anyway.
"""

from __future__ import annotations

import json
from typing import Any, Mapping

from ..common.errors import XenfleetError
from . import libxl_defaults, sxp

# The values of a configuration by their places: {"b_info.max_memkb": 262144, "disks[0].vdev": "xvda"}.
Meaning = Mapping[str, Any]

# What stands for "not given"; Xen 4.2 to 4.5 print every field, and therefore the words, too.
_NOT_GIVEN = (None, 2**64 - 1, ())
_NOT_GIVEN_WORDS = ("<default>", "unknown", "invalid")
# xl makes up a generation id for this word.
_MADE_UP_GENID = "generate"


class MeaningError(XenfleetError):
    """Report an output that is not a configuration."""


def meaning_of(program: str, output: str, values: Mapping[str, Any]) -> Meaning:
    """Return the meaning of a text, from the ``output`` of its dry run by ``program``, xl or xm.

    ``values`` are the keys of the text: they show what the toolstack made up. Raise MeaningError.

    >>> meaning_of("xl", '{"c_info": {"name": "web1", "uuid": "1-2"}, "b_info": {"max_vcpus": 1}}', {"name": "web1"})
    {'c_info.name': 'web1'}
    """
    found = _of_xl(output) if program == "xl" else _of_xm(output)
    if "uuid" not in values:
        found.pop("c_info.uuid", None)
    if values.get("ms_vm_genid") == _MADE_UP_GENID:
        found["b_info.type.hvm.ms_vm_genid"] = _MADE_UP_GENID
    return found


def recorded(text: str) -> Meaning:
    """Return the meaning of the configuration that libxl recorded of a domain, as far as it is recorded. Raise MeaningError."""
    return _of_xl(text.rstrip("\0"))


def differences(before: Meaning, after: Meaning) -> list[str]:
    """Return the places at which two meanings differ.

    >>> differences({"b_info.max_vcpus": 2, "b_info.kernel": "/a"}, {"b_info.kernel": "/a", "b_info.cmdline": "ro"})
    ['b_info.cmdline', 'b_info.max_vcpus']
    """
    return [place for place in sorted({*before, *after}) if before.get(place) != after.get(place)]


def differences_from_record(record: Meaning, wanted: Meaning) -> list[str]:
    """Return the places at which the configuration that a domain was made from differs from the one that is wanted now.

    ``record`` is libxl's: what libxl chose by itself is no difference, nor what changes while a domain runs.
    """
    return [place for place in differences(record, wanted) if not _is_libxls(place, record, wanted)]


def _is_libxls(place: str, record: Meaning, wanted: Meaning) -> bool:
    """Return whether the value at a place of a record comes from libxl or the host, and not from a file."""
    if libxl_defaults.is_of_host(place):
        return True
    entry = place.rpartition(".")[0]
    if f"{entry}.is_cdrom" in record and f"{entry}.is_cdrom" in wanted:
        return True  # The medium of a drive is changed while the domain runs.
    if place.endswith(".ms_vm_genid"):
        return wanted.get(place) == _MADE_UP_GENID
    # Of what the file leaves open, libxl's choice is in the record.
    return place not in wanted and libxl_defaults.may_be_chosen(place, record[place])


def _of_xl(output: str) -> dict[str, Any]:
    try:
        data = json.loads(output)
    except ValueError as error:
        # The output can contain passwords, and so could the message of the parser.
        raise MeaningError("xl create -n printed something that is not JSON") from error
    # Xen 4.2 to 4.5 print {"domid": null, "config": {...}}.
    is_wrapped = isinstance(data, dict) and "c_info" not in data and isinstance(data.get("config"), dict)
    if is_wrapped:
        data = data["config"]
    if not isinstance(data, dict):
        raise MeaningError("xl create -n printed JSON that is not a configuration")
    found: dict[str, Any] = {}
    _flatten(data, "", found)
    if is_wrapped:
        found = {place: value for place, value in found.items() if value not in _NOT_GIVEN_WORDS}
    return libxl_defaults.without_defaults(found, since_4_6=not is_wrapped)


def _of_xm(output: str) -> dict[str, Any]:
    try:
        expressions = sxp.read(output)
    except sxp.SxpError as error:
        raise MeaningError(f"xm create -n printed something that cannot be read: {error}") from error
    found: dict[str, Any] = {}
    _flatten_sxp(expressions, "", found)
    _unify_spellings(found)
    return found


def _unify_spellings(found: dict[str, Any]) -> None:
    """Give what xend itself makes one of one form: the command line of a kernel, which it joins of root and args (xen/xend/
    image.py, ImageHandler), and the letters of an address."""
    for place in [place for place in found if place.endswith(".vif.mac")]:
        found[place] = tuple(str(part).lower() for part in found[place])
    for place in [place for place in found if place.endswith(".linux.root")]:
        arguments = place[: -len("root")] + "args"
        parts = [f"root={' '.join(found.pop(place))}", *found.get(arguments, ())]
        found[arguments] = (" ".join(parts),)


def _flatten(value: Any, place: str, found: dict[str, Any]) -> None:
    """Add the values below a place of a JSON document, each by its own place. A list of plain values is one value."""
    if isinstance(value, dict):
        for key, item in value.items():
            _flatten(item, f"{place}.{key}" if place else str(key), found)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            found[f"{place}[{number}]"] = True  # An empty entry exists, too.
            _flatten(item, f"{place}[{number}]", found)
    else:
        plain = tuple(map(str, value)) if isinstance(value, list) else value
        if plain not in _NOT_GIVEN:
            found[place] = plain


def _flatten_sxp(items: list[sxp.Sxp], place: str, found: dict[str, Any]) -> None:
    """Add the values of a list of expressions, each by the heads of the lists around it: "vm.device[1].vif.mac"."""
    seen: dict[str, int] = {}
    found[place] = tuple(item for item in items if not isinstance(item, list))
    for item in items:
        if not isinstance(item, list):
            continue
        head = item[0] if item and isinstance(item[0], str) else ""
        number = seen[head] = seen.get(head, -1) + 1
        name = f"{place}.{head}" if place else head
        _flatten_sxp(item[1:] if head else item, f"{name}[{number}]" if number else name, found)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the running guests of one host, from its definitions and the domains that host_info reports (pure).

A host is not trusted: its report can hold anything, and only values that a guest can have are taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...module_utils.common.fields import address, without_omitted
from ...module_utils.guest.device_model import SCHEMES
from ...module_utils.guest.model import TYPES, Definition, read_guest, read_guests

CONDITIONS = ("running", "paused", "shutdown", "crashed")
PLACES = ("stub domain", "dom0")
# The characters of names of images and domains. Braces are not among them: no such text can be a template.
_TEXT = re.compile(r"[A-Za-z0-9._+, -]{0,200}")


def guests_of(definitions: Any, host_info: Any, scheme: Any = "auto") -> list[dict[str, Any]]:
    """Return a row for each domain that is a guest, in plain data that a cache can keep. Raise nothing.

    ``definitions`` is the host's ``stubdom_guests``, ``host_info`` the result of that module, and ``scheme`` that of HVM
    guests which leave theirs at auto. Left out are stub domains, domains that are being destroyed, and those whose
    name no guest can have.

    >>> host_info = {"domains": [{"name": "web1", "domid": 3, "state": "running"}]}
    >>> [(row["name"], row["type"], row["defined"]) for row in guests_of([{"name": "web1", "type": "pv"}], host_info)]
    [('web1', 'pv', True)]
    """
    items = without_omitted(definitions) if isinstance(definitions, list) else []
    defined: dict[str, tuple[Definition | None, Any]] = {
        definition.name: (definition, item) for definition, item in zip(read_guests(items), items, strict=True)
    }
    facts = host_info if isinstance(host_info, Mapping) else {}
    domains = [domain for domain in _list(facts, "domains") if isinstance(domain, Mapping)]
    named = {*defined, *(str(domain.get("name")) for domain in domains)}
    stubs = {stub for name in named for stub in (f"{name}-dm", f"stubdom-{name}")} - {*defined}
    rows = []
    for domain in domains:
        name = _name(domain)
        if not name or name in stubs or domain.get("serves") is not None or domain.get("state") == "dying":
            continue
        definition, item = defined.get(name, (None, {}))
        rows.append({"name": name, **_row(domain, definition, item, [scheme, *_list(facts, "schemes")])})
    return rows


def _row(domain: Mapping[str, Any], definition: Definition | None, item: Any, schemes: list[Any]) -> dict[str, Any]:
    place = _one_of(domain, "device_model", PLACES)
    guest = definition.guest if definition else None
    return {
        "domid": _number(domain, "domid"),
        "memory": _number(domain, "memory"),
        "vcpus": _number(domain, "vcpus"),
        "state": _one_of(domain, "state", CONDITIONS),
        # Only an HVM guest has a device model, whatever its definition is by now.
        "type": "hvm" if place else _one_of(item, "type", TYPES),
        "device_model": place,
        "stub_domain": _text(domain, "stub_domain"),
        "scheme": _scheme(place, [guest.device_model.scheme if guest else "", *schemes]),
        "image": _text(domain, "image"),
        "stale": domain.get("stale") is True,
        "defined": definition is not None,
        "address": _address(guest.vifs[0].ip if guest and guest.vifs else ""),
    }


def _scheme(place: str, wanted: Iterable[Any]) -> str:
    """Return the scheme of a device model in that place: the first of ``wanted`` that a stub domain can have."""
    if place != "stub domain":
        return place
    return next((scheme for scheme in wanted if scheme in SCHEMES and scheme != "dom0"), "")


def _address(text: str) -> str:
    """Return the first address of a vif, without its network's length."""
    try:
        return str(address(text.split(" ")[0]).ip)
    except ValueError:
        return ""


def _name(domain: Mapping[str, Any]) -> str:
    """Return the domain's name, "" for one that no guest can have: it could be a template, or an option of ssh."""
    name = domain.get("name")
    return name if isinstance(name, str) and not read_guest({"name": name, "state": "absent"}).problems else ""


def _one_of(data: Any, key: str, words: Iterable[str]) -> str:
    value = data.get(key) if isinstance(data, Mapping) else ""
    return next((word for word in words if word == value), "")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) and _TEXT.fullmatch(value) else ""


def _number(data: Mapping[str, Any], key: str) -> int:
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []

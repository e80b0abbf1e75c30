# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what guests need of each other against the complete lists of all hosts (pure)."""

from __future__ import annotations

import difflib
from typing import Any, Iterable, Mapping, Sequence

from ..common.problem import Problem
from ..guest.model import DOM0, Guest


def names_in(item: Any) -> list[str]:
    """Return the names that a definition needs, as they were written, also where it has another problem."""
    needs = item.get("needs") if isinstance(item, Mapping) and item.get("state") != "absent" else None
    names = needs if isinstance(needs, list) else [needs]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def unknown(needs: Iterable[tuple[str, str, Sequence[str]]], listed: Mapping[str, set[str]]) -> list[Problem]:
    """Return a problem for each need of a name that is not in the list of the guest's host.

    ``needs`` has host, guest, and the names that it needs; ``listed`` the names of each host's list, those with a problem
    included. What two guests of one list need of each other is checked with that list (``guest/needs.py``).
    """
    hosts = {name: host for host, names in listed.items() for name in names}
    found = []
    for host, guest, names in needs:
        for name in names:
            if name not in listed[host] and name != DOM0:
                reason, remedy = _elsewhere(name, hosts[name], host) if name in hosts else _nowhere(name, listed[host])
                found.append(Problem(reason, remedy, host=host, guest=guest, key="needs", value=name))
    return found


def notes(guests: Iterable[tuple[str, Guest]]) -> list[str]:
    """Return a note for each guest that its host starts at its boot without a guest that it needs."""
    found = []
    every = list(guests)
    by_name = {(host, guest.name): guest for host, guest in every}
    for host, guest in every:
        for name in guest.needed if guest.autostart else ():
            needed = by_name.get((host, name))
            if needed and not needed.autostart:
                text = f"has autostart: true, and guest {name}, which it needs, does not: set autostart: true there, too"
                found.append(f"host {host}: guest {guest.name}: {text}")
    return found


def _elsewhere(name: str, its_host: str, host: str) -> tuple[str, str]:
    return f"is a guest of host {its_host}, not of {host}", f"move one of the two, or remove {name} from needs"


def _nowhere(name: str, names: set[str]) -> tuple[str, str]:
    near = difflib.get_close_matches(name, sorted(names), n=1)
    remedy = f"did you mean {near[0]}" if near else "give the name of a guest of this host, or add its definition"
    return "is not a guest of this host", remedy

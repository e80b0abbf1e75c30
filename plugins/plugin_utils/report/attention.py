# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find in the model of a fleet what an operator has to read first: its problems, and what changed (pure).

What many guests have in common is one entry with the names of the guests, so that a fleet of a thousand hosts has a
list that can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...module_utils.common.errors import split_remedy, with_remedy
from ...module_utils.common.problem import counted
from .status import by_host, marks
from .status_table import changed_files_words, nameless_domain_words

_FILES = {
    "differs": with_remedy("the guest's file differs from the inventory", "run deploy.yml, which writes it"),
    "missing": with_remedy("the guest has no file yet", "run deploy.yml, which writes it"),
}


@dataclass
class Entry:
    """Hold one thing that is said of guests or hosts: the reason, what is to be done, and the guests of each host.

    A host with no guests is meant itself.
    """

    reason: str
    remedy: str
    places: dict[str, list[str]] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Return how many guests and hosts are meant."""
        hosts = counted(len(self.places), "host")
        return f"{counted(self.count, 'guest')} on {hosts}" if self.count else hosts

    @property
    def count(self) -> int:
        """Return the number of guests."""
        return sum(len(names) for names in self.places.values())


def problems(model: Mapping[str, Any]) -> list[Entry]:
    """Return the problems of all hosts, guests and domains, those of whole hosts first."""
    return _entries([*_of_hosts(model), *_of_guests(model, "problems"), *_of_domains(model)])


def changes(model: Mapping[str, Any]) -> list[Entry]:
    """Return what differs from the inventory or from what was installed, and the other notes."""
    files = (
        (guest["host"], guest["name"], _FILES[guest["definition"]["file"]])
        for guest in model["guests"]
        if guest["definition"]["file"] in _FILES
    )
    return _entries([*files, *_of_guests(model, "notes"), *_notes_of_hosts(model)])


def own_words(text: str, guest: str) -> str:
    """Return a text of a guest without the guest's name, for a place that has the name already.

    >>> own_words("guest web1: is off", "web1"), own_words("guest web2: has its disk", "web1")
    ('is off', 'guest web2: has its disk')
    """
    return text.removeprefix(f"guest {guest}: ")


def rank(host: Mapping[str, Any], guests: Iterable[Mapping[str, Any]]) -> int:
    """Return 0 for a host with a problem, 1 for one with something else that needs attention, 2 for the others."""
    found = {mark for guest in guests for mark in marks(guest)}
    if host["reason"] or "problem" in found or any(domain["problems"] for domain in host["foreign"]):
        return 0
    return 1 if found or host["changed_files"] else 2


def guest_rank(guest: Mapping[str, Any]) -> int:
    """Return the same of a guest."""
    found = marks(guest)
    return 0 if "problem" in found else 1 if found else 2


def headline(model: Mapping[str, Any]) -> str:
    """Return the state of the fleet in a sentence."""
    sums = model["summary"]
    size = f"{counted(sums['guests'], 'guest')} on {counted(sums['hosts'], 'host')}"
    if not sums["hosts"]:
        return "The fleet has no hosts."
    if sums["problems"]:
        guests = by_host(model)
        wrong = sum(1 for host in model["hosts"] if rank(host, guests[host["name"]]) == 0)
        return f"{counted(sums['problems'], 'problem')} on {wrong} of {counted(sums['hosts'], 'host')}."
    if sums["stale"] or sums["pending"] or sums["unknown"]:
        return f"No problems; not all is as defined: {size}."
    return f"All is as defined: {size}."


def _entries(found: Iterable[tuple[str, str, str]]) -> list[Entry]:
    """Return an entry for each text, with the host and guest of all that have it.

    Texts that differ by the name of their host or guest are one entry.
    """
    entries: dict[str, Entry] = {}
    for host, name, text in found:
        words = own_words(text, name)
        common = _without_name(_without_name(words, host, "HOST"), name, "GUEST")
        if common not in entries:
            entries[common] = Entry(*split_remedy(words))
        elif words != common:
            entries[common].reason, entries[common].remedy = split_remedy(common)
        names = entries[common].places.setdefault(host, [])
        if name:
            names.append(name)
    return list(entries.values())


def _without_name(text: str, name: str, instead: str) -> str:
    """Return a text with another word in place of a name.

    >>> _without_name("port 22 of xen1: xen10 is in its way", "xen1", "HOST")
    'port 22 of HOST: xen10 is in its way'
    """
    if not name or name not in text:
        return text
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", instead, text)


def _of_hosts(model: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for host in model["hosts"]:
        if host["reason"]:
            yield host["name"], "", f"{host['state']}: {host['reason']}"


def _of_guests(model: Mapping[str, Any], key: str) -> Iterator[tuple[str, str, str]]:
    for guest in model["guests"]:
        for text in guest[key]:
            yield guest["host"], guest["name"], text


def _of_domains(model: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for host in model["hosts"]:
        for domain in host["foreign"]:
            for text in domain["problems"]:
                yield host["name"], domain["name"], text


def _notes_of_hosts(model: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for host in model["hosts"]:
        if host["nameless"]:
            yield host["name"], "", nameless_domain_words(host["nameless"])
        if host["changed_files"]:
            yield host["name"], "", changed_files_words(host["changed_files"])

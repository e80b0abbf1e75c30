# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the driver domains of guests against the lists of all hosts (pure).

Those of the same list, their states and their order are checked with the list (guest/needs.py); whether one that no list has
runs on the host, there (host/driver_domains.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, Mapping, Sequence, Tuple

from ..common.problem import Problem, counted, listed
from ..guest.model import Guest
from .collision_report import CROWD, SHOWN
from .declared_host import DeclaredHost

_Guests = Sequence[Tuple[str, Guest]]


def elsewhere(guests: _Guests, names: Mapping[str, set[str]]) -> list[Problem]:
    """Return a problem for each guest with a driver domain that is a guest of another host; ``names`` has those of each host's
    list. Many of one host with the same driver domain are one problem."""
    hosts = {guest.name: host for host, guest in guests if guest.state != "absent"}
    users: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for host, guest, key, name in _unlisted(guests, names):
        if name in hosts:
            users.setdefault((host, name), []).append((guest, key))
    found = []
    for (host, name), its_users in users.items():
        reason = f"is a guest of host {hosts[name]}, and a driver domain must run on the host of its users"
        remedy = f"move one of the two, or use a driver domain of host {host}"
        if len(its_users) > CROWD:
            crowd = listed([guest for guest, _key in its_users], SHOWN)
            reason, its_users = f"{reason}: {counted(len(its_users), 'device')} of {crowd}", its_users[:1]
        found += [Problem(reason, remedy, host=host, guest=guest, key=key, value=name) for guest, key in its_users]
    return found


def unknown(guests: _Guests, names: Mapping[str, set[str]]) -> list[str]:
    """Return a note for each driver domain that no list has: the inventory need not have all domains of a host."""
    known = {guest.name for _host, guest in guests if guest.state != "absent"}
    users: dict[str, list[str]] = {}
    for host, guest, key, name in _unlisted(guests, names):
        if name not in known:
            users.setdefault(name, []).append(f"{guest} on {host} ({key})")
    return [
        f"driver domain {name} is not in the inventory; it must run before the guests that it serves: {listed(its_users, SHOWN)}"
        for name, its_users in users.items()
    ]


def emulated_cards(guests: _Guests, declared: Mapping[str, DeclaredHost]) -> list[Problem]:
    """Return a problem for each emulated card that a driver domain serves while QEMU is to run in dom0. Guests of hosts that
    declare a release are checked with their files."""
    # The scheme has the rule; few fleets have guests with it.
    from ..schemes.dom0 import check_emulated_cards

    return [
        replace(problem, host=host)
        for host, guest in guests
        if guest.type == "hvm" and guest.state != "absent" and any(vif.backend for vif in guest.vifs)
        for about in [declared.get(host, DeclaredHost())]
        if about.release is None and about.toolstack == "xl" and not about.has_stub_domain(guest)
        for problem in check_emulated_cards(guest)
    ]


def _unlisted(guests: _Guests, names: Mapping[str, set[str]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield host, guest, key and name of each driver domain that is not in the list of the host of a guest with a domain."""
    for host, guest in guests:
        if guest.has_domain:
            for key, name in guest.driver_domains:
                if name not in names.get(host, ()):
                    yield host, guest.name, key, name

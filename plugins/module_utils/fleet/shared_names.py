# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find names and uuids that guests of a fleet must not share (pure)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Iterable, Mapping, Sequence

from ..common.problem import Problem, listed
from ..guest.model import Guest
from ..xen.stub_names import blocks
from .collision_report import SHOWN, Collision, Use, by_thing, report
from .declared_host import DeclaredHost


def duplicate_names(names: Iterable[tuple[str, str]]) -> list[Problem]:
    """Return a problem for each name that is not unique in the whole fleet, as a guest may move. ``names`` are pairs of
    host and guest; a name that is twice in one host's list is a problem of that list."""
    uses = ((name, Use(host, name, "name", name)) for host, name in dict.fromkeys(names))
    return report(by_thing(uses), "give each guest its own")


def uuids(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of uuids. libxl and xend keep what they know of a domain below /vm/UUID in xenstore, and a second domain
    of that uuid removes what the first one has there."""
    return by_thing(
        (same_uuid(guest.settings["uuid"]), Use(host, guest.name, "settings.uuid", guest.settings["uuid"]))
        for host, guest in guests
        if "uuid" in guest.settings
    )


def same_uuid(value: object) -> str:
    """Return a uuid in one way of writing it; anything else as it is.

    >>> same_uuid("0A0B0C0D-0000-0000-0000-000000000001") == same_uuid("{0a0b0c0d000000000000000000000001}")
    True
    """
    try:
        return str(uuid.UUID(str(value).strip()))
    except ValueError:
        return str(value)


def stub_domains(guests: Iterable[tuple[str, Guest]], declared: Mapping[str, DeclaredHost]) -> list[Problem]:
    """Return the guests of hosts that are declared to have xm whose stub domains would never start while another guest,
    or its stub domain, exists. A guest with exactly the name of a stub domain is a problem of its host's list."""
    hosts: dict[str, list[Guest]] = defaultdict(list)
    for host, guest in guests:
        about = declared.get(host)
        if guest.state != "absent" and about and about.release and about.toolstack == "xm":
            hosts[host].append(guest)
    return [problem for host, own in hosts.items() for problem in _never_started(host, own, declared[host])]


def _never_started(host: str, guests: list[Guest], about: DeclaredHost) -> list[Problem]:
    # The names from 3.3.0-rc3 on; before, the host's own stubdom-dm decides when the guest is started.
    stubs = {f"{guest.name}-dm": guest.name for guest in guests if about.has_stub_domain(guest)}
    domains = {**{guest.name: guest.name for guest in guests}, **stubs}
    found = []
    for stub, name in stubs.items():
        others = [
            f"{domain} (of guest {owner})" if domain in stubs else domain
            for domain, owner in domains.items()
            if domain != stub and blocks(domain, stub, about.release or (0, 0))
        ]
        if others:
            reason = f"its stub domain {stub} would wait for ever while a domain exists whose name contains its own"
            reason = f"{reason}: {listed(others, SHOWN)}"
            found.append(Problem(reason, "rename one of the two guests", host=host, guest=name, key="name", value=name))
    return found

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation of a whole fleet on the controller, before any host is touched (pure)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Mapping

from .guest import Guest, read_guests
from .problem import Problem


@dataclass(frozen=True)
class Fleet:
    """The guests of every host, the problems, and the PV-GRUB images that the guests need."""

    guests: list[tuple[str, Guest]]
    problems: list[Problem]

    def pvgrub2_archs(self) -> list[str]:
        """For which architectures the standard PV-GRUB2 image is needed; an image of the user's own is not built."""
        return sorted(
            {
                guest.boot.arch
                for _host, guest in self.guests
                if guest.state != "absent" and guest.boot.image == f"pvgrub2-{guest.boot.arch}"
            }
        )


def read_fleet(hosts: Mapping[str, Any]) -> Fleet:
    """Reads every host's list; all that is wrong is told at once, with the host's name."""
    guests: list[tuple[str, Guest]] = []
    problems: list[Problem] = []
    for host in sorted(hosts):
        items = hosts[host]
        if not isinstance(items, list):
            problems.append(Problem("must be a list", "write one '-' a guest", host=host, key="stubdom_guests"))
            continue
        for definition in read_guests(items):
            problems += [replace(problem, host=host) for problem in definition.problems]
            if definition.guest:
                guests.append((host, definition.guest))
    return Fleet(guests, problems + _duplicates(guests))


def _duplicates(guests: list[tuple[str, Guest]]) -> list[Problem]:
    """Names and MAC addresses are one's own in the whole fleet: a guest may move, and share a network."""
    names: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    macs: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for host, guest in guests:
        if guest.state == "absent":
            continue
        names[guest.name].append((host, guest.name, "name"))
        for number, vif in enumerate(guest.vifs):
            if vif.mac:
                macs[vif.mac].append((host, guest.name, f"vifs[{number}].mac"))
    return [
        Problem(
            "is used also by " + ", ".join(f"{other[1]} on {other[0]}" for other in users if other != user),
            "give each guest its own",
            host=user[0],
            guest=user[1],
            key=user[2],
            value=value,
        )
        for uses in (names, macs)
        for value, users in uses.items()
        if len(users) > 1
        for user in users
    ]

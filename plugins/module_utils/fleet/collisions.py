# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what the guests of a fleet must not share: names, addresses, disks that a guest writes, VNC ports (pure)."""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections import defaultdict
from typing import Iterable, Mapping

from ..common.problem import Problem, listed
from ..guest.model import Guest
from ..xen.stub_names import blocks
from .collision_report import CROWD, SHOWN, Collision, Use, report
from .declared_host import DeclaredHost

_LOCAL = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::", "*")
_NUMBER = re.compile(r"[0-9]{1,5}")


def find(guests: Iterable[tuple[str, Guest]]) -> list[Problem]:
    """Return a problem for each user of each collision."""
    present = [(host, guest) for host, guest in guests if guest.state != "absent"]
    running = [(host, guest) for host, guest in present if guest.has_domain]
    return [
        *report(_macs(present), "give each guest its own"),
        *report(_addresses(present), "give each server and each guest an address of its own"),
        *report(_disks(running), "give each guest a disk of its own, or make it read-only for all of them"),
        *report(_ports(running), "give each server a display number or an address of its own"),
    ]


def duplicate_names(names: Iterable[tuple[str, str]]) -> list[Problem]:
    """Return a problem for each name that is not unique in the whole fleet, as a guest may move. ``names`` are pairs of
    host and guest; a name that is twice in one host's list is a problem of that list."""
    uses: dict[str, list[Use]] = defaultdict(list)
    for host, name in dict.fromkeys(names):
        uses[name].append(Use(host, name, "name", name))
    return report(map(Collision, uses.values()), "give each guest its own")


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


def _macs(guests: list[tuple[str, Guest]]) -> list[Collision]:
    uses: dict[str, list[Use]] = defaultdict(list)
    for host, guest in guests:
        for number, vif in enumerate(guest.vifs):
            if vif.mac:
                uses[vif.mac].append(Use(host, guest.name, f"vifs[{number}].mac", vif.mac))
    return [Collision(users) for users in uses.values()]


def _addresses(guests: list[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of addresses of VNC servers in stub domains, each a machine of its own on the guests' network."""
    servers = {guest.display.listen for _host, guest in guests if guest.display.in_stubdom}
    uses: dict[str, list[Use]] = defaultdict(list)
    for host, guest in guests:
        if guest.display.in_stubdom:
            uses[guest.display.listen].append(Use(host, guest.name, "display.listen", guest.display.listen))
        for number, vif in enumerate(guest.vifs):
            for address in dict.fromkeys(address.split("/")[0] for address in vif.ip.split()):
                if address in servers:
                    uses[address].append(Use(host, guest.name, f"vifs[{number}].ip", vif.ip))
    return [Collision(users) for users in uses.values()]


def _disks(guests: list[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of targets that a guest writes. A target that one guest of a host shares is shared by all of them."""
    used: list[tuple[tuple[str, str], Use, bool]] = []
    shared: set[tuple[tuple[str, str], str]] = set()
    for host, guest in guests:
        for number, disk in enumerate(guest.disks):
            if not disk.target:
                continue
            is_path = disk.target.startswith("/") and not disk.script
            target = (f"{disk.backend} {disk.script}", same_path(disk.target) if is_path else disk.target)
            used.append((target, Use(host, guest.name, f"disks[{number}].target", disk.target), disk.writable))
            if disk.shared:
                shared.add((target, host))
    places: dict[tuple[tuple[str, str], str], list[Use]] = defaultdict(list)
    written = set()
    for target, use, writable in used:
        place = (target, "" if (target, use.host) in shared else use.host)
        places[place].append(use)
        if writable:
            written.add(place)
    return [Collision(users) for place, users in places.items() if place in written]


def same_path(path: str) -> str:
    """Return the path in one way of writing it. POSIX lets two leading slashes mean something else; Linux does not.

    >>> same_path("//srv//x/../a.img")
    '/srv/a.img'
    """
    return posixpath.normpath(f"/{path.lstrip('/')}")


def _ports(guests: list[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of display numbers by VNC servers of dom0. One that listens on all addresses collides with all others."""
    numbers: dict[tuple[str, int], dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for host, guest in guests:
        for listen, number, key in _servers(guest):
            numbers[host, number][_same_address(listen)].append(Use(host, guest.name, key, number))
    found = []
    for servers in numbers.values():
        everywhere = servers.pop("*", [])
        others = [use for users in servers.values() for use in users]
        if everywhere and len(everywhere) + len(others) > CROWD:
            found.append(Collision([*everywhere, *others]))
        else:
            found.append(Collision(everywhere, others))
            found += [Collision(users, everywhere) for users in servers.values()]
    return found


def _servers(guest: Guest) -> list[tuple[str, int, str]]:
    """Return address, display number and key of each VNC server that dom0 runs for the guest, by default on 127.0.0.1."""
    screen = guest.display
    if screen.type == "vnc" and screen.where == "dom0" and screen.takes_number:
        return [(screen.listen, screen.display, "display.display")]
    buffers = guest.settings.get("vfb")
    found = []
    for buffer in buffers if isinstance(buffers, list) else []:
        server = _frame_buffer(str(buffer))
        if server:
            found.append((*server, "settings.vfb"))
    return found


def _frame_buffer(text: str) -> tuple[str, int] | None:
    """Return address and number of a frame buffer's VNC server; None without one, or where it takes the first free number.

    The number may stand behind the address (xl.cfg(5): vnclisten=ADDRESS[:DISPLAYNUM]).

    >>> _frame_buffer("type=vnc,vnclisten=0.0.0.0:7"), _frame_buffer("vnc=1,vncdisplay=7,vncunused=1")
    (('0.0.0.0', 7), None)
    """
    parts = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    listen, number = parts.get("vnclisten", ""), parts.get("vncdisplay", "")
    if listen.count(":") == 1:
        listen, number = listen.split(":")
    off = parts.get("vnc") == "0" or parts.get("type", "vnc") != "vnc" or parts.get("vncunused", "0") != "0"
    return None if off or not _NUMBER.fullmatch(number) else (listen, int(number))


def _same_address(listen: str) -> str:
    """Return the address in one way of writing it; * for all addresses."""
    if listen in _EVERYWHERE:
        return "*"
    try:
        address = ipaddress.ip_address(listen)
    except ValueError:
        return _LOCAL if listen in ("", "localhost") else listen
    return "*" if address.is_unspecified else str(address)

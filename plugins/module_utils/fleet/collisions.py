# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guests of a fleet must not share: names, addresses, disks that one of them writes, VNC ports (pure)."""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping

from ..common.problem import Problem, counted, listed
from ..guest.model import Guest
from ..xen.stub_names import blocks
from .declared_host import Declared

# More users than these are a copied line or a shared variable: they are told in one sentence, not in one each.
CROWD = 10
_SHOWN = 5

_LOCAL = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::", "*")
_NUMBER = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True)
class Use:
    """One use of something by a guest: where the definition says it, and with which value."""

    host: str
    guest: str
    key: str
    value: Any


@dataclass(frozen=True)
class Collision:
    """``users`` meet each other and those of ``also``, who are told elsewhere."""

    users: list[Use]
    also: list[Use] = field(default_factory=list)


def find(guests: Iterable[tuple[str, Guest]]) -> list[Problem]:
    """Every collision, told to each of its users; once where they are a crowd."""
    present = [(host, guest) for host, guest in guests if guest.state != "absent"]
    running = [(host, guest) for host, guest in present if guest.has_domain]
    return [
        *_tell(_macs(present), "give each guest its own"),
        *_tell(_addresses(present), "give each server and each guest an address of its own"),
        *_tell(_disks(running), "give each guest a disk of its own, or let all of them read it only"),
        *_tell(_ports(running), "give each server a display number or an address of its own"),
    ]


def duplicate_names(names: Iterable[tuple[str, str]]) -> list[Problem]:
    """Names are one's own in the whole fleet, as a guest may move; ``names`` are pairs of host and guest.

    A name that is twice in one host's list has been told by that list.
    """
    uses: dict[str, list[Use]] = defaultdict(list)
    for host, name in dict.fromkeys(names):
        uses[name].append(Use(host, name, "name", name))
    return _tell(map(Collision, uses.values()), "give each guest its own")


def stub_domains(guests: Iterable[tuple[str, Guest]], declared: Mapping[str, Declared]) -> list[Problem]:
    """Guests of hosts that are declared to have xm, whose stub domains would never be started while another guest, or
    its stub domain, is there. What has the very name of a stub domain, each host's list tells."""
    hosts: dict[str, list[Guest]] = defaultdict(list)
    for host, guest in guests:
        about = declared.get(host)
        if guest.state != "absent" and about and about.release and about.toolstack == "xm":
            hosts[host].append(guest)
    return [problem for host, own in hosts.items() for problem in _never_started(host, own, declared[host])]


def _never_started(host: str, guests: list[Guest], about: Declared) -> list[Problem]:
    # What stubdom-dm of 3.3.0-rc3 on calls them; before, the host's own script tells, when the guest is started.
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
            reason = f"its stub domain {stub} would wait for ever while one of these is there, which have its name in theirs"
            told = f"{reason}: {listed(others, _SHOWN)}"
            found.append(Problem(told, "rename one of the two guests", host=host, guest=name, key="name", value=name))
    return found


def _macs(guests: list[tuple[str, Guest]]) -> list[Collision]:
    uses: dict[str, list[Use]] = defaultdict(list)
    for host, guest in guests:
        for number, vif in enumerate(guest.vifs):
            if vif.mac:
                uses[vif.mac].append(Use(host, guest.name, f"vifs[{number}].mac", vif.mac))
    return [Collision(users) for users in uses.values()]


def _addresses(guests: list[tuple[str, Guest]]) -> list[Collision]:
    """Addresses of VNC servers in stub domains, each a machine of its own on the guests' network."""
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
    """Targets that somebody writes. Where one guest of a host says that a target is shared, it is for all of them."""
    used: list[tuple[tuple[str, str], Use, bool]] = []
    shared: set[tuple[tuple[str, str], str]] = set()
    for host, guest in guests:
        for number, disk in enumerate(guest.disks):
            if not disk.target:
                continue
            target = (disk.script, disk.target if disk.script else same_path(disk.target))
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
    """The path in one way of writing it. POSIX lets two leading slashes mean something else; Linux does not.

    >>> same_path("//srv//x/../a.img")
    '/srv/a.img'
    """
    return posixpath.normpath(f"/{path.lstrip('/')}")


def _ports(guests: list[tuple[str, Guest]]) -> list[Collision]:
    """VNC servers of dom0 with a display number of their own. One that listens on all addresses meets every other."""
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
    """Address, display number and key of each VNC server that dom0 runs for the guest, 127.0.0.1 being the default."""
    screen = guest.display
    if screen.type == "vnc" and screen.where == "dom0" and screen.display >= 0:
        return [(screen.listen, screen.display, "display.display")]
    buffers = guest.settings.get("vfb")
    found = []
    for buffer in buffers if isinstance(buffers, list) else []:
        server = _frame_buffer(str(buffer))
        if server:
            found.append((*server, "settings.vfb"))
    return found


def _frame_buffer(text: str) -> tuple[str, int] | None:
    """Address and number of a frame buffer's VNC server; None without one, or where it takes the first free number.

    The number may stand behind the address (xl.cfg(5): vnclisten=ADDRESS[:DISPLAYNUM]).

    >>> _frame_buffer("type=vnc,vnclisten=0.0.0.0:7"), _frame_buffer("vnc=1,vncdisplay=7,vncunused=1")
    (('0.0.0.0', 7), None)
    """
    said = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    listen, number = said.get("vnclisten", ""), said.get("vncdisplay", "")
    if listen.count(":") == 1:
        listen, number = listen.split(":")
    off = said.get("vnc") == "0" or said.get("type", "vnc") != "vnc" or said.get("vncunused", "0") != "0"
    return None if off or not _NUMBER.fullmatch(number) else (listen, int(number))


def _same_address(listen: str) -> str:
    """The address in one way of writing it; * for all addresses."""
    if listen in _EVERYWHERE:
        return "*"
    try:
        address = ipaddress.ip_address(listen)
    except ValueError:
        return _LOCAL if listen in ("", "localhost") else listen
    return "*" if address.is_unspecified else str(address)


def _tell(collisions: Iterable[Collision], remedy: str) -> list[Problem]:
    found = []
    for collision in collisions:
        everyone = [*collision.users, *collision.also]
        if len(everyone) > CROWD:
            sought = f"{remedy}; look for a copied line, or for a variable that all of them get"
            found.append(_problem(everyone[0], _crowd(everyone), sought))
        elif len(everyone) > 1:
            found += [_problem(user, f"is used also by {_others(user, everyone)}", remedy) for user in collision.users]
    return found


def _problem(user: Use, reason: str, remedy: str) -> Problem:
    return Problem(reason, remedy, host=user.host, guest=user.guest, key=user.key, value=user.value)


def _others(user: Use, everyone: list[Use]) -> str:
    names = [
        f"its own {other.key}" if (other.host, other.guest) == (user.host, user.guest) else f"{other.guest} on {other.host}"
        for other in everyone
        if other is not user
    ]
    return ", ".join(dict.fromkeys(names))


def _crowd(everyone: list[Use]) -> str:
    guests = list(dict.fromkeys((use.guest, use.host) for use in everyone))
    hosts = {host for _guest, host in guests}
    named = listed([f"{guest} on {host}" for guest, host in guests], _SHOWN)
    where = f"by {counted(len(guests), 'guest')} on {counted(len(hosts), 'host')}"
    return f"is used {len(everyone)} times, {where}: {named}"

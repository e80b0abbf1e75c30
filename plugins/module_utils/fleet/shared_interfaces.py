# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find MAC and IP addresses, and names of interfaces, that guests of a fleet must not share (pure)."""

from __future__ import annotations

from collections import defaultdict
from typing import Iterator, Sequence

from ..guest.device_strings import parts_of, server_of, texts_of
from ..guest.model import Guest
from .collision_report import Collision, Use, by_thing

# libxl_internal.h, TAP_DEVICE_SUFFIX.
_EMULATED = "-emu"


def macs(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of MAC addresses, those of xm's other kind of interface (vif2) too."""
    return by_thing((mac.lower(), Use(host, guest.name, key, mac)) for host, guest in guests for key, mac in _macs(guest))


def _macs(guest: Guest) -> Iterator[tuple[str, str]]:
    for number, vif in enumerate(guest.vifs):
        if vif.mac:
            yield f"vifs[{number}].mac", vif.mac
    for text in texts_of(guest.settings["vif2"]) if "vif2" in guest.settings else ():
        parts = parts_of(text)
        mac = parts.get("mac", parts.get("front_mac"))
        if mac:
            yield "settings.vif2", mac


def addresses(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of addresses of VNC servers in stub domains, each a machine of its own on the guests' network."""
    return by_thing(_address_uses(guests, {guest.display.listen for _host, guest in guests if guest.display.in_stubdom}))


def _address_uses(guests: Sequence[tuple[str, Guest]], servers: set[str]) -> Iterator[tuple[str, Use]]:
    if not servers:
        return
    for host, guest in guests:
        if guest.display.in_stubdom:
            yield guest.display.listen, Use(host, guest.name, "display.listen", guest.display.listen)
        for number, vif in enumerate(guest.vifs):
            for address in dict.fromkeys(address.split("/")[0] for address in vif.ip.split()):
                if address in servers:
                    yield address, Use(host, guest.name, f"vifs[{number}].ip", vif.ip)


def vif_names(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of interface names in the domain that serves the interfaces, dom0 or a driver domain. An HVM guest's
    emulated card has a second interface, named by the first one (libxl_dm.c, libxl__dm_vifs_from_hvm_guest_config and
    libxl_nic.c). A bridge has its name there, too."""
    own: dict[tuple[str, str, str], list[Use]] = defaultdict(list)
    also: dict[tuple[str, str, str], list[Use]] = defaultdict(list)
    bridges: dict[tuple[str, str, str], Use] = {}
    for host, guest in guests:
        for number, vif in enumerate(guest.vifs):
            place = host, server_of(vif.backend)
            if vif.bridge:
                use = Use(host, guest.name, f"vifs[{number}].bridge", vif.bridge, "as its bridge")
                bridges.setdefault((*place, vif.bridge), use)
            if vif.vifname:
                key = f"vifs[{number}].vifname"
                own[(*place, vif.vifname)].append(Use(host, guest.name, key, vif.vifname))
                if guest.type == "hvm":
                    twin = vif.vifname + _EMULATED
                    also[(*place, twin)].append(Use(host, guest.name, key, vif.vifname, f"whose emulated card has {twin}"))
    found = [Collision(users, also.get(name, [])) for name, users in own.items()]
    found += [Collision(twins, own[name]) for name, twins in also.items() if name in own]
    found += [Collision(users, [bridges[name]]) for name, users in own.items() if name in bridges]
    return found

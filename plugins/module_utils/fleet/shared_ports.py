# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find ports of dom0 that the device models of a host's guests must not share: VNC, Spice, consoles of QEMU (pure)."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from typing import Iterator, Sequence

from ..guest.model import Guest
from ..xen.character_devices import FIRST_VNC, Listener
from ..xen.keys_xl import NEWEST
from ..xen.libxl_config import LibxlConfig
from .collision_report import CROWD, Collision, Use
from .shared_paths import DEVICES, taken_by_devices

_LOCAL = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::", "*")
_NUMBER = re.compile(r"[0-9]{1,5}")
# The values of these are numbers of displays.
_DISPLAYS = ("display.display", "settings.vfb", "settings.vncdisplay")
_SPICE = ("spiceport", "spicetls_port")


def ports(guests: Sequence[tuple[str, Guest]]) -> list[Collision]:
    """Return the uses of ports by servers of dom0. One that listens on all addresses collides with all others."""
    numbers: dict[tuple[str, str, int], dict[str, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for host, guest in guests:
        for listener, key, value in _servers(guest):
            # Display 1 is port 5901: whoever gives one of the two reads the other.
            alias = f"display {value}" if key in _DISPLAYS else f"port {listener.port}"
            use = Use(host, guest.name, key, value, alias)
            numbers[host, listener.protocol, listener.port][listener.address].append(use)
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


def _servers(guest: Guest) -> Iterator[tuple[Listener, str, object]]:
    """Yield what listens in dom0 for the guest, with its key and the value that the definition gives it."""
    for listen, number, key in _vnc_servers(guest):
        yield Listener("tcp", _same_address(listen or _LOCAL), FIRST_VNC + number), key, number
    if "spice" in guest.settings:
        config = LibxlConfig(guest.settings, NEWEST)
        for name in _SPICE if config.flag("spice") else ():
            port = config.number(name)
            if port:
                yield Listener("tcp", _same_address(config.text("spicehost") or "*"), port), f"settings.{name}", port
    if not DEVICES.isdisjoint(guest.settings):
        for device, key, value in taken_by_devices(guest):
            if isinstance(device, Listener):
                yield device._replace(address=_same_address(device.address or "*")), key, value


def _vnc_servers(guest: Guest) -> Iterator[tuple[str, int, str]]:
    """Yield address, display number and key of each VNC server that dom0 runs for the guest, by default on 127.0.0.1."""
    screen = guest.display
    if screen.type == "vnc" and screen.where == "dom0" and screen.takes_number:
        yield screen.listen, screen.display, "display.display"
    if guest.type == "hvm":
        return
    buffers = guest.settings.get("vfb")
    for buffer in buffers if isinstance(buffers, list) else []:
        server = _frame_buffer(str(buffer))
        if server:
            yield (*server, "settings.vfb")
    # A PV guest's one frame buffer may be written in keys of its own (parse_top_level_vnc_options of xl_parse.c).
    if "vnc" in guest.settings:
        config = LibxlConfig(guest.settings, NEWEST)
        numbered = _numbered(config.text("vnclisten") or "", config.text("vncdisplay") or "")
        if numbered and config.flag("vnc") and not config.flag("vncunused", default=True):
            yield (*numbered, "settings.vncdisplay")


def _frame_buffer(text: str) -> tuple[str, int] | None:
    """Return address and number of a frame buffer's VNC server; None without one, or where it takes the first free number.

    libxl has it take that unless vncunused is 0 (libxl_console.c, libxl__device_vfb_setdefault).

    >>> _frame_buffer("type=vnc,vnclisten=0.0.0.0:7,vncunused=0"), _frame_buffer("vnc=1,vncdisplay=7")
    (('0.0.0.0', 7), None)
    """
    parts = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    off = parts.get("vnc") == "0" or parts.get("type", "vnc") != "vnc" or parts.get("vncunused") != "0"
    return None if off else _numbered(parts.get("vnclisten", ""), parts.get("vncdisplay", ""))


def _numbered(listen: str, number: str) -> tuple[str, int] | None:
    """Return address and display number. The number may stand behind the address (xl.cfg(5): vnclisten=ADDRESS[:DISPLAYNUM])."""
    if listen.count(":") == 1:
        listen, number = listen.split(":")
    return (listen, int(number)) if _NUMBER.fullmatch(number) else None


def _same_address(listen: str) -> str:
    """Return the address in one way of writing it; * for all addresses."""
    if listen in _EVERYWHERE:
        return "*"
    try:
        address = ipaddress.ip_address(listen)
    except ValueError:
        return _LOCAL if listen == "localhost" else listen
    return "*" if address.is_unspecified else str(address)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the display of an HVM guest, and derive who can reach it (pure)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ..common.fields import Fields, address

# Files of QEMU's pc-bios/keymaps, such as bepo, de-ch, pt-br.
_KEYMAP = re.compile(r"[a-z]{2,4}(-[a-z]{2})?")
# Keys that not every display has: a key of another one is not a typing error.
_OTHERS = {
    "where": "type: vnc",
    "listen": "type: vnc",
    "display": "type: vnc",
    "passwd": "type: vnc",
    "unused": "type: vnc",
    "opengl": "type: sdl",
    "viewers": "type: vnc and where: stubdom",
}


@dataclass(frozen=True)
class Display:
    """Describe a display. ``type`` is none, sdl or vnc; ``where`` is the domain that a VNC server runs in: dom0 or stubdom.

    ``sdl`` is whether a window of SDL is shown beside a VNC server. ``display`` is the number that is added to port
    5900, or -1 for the first free one; ``unused`` is whether a higher one will do. ``viewers`` are the networks that
    viewers connect from. ``opengl`` and ``unused`` are None when they are not given.
    """

    type: str = "none"
    where: str = ""
    listen: str = ""
    display: int = -1
    passwd: str = ""
    keymap: str = ""
    opengl: bool | None = None
    viewers: tuple[str, ...] = ()
    sdl: bool = False
    unused: bool | None = None

    @property
    def takes_number(self) -> bool:
        """Return whether its VNC server has exactly the number ``display``."""
        return self.display >= 0 and not self.unused

    @property
    def in_stubdom(self) -> bool:
        """Return whether a VNC server runs in the stub domain."""
        return self.type == "vnc" and self.where == "stubdom"


NONE = Display()


def read_display(fields: Fields) -> Display:
    """Return the display. Each scheme refuses the displays that it cannot have."""
    kinds = _read_types(fields)
    if "vnc" in kinds:
        display = _read_vnc(fields, "sdl" in kinds)
    elif "sdl" in kinds:
        display = Display("sdl", keymap=_read_keymap(fields), opengl=fields.optional_boolean("opengl"))
    else:
        # Spice, which settings turn on, has the keyboard of QEMU as well.
        display = Display(keymap=_read_keymap(fields))
    if kinds:
        # Without a type it is unknown which keys belong to it: one problem, not one for each key.
        fields.done("where: dom0" if display.type == "vnc" else f"type: {display.type}", _OTHERS)
    return display


def _read_types(fields: Fields) -> list[str]:
    """Return the types: one, or vnc and sdl in a list. [] where they are wrong."""
    given = fields.raw("type")
    if not isinstance(given, list):
        kind = fields.text("type", required=True, choices=("none", "sdl", "vnc"))
        return [kind] if kind else []
    if not given or any(kind not in ("sdl", "vnc") for kind in given) or len(set(given)) != len(given):
        fields.problem("type", "is not a list of displays that a guest can have", "use one of none, sdl, vnc, or [vnc, sdl]")
        return []
    return given


def _read_vnc(fields: Fields, sdl: bool) -> Display:
    # Where it is neither of them, it is unknown which keys belong to it: one problem, not one for each key.
    where = fields.text("where", "" if fields.has("where") else "dom0", choices=("dom0", "stubdom"))
    display = Display(
        "vnc",
        where=where,
        listen=fields.text("listen", required=where == "stubdom"),
        # Ports end at 65535, and display 0 is port 5900.
        display=fields.integer("display", -1, maximum=59635),
        passwd=_read_passwd(fields),
        keymap=_read_keymap(fields),
        viewers=_read_viewers(fields) if where != "dom0" else (),
        sdl=sdl,
        opengl=fields.optional_boolean("opengl") if sdl else None,
        unused=fields.optional_boolean("unused"),
    )
    if sdl and where == "stubdom":
        fields.problem("type", "a display of SDL is a window in dom0, not in the stub domain", "use type: vnc, or where: dom0")
    if display.listen:
        _check_listen(fields, display)
    return display


def _read_passwd(fields: Fields) -> str:
    """Return the password. Refuse a number, whose leading zeros YAML drops, and an empty one, with which anyone could connect."""
    passwd = fields.raw("passwd")
    if isinstance(passwd, int) and not isinstance(passwd, bool):
        fields.problem("passwd", "must be a string: YAML reads 0123 as the number 83", "quote the value")
        return ""
    if passwd == "":
        fields.problem("passwd", "must not be empty: anyone could connect", "give a password, or remove passwd")
    return fields.text("passwd")


def _read_keymap(fields: Fields) -> str:
    return fields.text("keymap", pattern=_KEYMAP, hint="a keyboard layout of QEMU such as en-us")


def _read_viewers(fields: Fields) -> tuple[str, ...]:
    networks = fields.strings("viewers")
    for network in networks:
        try:
            if address(network).version != 4:
                raise ValueError(network)
        except ValueError:
            fields.problem("viewers", f"{network} is not an IPv4 address or network", "give one such as 192.168.7.0/24", networks)
    return tuple(networks)


def _check_listen(fields: Fields, display: Display) -> None:
    """Require an address that viewers can reach: mini-OS has no resolver, and its loopback interface is its own (xen:
    stubdom/README, Display Configuration)."""
    if display.listen == "localhost" and not display.in_stubdom:
        return
    source = "stubdom/README" if display.in_stubdom else ""
    try:
        listen = address(display.listen).ip
        if "/" in display.listen:
            raise ValueError(display.listen)
    except ValueError:
        why = ", and mini-OS cannot resolve a name" if display.in_stubdom else ""
        example = "172.30.206.1" if display.in_stubdom else "127.0.0.1"
        fields.problem("listen", f"is not an IP address{why}", f"give an address such as {example}", release=source)
        return
    if isinstance(listen, ipaddress.IPv6Address):
        # mini-OS has IPv4 only; libxl and stubdom-dm take a colon for the one before the display's number
        # (stable-4.17:tools/libs/light/libxl_dm.c; stubdom/stubdom-dm).
        fields.problem("listen", "is an IPv6 address, which Xen cannot distinguish from a display number", "give an IPv4 address")
    elif not display.in_stubdom:
        return
    elif listen.is_loopback:
        reason = "is a loopback address, which cannot be reached from outside the stub domain"
        fields.problem("listen", reason, "give an address of the guests' network that no other machine has", release=source)
    elif _is_unusable(listen):
        fields.problem("listen", "is not an address that a machine can have", "give a unicast address", release=source)


def _is_unusable(listen: ipaddress.IPv4Address) -> bool:
    """Return whether mini-OS cannot have the address: multicast, class E, 0.0.0.0/8, or its own network's first or last."""
    if listen.is_multicast or listen.is_reserved or listen in ipaddress.IPv4Network("0.0.0.0/8"):
        return True
    own = classful_network(str(listen))
    return listen in (own.network_address, own.broadcast_address)


def classful_network(address: str) -> ipaddress.IPv4Network:
    """Return the network that mini-OS derives from the class of its IPv4 address; it has no gateway.

    Source: Xen 3.3, extras/mini-os/lwip-net.c.

    >>> str(classful_network("172.30.206.1"))
    '172.30.0.0/16'
    """
    first = int(address.split(".")[0])
    width = 8 if first < 128 else 16 if first < 192 else 24
    return ipaddress.IPv4Network(f"{address}/{width}", strict=False)


def unreachable_viewers(display: Display) -> list[str]:
    """Return those of the viewers' networks that a VNC server in a stub domain cannot answer.

    >>> unreachable_viewers(Display("vnc", "stubdom", "10.0.0.1", viewers=("10.9.0.0/16", "192.168.7.0/24")))
    ['192.168.7.0/24']
    """
    own = classful_network(display.listen)
    return [
        network
        for network in display.viewers
        if not ipaddress.IPv4Network(network, strict=False).subnet_of(own)
    ]

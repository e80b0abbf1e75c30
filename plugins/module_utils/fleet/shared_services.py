# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what back ends serve to one guest only: TPMs, and devices by their unique ids; names that a guest finds devices by (pure)."""

from __future__ import annotations

from typing import Hashable, Iterator, Sequence, Tuple

from ..guest.device_strings import parts_of, server_of, texts_of
from ..guest.model import Guest
from .collision_report import Collision, Use, by_thing
from .shared_names import same_uuid

_Guests = Sequence[Tuple[str, Guest]]


def tpms(guests: _Guests) -> list[Collision]:
    """Return the uses of TPMs. The manager of TPMs keeps one for each uuid, and libxl invents one for a user without; a domain that
    is a TPM, which has a vtpm of the manager itself, has one user, which needs no uuid (xen-vtpm(7)). The instance of xm
    (vtpm = ["instance=1,backend=0"]) is such a number, too."""
    are_tpms = {(host, guest.name) for host, guest in guests if guest.settings.get("vtpm")}
    return by_thing(
        ((host, _server(parts), same_uuid(parts.get("uuid", parts.get("instance", "")))), Use(host, guest.name, "settings.vtpm", text, text))
        for host, guest in guests
        for text in texts_of(guest.settings.get("vtpm"))
        for parts in [parts_of(text)]
        if "uuid" in parts or "instance" in parts or (host, _server(parts)) in are_tpms
    )


def unique_ids(guests: _Guests) -> list[Collision]:
    """Return the uses of ids by which the back end of a keyboard, a display or a sound card knows a device (kbdif.h, displif.h
    and sndif.h of Xen's public/io)."""
    return by_thing(
        ((host, key, server, name), Use(host, guest.name, f"settings.{key}", name))
        for host, guest in guests
        for key, server, name in _ids(guest)
    )


def _ids(guest: Guest) -> Iterator[tuple[str, str, str]]:
    for text in texts_of(guest.settings.get("vkb")):
        parts = parts_of(text)
        if parts.get("unique-id"):
            yield "vkb", _server(parts), parts["unique-id"]
    for text in texts_of(guest.settings.get("vdispl")):
        parts = parts_of(text)
        for connector in parts.get("connectors", "").split(";"):
            name = connector.partition(":")[0].strip()
            if name:
                yield "vdispl", _server(parts), name
    cards = guest.settings.get("vsnd")
    for card in cards if isinstance(cards, list) else []:
        items = [parts_of(text) for text in texts_of(card)]
        server = next((_server(parts) for parts in items if "backend" in parts), "")
        for parts in items:
            if parts.get("unique-id"):
                yield "vsnd", server, parts["unique-id"]


def names_in_guests(guests: _Guests) -> list[Collision]:
    """Return the names that one guest has twice, so that it cannot distinguish what it finds by them: tags of folders, and names
    of channels."""
    return by_thing(_names(guests))


def _names(guests: _Guests) -> Iterator[tuple[Hashable, Use]]:
    for host, guest in guests:
        for key, part in (("p9", "tag"), ("channel", "name")):
            for text in texts_of(guest.settings.get(key)):
                name = parts_of(text).get(part)
                if name:
                    yield (host, guest.name, key, name), Use(host, guest.name, f"settings.{key}", name)


def _server(parts: dict[str, str]) -> str:
    return server_of(parts.get("backend", ""))

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find devices of a host that only one of its guests can have: PCI, USB, SCSI, ports, interrupts, memory of devices (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Callable, Hashable, Iterator, Sequence, Tuple

from ..guest.device_strings import parts_of, texts_of
from ..guest.model import Guest
from ..xen.pci_address import PciFunctions, pci_functions
from .collision_report import Collision, Use, by_meeting, by_thing

_HEX = r"\s*(?:0[xX])?([0-9a-fA-F]{1,16})"
# START-END or START of ioports; START,NUMBER of pages, and where they are in the guest, of iomem (xl_parse.c).
_PORTS = re.compile(rf"{_HEX}(?:\s*-{_HEX})?\s*")
_PAGES = re.compile(rf"{_HEX}\s*,{_HEX}\s*(?:@{_HEX})?\s*")
# QEMU's legacy device: by its place on a bus in decimal digits, or by vendor and product in hexadecimal ones.
_USB_PLACE = re.compile(r"host:0*([0-9]{1,4})\.0*([0-9]{1,4})")
_USB_KIND = re.compile(r"host:0*([0-9a-fA-F]{1,8}):0*([0-9a-fA-F]{1,8})")

_Guests = Sequence[Tuple[str, Guest]]
_Range = Tuple[int, int]


def pci_devices(guests: _Guests) -> list[Collision]:
    """Return the uses of functions of PCI devices. Xen assigns one to one guest only."""
    slots: dict[Hashable, list[tuple[PciFunctions, Use]]] = defaultdict(list)
    for host, guest in guests:
        for text in texts_of(guest.settings.get("pci")):
            found = pci_functions(text)
            if found:
                slots[host, found.slot, found.name].append((found, Use(host, guest.name, "settings.pci", text, text)))
    return [found for uses in slots.values() if len(uses) > 1 for found in by_meeting(uses, PciFunctions.meets)]


def usb_devices(guests: _Guests) -> list[Collision]:
    """Return the uses of USB devices: of usbdev, of QEMU's own devices, and of xm's vusb. A place on a bus and a kind of device
    cannot be compared here."""
    return by_thing(
        ((host, thing), Use(host, guest.name, key, text, text))
        for host, guest in guests
        for key, text, thing in _usb_devices(guest)
    )


def _usb_devices(guest: Guest) -> Iterator[tuple[str, str, Hashable]]:
    for text in texts_of(guest.settings.get("usbdev")):
        parts = parts_of(text)
        yield "settings.usbdev", text, ("place", _number(parts.get("hostbus", "")), _number(parts.get("hostaddr", "")))
    for text in texts_of(guest.settings.get("usbdevice")):
        place, kind = _USB_PLACE.fullmatch(text.strip()), _USB_KIND.fullmatch(text.strip())
        if place:
            yield "settings.usbdevice", text, ("place", int(place.group(1)), int(place.group(2)))
        elif kind:
            yield "settings.usbdevice", text, ("kind", int(kind.group(1), 16), int(kind.group(2), 16))
    for text in texts_of(guest.settings.get("vusb")):
        for part, value in parts_of(text).items():
            if part.startswith("port_") and value:
                yield "settings.vusb", value, ("bus", value)


def _number(text: str) -> int:
    """Return the number that strtoul(3) with base 0 reads; -1 for none."""
    found = re.match(r"\s*(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([0-9]+))", text)
    if not found:
        return -1
    sixteen, eight, ten = found.groups()
    return int(sixteen, 16) if sixteen else int(eight, 8) if eight else int(ten)


def host_devices(guests: _Guests) -> list[Collision]:
    """Return the uses of devices that the definition names by one word: those of a device tree (dtdev), and SCSI devices of xm."""
    return by_thing(
        ((host, key, name), Use(host, guest.name, f"settings.{key}", name))
        for host, guest in guests
        for key in ("dtdev", "vscsi")
        for name in (text.split(",")[0].strip() for text in texts_of(guest.settings.get(key)))
        if name
    )


def io_ports(guests: _Guests) -> list[Collision]:
    """Return the uses of ranges of I/O ports, which are registers of a device."""
    return _ranges(guests, ("ioports",), _port_range)


def io_memory(guests: _Guests) -> list[Collision]:
    """Return the uses of ranges of a device's memory."""
    return _ranges(guests, ("iomem",), _page_range)


def interrupts(guests: _Guests) -> list[Collision]:
    """Return the uses of the host's interrupts: irqs, and irq of xm."""
    return _ranges(guests, ("irqs", "irq"), _interrupt)


def _ranges(guests: _Guests, keys: Sequence[str], range_of: Callable[[str], _Range | None]) -> list[Collision]:
    hosts: dict[str, list[tuple[_Range, Use]]] = defaultdict(list)
    for host, guest in guests:
        for key in keys:
            for text in texts_of(guest.settings.get(key)):
                found = range_of(text)
                if found:
                    hosts[host].append((found, Use(host, guest.name, f"settings.{key}", text, text)))
    return [found for uses in hosts.values() for group in _groups(uses) for found in by_meeting(group, _overlap)]


def _groups(uses: list[tuple[_Range, Use]]) -> Iterator[list[tuple[_Range, Use]]]:
    """Yield groups of ranges between which there is a gap, in the order of their beginnings."""
    group: list[tuple[_Range, Use]] = []
    end = -1
    for found, use in sorted(uses, key=lambda item: item[0]):
        if group and found[0] > end:
            yield group
            group = []
        group.append((found, use))
        end = max(end, found[1])
    if group:
        yield group


def _overlap(one: _Range, other: _Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _port_range(text: str) -> _Range | None:
    found = _PORTS.fullmatch(text)
    return (int(found.group(1), 16), int(found.group(2) or found.group(1), 16)) if found else None


def _page_range(text: str) -> _Range | None:
    found = _PAGES.fullmatch(text)
    if not found or not int(found.group(2), 16):
        return None
    first = int(found.group(1), 16)
    return first, first + int(found.group(2), 16) - 1


def _interrupt(text: str) -> _Range | None:
    return (int(text), int(text)) if re.fullmatch(r"\s*[0-9]{1,9}\s*", text) else None

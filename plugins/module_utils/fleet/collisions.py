# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List what the guests of a fleet must not share, and find it; shareable.py has why they can share the rest (pure)."""

from __future__ import annotations

from typing import Callable, Iterable, NamedTuple, Sequence, Tuple

from ..common.problem import Problem
from ..guest.model import Guest
from .collision_report import Collision, report
from .shared_devices import host_devices, interrupts, io_memory, io_ports, pci_devices, usb_devices
from .shared_disks import disks
from .shared_interfaces import addresses, macs, vif_names
from .shared_names import uuids
from .shared_paths import device_files, folders, users
from .shared_ports import ports
from .shared_services import names_in_guests, tpms, unique_ids

# Guests with their hosts.
_Guests = Sequence[Tuple[str, Guest]]
_SETTINGS = "settings."


class Rule(NamedTuple):
    """Describe one thing that guests must not share: the keys that name it, the search for its uses, and the remedy. Guests
    that are ``defined`` count too, since they may run one day; else those that have a domain."""

    keys: str
    find: Callable[[_Guests], list[Collision]]
    remedy: str
    defined: bool = False


RULES: tuple[Rule, ...] = (
    Rule("vifs.mac settings.vif2", macs, "give each guest its own", defined=True),
    Rule("display.listen vifs.ip", addresses, "give each server and each guest an address of its own", defined=True),
    Rule("settings.uuid", uuids, "give each guest its own, or leave it out", defined=True),
    Rule("vifs.vifname", vif_names, "give each interface a name of its own, or leave it out"),
    Rule(
        "disks.target settings.fda settings.fdb",
        disks,
        "give each guest a disk of its own, or make it read-only for all of them",
    ),
    Rule(
        "display.display display.unused settings.vfb settings.vnc settings.vncdisplay settings.vnclisten settings.vncunused "
        "settings.spiceport settings.spicetls_port settings.spicehost settings.serial settings.parallel settings.monitor_path "
        "settings.device_model_args settings.device_model_args_hvm settings.device_model_args_pv",
        ports,
        "give each server a display number, a port or an address of its own",
    ),
    Rule(
        "settings.serial settings.parallel settings.monitor_path settings.channel settings.device_model_args "
        "settings.device_model_args_hvm settings.device_model_args_pv",
        device_files,
        "give each guest a path of its own",
    ),
    Rule("settings.pci", pci_devices, "give each guest a device of its own"),
    Rule("settings.usbdev settings.usbdevice settings.vusb", usb_devices, "give each guest a device of its own"),
    Rule("settings.dtdev settings.vscsi", host_devices, "give each guest a device of its own"),
    Rule("settings.ioports", io_ports, "give each guest ports of its own"),
    Rule("settings.iomem", io_memory, "give each guest memory of its own"),
    Rule("settings.irqs settings.irq", interrupts, "give each guest an interrupt of its own"),
    Rule("settings.vtpm", tpms, "give each guest a TPM of its own: another backend, or another uuid at the same manager"),
    Rule("settings.vkb settings.vdispl settings.vsnd", unique_ids, "give each device an id of its own"),
    Rule("settings.p9", folders, "give each guest a folder of its own, or share it by a network file system"),
    Rule("settings.p9 settings.channel", names_in_guests, "give each of them a name of its own"),
    Rule(
        "settings.device_model_user",
        users,
        "give each guest a user of its own, or use dm_restrict, with which libxl chooses one for each guest",
    ),
)


def find(guests: Iterable[tuple[str, Guest]]) -> list[Problem]:
    """Return a problem for each user of each collision."""
    present = [(host, guest) for host, guest in guests if guest.state != "absent"]
    running = [(host, guest) for host, guest in present if guest.has_domain]
    with_key = {True: _by_setting(present), False: _by_setting(running)}
    found = []
    for rule in RULES:
        names = rule.keys.split()
        if all(name.startswith(_SETTINGS) for name in names):
            concerned = _having(with_key[rule.defined], names)
        else:
            concerned = present if rule.defined else running
        found += report(rule.find(concerned), rule.remedy) if concerned else []
    return found


_Numbered = Tuple[int, Tuple[str, Guest]]


def _by_setting(guests: _Guests) -> dict[str, list[_Numbered]]:
    """Return the guests that have each setting, with their places: most guests have few of them."""
    found: dict[str, list[_Numbered]] = {}
    for place, one in enumerate(guests):
        for key in one[1].settings:
            found.setdefault(_SETTINGS + key, []).append((place, one))
    return found


def _having(with_key: dict[str, list[_Numbered]], names: Sequence[str]) -> list[tuple[str, Guest]]:
    """Return the guests that have one of the settings, each once and in their order."""
    places = {place: one for name in names for place, one in with_key.get(name, [])}
    return [places[place] for place in sorted(places)]

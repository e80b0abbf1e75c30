# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Number the virtual devices of disks as libxl does: one device has several names (pure).

Source: Xen 4.2 to 4.22, libxl_device.c, libxl__device_disk_dev_number.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"(xvd|hd|sd)([a-z]{1,5})([1-9][0-9]{0,2})?")
_PLACE = re.compile(r"d(0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)p(0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)")
# A leading zero makes a number octal for libxl, and decimal for its reader.
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0|[1-9][0-9]*")
_MOST = 2**31 - 1
# The last drive and the last partition of each bus.
_LAST = {"xvd": (2**20 - 1, 255), "hd": (3, 63), "sd": (15, 15)}


class Place(NamedTuple):
    """Describe where a disk is: the bus (xvd, hd or sd), the drive on it and the partition; the first drive is 0, no partition 0."""

    bus: str
    drive: int
    partition: int


def place(vdev: str) -> Place | None:
    """Return the place that a name stands for. None for a plain number, which libxl takes as it is, and for what it does not know.

    >>> place("xvdb2"), place("d0x1p2"), place("51712"), place("vda")
    (Place(bus='xvd', drive=1, partition=2), Place(bus='xvd', drive=1, partition=2), None, None)
    """
    name, numbers = _NAME.fullmatch(vdev), _PLACE.fullmatch(vdev)
    if name:
        bus, drive, partition = name.group(1), _drive(name.group(2)), int(name.group(3) or 0)
    elif numbers:
        bus, drive, partition = "xvd", _integer(numbers.group(1)), _integer(numbers.group(2))
    else:
        return None
    last_drive, last_partition = _LAST[bus]
    return Place(bus, drive, partition) if drive <= last_drive and partition <= last_partition else None


def number(vdev: str) -> int | None:
    """Return the device number of a virtual device, None for what libxl does not know.

    >>> number("xvda"), number("d0p0"), number("0xca00"), number("hda1"), number("vda")
    (51712, 51712, 51712, 769, None)
    """
    found = place(vdev)
    if found is None:
        plain = _integer(vdev) if _NUMBER.fullmatch(vdev) else -1
        return plain if 0 <= plain <= _MOST else None
    _bus, drive, partition = found
    if found.bus == "hd":
        return (3 if drive < 2 else 22) << 8 | (drive & 1) << 6 | partition
    if found.bus == "sd":
        return 8 << 8 | drive << 4 | partition
    if drive <= 15 and partition <= 15:
        return 202 << 8 | drive << 4 | partition
    return 1 << 28 | drive << 8 | partition


def _drive(letters: str) -> int:
    """Return the drive of its letters, from 0: a to z, then aa.

    >>> _drive("a"), _drive("z"), _drive("aa")
    (0, 25, 26)
    """
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - ord("a") + 1
    return found - 1


def _integer(digits: str) -> int:
    """Return a number of at most nine digits; a longer one is more than any limit here."""
    return int(digits, 0) if len(digits) < 12 else _MOST + 1

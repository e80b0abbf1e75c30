# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find which firmware a hvmloader contains (pure)."""

from __future__ import annotations

# What hvmloader contains where it was built with a firmware: the copyright of the ROM BIOS (BIOS_COPYRIGHT_STRING of
# tools/firmware/rombios/rombios.c), the names in bios_configs of hvmloader.c.
MARKS = {"rombios": b"Written by Kevin Lawton & the Bochs team", "seabios": b"seabios\0", "ovmf": b"ovmf\0"}


def firmware_in(content: bytes) -> list[str]:
    """Return the names of the firmware in a hvmloader.

    >>> firmware_in(b"...seabios\\0...")
    ['seabios']
    """
    return [name for name, mark in MARKS.items() if mark in content]

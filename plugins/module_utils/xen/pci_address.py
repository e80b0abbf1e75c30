# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read which functions of the host's PCI devices a text of ``pci`` names (pure).

Sources: xl-pci-configuration(5) and libxlu_pci.c; tools/python/xen/util/pci.py for xm, whose separators may be commas and which
takes several functions.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ADDRESS = re.compile(
    r"(?:(?P<domain>[0-9a-fA-F]{1,4})[:,])?(?P<bus>[0-9a-fA-F]{1,4})[:,](?P<device>[0-9a-fA-F]{1,4})[.,]"
    r"(?P<functions>\*|0*[0-7](?:[,-][0-7](?![0-9A-Za-z_=]))*)(?![0-9A-Za-z])"
)
#: What * stands for; a device need not have all of them.
ALL_FUNCTIONS = frozenset(range(8))


class PciFunctions(NamedTuple):
    """Describe functions of one PCI device by their numbers, or a device by ``name`` alone, as xl pci-assignable-add gives it."""

    slot: tuple[int, int, int]
    functions: frozenset[int]
    name: str = ""

    def meets(self, other: PciFunctions) -> bool:
        """Return whether both have a function in common, as far as is known: an address and a name cannot be compared."""
        return self.slot == other.slot and self.name == other.name and bool(self.functions & other.functions)

    def addresses(self) -> list[str]:
        """Return the addresses of the functions as Linux writes them, in their order.

        >>> PciFunctions((0, 3, 0), frozenset({0, 2})).addresses()
        ['0000:03:00.0', '0000:03:00.2']
        """
        domain, bus, device = self.slot
        return [f"{domain:04x}:{bus:02x}:{device:02x}.{number}" for number in sorted(self.functions)]


def pci_functions(text: str) -> PciFunctions | None:
    """Return what a text names, whatever its spelling, slot in the guest and options; None where it cannot be read.

    >>> pci_functions("03:00.0") == pci_functions("0000:3:0.0@5,permissive=1") == pci_functions("bdf=0000:03:00.0,seize=1")
    True
    >>> pci_functions("03:00.*").functions == frozenset(range(8)), pci_functions("name=nic1").name
    (True, 'nic1')
    """
    found = _ADDRESS.match(text.strip())
    if not found:
        pairs = (part.partition("=") for part in text.split(","))
        options = {key.strip(): value.strip() for key, _equal, value in pairs}
        found = _ADDRESS.match(options.get("bdf", ""))
        if not found:
            return PciFunctions((-1, 0, 0), ALL_FUNCTIONS, options["name"]) if options.get("name") else None
    slot = tuple(int(found.group(part) or "0", 16) for part in ("domain", "bus", "device"))
    return PciFunctions((slot[0], slot[1], slot[2]), _functions(found.group("functions")))


def _functions(text: str) -> frozenset[int]:
    """Return the numbers of functions, as xm lists them: 0,2 or 1-3."""
    if text == "*":
        return ALL_FUNCTIONS
    numbers: set[int] = set()
    for part in text.split(","):
        first, _hyphen, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check whether dom0 sends IPv6 packets by itself to an interface that appears. Read only.

A network card of a mini-OS stub domain can stay deaf by such a packet: it comes while mini-OS sets the card up, and with it
the only event that would announce the later ones is lost (extras/mini-os/netfront.c). This was seen on emulated hosts only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from ..common.files import below

_SETTINGS = "/proc/sys/net/ipv6/conf"
_NETWORK = "/sys/class/net"
# The value of addr_gen_mode for no address of its own (uapi/linux/if_link.h, IN6_ADDR_GEN_MODE_NONE).
_NO_ADDRESS = "1"


def settings_to_change(bridges: Iterable[str], root: Path) -> list[str]:
    """Return the settings of dom0, for sysctl, by which such packets are sent; none on a host without IPv6.

    New interfaces take theirs from ``default``. A bridge of ``bridges`` without a carrier sends packets, too, when its first
    interface comes.
    """
    found = ["net.ipv6.conf.default.disable_ipv6=1"] if _sends("default", root) else []
    for bridge in sorted(set(bridges)):
        if bridge and "/" not in bridge and _read(below(root, _NETWORK) / bridge / "carrier") == "0" and _sends(bridge, root):
            found.append(f"net.ipv6.conf.{bridge.replace('.', '/')}.disable_ipv6=1")
    return found


def _sends(name: str, root: Path) -> bool:
    """Return whether an interface with these settings makes itself known: to its neighbours, or to routers as one."""
    folder = below(root, _SETTINGS) / name
    if _read(folder / "disable_ipv6") != "0":
        return False
    return _read(folder / "addr_gen_mode") != _NO_ADDRESS or _read(folder / "forwarding") not in ("", "0")


def _read(path: Path) -> str:
    """Return what a file of the kernel has, "" for one that is not there; the carrier of an interface that is down is none."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""

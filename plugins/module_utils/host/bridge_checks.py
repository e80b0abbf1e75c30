# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the host has the bridges of a guest's interfaces, as the script of each reads them. Read only.

Only Xen's own vif-bridge and vif-openvswitch are known. vif-route and vif-nat need no bridge, and what another script
makes of ``bridge``, it alone knows.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..common.files import below, read_text
from ..guest.devices import Vif
from .findings import Findings
from .host_defaults import HostDefaults
from .script_checks import Scripts, is_of_dom0

NETWORK = "/sys/class/net"

_BRIDGE = "vif-bridge"
_OPEN_VSWITCH = "vif-openvswitch"
# What these scripts of Xen 3.3 to 4.22 print where they do not take a bridge. A changed script may do otherwise.
_FAILURES = {_BRIDGE: "Could not find bridge device", _OPEN_VSWITCH: "No valid bridge was specified"}
# A bridge, its VLAN and its trunks (tools/hotplug/Linux/vif-openvswitch, 4.3 to 4.22, add_to_openvswitch).
_SWITCH = re.compile(r"([^.:]+)(\.[0-9]+)?(:[0-9]+)*")
_MISSING = "create the bridge, or name one that the host has"


def check(found: Findings, defaults: HostDefaults, scripts: Scripts, root: Path) -> None:
    """Refuse an interface whose bridge the host does not have, and one that is surely no bridge for its script."""
    if not below(root, NETWORK).is_dir():
        return
    for number, vif in enumerate(found.guest.vifs):
        if not is_of_dom0(vif, defaults) or (defaults.unreadable and not vif.script):
            continue
        name = vif.bridge or _default_bridge(vif, defaults, scripts)
        script = _known(vif.script or defaults.script, scripts)
        key = f"vifs[{number}].bridge" if vif.bridge else f"vifs[{number}]"
        if name and script == _BRIDGE:
            _check_bridge(found, key, name, defaults, root)
        elif name and script == _OPEN_VSWITCH:
            _check_switch(found, key, name, defaults, root)


def _default_bridge(vif: Vif, defaults: HostDefaults, scripts: Scripts) -> str:
    """Return the bridge of an interface that names none, "" where it is not known.

    xl gives it xenbr0, or that of xl.conf, whatever its script is. Without Xen's scripts, the host is not known well enough.
    """
    script = vif.script or defaults.script
    return defaults.bridge if scripts.path_of(script) else ""


def _known(script: str, scripts: Scripts) -> str:
    """Return the name of a script of Xen's own; "" for another one, and for one that is not Xen's in spite of its name. A
    script that the host does not have is taken for Xen's."""
    name = script.rsplit("/", 1)[-1]
    is_own = name in _FAILURES and (not scripts.path_of(script) or scripts.is_stock(script, _FAILURES[name]))
    return name if is_own else ""


def _check_bridge(found: Findings, key: str, name: str, defaults: HostDefaults, root: Path) -> None:
    interface = _interface(name, root)
    if interface is None:
        # vif-bridge takes ethN, where that is a bridge, for an xenbrN that does not exist.
        older = _interface(f"eth{name[len('xenbr'):]}", root) if name.startswith("xenbr") else None
        if older is None or not (older / "bridge").exists():
            _refuse(found, key, name, defaults)
    elif not (interface / "bridge").exists():
        remedy = "name a bridge of Linux; an Open vSwitch needs script: vif-openvswitch"
        kind = _kind(interface)
        if kind:
            found.problem(key, f"is {kind}, not a bridge, and vif-bridge cannot add an interface to it", remedy, name)
        else:
            # ip link set ... master accepts others, such as a vrf; brctl does not.
            found.note(f"{key} = {name!r} is not a bridge of Linux, to which vif-bridge adds interfaces: {remedy}")


def _check_switch(found: Findings, key: str, name: str, defaults: HostDefaults, root: Path) -> None:
    switch = _SWITCH.fullmatch(name)
    if switch is None:
        reason = "is not a bridge as vif-openvswitch reads it"
        found.problem(key, reason, "write BRIDGE, BRIDGE.VLAN or BRIDGE.VLAN:TRUNK:TRUNK, such as ovs0.100:200", name)
        return
    # Each bridge of Open vSwitch, a fake bridge of a VLAN too, has an interface of its name (ovs-vsctl(8)).
    interface = _interface(switch.group(1), root)
    if interface is None:
        _refuse(found, key, name, defaults)
    elif (interface / "bridge").exists():
        # Open vSwitch before 1.10 could show its own bridges as those of Linux (brcompat).
        found.note(f"{key} = {name!r} is a bridge of Linux, and vif-openvswitch adds interfaces to those of Open vSwitch")


def _refuse(found: Findings, key: str, name: str, defaults: HostDefaults) -> None:
    if key.endswith(".bridge"):
        found.problem(key, "does not exist on the host", _MISSING, name)
        return
    reason = f"names no bridge, and the host's default, {name}, does not exist"
    remedy = f"give the interface a bridge that the host has, or correct the default in {defaults.source}"
    found.problem(key, reason, remedy)


def _interface(name: str, root: Path) -> Path | None:
    """Return the folder of an interface, None where there is none."""
    path = below(root, NETWORK) / name
    return path if "/" not in name and name not in (".", "..") and path.exists() else None


def _kind(interface: Path) -> str:
    """Return what an interface is that surely takes no others, "" for one that may: a bond, a team or a vrf does."""
    if (interface / "bonding").exists():
        return ""
    if (interface / "device").exists():
        return "a network card"
    if (interface / "tun_flags").exists():
        return "a tap device"
    event = read_text(interface / "uevent") or ""
    return "a VLAN" if "DEVTYPE=vlan\n" in event else "the loopback interface" if interface.name == "lo" else ""

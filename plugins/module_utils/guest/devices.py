# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the disks and network interfaces of a guest's definition (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..common.fields import Fields, address

# The names that libxl makes a device number of (Xen 4.17, tools/libs/light/libxl_device.c, libxl__device_disk_dev_number).
_VDEV = re.compile(
    r"xvd[a-z]{1,3}([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])?"
    r"|sd[a-p]([1-9]|1[0-5])?"
    r"|hd[a-d]([1-9]|[1-5][0-9]|6[0-3])?"
)
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
# parse_nic_config splits at commas and has no escape (Xen 4.17, tools/xl/xl_parse.c), so a part of a vif string may
# contain only what names of interfaces, scripts and domains really use.
_WORD = re.compile(r"[A-Za-z0-9._/:@+-]+")
_RATE = re.compile(r"[0-9]+[KMG]?[Bb]/s(@[0-9]+[mu]?s)?")

_NUMBER = r"[1-9][0-9]{0,3}"
_VLAN_TERM = rf"{_NUMBER}([pu]|-{_NUMBER}u?|[+]{_NUMBER}x{_NUMBER}u?)?"
_VLAN = re.compile(f"{_VLAN_TERM}(/{_VLAN_TERM})*")
_LAST_VLAN = 4094


@dataclass(frozen=True)
class Disk:
    """Describe one block device. ``backend`` is the kind of the target: ``phy`` a block device, ``file`` a file, "" either.

    A CD drive with an empty ``target`` has no medium. ``shared``: other hosts have the same target under the same path.
    """

    target: str
    vdev: str
    access: str = "rw"
    backend: str = ""
    format: str = "raw"
    script: str = ""
    cdrom: bool = False
    shared: bool = False

    @property
    def writable(self) -> bool:
        """Return whether the guest may write to it."""
        return self.access == "rw"


@dataclass(frozen=True)
class Vif:
    """Describe one network interface; the keys are those of xl-network-configuration(5), written in this order.

    ``devid`` is -1 and ``trusted`` is None when they are not given.
    """

    ip: str = ""
    mac: str = ""
    bridge: str = ""
    type: str = ""
    model: str = ""
    script: str = ""
    vifname: str = ""
    backend: str = ""
    gatewaydev: str = ""
    rate: str = ""
    devid: int = -1
    mtu: int = 0
    vlan: str = ""
    trusted: bool | None = None


def read_disk(fields: Fields, kind: str) -> Disk:
    """Return one disk of a guest of the type ``kind`` (``pv``, ``hvm`` or ``pvh``)."""
    # A value that is neither true nor false is a problem already: the rules of a drive would be a second one.
    cdrom = fields.boolean("cdrom", default=True) and fields.has("cdrom")
    if cdrom and kind != "hvm":
        fields.problem("cdrom", f"a {kind.upper()} guest has no emulated CD drive", "remove cdrom and use access: ro")
    disk = Disk(
        target=_read_target(fields, cdrom and kind == "hvm"),
        vdev=fields.text("vdev", required=True, pattern=_VDEV, hint="a virtual device such as xvda or hda1"),
        access=fields.text("access", "ro" if cdrom else "rw", choices=("rw", "ro")),
        backend=fields.text("backend", choices=("phy", "file")),
        format=fields.text("format", "raw", choices=("raw", "qcow2", "vhd")),
        script=fields.text("script", pattern=_WORD, hint="the name of a block script"),
        cdrom=cdrom,
        shared=fields.boolean("shared"),
    )
    if disk.backend == "phy" and disk.format != "raw":
        fields.problem("format", "a block device given as phy is read as raw data", "use format: raw or backend: file")
    if cdrom and kind == "hvm" and disk.writable:
        fields.problem("access", "a CD drive is read-only", "use access: ro, or remove access")
    fields.done()
    return disk


def _read_target(fields: Fields, drive: bool) -> str:
    """Return the target: a path, or any text for a block script, such as the name of an iSCSI volume."""
    if fields.has("script"):
        return fields.text("target", required=True)
    # A variable for the medium is an empty string where the drive is empty.
    if drive and fields.raw("target") == "":
        return ""
    return fields.path_name("target", required=not drive)


def read_vif(fields: Fields, kind: str) -> Vif:
    """Return one interface of a guest of the type ``kind``; only an HVM guest has emulated cards."""
    vif = Vif(
        ip=fields.text("ip"),
        mac=fields.text("mac", pattern=_MAC, hint="a MAC address such as 00:16:3e:00:00:01").lower(),
        bridge=fields.text("bridge", pattern=_WORD, hint="the name of a bridge"),
        type=fields.text("type", choices=("ioemu", "vif")),
        model=fields.text("model", pattern=re.compile(r"[a-z0-9_-]+"), hint="a network card such as e1000 or rtl8139"),
        script=fields.text("script", pattern=_WORD, hint="the name of a vif script"),
        vifname=fields.text("vifname", pattern=re.compile(r"[A-Za-z0-9._-]{1,15}"), hint="an interface name"),
        backend=fields.text("backend", pattern=_WORD, hint="the name of a driver domain"),
        gatewaydev=fields.text("gatewaydev", pattern=_WORD, hint="an interface name"),
        rate=fields.text("rate", pattern=_RATE, hint="a rate such as 10Mb/s or 1MB/s@20ms"),
        devid=fields.integer("devid", -1),
        mtu=fields.integer("mtu", minimum=68, maximum=65535),
        vlan=fields.text("vlan", pattern=_VLAN, hint="VLAN numbers such as 10p/20-29u"),
        trusted=fields.optional_boolean("trusted"),
    )
    if vif.mac and int(vif.mac[:2], 16) & 1:
        fields.problem("mac", "is a multicast address", "use a unicast one, such as one that begins with 00:16:3e")
    elif vif.mac and not int(vif.mac.replace(":", ""), 16):
        # libxl__mac_is_default of tools/libs/light/libxl_nic.c
        fields.problem("mac", "means no address to Xen, which invents another", "give an address, or remove mac")
    for key in ("type", "model"):
        if kind != "hvm" and getattr(vif, key):
            fields.problem(key, f"a {kind.upper()} guest has no emulated network card", f"remove {key}")
    if kind == "hvm" and len(vif.vifname) > 11:
        # The emulated card's name is the same with -emu (tools/libs/light/libxl_nic.c), and Linux takes 15 characters.
        fields.problem("vifname", "is longer than 11 characters, to which Xen adds -emu", "give a shorter name")
    if kind == "hvm" and vif.type == "vif" and vif.model:
        fields.problem("model", "type: vif has no emulated network card", "remove model, or use type: ioemu")
    # At blanks only, as the host's scripts do: for Python, a non-breaking blank ends a word as well.
    for item in filter(None, vif.ip.split(" ")):
        try:
            address(item)
        except ValueError:
            fields.problem("ip", f"{item} is not an IP address", "give addresses separated by blanks, no host names")
    vlan_problem = _check_vlan(vif.vlan)
    if vlan_problem:
        fields.problem("vlan", *vlan_problem)
    fields.done()
    return vif


def _check_vlan(vlan: str) -> tuple[str, str] | None:
    """Return what is wrong with terms of the right form, and the remedy (xl-network-configuration(5), vlan)."""
    terms = vlan.split("/") if vlan else []
    for term in terms:
        first, *more = [int(number) for number in re.findall("[0-9]+", term)]
        # 10, 10-20, or 10+5x3: 10 and 3 more, each 5 above the one before.
        last = first + more[0] * more[1] if len(more) == 2 else [first, *more][-1]
        if last < first:
            return f"{term} ends before it begins", "give the lower number first"
        if last > _LAST_VLAN:
            return f"{term} goes beyond {_LAST_VLAN}", f"give numbers from 1 to {_LAST_VLAN}"
    if terms and sum(term.endswith("p") for term in terms) != 1 and not vlan.isdigit():
        return "must mark one VLAN as that of untagged frames", "put a p behind one number, as in 10p/20"
    return None

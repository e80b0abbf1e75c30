# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks and network interfaces of a guest's definition (pure)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .fields import Fields

_VDEV = re.compile(r"(xvd|sd|hd)[a-z]{1,2}[0-9]{0,2}")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
# parse_nic_config splits at commas and knows no escape (xen-releases: Xen 4.17, tools/xl/xl_parse.c), so what a
# vif string can hold is what interface, script and domain names really use.
_WORD = re.compile(r"[A-Za-z0-9._/:@+-]+")
_RATE = re.compile(r"[0-9]+[KMG]?[Bb]/s(@[0-9]+[mu]?s)?")


@dataclass(frozen=True)
class Disk:
    """One block device. ``backend`` says what the target is: ``phy`` a block device, ``file`` a file, "" either."""

    target: str
    vdev: str
    access: str = "rw"
    backend: str = ""
    format: str = "raw"
    script: str = ""

    @property
    def writable(self) -> bool:
        return self.access == "rw"


@dataclass(frozen=True)
class Vif:
    """One network interface; the keys are those of xl-network-configuration(5), written in this order."""

    mac: str = ""
    bridge: str = ""
    ip: str = ""
    script: str = ""
    vifname: str = ""
    backend: str = ""
    gatewaydev: str = ""
    rate: str = ""
    mtu: int = 0


def read_disk(fields: Fields) -> Disk:
    script = fields.text("script", pattern=_WORD, hint="the name of a block script")
    disk = Disk(
        # What a script makes of its target is its own affair: it can be the name of an iSCSI volume.
        target=fields.text("target", required=True) if script else fields.path_name("target", required=True),
        vdev=fields.text("vdev", required=True, pattern=_VDEV, hint="a virtual device such as xvda or hda1"),
        access=fields.text("access", "rw", choices=("rw", "ro")),
        backend=fields.text("backend", choices=("phy", "file")),
        format=fields.text("format", "raw", choices=("raw", "qcow2", "vhd")),
        script=script,
    )
    if disk.backend == "phy" and disk.format != "raw":
        fields.problem("format", "a block device given as phy is read as raw data", "use format: raw or backend: file")
    if fields.boolean("cdrom"):
        fields.problem("cdrom", "a PV guest has no emulated CD drive", "attach the image as a disk with access: ro")
    fields.done()
    return disk


def read_vif(fields: Fields) -> Vif:
    vif = Vif(
        mac=fields.text("mac", pattern=_MAC, hint="a MAC address such as 00:16:3e:00:00:01").lower(),
        bridge=fields.text("bridge", pattern=_WORD, hint="the name of a bridge"),
        ip=fields.text("ip"),
        script=fields.text("script", pattern=_WORD, hint="the name of a vif script"),
        vifname=fields.text("vifname", pattern=re.compile(r"[A-Za-z0-9._-]{1,15}"), hint="an interface name"),
        backend=fields.text("backend", pattern=_WORD, hint="the name of a driver domain"),
        gatewaydev=fields.text("gatewaydev", pattern=_WORD, hint="an interface name"),
        rate=fields.text("rate", pattern=_RATE, hint="a rate such as 10Mb/s or 1MB/s@20ms"),
        mtu=fields.integer("mtu", minimum=68, maximum=65535),
    )
    if vif.mac and int(vif.mac[:2], 16) & 1:
        fields.problem("mac", "is a multicast address", "use a unicast one, such as one that begins with 00:16:3e")
    for address in vif.ip.split():
        try:
            ipaddress.ip_interface(address)
        except ValueError:
            fields.problem("ip", f"{address} is not an IP address", "give addresses, blank-separated, no host names")
    fields.done()
    return vif

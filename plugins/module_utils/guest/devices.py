# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the disks and network interfaces of a guest's definition (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..common.fields import Fields, address

# The names that nearly all disks have, each with a device number of its own; vdevs.py knows all forms.
PLAIN_VDEV = re.compile(r"xvd[a-z]([1-9]|1[0-5])?|sd[a-p]([1-9]|1[0-5])?|hd[a-d]([1-9]|[1-5][0-9]|6[0-3])?")
_VDEV_HINT = "a virtual device such as xvda, hda1, d0p0 or 51712"
# xl takes a zero less, and any character between the numbers (xl_parse.c, parse_nic_config).
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}([:-][0-9A-Fa-f]{1,2}){5}")
# Prefixes of a target by which xl names a block script, and those that it drops (libxlu_disk_l.l, deprecated prefixes).
_SCRIPT_PREFIX = re.compile(r"(iscsi|e?nbd|drbd):(?!//)(.+)")
_DROPPED_PREFIX = re.compile(r"(phy|file|aio|ioemu|tap2?|tapdisk|raw|qcow2?|vhd):.*")
# What QEMU opens that is not a path: a protocol, or data in JSON (QEMU's block layer).
_PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]*:.+")
# What QEMU reaches by the network, so that the same text means the same disk on each host. Not one of the host itself.
_NETWORK = re.compile(
    r"(rbd|sheepdog|https?|ftps?|(gluster|nbd|iscsi|nfs|ssh)([+](tcp|rdma))?)"
    r":(?!unix:|(//)?([^/@]*@)?(localhost|127\.|\[::1\])).*"
)
_KINDS = ("phy", "file")
# netfront is what xm's documents call vif.
_TYPES = {"ioemu": "ioemu", "vif": "vif", "netfront": "vif"}
# xl takes both words of each (libxlu_disk_l.l, setaccess).
_ACCESS = {"rw": "rw", "ro": "ro", "w": "rw", "r": "ro"}
# parse_nic_config splits at commas and has no escape (Xen 4.17, tools/xl/xl_parse.c), so a part of a vif string may
# contain only what names of interfaces, scripts and domains really use.
_WORD = re.compile(r"[A-Za-z0-9._/:@+-]+")
# NETBACK_NIC_NAME and TAP_DEVICE_SUFFIX of libxl_internal.h; qemu-ifup of xm hosts has tapDOMID.NUMBER.
_NAME_OF_XEN = re.compile(r"(vif|tap)[0-9]+\.[0-9]+(-emu)?")
# libxlu_vif.c, the same from 4.2 to 4.22; a leading zero would make a number octal.
_RATE = re.compile(r"([1-9][0-9]*)([KMG]?)([Bb])/s(?:@([1-9][0-9]*)([mu]?)s?)?")
_PREFIX = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
_MICROSECONDS = {"": 10**6, "m": 10**3, "u": 1}
_WORD32, _WORD64 = 2**32 - 1, 2**64 - 1

_NUMBER = r"[1-9][0-9]{0,3}"
_VLAN_TERM = rf"{_NUMBER}([pu]|-{_NUMBER}u?|[+]{_NUMBER}x{_NUMBER}u?)?"
_VLAN = re.compile(f"{_VLAN_TERM}(/{_VLAN_TERM})*")
_LAST_VLAN = 4094
# No address is as long; a longer item would hide the sentence around it.
_LONG = 80


@dataclass(frozen=True)
class Disk:
    """Describe one block device; the keys are those of xl-disk-configuration(5), but for three.

    A CD drive with an empty ``target`` has no medium. ``kind`` is what the target must be: ``phy`` a block device, ``file``
    a file, "" either. ``shared``: other hosts have the same target under the same path. ``options`` are keys that the
    collection does not know, with their values; a key alone has an empty one. ``backend`` is a driver domain.
    """

    target: str
    vdev: str
    access: str = "rw"
    kind: str = ""
    format: str = "raw"
    script: str = ""
    cdrom: bool = False
    shared: bool = False
    backend: str = ""
    backendtype: str = ""
    specification: str = ""
    discard: bool | None = None
    direct_io_safe: bool = False
    trusted: bool | None = None
    grant_usage: bool | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def writable(self) -> bool:
        """Return whether the guest may write to it."""
        return self.access == "rw"

    @property
    def path(self) -> str:
        """Return the path of its block device or file in dom0; "" where the target is none, or is another domain's."""
        return "" if self.script or self.backend or not self.target.startswith("/") else self.target


@dataclass(frozen=True)
class Vif:
    """Describe one network interface; the keys are those of xl-network-configuration(5), written in this order.

    ``devid`` is -1 and ``trusted`` is None when they are not given; ``options`` are as those of a disk.
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
    options: tuple[tuple[str, str], ...] = ()


def read_disk(fields: Fields, kind: str) -> Disk:
    """Return one disk of a guest of the type ``kind`` (``pv``, ``hvm`` or ``pvh``)."""
    # A value that is neither true nor false is a problem already: the rules of a drive would be a second one.
    cdrom = fields.boolean("cdrom", default=True) and fields.has("cdrom")
    if cdrom and kind != "hvm":
        fields.problem("cdrom", f"a {kind.upper()} guest has no emulated CD drive", "remove cdrom and use access: ro")
    backend = _read_backend(fields)
    is_kind = backend in _KINDS
    backendtype = fields.text("backendtype", choices=("phy", "qdisk", "tap", "standalone"))
    target, script = _read_target(fields, cdrom and kind == "hvm", bool(backend) and not is_kind, backendtype)
    direct = "direct_io_safe" if fields.has("direct_io_safe") else "direct-io-safe"
    disk = Disk(
        target=target,
        vdev=_read_vdev(fields),
        access=_ACCESS[fields.text("access", "ro" if cdrom else "rw", choices=_ACCESS)],
        kind=backend if is_kind else "",
        format=_read_format(fields, cdrom, target),
        script=script,
        cdrom=cdrom,
        shared=fields.boolean("shared", default=backendtype == "qdisk" and bool(_NETWORK.fullmatch(target))),
        backend="" if is_kind else backend,
        backendtype=backendtype,
        specification=fields.text("specification", choices=("xen", "virtio")),
        discard=fields.optional_boolean("discard"),
        direct_io_safe=fields.boolean(direct),
        trusted=fields.optional_boolean("trusted"),
        grant_usage=fields.optional_boolean("grant_usage"),
        options=_read_options(fields, "disks"),
    )
    _check_disk(fields, disk, kind)
    fields.done()
    return disk


def _read_backend(fields: Fields) -> str:
    """Return ``phy`` or ``file``, the kind of the target, or the name of a driver domain."""
    backend = fields.text("backend", pattern=_WORD, hint="phy, file or the name of a driver domain")
    if backend in ("tap", "qdisk", "standalone"):
        fields.problem("backend", "is not what a target can be: phy or file", f"use backendtype: {backend}")
    return backend


def _read_target(fields: Fields, drive: bool, is_elsewhere: bool, backendtype: str) -> tuple[str, str]:
    """Return the target and the block script: a path, or any text for a script, a driver domain or QEMU."""
    script = fields.text("script", pattern=_WORD, hint="the name of a block script")
    # A variable for the medium is an empty string where the drive is empty.
    if drive and fields.raw("target") == "":
        return "", script
    if fields.has("script") or is_elsewhere:
        return fields.text("target", required=not drive), script
    target = fields.raw("target")
    text = target if isinstance(target, str) else ""
    if backendtype == "qdisk" and _PROTOCOL.fullmatch(text):
        return fields.text("target"), ""
    prefix = _SCRIPT_PREFIX.fullmatch(text)
    if prefix and not backendtype:
        return fields.text("target") and prefix.group(2), f"block-{prefix.group(1)}"
    if _DROPPED_PREFIX.fullmatch(text):
        word, path = text.split(":", 1)
        remedy = f"use backend: {word}" if word in _KINDS else "give the format with format"
        fields.problem("target", f"begins with {word}:, which is not a part of the path", f"give the path alone; {remedy}")
        return path, ""
    if _PROTOCOL.fullmatch(text):
        remedy = "add backendtype: qdisk where QEMU is to open it, or script where a block script is"
        fields.problem("target", "is not an absolute path on the host", remedy)
        return text, ""
    return fields.path_name("target", required=not drive), ""


def _read_vdev(fields: Fields) -> str:
    vdev = fields.text("vdev", required=True)
    if vdev and not PLAIN_VDEV.fullmatch(vdev):
        from .vdevs import number

        if number(vdev) is None:
            fields.problem("vdev", f"is not {_VDEV_HINT}", f"give {_VDEV_HINT}")
            return ""
    return vdev


def _read_format(fields: Fields, drive: bool, target: str) -> str:
    """Return the format. ``empty``, which libxl derives of an empty drive, is that of nothing else."""
    text = fields.text("format", "raw", choices=("raw", "qcow", "qcow2", "qed", "vhd", *(["empty"] if drive else [])))
    if text == "empty" and target:
        fields.problem("format", "a drive with a target is not empty", "remove format, or target")
    return "raw" if text == "empty" else text


def _check_disk(fields: Fields, disk: Disk, kind: str) -> None:
    """Refuse combinations that no release serves (libxl_device.c, disk_try_backend); libxl_rules.py has those of releases."""
    wants_device = "phy" if disk.kind == "phy" else disk.backendtype if disk.backendtype in ("phy", "standalone") else ""
    if wants_device and disk.format != "raw":
        key = "backend" if disk.kind == "phy" else "backendtype"
        remedy = "use format: raw or backend: file" if disk.kind == "phy" else f"use format: raw or remove {key}"
        fields.problem("format", f"a block device given as {wants_device} is read as raw data", remedy)
    if disk.kind == "file" and disk.backendtype in ("phy", "standalone"):
        fields.problem("backendtype", "serves block devices only, and backend: file requires a file", "remove one of the two")
    if disk.script and disk.backendtype in ("qdisk", "standalone"):
        fields.problem("backendtype", "runs no block script", "use backendtype: phy, or remove script")
    if disk.backendtype == "standalone" and disk.specification != "virtio":
        fields.problem("backendtype", "serves virtio disks only", "add specification: virtio, or remove backendtype")
    if disk.specification == "virtio":
        _check_virtio(fields, disk)
    if disk.cdrom and kind == "hvm" and disk.writable:
        fields.problem("access", "a CD drive is read-only", "use access: ro, or remove access")


def _check_virtio(fields: Fields, disk: Disk) -> None:
    if disk.backendtype not in ("", "standalone"):
        fields.problem("backendtype", "does not serve virtio disks", "use backendtype: standalone, or remove backendtype")
    elif disk.format != "raw":
        fields.problem("format", "a virtio disk is read as raw data", "use format: raw, or remove specification")
    elif disk.script or disk.cdrom:
        what = "script" if disk.script else "cdrom"
        fields.problem("specification", f"a virtio disk has no {what}", f"remove {what}, or specification")


def _read_options(fields: Fields, where: str) -> tuple[tuple[str, str], ...]:
    """Return the keys of a disk or interface that the collection does not know; ``where`` is the list that it is in."""
    if not fields.has("options"):
        fields.raw("options")
        return ()
    from .options import read_options

    return read_options(fields, where)


def read_vif(fields: Fields, kind: str) -> Vif:
    """Return one interface of a guest of the type ``kind``; only an HVM guest has emulated cards."""
    vif = Vif(
        ip=fields.text("ip"),
        mac=_read_mac(fields),
        bridge=fields.text("bridge", pattern=_WORD, hint="the name of a bridge"),
        type=_TYPES.get(fields.text("type", choices=_TYPES), ""),
        model=fields.text("model", pattern=re.compile(r"[a-z0-9_-]+"), hint="a network card such as e1000 or rtl8139"),
        script=fields.text("script", pattern=_WORD, hint="the name of a vif script"),
        vifname=fields.text("vifname", pattern=re.compile(r"[A-Za-z0-9._-]{1,15}"), hint="an interface name"),
        backend=fields.text("backend", pattern=_WORD, hint="the name of a driver domain"),
        gatewaydev=fields.text("gatewaydev", pattern=_WORD, hint="an interface name"),
        rate=_read_rate(fields),
        devid=fields.integer("devid", -1),
        mtu=fields.integer("mtu", minimum=68, maximum=65535),
        vlan=fields.text("vlan", pattern=_VLAN, hint="VLAN numbers such as 10p/20-29u"),
        trusted=fields.optional_boolean("trusted"),
        options=_read_options(fields, "vifs"),
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
    if _NAME_OF_XEN.fullmatch(vif.vifname):
        reason = "has the form of the names that Xen gives to interfaces by itself, by the numbers of domains"
        fields.problem("vifname", reason, "give another name, such as the guest's")
    if kind == "hvm" and vif.type == "vif" and vif.model:
        fields.problem("model", "type: vif has no emulated network card", "remove model, or use type: ioemu")
    # At blanks only, as the host's scripts do: for Python, a non-breaking blank ends a word as well.
    for item in filter(None, vif.ip.split(" ")):
        try:
            address(item)
        except ValueError:
            fields.problem("ip", f"{item if len(item) < _LONG else 'an item'} is not an IP address", "give addresses separated by blanks, no host names")
    vlan_problem = _check_vlan(vif.vlan)
    if vlan_problem:
        fields.problem("vlan", *vlan_problem)
    fields.done()
    return vif


def _read_mac(fields: Fields) -> str:
    """Return the address in the form that all programs read: two digits each, colons between."""
    text = fields.text("mac", pattern=_MAC, hint="a MAC address such as 00:16:3e:00:00:01")
    return ":".join(number.zfill(2) for number in re.split("[:-]", text.lower())) if text else ""


def _read_rate(fields: Fields) -> str:
    """Return the rate, with the unit of its interval, which xm requires. Refuse what xl calls an overflow."""
    text = fields.text("rate", pattern=_RATE, hint="a rate such as 10Mb/s or 1MB/s@20ms")
    found = _RATE.fullmatch(text)
    if not found:
        return ""
    number, prefix, unit, interval, fraction = found.groups()
    speed = int(number) * _PREFIX[prefix] // (8 if unit == "b" else 1)
    microseconds = int(interval or 50) * _MICROSECONDS[fraction if interval else "m"]
    if max(int(number), int(interval or 1), microseconds) > _WORD32 or speed * microseconds > _WORD64:
        fields.problem("rate", "is larger than xl can count", "use a larger unit, or a smaller number")
    return text if not interval or text.endswith("s") else f"{text}s"


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

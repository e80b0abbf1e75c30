# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that xl takes can be said: disks, interfaces and displays as real files spell them, beside the definition that says
the same. Debian's own xl reads both, and its JSON is the same."""

from __future__ import annotations

from typing import Any

import pytest

import xl
from agreement import assert_agreement
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.files import GuestFiles
from ansible_collections.xenfleet.stubdom.plugins.module_utils.schemes.render import render_guest
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.config_text import config_text
from ansible_collections.xenfleet.stubdom.tests.unit.guest_maker import HOSTS

try:
    xl.prepare()
except xl.XlMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

FACTS = next(facts for scheme, facts in HOSTS["xl"] if scheme == "dom0" and facts.release == (4, 17))
PV = {"name": "guest", "type": "pv", "memory": 256, "boot": {"method": "direct", "kernel": "/boot/vmlinuz"}}
HVM = {"name": "guest", "type": "hvm", "memory": 256, "device_model": {"scheme": "dom0"}}
HEADS = {
    "pv": 'name = "guest"\nmemory = 256\nvcpus = 1\nkernel = "/boot/vmlinuz"\n',
    "hvm": 'name = "guest"\nmemory = 256\nvcpus = 1\ntype = "hvm"\ndevice_model_version = "qemu-xen"\n',
}

#: A string of disk, and the definition of the same disk.
DISKS: list[tuple[str, dict[str, Any]]] = [
    # xl-disk-configuration(5)
    ("/dev/vg/guest-volume,,hda", {"target": "/dev/vg/guest-volume", "vdev": "hda"}),
    ("/dev/vg/guest-volume,raw,hda,rw", {"target": "/dev/vg/guest-volume", "vdev": "hda", "format": "raw", "access": "rw"}),
    ("format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume", {"target": "/dev/vg/guest-volume", "vdev": "hda", "access": "w"}),
    ("raw:/dev/vg/guest-volume,hda,w", {"target": "/dev/vg/guest-volume", "vdev": "hda", "access": "w"}),
    ("/root/guest.qcow2,qcow2,xvda,r", {"target": "/root/guest.qcow2", "vdev": "xvda", "format": "qcow2", "access": "r"}),
    ("vdev=xvdb,format=qcow,target=/root/old.qcow", {"target": "/root/old.qcow", "vdev": "xvdb", "format": "qcow"}),
    ("vdev=xvdb,format=qed,target=/root/a.qed", {"target": "/root/a.qed", "vdev": "xvdb", "format": "qed"}),
    ("vhd:/root/a.vhd,xvda1,w", {"target": "/root/a.vhd", "vdev": "xvda1", "format": "vhd"}),
    # Xen's own documents and xen-tools: prefixes that say nothing to xl
    ("phy:/dev/vg0/a,xvda2,w", {"target": "/dev/vg0/a", "vdev": "xvda2", "backend": "phy"}),
    ("file:/srv/a.img,xvda1,w", {"target": "/srv/a.img", "vdev": "xvda1", "backend": "file"}),
    ("tap:aio:/srv/a.img,xvda,w", {"target": "/srv/a.img", "vdev": "xvda"}),
    # virtual devices by their numbers
    ("/dev/vg0/a,raw,d0p0,rw", {"target": "/dev/vg0/a", "vdev": "d0p0"}),
    ("/dev/vg0/a,raw,d536p37,rw", {"target": "/dev/vg0/a", "vdev": "d536p37"}),
    ("/dev/vg0/a,raw,51712,rw", {"target": "/dev/vg0/a", "vdev": 51712}),
    ("phy:/dev/vg0/netbsd,0x1,w", {"target": "/dev/vg0/netbsd", "vdev": "0x1", "backend": "phy"}),
    ("/dev/vg0/a,raw,xvdcz15,rw", {"target": "/dev/vg0/a", "vdev": "xvdcz15"}),
    ("/dev/vg0/a,raw,sda5,r", {"target": "/dev/vg0/a", "vdev": "sda5", "access": "ro"}),
    # discard and direct I/O: SSDs, file systems of the network
    ("vdev=xvda,discard,target=/dev/vg0/ssd", {"target": "/dev/vg0/ssd", "vdev": "xvda", "discard": True}),
    ("vdev=xvda,no-discard,target=/dev/vg0/ssd", {"target": "/dev/vg0/ssd", "vdev": "xvda", "discard": "off"}),
    ("vdev=xvda,direct-io-safe,target=/nfs/a.img", {"target": "/nfs/a.img", "vdev": "xvda", "direct-io-safe": True}),
    ("vdev=xvda,discard,direct-io-safe,target=/nfs/a.img",
     {"target": "/nfs/a.img", "vdev": "xvda", "direct_io_safe": True, "discard": True}),
    # SUSE: QEMU serves each disk
    ("format=raw,vdev=xvda,access=rw,backendtype=qdisk,target=/var/lib/xen/images/sles15/disk0.raw",
     {"target": "/var/lib/xen/images/sles15/disk0.raw", "vdev": "xvda", "backendtype": "qdisk"}),
    ("/srv/a.img,raw,xvda,rw,backendtype=phy", {"target": "/srv/a.img", "vdev": "xvda", "backendtype": "phy"}),
    # DRBD: the prefix, the script, and its device
    ("drbd:db-data,xvda,w", {"target": "drbd:db-data", "vdev": "xvda"}),
    ("script=block-drbd,vdev=xvda2,access=w,target=mail-disk", {"target": "mail-disk", "vdev": "xvda2", "script": "block-drbd"}),
    ("phy:/dev/drbd/by-res/db/0,xvda,w", {"target": "/dev/drbd/by-res/db/0", "vdev": "xvda"}),
    # iSCSI
    ("script=block-iscsi,vdev=xvda,target=iqn=iqn.2026-11.org.example:san1,portal=10.0.0.9",
     {"target": "iqn=iqn.2026-11.org.example:san1,portal=10.0.0.9", "vdev": "xvda", "script": "block-iscsi"}),
    ("iscsi:target0,xvda,w", {"target": "iscsi:target0", "vdev": "xvda"}),
    ("vdev=xvda,backendtype=qdisk,target=iscsi://a%25b@10.0.0.9/iqn.2026-11.org.example:san1/0",
     {"target": "iscsi://a%25b@10.0.0.9/iqn.2026-11.org.example:san1/0", "vdev": "xvda", "backendtype": "qdisk"}),
    # Ceph
    ("vdev=xvda,backendtype=qdisk,target=rbd:rbd/ceph1:id=xen:mon_host=10.0.0.1\\:6789",
     {"target": "rbd:rbd/ceph1:id=xen:mon_host=10.0.0.1\\:6789", "vdev": "xvda", "backendtype": "qdisk"}),
    ("phy:/dev/rbd/xen/web1,xvda,w", {"target": "/dev/rbd/xen/web1", "vdev": "xvda", "backend": "phy"}),
    # NBD
    ("nbd:10.0.0.7:10809,xvda,w", {"target": "nbd:10.0.0.7:10809", "vdev": "xvda"}),
    ("enbd:10.0.0.7:10809,xvda,w", {"target": "enbd:10.0.0.7:10809", "vdev": "xvda"}),
    ("backendtype=qdisk,vdev=xvda,target=nbd:10.0.0.7:10809:exportname=netboot",
     {"target": "nbd:10.0.0.7:10809:exportname=netboot", "vdev": "xvda", "backendtype": "qdisk"}),
    ("backendtype=qdisk,vdev=xvda,access=r,target=nbd+unix:///x?socket=/run/a.sock",
     {"target": "nbd+unix:///x?socket=/run/a.sock", "vdev": "xvda", "backendtype": "qdisk", "access": "r"}),
    # others of QEMU's own
    ("backendtype=qdisk,vdev=xvda,target=gluster://10.0.0.1/vol/a.img",
     {"target": "gluster://10.0.0.1/vol/a.img", "vdev": "xvda", "backendtype": "qdisk"}),
    ("backendtype=qdisk,vdev=xvda,access=ro,target=https://example.org/a.img",
     {"target": "https://example.org/a.img", "vdev": "xvda", "backendtype": "qdisk", "access": "ro"}),
    ("backendtype=qdisk,vdev=xvda,target=sheepdog:a", {"target": "sheepdog:a", "vdev": "xvda", "backendtype": "qdisk"}),
    ("backendtype=qdisk,vdev=xvda,target=fat:rw:/srv/share", {"target": "fat:rw:/srv/share", "vdev": "xvda", "backendtype": "qdisk"}),
    ("backendtype=qdisk,vdev=xvda,target=ssh://root@10.0.0.1/a.img",
     {"target": "ssh://root@10.0.0.1/a.img", "vdev": "xvda", "backendtype": "qdisk"}),
    # driver domains: Qubes, OpenXT
    ("backend=diskdom,vdev=xvda,target=/dev/vg1/client", {"target": "/dev/vg1/client", "vdev": "xvda", "backend": "diskdom"}),
    ("script=/etc/xen/scripts/block-own,backend=diskdom,vdev=xvdi,target=a b",
     {"target": "a b", "vdev": "xvdi", "backend": "diskdom", "script": "/etc/xen/scripts/block-own"}),
    ("script=file,format=raw,vdev=xvdd,access=ro,target=/var/lib/qubes/vm-kernels/6.1/modules.img",
     {"target": "/var/lib/qubes/vm-kernels/6.1/modules.img", "vdev": "xvdd", "access": "ro", "script": "file"}),
    # virtio
    ("vdev=xvda,specification=virtio,target=/dev/vg0/a", {"target": "/dev/vg0/a", "vdev": "xvda", "specification": "virtio"}),
    ("vdev=xvda,specification=virtio,backendtype=standalone,target=/dev/vg0/a",
     {"target": "/dev/vg0/a", "vdev": "xvda", "specification": "virtio", "backendtype": "standalone"}),
    ("vdev=xvda,specification=xen,target=/dev/vg0/a", {"target": "/dev/vg0/a", "vdev": "xvda", "specification": "xen"}),
    # COLO: what the collection does not know
    ("vdev=xvda,backendtype=qdisk,colo,colo-host=10.0.0.2,colo-port=9000,colo-export=q,active-disk=/a,hidden-disk=/h,target=/dev/a",
     {"target": "/dev/a", "vdev": "xvda", "backendtype": "qdisk",
      "options": {"colo": True, "colo-host": "10.0.0.2", "colo-port": 9000, "colo-export": "q", "active-disk": "/a",
                  "hidden-disk": "/h"}}),
    # NixOS and ZFS
    ("format=raw, vdev=xvda, access=rw, target=/dev/zvol/rpool/nixos", {"target": "/dev/zvol/rpool/nixos", "vdev": "xvda"}),
    ("vdev=xvda,target=/srv/a,b c.img,", {"target": "/srv/a,b c.img", "vdev": "xvda"}),
]  # fmt: skip

#: The same for drives of an HVM guest.
DRIVES: list[tuple[str, dict[str, Any]]] = [
    (",raw,hdc,cdrom", {"vdev": "hdc", "cdrom": True}),
    (",hdc:cdrom,r", {"vdev": "hdc", "cdrom": True, "access": "r"}),
    ("vdev=hdc,format=empty,devtype=cdrom", {"vdev": "hdc", "cdrom": True, "format": "empty"}),
    ("file:/srv/a.iso,hdc:cdrom,r", {"target": "/srv/a.iso", "vdev": "hdc", "cdrom": True, "backend": "file"}),
    ("vdev=hdc,devtype=cdrom,backendtype=qdisk,target=https://example.org/a.iso",
     {"target": "https://example.org/a.iso", "vdev": "hdc", "cdrom": True, "backendtype": "qdisk"}),
]  # fmt: skip

#: A string of vif, and the definition of the same interface.
VIFS: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("mac=00:16:3E:B8:1F:7C,bridge=xenbr0", {"mac": "00:16:3E:B8:1F:7C", "bridge": "xenbr0"}),
    ("mac=0:16:3e:0:0:1", {"mac": "0:16:3e:0:0:1"}),
    ("mac=00-16-3e-00-00-01", {"mac": "00-16-3e-00-00-01"}),
    ("bridge=xenbr0,rate=1000KB/s@20", {"bridge": "xenbr0", "rate": "1000KB/s@20"}),
    ("rate=10Mb/s", {"rate": "10Mb/s"}),
    ("rate=250KB/s@20m", {"rate": "250KB/s@20m"}),
    ("rate=1GB/s@1s", {"rate": "1GB/s@1s"}),
    ("rate=999b/s@9us", {"rate": "999b/s@9us"}),
    ("devid=3,mtu=1400,untrusted", {"devid": 3, "mtu": 1400, "trusted": False}),
    ("bridge=ovs0.100:200,script=vif-openvswitch,vifname=router-dmz",
     {"bridge": "ovs0.100:200", "script": "vif-openvswitch", "vifname": "router-dmz"}),
    ("script=vif-route,ip=192.0.2.9 2001:db8::9,netdev=eth0",
     {"script": "vif-route", "ip": "192.0.2.9 2001:db8::9", "gatewaydev": "eth0"}),
    ("backend=netdom,bridge=xenbr0", {"backend": "netdom", "bridge": "xenbr0"}),
    ("forwarddev=eth1,colo_checkpoint_host=10.0.0.2",
     {"options": {"forwarddev": "eth1", "colo_checkpoint_host": "10.0.0.2"}}),
]  # fmt: skip

#: Keys of a display, and the definition of the same.
DISPLAYS: list[tuple[str, dict[str, Any]]] = [
    ("sdl = 0\nvnc = 0", {"display": {"type": "none"}}),
    ("sdl = 1\nvnc = 1", {"display": {"type": ["vnc", "sdl"]}}),
    ("sdl = 1\nvnc = 1\nopengl = 0\nvnclisten = '0.0.0.0'\nvncpasswd = 'abcdef'",
     {"display": {"type": ["sdl", "vnc"], "opengl": False, "listen": "0.0.0.0", "passwd": "abcdef"}}),
    ("sdl = 1\nvnc = 0\nkeymap = 'de'", {"display": {"type": "sdl", "keymap": "de"}}),
    ("vnc = 1\nvncdisplay = 5\nvncunused = 1", {"display": {"type": "vnc", "display": 5, "unused": True}}),
    ("vnc = 1\nvncdisplay = 5\nvncunused = 0", {"display": {"type": "vnc", "display": 5}}),
    ("vnc = 1\nvncunused = 1", {"display": {"type": "vnc", "unused": True}}),
    ("sdl = 1\nvnc = 0\ndisplay = ':0'\nxauthority = '/root/.Xauthority'",
     {"display": {"type": "sdl"}, "settings": {"display": ":0", "xauthority": "/root/.Xauthority"}}),
    ("sdl = 1\nvnc = 1\nspice = 1\nspiceport = 6000\nspicedisable_ticketing = 1\nspicevdagent = 1\nspice_clipboard_sharing = 1",
     {"display": {"type": ["vnc", "sdl"]},
      "settings": {"spice": True, "spiceport": 6000, "spicedisable_ticketing": True, "spicevdagent": True,
                   "spice_clipboard_sharing": True}}),
    ("sdl = 0\nvnc = 0\nspice = 1\nspiceport = 6000\nspicedisable_ticketing = 1\nkeymap = 'de'",
     {"display": {"type": "none", "keymap": "de"}, "settings": {"spice": True, "spiceport": 6000, "spicedisable_ticketing": True}}),
    ("vnc = 0\nsdl = 0\ngfx_passthru = 'igd'\npci = ['00:02.0']",
     {"display": {"type": "none"}, "settings": {"gfx_passthru": "igd", "pci": ["00:02.0"]}}),
    ("vnc = 0\nsdl = 0\nnographic = 1\nnew_key = [ 'a', 1 ]",
     {"display": {"type": "none"}, "settings": {"nographic": 1}, "extra_settings": {"new_key": ["a", 1]}}),
]  # fmt: skip


def rendered(definition: dict[str, Any]) -> GuestFiles:
    read = read_guest(definition)
    assert read.guest, [problem.text() for problem in read.problems]
    return render_guest(read.guest, FACTS)


def parsed(text: str) -> dict[str, Any]:
    """xl's JSON. Of an empty drive it has no path where there is no target, and an empty one in the positional form."""
    found = xl.parse(text)
    for disk in found.get("disks", []):
        if disk.get("pdev_path") == "":
            del disk["pdev_path"]
    return found


def assert_same(kind: str, text: str, more: dict[str, Any]) -> None:
    result = rendered({**(PV if kind == "pv" else HVM), **more})
    mine = config_text("xl", result.files[0].values)
    # What the definition leaves to a display of its own is in both.
    head = HEADS[kind] + ("vnc = 0\nsdl = 0\n" if kind == "hvm" and "display" not in more else "")
    assert parsed(mine) == parsed(f"{head}{text}\n"), mine
    assert_agreement(result.problems, xl.check(mine, ["netdom", "diskdom"]))


def test_there_are_many() -> None:
    assert len(DISKS) >= 40
    assert len(DISKS) + len(DRIVES) + len(VIFS) + len(DISPLAYS) >= 70


@pytest.mark.parametrize("text, disk", [pytest.param(text, disk, id=text) for text, disk in DISKS])
def test_a_disk(text: str, disk: dict[str, Any]) -> None:
    quoted = text.replace("\\", "\\\\")
    assert_same("pv", f'disk = [ "{quoted}" ]', {"disks": [disk]})


@pytest.mark.parametrize("text, disk", [pytest.param(text, disk, id=text) for text, disk in DRIVES])
def test_a_drive(text: str, disk: dict[str, Any]) -> None:
    assert_same("hvm", f'disk = [ "{text}" ]', {"disks": [disk]})


@pytest.mark.parametrize("text, vif", [pytest.param(text, vif, id=text) for text, vif in VIFS])
def test_an_interface(text: str, vif: dict[str, Any]) -> None:
    assert_same("pv", f'vif = [ "{text}" ]', {"vifs": [vif]})


@pytest.mark.parametrize("text, more", [pytest.param(text, more, id=text) for text, more in DISPLAYS])
def test_a_display(text: str, more: dict[str, Any]) -> None:
    assert_same("hvm", text, more)


@pytest.mark.parametrize("disk", [
    {"target": "/a", "vdev": "xvda", "options": {"foo": True}},
    {"target": "/a", "vdev": "xvda", "options": {"foo": "bar"}},
    {"target": "/a", "vdev": "xvda", "options": {"foo": 1}},
])
def test_an_option_that_this_xl_does_not_know_is_refused_by_it(disk: dict[str, Any]) -> None:
    for definition in ({**PV, "disks": [disk]}, {**HVM, "disks": [{"vdev": "hdc", "cdrom": True, "options": disk["options"]}]}):
        with pytest.raises(xl.XlRefused, match="disk specification"):
            xl.parse(config_text("xl", rendered(definition).files[0].values))


def test_an_option_of_an_interface_that_this_xl_does_not_know_is_told_by_it() -> None:
    """xl goes on without what follows, which is why options are the last."""
    text = config_text("xl", rendered({**PV, "vifs": [{"bridge": "br0", "mtu": 1400, "options": {"foo": 1}}]}).files[0].values)
    assert xl.warnings(text) == ["unrecognized argument `foo=1'"]
    assert xl.parse(text)["nics"] == [{"devid": 0, "bridge": "br0", "mtu": 1400}]


@pytest.mark.parametrize("vdev", [
    "vda", "xvda0", "sdq", "hde", "d0p256", "d1048576p0", "2147483648", "nvme0n1", "xvdzzzzz", "hda64", "d0", "0x",
])
def test_names_that_libxl_does_not_number(vdev: str) -> None:
    assert read_guest({**PV, "disks": [{"target": "/dev/a", "vdev": vdev}]}).guest is None
    assert xl.check(f'{HEADS["pv"]}disk = [ "format=raw,vdev={vdev},target=/dev/a" ]\n') != ""


@pytest.mark.parametrize("rate", [
    "0Mb/s", "10kb/s", "10Mb", "4294967296B/s", "10Mb/s@0s", "10Mb/s@4295s", "10Mb/s@20h", "4294967295GB/s", "1.5Mb/s", "10Mb/s@",
])
def test_rates_that_xl_refuses(rate: str) -> None:
    assert read_guest({**PV, "vifs": [{"rate": rate}]}).guest is None
    with pytest.raises(xl.XlRefused):
        xl.parse(f'{HEADS["pv"]}vif = [ "rate={rate}" ]\n')

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For each rule of libxl_rules a guest that it refuses and a near one that it does not (data).

The unit tests read them, and tests/xl_offline shows those of 4.17 to Debian's own xl.
"""

from __future__ import annotations

from typing import Any, NamedTuple

BASES: dict[str, dict[str, Any]] = {
    "hvm": {"name": "guest", "type": "hvm", "memory": 512, "vcpus": 2},
    "pvh": {"name": "guest", "type": "pvh", "memory": 512, "vcpus": 2, "kernel": "/boot/vmlinuz"},
    "pv": {"name": "guest", "type": "pv", "memory": 512, "vcpus": 2, "kernel": "/boot/vmlinuz"},
}
OLD = {"device_model_version": "qemu-xen-traditional"}
PCI = {"pci": ["0000:03:00.0"]}
UUID = "01234567-89ab-cdef-0123-456789abcdef"
NODES = [
    ["pnode=0", "size=256", "vcpus=0", "vdistances=10,20"],
    ["pnode=1", "size=256", "vcpus=1", "vdistances=20,10"],
]


class Case(NamedTuple):
    """``refused`` and ``passes`` are added to the keys of a guest of that kind; None takes a key away."""

    kind: str
    refused: dict[str, Any]
    passes: dict[str, Any]
    release: tuple[int, int] = (4, 17)

    def values(self, keys: dict[str, Any]) -> dict[str, Any]:
        """Return the whole file."""
        return {key: value for key, value in {**BASES[self.kind], **keys}.items() if value is not None}


CASES: dict[str, list[Case]] = {
    "populate-on-demand with passthrough": [
        Case("hvm", {"maxmem": 1024, **PCI}, {"maxmem": 512, **PCI}),
        Case("hvm", {"maxmem": 1024, "passthrough": "enabled"}, {"maxmem": 1024, "passthrough": "disabled"}),
        Case("hvm", {"maxmem": 1024, "dtdev": ["/soc/dev"]}, {"maxmem": 1024}),
        Case("hvm", {"maxmem": 1024, **PCI}, {"maxmem": 1024}, (4, 14)),
        Case("hvm", {"maxmem": 1024, **PCI}, {"maxmem": 1024}, (4, 22)),
    ],
    "populate-on-demand with altp2m": [
        Case("hvm", {"maxmem": 1024, "altp2m": "external"}, {"maxmem": 1024, "altp2m": "disabled"}),
        Case("hvm", {"maxmem": 1024, "altp2mhvm": True}, {"altp2mhvm": True}),
        Case("pvh", {"maxmem": 1024, "altp2m": 1}, {"maxmem": 1024, "altp2m": 0}),
    ],
    "populate-on-demand with vnuma": [Case("hvm", {"memory": 256, "vnuma": NODES}, {"vnuma": NODES})],
    "vcpus above maxvcpus": [Case("hvm", {"maxvcpus": 1}, {"maxvcpus": 2}), Case("pv", {"maxvcpus": "1"}, {"maxvcpus": "3"})],
    "maxvcpus of HVM": [Case("hvm", {"maxvcpus": 129}, {"maxvcpus": 128}), Case("pvh", {"vcpus": 129}, {"vcpus": 128})],
    "maxvcpus of PV": [Case("pv", {"maxvcpus": 8193}, {"maxvcpus": 8192})],
    "negative shadow memory": [Case("hvm", {"shadow_memory": "-1"}, {"shadow_memory": 0})],
    "cpu_weight range": [
        Case("pv", {"cpu_weight": 0}, {"cpu_weight": 1}),
        Case("hvm", {"cpu_weight": 65536}, {"cpu_weight": 65535}),
    ],
    "cap range": [Case("pv", {"cap": 201}, {"cap": 200}), Case("hvm", {"cap": "-2"}, {"cap": "-1"})],
    "cpus form": [
        Case("hvm", {"cpus": "3-1"}, {"cpus": "1-3"}),
        Case("pv", {"cpus": "0,^0"}, {"cpus": "0,^1"}),
        Case("pv", {"cpus": ["0", "^all"]}, {"cpus": ["0", "all,^1", "behind the last virtual processor"]}),
    ],
    "cpus_soft form": [Case("hvm", {"cpus_soft": "nodes:a"}, {"cpus_soft": "nodes:0-1,^node:0"})],
    "nestedhvm with altp2m": [
        Case("hvm", {"nestedhvm": True, "altp2m": "mixed"}, {"nestedhvm": False, "altp2m": "mixed"}),
        Case("hvm", {"nestedhvm": True, "altp2mhvm": True}, {"nestedhvm": True, "altp2mhvm": False}),
    ],
    "nestedhvm without hap": [Case("hvm", {"nestedhvm": True, "hap": False}, {"nestedhvm": True, "hap": True})],
    "altp2m without hap": [Case("hvm", {"altp2m": 1, "hap": False}, {"altp2m": 1, "hap": True}, (4, 19))],
    "altp2m_count without altp2m": [Case("hvm", {"altp2m_count": 2}, {"altp2m_count": 2, "altp2m": 1}, (4, 21))],
    "altp2m without altp2m_count": [
        Case("hvm", {"altp2m": 1, "altp2m_count": 0}, {"altp2m": 1, "altp2m_count": 1}, (4, 21))
    ],
    "altp2m_count range": [
        Case("hvm", {"altp2m": 1, "altp2m_count": 65536}, {"altp2m": 1, "altp2m_count": 65535}, (4, 21))
    ],
    "vnuma of PV": [Case("pv", {"vnuma": NODES}, {})],
    "vnuma form": [
        Case("hvm", {"vnuma": [["size", *NODES[0]], NODES[1]]}, {"vnuma": NODES}),
        Case("hvm", {"vnuma": [["pnode=a", *NODES[0][1:]], NODES[1]]}, {"vnuma": NODES}),
    ],
    "vnuma and maxvcpus": [Case("hvm", {"vnuma": NODES, "maxvcpus": 3}, {"vnuma": NODES, "maxvcpus": 2})],
    "vnuma and maxmem": [Case("hvm", {"vnuma": NODES, "maxmem": 513}, {"vnuma": NODES, "maxmem": 512})],
    "vnuma vcpus": [
        Case("hvm", {"vnuma": [["size=256", "vcpus=0"], ["size=256", "vcpus=0"]]}, {"vnuma": [["size=512", "vcpus=0-1"]]}),
        Case("hvm", {"vnuma": [["size=512", "vcpus=1,2"]]}, {"vnuma": [["size=512", "vcpus=0,1"]]}),
    ],
    "vnuma distances": [
        Case("hvm", {"vnuma": [[*NODES[0][:3], "vdistances=20,10"], NODES[1]]}, {"vnuma": NODES})
    ],
    "vnuma and video memory": [
        Case(
            "hvm",
            {"vnuma": [["size=7", "vcpus=0"], ["size=505", "vcpus=1"]]},
            {"vnuma": [["size=8", "vcpus=0"], ["size=504", "vcpus=1"]]},
        )
    ],
    "passthrough of PVH": [
        Case("pvh", PCI, {"pci": []}),
        Case("pvh", {"passthrough": "sync_pt"}, {"passthrough": "disabled"}),
    ],
    "devices without passthrough": [
        Case("hvm", {"passthrough": "disabled", **PCI}, {"passthrough": "default", **PCI}),
        Case("pv", {"passthrough": "Disabled", **PCI}, {"passthrough": "disabled"}),
    ],
    "shared page tables of PV": [Case("pv", {"passthrough": "share_pt"}, {"passthrough": "sync_pt"})],
    "shared page tables without hap": [
        Case("hvm", {"passthrough": "share_pt", "hap": False}, {"passthrough": "share_pt", "hap": True})
    ],
    "pci form": [
        Case("hvm", {"pci": ["03.00.0"]}, {"pci": ["03:00.0"]}),
        Case("hvm", {"pci": ["03:00.0,permisive=1"]}, {"pci": ["03:00.0,permissive=1"]}),
        Case("hvm", {"pci": ["03:20.0"]}, {"pci": ["03:1f.7"]}),
        Case("pv", {"pci": ["03:00.0@20"]}, {"pci": ["03:00.0@1f"]}),
        Case("hvm", {"pci": ["name=gpu"]}, {"pci": ["03:00.0"]}, (4, 14)),
        Case("hvm", {"pci": ["permissive=1"]}, {"pci": ["bdf=03:00.0,permissive=1"]}),
    ],
    "gfx_passthru without devices": [
        Case("hvm", {"gfx_passthru": True}, {"gfx_passthru": True, **PCI}),
        Case("hvm", {"gfx_passthru": "default"}, {"gfx_passthru": "igd"}),
    ],
    "ioports form": [Case("hvm", {"ioports": ["3f8-"]}, {"ioports": ["3f8-3ff"]}), Case("pv", {"ioports": ["x"]}, {"ioports": ["2f8"]})],
    "irqs form": [Case("pv", {"irqs": ["0x4"]}, {"irqs": [4]})],
    "iomem form": [Case("pv", {"iomem": ["fe000"]}, {"iomem": ["fe000,1@fe000"]})],
    "rombios with qemu-xen": [Case("hvm", {"bios": "rombios"}, {"bios": "seabios"})],
    "bios with qemu-xen-traditional": [Case("hvm", {"bios": "seabios", **OLD}, {"bios": "rombios", **OLD})],
    "kernel with qemu-xen-traditional": [
        Case("hvm", {"kernel": "/boot/vmlinuz", **OLD}, {"kernel": "/usr/lib/xen/boot/hvmloader", **OLD})
    ],
    "dm_restrict with qemu-xen-traditional": [Case("hvm", {"dm_restrict": True, **OLD}, {"dm_restrict": False, **OLD})],
    "ramdisk without kernel": [
        Case("hvm", {"ramdisk": "/boot/initrd"}, {"ramdisk": "/boot/initrd", "kernel": "/boot/vmlinuz"}),
        Case("hvm", {"extra": "quiet"}, {"extra": "quiet", "kernel": "/boot/vmlinuz"}),
    ],
    "video memory": [
        Case("hvm", {"videoram": 7}, {"videoram": 8}),
        Case("hvm", {"videoram": 15, "vga": "stdvga"}, {"videoram": 16, "stdvga": True}),
        Case("hvm", {"videoram": 127, "vga": "qxl"}, {"videoram": 128, "vga": "qxl"}),
        Case("hvm", {"videoram": 7, "stdvga": True, **OLD}, {"videoram": 8, "stdvga": True, **OLD}),
    ],
    "qxl with qemu-xen-traditional": [Case("hvm", {"vga": "qxl", **OLD}, {"vga": "cirrus", **OLD})],
    "usbversion with usb": [
        Case("hvm", {"usbversion": 2, "usb": True}, {"usbversion": 2, "usb": False}),
        Case("hvm", {"usbversion": 3, "usbdevice": "tablet"}, {"usbversion": 0, "usbdevice": "tablet"}),
        Case(
            "hvm",
            {"spiceusbredirection": 4, "spice": True, "spiceport": 6000, "spicedisable_ticketing": True, "usb": True},
            {"spiceusbredirection": 4, "usb": True},
        ),
    ],
    "usbversion range": [Case("hvm", {"usbversion": 4}, {"usbversion": 3})],
    "spiceusbredirection range": [
        Case("hvm", {"spiceusbredirection": "-1", "usbversion": 2}, {"spiceusbredirection": 0, "usbversion": 2}),
        Case(
            "hvm",
            {"spiceusbredirection": 5, "spice": True, "spiceport": 6000, "spicedisable_ticketing": True},
            {"spiceusbredirection": 4, "spice": True, "spiceport": 6000, "spicedisable_ticketing": True},
        ),
    ],
    "spice": [
        Case("hvm", {"spice": True}, {"spice": True, "spiceport": 6000, "spicepasswd": "secret"}),
        Case("hvm", {"spice": True, "spicetls_port": 6001}, {"spice": True, "spicetls_port": 6001, "spicedisable_ticketing": True}),
    ],
    "soundhw": [Case("hvm", {"soundhw": "pcspk"}, {"soundhw": "hda"})],
    "vnclisten with a colon": [
        Case("hvm", {"vnclisten": "::1", "vncdisplay": 5}, {"vnclisten": "::1"}),
        Case("hvm", {"vnclisten": "::1", "vncdisplay": 5}, {"vnclisten": "0.0.0.0", "vncdisplay": 5}),
    ],
    "vfb with a colon": [
        Case("pv", {"vfb": ["vnc=1,vnclisten=::1,vncdisplay=5"]}, {"vfb": ["vnc=1,vnclisten=0.0.0.0,vncdisplay=5"]})
    ],
    "viridian groups": [
        Case("hvm", {"viridian": ["stimer", "synic"]}, {"viridian": ["base", "stimer", "synic"]}),
        Case("hvm", {"viridian": ["defaults", "!base"]}, {"viridian": ["defaults", "!freq"]}),
        Case("hvm", {"viridian": ["!freq", "all"]}, {"viridian": ["all", "!freq"]}),
        Case("hvm", {"viridian": ["turbo"]}, {"viridian": ["!turbo".replace("turbo", "freq")]}),
        Case("hvm", {"viridian": ["base", "cpu_hotplug"]}, {"viridian": ["base", "hcall_ipi"]}, (4, 14)),
    ],
    "tsc_mode native_paravirt": [
        Case("hvm", {"tsc_mode": "native_paravirt"}, {"tsc_mode": "native"}),
        Case("pv", {"tsc_mode": 3}, {"tsc_mode": 2}),
    ],
    "mmio_hole range": [
        Case("hvm", {"mmio_hole": 255}, {"mmio_hole": 256}),
        Case("hvm", {"mmio_hole": 3841}, {"mmio_hole": 3840}),
    ],
    "mca_caps": [Case("hvm", {"mca_caps": ["lmce", "smce"]}, {"mca_caps": ["lmce"]})],
    "smbios form": [
        Case("hvm", {"smbios": ["vendor=a"]}, {"smbios": ["bios_vendor=a"]}, (4, 18)),
        Case("hvm", {"smbios": ["oem="]}, {"smbios": ["oem=a"]}, (4, 18)),
    ],
    "smbios strings": [Case("hvm", {"smbios": ["oem=a"] * 100}, {"smbios": ["oem=a"] * 99}, (4, 18))],
    "no kernel": [
        Case("pv", {"kernel": None}, {}),
        Case("pvh", {"kernel": None}, {"kernel": None, "firmware": "pvgrub64"}),
    ],
    "kernel and firmware": [Case("pv", {"firmware": "pvgrub64"}, {"firmware": "pvgrub64", "kernel": None})],
    "boot loader without disk": [
        Case("pv", {"bootloader": "pygrub", "disk": []}, {"bootloader": "pygrub", "disk": ["format=raw,vdev=xvda,access=rw,target=/srv/a"]})
    ],
    "disk back end": [
        Case(
            "hvm",
            {"disk": ["format=qcow2,vdev=hda,access=rw,script=block-x,target=a"]},
            {"disk": ["format=raw,vdev=hda,access=rw,script=block-x,target=a"]},
        ),
        Case(
            "pv",
            {"disk": ["format=vhd,vdev=xvda,access=rw,backendtype=phy,target=/srv/a"]},
            {"disk": ["format=vhd,vdev=xvda,access=rw,backendtype=qdisk,target=/srv/a"]},
        ),
        Case(
            "hvm",
            {"disk": ["format=raw,vdev=hdc,access=ro,devtype=cdrom,script=block-x,target=/srv/a"]},
            {"disk": ["format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/srv/a"]},
        ),
        Case(
            "pv",
            {"disk": ["format=raw,vdev=xvda,access=rw,backendtype=tap,target=/srv/a"]},
            {"disk": ["format=raw,vdev=xvda,access=rw,target=/srv/a"]},
        ),
        Case(
            "pv",
            {"disk": ["format=qcow2,vdev=xvda,access=rw,script=block-x,target=/srv/a"]},
            {"disk": ["format=vhd,vdev=xvda,access=rw,script=block-x,target=/srv/a"]},
            (4, 19),
        ),
    ],
    "CD drive back end": [
        Case(
            "hvm",
            {"disk": ["format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=phy,target=/srv/a"]},
            {"disk": ["format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=qdisk,target=/srv/a"]},
        )
    ],
    "CD drive back end from 4.19 on": [
        Case(
            "hvm",
            {"disk": ["format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=standalone,specification=virtio,target=/srv/a"]},
            {"disk": ["format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=phy,target=/srv/a"]},
            (4, 19),
        )
    ],
    "read-only disk": [
        Case("hvm", {"disk": ["format=raw,vdev=hda,access=ro,target=/srv/a"]}, {"disk": ["format=raw,vdev=hda,access=rw,target=/srv/a"]}),
        Case("hvm", {"disk": ["format=raw,vdev=xvdd,access=ro,target=/srv/a"]}, {"disk": ["format=raw,vdev=xvde,access=ro,target=/srv/a"]}),
        Case("hvm", {"disk": ["format=raw,vdev=d1p0,access=r,target=/srv/a"]}, {"disk": ["format=raw,vdev=sdb,access=r,target=/srv/a"]}),
        Case(
            "hvm",
            {"hdtype": "ahci", "disk": ["format=raw,vdev=xvdf,access=ro,target=/srv/a"]},
            {"hdtype": "ide", "disk": ["format=raw,vdev=xvdf,access=ro,target=/srv/a"]},
        ),
        Case(
            "hvm",
            {"disk": ["format=raw,vdev=hda,access=ro,target=/srv/a"]},
            {"disk": ["format=raw,vdev=hda,access=ro,target=/srv/a"], **OLD},
        ),
        Case(
            "hvm",
            {"disk": ["format=raw,vdev=hda,access=ro,script=block-x,target=a"]},
            {"disk": ["format=raw,vdev=hda,access=ro,backend=net,target=/srv/a"]},
        ),
    ],
    "emulated card of PV": [Case("pv", {"vif": ["type=ioemu"]}, {"vif": ["type=vif"]})],
    "vtpm form": [
        Case("pv", {"vtpm": [f"uuid={UUID}"]}, {"vtpm": [f"backend=0,uuid={UUID}"]}),
        Case("pv", {"vtpm": ["backend=0,uuid=1"]}, {"vtpm": ["backend=0"]}),
    ],
    "p9 form": [
        Case("pv", {"p9": ["tag=a,path=/srv"]}, {"p9": ["tag=a,path=/srv,security_model=none"]}),
        Case("pv", {"p9": ["type=qemu,tag=a,path=/srv,security_model=none"]}, {"p9": ["tag=a,path=/srv,security_model=none"]}),
        Case("pv", {"p9": ["type=xen_9pfsd"]}, {"p9": ["type=xen_9pfsd,security_model=none"]}, (4, 19)),
    ],
    "pvcalls form": [Case("pv", {"pvcalls": ["frontend=0"]}, {"pvcalls": ["backend=0"]})],
    "channel form": [
        Case("hvm", {"channel": ["connection=pty"]}, {"channel": ["name=a,connection=pty"]}),
        Case("pv", {"channel": ["name=a,connection=socket"]}, {"channel": ["name=a,connection=socket,path=/tmp/a"]}),
    ],
    "usbctrl form": [Case("hvm", {"usbctrl": ["type=xhci"]}, {"usbctrl": ["type=devicemodel,version=3"]})],
    "usbdev form": [Case("hvm", {"usbdev": ["hostbus=1,hostaddr=3,bus=1"]}, {"usbdev": ["hostbus=1,hostaddr=3"]})],
    "vdispl form": [Case("pv", {"vdispl": ["backend=0"]}, {"vdispl": ["backend=0,connectors=id0:1920x1080"]})],
    "virtio form": [
        Case("pvh", {"virtio": ["type=virtio,device22,bus=mmio"]}, {"virtio": ["type=virtio,device22,transport=mmio"]}, (4, 18)),
        Case("pvh", {"virtio": ["type=a,transport=pci"]}, {"virtio": ["backend=0,type=a,grant_usage=1"]}, (4, 18)),
    ],
    "vkb form": [Case("pv", {"vkb": ["backend=0"]}, {"vkb": ["backend-type=linux,unique-id=a"]})],
    "usbdev address": [Case("pv", {"usbdev": ["type=hostdev,hostbus=1"]}, {"usbdev": ["hostbus=1,hostaddr=3"]})],
    "usbctrl version": [
        Case("hvm", {"usbctrl": ["version=2,ports=8"]}, {"usbctrl": ["version=3,ports=8"]}),
        Case("pv", {"usbctrl": ["type=qusb,version=3"]}, {"usbctrl": ["type=devicemodel,version=3"]}),
    ],
    "vsnd form": [
        Case("pv", {"vsnd": [["pcms"]]}, {"vsnd": [["card,short-name=a", "pcm,name=b", "stream,unique-id=c,type=P"]]}),
        Case("pv", {"vsnd": [["card", "pcm,sample-formats=s16"]]}, {"vsnd": [["CARD", "PCM,sample-formats=s16_le;s8"], []]}),
    ],
    "uuid form": [Case("pv", {"uuid": UUID.replace("-", "")}, {"uuid": UUID}), Case("hvm", {"uuid": UUID + " "}, {"uuid": UUID.upper()})],
    "max_grant_frames range": [Case("pv", {"max_grant_frames": "-1"}, {"max_grant_frames": 0})],
    "max_maptrack_frames range": [Case("pv", {"max_maptrack_frames": 2**31}, {"max_maptrack_frames": 2**31 - 1})],
    "max_grant_version range": [
        Case("pv", {"max_grant_version": 3}, {"max_grant_version": 2}),
        Case("pv", {"max_grant_version": 16}, {"max_grant_version": 1}),
    ],
    "vmtrace_buf_kb of PV": [Case("pv", {"vmtrace_buf_kb": 8}, {"vmtrace_buf_kb": 0})],
    "vmtrace_buf_kb size": [
        Case("hvm", {"vmtrace_buf_kb": 12}, {"vmtrace_buf_kb": 16}),
        Case("pvh", {"vmtrace_buf_kb": 131072}, {"vmtrace_buf_kb": 65536}),
    ],
    "trap_unmapped_accesses": [Case("hvm", {"trap_unmapped_accesses": True}, {"trap_unmapped_accesses": False}, (4, 21))],
    "llc_colors form": [Case("pv", {"llc_colors": ["3-1"]}, {"llc_colors": ["1-3", "7"]}, (4, 20))],
    "xenstore_quota form": [
        Case("pv", {"xenstore_quota": ["nodes"]}, {"xenstore_quota": ["nodes=1000", "watches=0x10"]}, (4, 22))
    ],
}

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and values whose combinations libxl may refuse, for property tests: good ones, and bad ones that are near to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.tests.unit.libxl_cases import BASES

#: Device models of an HVM guest, one of which is drawn.
MODELS: list[dict[str, Any]] = [
    {},
    {"device_model_version": "qemu-xen"},
    {"device_model_version": "qemu-xen-traditional"},
    {
        "device_model_version": "qemu-xen",
        "device_model_stubdomain_override": 1,
        "stubdomain_kernel": "/srv/kernel",
        "stubdomain_ramdisk": "/srv/rootfs",
        "vnc": 0,
    },
    {
        "device_model_version": "qemu-xen-traditional",
        "device_model_stubdomain_override": 1,
        "stubdomain_kernel": "/srv/ioemu-stubdom.gz",
    },
    {"device_model_stubdomain_override": 1},
]

_NODES = [
    [["pnode=0", "size=512", "vcpus=0-1", "vdistances=10"]],
    [["pnode=0", "size=256", "vcpus=0", "vdistances=10,20"], ["pnode=1", "size=256", "vcpus=1", "vdistances=20,10"]],
    [["pnode=0", "size=256", "vcpus=0", "vdistances=20,10"], ["pnode=1", "size=256", "vcpus=1", "vdistances=20,10"]],
    [["pnode=0", "size=256", "vcpus=0-1"], ["pnode=1", "size=256", "vcpus=1"]],
    [["pnode=0", "size=512", "vcpus=0"]],
    [["pnode=0", "size=2", "vcpus=0"], ["pnode=1", "size=510", "vcpus=1"]],
    [["pnode=0", "size=1024", "vcpus=0-1"]],
    [["pnode=a", "size=512", "vcpus=0-1"]],
    [["pnode=0", "size", "vcpus=0-1"]],
]
_DISK = "format=raw,vdev=xvda,access=rw,target=/srv/a.img"

#: Values of keys of every type of guest.
COMMON: dict[str, list[Any]] = {
    "memory": [256, 512, 1024],
    "maxmem": [512, 1024],
    "vcpus": [1, 2, 4],
    "maxvcpus": [1, 2, 3, 4, 128, 129, 8192, 8193],
    "shadow_memory": [0, 64, -1],
    "cpus": ["0-3", "", "0-1,^0-1", "^0", "node:0,^0", "all", "0-3,^2", "3-1", "^all", "node:1", "nodes:0-1,^node:0", "abc",
             ["0", "1-2"], ["0", "x"], ["0", "1", "x"], 3],
    "cpus_soft": ["0-3", "", "0,^0", "2-1", "all,^all"],
    "cpu_weight": [0, 1, 256, 65535, 65536, -1, -2],
    "cap": [0, 100, 200, 201, 400, 401, -1, -2],
    "nestedhvm": [True, False],
    "hap": [True, False],
    "altp2m": [0, 1, 2, 3, "disabled", "mixed", "External", "limited"],
    "vnuma": _NODES,
    "pci": [[], ["03:00.0"], ["0000:03:00.0@5,permissive=1"], ["03.00.0"], ["03:00.8"], ["03:20.0"], ["3:0.*,seize=1"],
            ["03:00.0,rdm_policy=strict"], ["03:00.0,rdm_policy=loose"], ["03:00.0,frozen=1"], ["name=gpu"], ["bdf=03:00.0"],
            ["03:00.0,name=gpu"], ["03:00.0@20"], ["0000:03:00.0 "], ["10000:03:00.0"], ["03:00.0,"], ["gpu"]],
    "dtdev": [[], ["/soc/dev"]],
    "passthrough": ["default", "disabled", "enabled", "sync_pt", "share_pt", "Enabled"],
    "ioports": [["3f8-3ff"], ["2f8"], ["port1"], ["3f8-"], ["0x3f8-0x3ff"], ["3f8-3ff,"], ["fffffffff"], []],
    "irqs": [[4], ["5"], ["0x4"], ["four"], [""], []],
    "iomem": [["fe000,1"], ["fe000,1@fe000"], ["0xfe000,0x1"], ["fe000"], ["fe000,1,2"], ["mem,1"]],
    "tsc_mode": ["default", "native", "native_paravirt", "always_emulate", 0, 2, 3],
    "uuid": ["01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-CDEF-0123-456789ABCDEF",
             "0123456789abcdef0123456789abcdef", "uuid"],
    "max_grant_frames": [32, 0, -1, 2**31],
    "max_maptrack_frames": [1024, 0, -1, 2**31],
    "max_grant_version": [1, 2, 3, 16, -1],
    "vmtrace_buf_kb": [0, 4, 8, 12, 64, 65536, 131072],
    "vtpm": [["backend=0"], ["backend=0,uuid=01234567-89ab-cdef-0123-456789abcdef"], ["uuid=1"], ["backend=0,uuid=1"],
             ["backend=0,type=x"], ["backend=0,bare"], []],
    "p9": [["tag=a,path=/srv,security_model=none"], ["tag=a,path=/srv"], ["tag=a,path=/srv,security_model=none,mode=1"], []],
    "pvcalls": [["backend=0"], [""], ["front=1"]],
    "channel": [["name=a,connection=pty"], ["name=a,connection=socket,path=/tmp/a"], ["name=a,connection=socket"],
                ["connection=pty"], ["name=a"], ["name=a,connection=tcp"], ["name=a,connection=pty,x=1"], ["bare"], []],
    "vkb": [["backend-type=qemu"], ["backend-type=linux,unique-id=a"], ["backend=0"], ["backend-type=x"],
            ["backend-type=qemu,size=1"], []],
    "vsnd": [[["card,short-name=a", "pcm,name=b", "stream,unique-id=c,type=P"]], [["card,name=a"]], [["pcm,type=P"]],
             [["pcms"]], [["stream,type=x"]], [["pcm,sample-formats=s16_le"]], [["card,sample-formats=s16"]], []],
    "usbctrl": [["type=qusb,version=2,ports=4"], ["type=auto"], ["type=xhci"], ["speed=1"], []],
    "vif": [[], ["mac=00:16:3e:00:00:01,bridge=xenbr0"], ["type=vif"], ["type=ioemu,model=e1000"]],
    "disk": [
        [],
        [_DISK],
        ["format=qcow2,vdev=xvda,access=rw,target=/srv/a.qcow2"],
        ["format=vhd,vdev=hda,access=rw,target=/srv/a.vhd"],
        ["format=raw,vdev=xvda,access=ro,target=/srv/a.img"],
        ["format=raw,vdev=hdb,access=ro,target=/srv/a.img"],
        ["format=raw,vdev=sda,access=ro,target=/srv/a.img"],
        ["format=raw,vdev=hda,access=ro,backend=net,target=/srv/a.img"],
        ["format=raw,vdev=hda,access=ro,script=block-x,target=a"],
        ["format=raw,vdev=xvde,access=ro,target=/srv/a.img"],
        ["format=raw,vdev=xvdg,access=ro,target=/srv/a.img"],
        ["format=raw,vdev=xvda,access=rw,script=block-iscsi,target=iqn.2026-11.example:a"],
        ["format=qcow2,vdev=xvda,access=rw,script=block-x,target=/srv/a.qcow2"],
        ["format=raw,vdev=xvda,access=rw,backendtype=phy,target=/srv/a.img"],
        ["format=qcow2,vdev=xvda,access=rw,backendtype=phy,target=/srv/a.qcow2"],
        ["format=qcow2,vdev=xvda,access=rw,backendtype=qdisk,target=/srv/a.qcow2"],
        ["format=raw,vdev=xvda,access=rw,backendtype=tap,target=/srv/a.img"],
    ],
    "dm_restrict": [True, False],
    "msr_relaxed": [True],
    "vpmu": [True],
    "driver_domain": [True],
}

#: Values of keys that HVM guests have alone; to the others xl does not read them.
HVM: dict[str, list[Any]] = {
    "altp2mhvm": [True, False],
    "videoram": [0, 4, 7, 8, 15, 16, 64, 127, 128],
    "vga": ["none", "stdvga", "cirrus", "qxl"],
    "stdvga": [True, False],
    "usb": [True, False],
    "usbdevice": ["tablet", ["tablet", "mouse"], []],
    "usbversion": [0, 1, 2, 3, 4],
    "spice": [True, False],
    "spiceport": [0, 6000],
    "spicetls_port": [6001],
    "spicepasswd": ["secret", ""],
    "spicedisable_ticketing": [True, False],
    "spiceusbredirection": [0, 2, 4, 5, -1],
    "gfx_passthru": [0, 1, "igd", "default"],
    "soundhw": ["hda", "AC97", "beep", ""],
    "vnclisten": ["0.0.0.0", "::1", "127.0.0.1:1"],
    "vncdisplay": [0, 5],
    "viridian": [True, False, "1", ["defaults"], ["all"], ["base", "freq"], ["stimer"], ["!base"], ["defaults", "!base"],
                 ["!base", "all"], ["defaults", "!stimer", "stimer"], ["Base"], ["turbo"], [""], ["base", "cpu_hotplug"], []],
    "mmio_hole": [255, 256, 2048, 3840, 3841],
    "mca_caps": [["lmce"], ["smce"], [""], []],
    "bios": ["seabios", "ovmf", "rombios"],
    "kernel": ["/boot/vmlinuz", "/usr/lib/xen/boot/hvmloader"],
    "ramdisk": ["/boot/initrd"],
    "extra": ["console=ttyS0"],
    "hdtype": ["ide", "ahci"],
    "serial": ["pty", ["pty", "null"]],
    "acpi": [True, False],
    "ms_vm_genid": ["none", "generate"],
    "disk": [
        *COMMON["disk"],
        [_DISK, "format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/srv/a.iso"],
        ["vdev=hdc,access=ro,devtype=cdrom"],
        ["format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=qdisk,target=/srv/a.iso"],
        ["format=raw,vdev=hdc,access=ro,devtype=cdrom,backendtype=phy,target=/srv/a.iso"],
        ["format=raw,vdev=hdc,access=ro,devtype=cdrom,script=block-x,target=/srv/a.iso"],
    ],
}

_BOOT = ["kernel", "bootloader", "firmware"]
#: How a guest without a device model boots.
BOOTS: list[dict[str, Any]] = [
    {"kernel": "/boot/vmlinuz"},
    {"kernel": "/boot/vmlinuz", "firmware": "pvgrub64"},
    {"firmware": "pvgrub64"},
    {"bootloader": "pygrub"},
    {},
]
VFB = [["vnc=1,vnclisten=0.0.0.0,vncdisplay=5"], ["vnc=1,vnclisten=::1,vncdisplay=5"], ["vnc=1,vnclisten=::1"], ["sdl=1"]]


@st.composite
def files(draw: st.DrawFn, kind: str = "") -> dict[str, Any]:
    """Draw the keys of a configuration file: a guest that starts, with a few keys that may keep it from starting."""
    kind = kind or draw(st.sampled_from(sorted(BASES)))
    values = dict(BASES[kind])
    pool = {**COMMON, **HVM} if kind == "hvm" else {**COMMON, "vfb": VFB}
    if kind == "hvm":
        values.update(draw(st.sampled_from(MODELS)))
    elif draw(st.integers(0, 9)) == 0:
        for key in _BOOT:
            values.pop(key, None)
        values.update(draw(st.sampled_from(BOOTS)))
    keys = draw(st.lists(st.sampled_from(sorted(pool)), min_size=0, max_size=5, unique=True))
    for key in keys:
        values[key] = draw(st.sampled_from(pool[key]))
    return values

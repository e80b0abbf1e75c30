# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a base disk and its booted snapshot are made from, as data, and the digest of it; pure.

Whatever changes the result belongs in here: the cache is found again by the digest alone.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .config import Release
from .dist import packages, settings
from .dist.read import XenDist

FILES = Path(__file__).parent / "files"

KERNEL = ("linux-image-amd64",)
DEBIANS_XEN = (
    "xen-hypervisor-{xen}-amd64",
    "xen-utils-{xen}",
    "xenstore-utils",
    "seabios",  # hvmloader's BIOS: needed by any HVM guest, also by one with a stub domain
    "{qemu}",  # the device model of HVM guests that keep theirs in dom0
)
SYSTEM = (
    "systemd-sysv",
    "udev",
    "openssh-server",
    "python3",
    "iproute2",  # the vif hotplug script
    "kmod",
    "dbus",
    "procps",
    "busybox-static",  # also the test guests' user space
)

# Only what mounts the root file system: the general initrd is six times as big, and slow to unpack in emulation.
INITRD_MODULES = ("virtio_pci", "virtio_blk", "ext4")

# Units that cost boot time or that wake up when the clock jumps at a resume. Nothing of Xen's is among them.
MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@tty1.service",
    "serial-getty@hvc0.service",
    "systemd-binfmt.service",
    "systemd-networkd-wait-online.service",
    "systemd-pstore.service",
    "systemd-tmpfiles-clean.timer",
)

# The test guests' disks, and the menu that lies on each.
DISKS = (("web1", "grub.cfg"), ("web2", "menu.lst"), ("db1", None), ("app1", None))

MAC = "52:54:00:0f:1e:e7"
BRIDGE = "xenbr0"

# The addresses are those of QEMU's user network. Static: a lease would be stale after a resume.
UPLINK = f"""[Match]
MACAddress={MAC}
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
IPv6AcceptRA=no
"""
BRIDGE_DEVICE = f"""[NetDev]
Name={BRIDGE}
Kind=bridge
"""
BRIDGE_NETWORK = f"""[Match]
Name={BRIDGE}
[Network]
Address=10.9.0.1/24
LinkLocalAddressing=no
ConfigureWithoutCarrier=yes
"""

# mitigations, spec-ctrl, xpti: they cost most in emulation. cpuidle: TCG has no MWAIT.
# noreboot: a crashed Xen stays, with its last words on the serial line; dom0's own reboot still works.
XEN_ARGS = (
    "dom0_mem={dom0}M,max:{dom0}M com1=115200,8n1 console=com1 loglvl=warning guest_loglvl=all "
    "cpuidle=0 spec-ctrl=no xpti=no noreboot"
)
DOM0_ARGS = "root=/dev/vda rw console=hvc0 mitigations=off net.ifnames=0"
DISK_SIZE = "6G"
MEMORY = 3072  # MiB of the whole host; what dom0 leaves is for guests
DOM0_MEMORY = {"xl": 1024, "xm": 2048}  # xend grows with each guest, by the size of its kernel


@dataclass(frozen=True)
class Installed:
    """The Xen of an installed tree, in the place of Debian's."""

    digest: str
    version: str
    toolstack: str


@dataclass(frozen=True)
class Recipe:
    """All inputs of one base."""

    release: str
    xen: str  # two numbers
    packages: tuple[str, ...]
    masked: tuple[str, ...]
    initrd_modules: tuple[str, ...]
    etc: tuple[tuple[str, str], ...]  # path below the root, content
    files: tuple[tuple[str, str], ...]  # name in FILES, content
    disks: tuple[tuple[str, str | None], ...]
    disk_size: str
    qemu_version: str
    machine: tuple[str, ...]
    xen_args: str
    dom0_args: str
    kvm_device: bool  # whether KVM may be tried: a snapshot belongs to the accelerator that made it
    version: int  # the release's revision
    installed: Installed | None = None

    @property
    def digest(self) -> str:
        """16 hex digits; equal for equal inputs."""
        return hashlib.sha256(json.dumps(self.inputs(), sort_keys=True).encode()).hexdigest()[:16]

    def inputs(self) -> dict[str, object]:
        """Return what the digest is made of. An input that Debian's Xen does not have is left out: older bases stay valid."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def xen_release(self) -> tuple[int, int]:
        """Xen's version as numbers."""
        major, minor = self.xen.split(".")
        return int(major), int(minor)

    @property
    def toolstack(self) -> str:
        """The toolstack that runs the host."""
        return self.installed.toolstack if self.installed else "xl"

    @property
    def folder(self) -> str:
        """The name of the base's folder."""
        return f"{self.release}-{self.digest}"


def recipe(
    release: Release,
    public_key: str,
    qemu_version: str,
    machine: tuple[str, ...],
    dist: XenDist | None = None,
    *,
    kvm_device: bool,
) -> Recipe:
    """Return the recipe of a release for this machine's QEMU, with Debian's Xen or that of an installed tree."""
    etc = {
        "etc/fstab": "/dev/vda / ext4 noatime 0 0\n",
        "etc/hostname": "xenlab\n",
        "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 xenlab\n",
        "etc/resolv.conf": "nameserver 10.0.2.3\n",
        "etc/systemd/network/10-uplink.network": UPLINK,
        f"etc/systemd/network/20-{BRIDGE}.netdev": BRIDGE_DEVICE,
        f"etc/systemd/network/21-{BRIDGE}.network": BRIDGE_NETWORK,
        "root/.ssh/authorized_keys": public_key,
    }
    for name, content in (settings.files(dist, BRIDGE) if dist else {}).items():
        etc[name] = etc.get(name, "") + content
    xen = tuple(packages.packages_for(dist, release)) if dist else DEBIANS_XEN
    toolstack = dist.toolstack if dist else "xl"
    return Recipe(
        release=release.name,
        xen=f"{dist.xen[0]}.{dist.xen[1]}" if dist else release.xen,
        packages=tuple(name.format(xen=release.xen, qemu=release.qemu) for name in (*KERNEL, *xen, *SYSTEM)),
        masked=MASKED,
        initrd_modules=INITRD_MODULES,
        etc=tuple(sorted(etc.items())),
        files=tuple((path.name, path.read_text()) for path in sorted(FILES.iterdir()) if path.is_file()),
        disks=DISKS,
        disk_size=DISK_SIZE,
        qemu_version=qemu_version,
        machine=machine,
        xen_args=XEN_ARGS.format(dom0=DOM0_MEMORY[toolstack]),
        dom0_args=DOM0_ARGS,
        kvm_device=kvm_device,
        version=release.revision,
        installed=Installed(dist.digest, dist.version, toolstack) if dist else None,
    )

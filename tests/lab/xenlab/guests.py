# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test guests' files: an initramfs of busybox, and small ext3 disks with and without a boot loader's menu."""

import gzip
import lzma
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from .errors import LabError
from .kernel import for_grub, for_xen
from .process import run
from .recipe import DISKS, FILES

# By what /sys/hypervisor/guest_type says. ext4 asks for crc32c without depending on it.
FILE_SYSTEM = ("crc32c_generic", "ext4")
MODULES = {"PV": ("xen-blkfront", "xen-netfront", *FILE_SYSTEM), "HVM": ("ata_piix", "sd_mod", "e1000", *FILE_SYSTEM)}
MODULE_SUFFIXES = re.compile(r"\.ko(\.xz)?$")
DISK_SIZE = "64M"
INITRD_LIMIT = 3 * 1024 * 1024  # bytes
# GRUB legacy reads ext2 and ext3 with small inodes, and nothing newer.
MKFS = ("mkfs.ext3", "-q", "-F", "-I", "128", "-O", "^resize_inode,^dir_index,^large_file")


def cpio(entries: Iterable[tuple[str, int, bytes]]) -> bytes:
    """Return a cpio archive ("newc") of (name, st_mode, content), all owned by root; pure."""
    archive = bytearray()
    for number, (name, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")], start=1):
        path = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
        archive += b"070701" + b"".join(b"%08X" % field for field in fields) + path
        archive += bytes(-len(archive) % 4)
        archive += content
        archive += bytes(-len(archive) % 4)
    return bytes(archive)


def modules_in_order(modules_dep: str, builtin: str, wanted: Iterable[str]) -> list[str]:
    """Paths of the wanted modules after those they depend on, from the texts of modules.dep and modules.builtin.

    A module that is built into the kernel is left out. LabError when one is in neither file. Pure.
    """

    def plain(path: str) -> str:
        return MODULE_SUFFIXES.sub("", path.rsplit("/", 1)[-1]).replace("-", "_")

    depends = {}
    for line in modules_dep.splitlines():
        path, _colon, needed = line.partition(":")
        depends[plain(path)] = [*reversed(needed.split()), path]  # modules.dep names the nearest dependency first
    built_in = {plain(line) for line in builtin.splitlines()}
    order: list[str] = []
    for name in (name.replace("-", "_") for name in wanted):
        if name not in depends and name not in built_in:
            raise LabError(f"the guest kernel has no module {name}")
        order += [path for path in depends.get(name, []) if path not in order]
    return order


def initramfs(rootfs: Path, kernel_release: str) -> bytes:
    """Return the gzipped initramfs of the test guests, made of that root file system's busybox and kernel modules."""
    folder = rootfs / "lib/modules" / kernel_release
    texts = (folder / "modules.dep").read_text(), (folder / "modules.builtin").read_text()
    orders = {kind: modules_in_order(*texts, wanted) for kind, wanted in MODULES.items()}
    directory, program, data = 0o040755, 0o100755, 0o100644
    entries = [(name, directory, b"") for name in ("bin", "sbin", "dev", "proc", "sys", "mnt", "lib", "lib/modules")]
    entries.append(("bin/busybox", program, (rootfs / "bin/busybox").read_bytes()))
    entries.append(("init", program, (FILES / "guest-init").read_bytes()))
    entries.append(("sbin/poweroff", program, (FILES / "guest-poweroff").read_bytes()))
    entries.append(("sbin/reboot", program, (FILES / "guest-reboot").read_bytes()))
    for path in dict.fromkeys(path for order in orders.values() for path in order):
        content = (folder / path).read_bytes()
        content = lzma.decompress(content) if path.endswith(".xz") else content
        entries.append((f"lib/modules/{file_name(path)}", data, content))
    for kind, order in orders.items():
        entries.append((f"lib/modules/order-{kind}", data, "".join(f"{file_name(path)}\n" for path in order).encode()))
    packed = gzip.compress(cpio(entries), mtime=0)
    if len(packed) > INITRD_LIMIT:
        raise LabError(f"the guests' initramfs is {len(packed)} bytes, more than {INITRD_LIMIT}")
    return packed


def file_name(path: str) -> str:
    """Return a module's file in the initramfs, where it is not compressed."""
    return path.rsplit("/", 1)[-1].removesuffix(".xz")


def make_disk(image: Path, contents: Path, log: Path) -> None:
    """Make an ext3 file system without a partition table, which holds that folder."""
    run([*MKFS, "-d", str(contents), str(image), DISK_SIZE], log)


def put_guests(rootfs: Path, xen: tuple[int, int], work: Path, log: Path) -> None:
    """Fill /srv/guests of the host's root file system with what that Xen can boot; `work` is an empty folder for scratch."""
    kernels = sorted((rootfs / "boot").glob("vmlinuz-*"))
    if len(kernels) != 1:
        raise LabError(f"expected one kernel in {rootfs}/boot, found {len(kernels)}")
    guests = rootfs / "srv/guests"
    (guests / "kernel").mkdir(parents=True)
    kernel = for_xen(kernels[0].read_bytes(), xen)
    (guests / "kernel/vmlinuz").write_bytes(kernel)
    (guests / "kernel/initrd.img").write_bytes(initramfs(rootfs, kernels[0].name.removeprefix("vmlinuz-")))
    for name, menu in DISKS:
        contents = work / name
        (contents / "etc").mkdir(parents=True)
        (contents / "etc/motd").write_text(f"xenfleet-disk: {name}\n")
        if menu:
            shutil.copytree(guests / "kernel", contents / "boot")
            (contents / "boot/vmlinuz").write_bytes(for_grub(kernel))
            (contents / "boot/grub").mkdir()
            shutil.copyfile(FILES / menu, contents / "boot/grub" / menu)
        make_disk(guests / f"{name}.img", contents, log)

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root file system of a host and the disk made of it. Needs root: it keeps owners and runs package scripts."""

import gzip
import os
import shlex
import shutil
from pathlib import Path

from .errors import LabError
from .process import run
from .recipe import Recipe

MIRROR_VARIABLE = "XENFLEET_LAB_MIRROR"  # an archive to use instead of mmdebstrap's own default
NOT_NEEDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def bootstrap(recipe: Recipe, rootfs: Path, log: Path, lock: int) -> None:
    """Install the packages into the new folder `rootfs`."""
    # The initrd is made while the kernel is being installed, so its modules must be chosen before.
    modules = " ".join(shlex.quote(module) for module in recipe.initrd_modules)
    hook = (
        'mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d" '
        '&& echo MODULES=list >"$1/etc/initramfs-tools/conf.d/xenlab" '
        f'&& printf "%s\\n" {modules} >"$1/usr/share/initramfs-tools/modules.d/xenlab"'
    )
    command = [
        "mmdebstrap",
        "--mode=root",
        "--variant=apt",
        '--aptopt=APT::Install-Recommends "false"',
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={path}" for path in NOT_NEEDED),
        f"--essential-hook={hook}",
        f"--include={','.join(recipe.packages)}",
        recipe.release,
        str(rootfs),
    ]
    mirror = os.environ.get(MIRROR_VARIABLE)
    run([*command, mirror] if mirror else command, log, keep_open=[lock])


def configure(recipe: Recipe, rootfs: Path) -> None:
    """Put the lab's own files in, mask what costs time, start the network at boot."""
    for name, content in recipe.etc:
        target = rootfs / name
        target.parent.mkdir(mode=0o700 if target.parent.name == ".ssh" else 0o755, parents=True, exist_ok=True)
        target.write_text(content)
        target.chmod(0o644)
    units = rootfs / "etc/systemd/system"
    for unit in recipe.masked:
        link(units / unit, "/dev/null")
    for wanted in ("multi-user.target.wants/systemd-networkd.service", "sockets.target.wants/systemd-networkd.socket"):
        link(units / wanted, f"/lib/systemd/system/{wanted.rsplit('/', 1)[-1]}")


def link(path: Path, target: str) -> None:
    """Make a symbolic link, whatever was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def take_boot_files(recipe: Recipe, rootfs: Path, base: Path) -> None:
    """Copy what QEMU loads by itself: hypervisor (unpacked, as multiboot wants it), dom0's kernel and initrd."""
    hypervisor = rootfs / f"boot/xen-{recipe.xen}-amd64.gz"
    try:
        (base / "hypervisor").write_bytes(gzip.decompress(hypervisor.read_bytes()))
        for name in ("vmlinuz", "initrd.img"):
            (found,) = (rootfs / "boot").glob(f"{name}-*")
            shutil.copyfile(found, base / name)
    except (OSError, ValueError) as error:
        raise LabError(f"{rootfs}/boot lacks a file to boot from: {error}") from error


def make_disk(recipe: Recipe, rootfs: Path, disk: Path, log: Path) -> None:
    """Make a raw ext4 disk without partitions. It has a journal, as a host's disk has one: power cuts are tested with it."""
    run(["mkfs.ext4", "-q", "-F", "-m", "0", "-d", str(rootfs), str(disk), recipe.disk_size], log)

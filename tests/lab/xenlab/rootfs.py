# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root file system of a host and the disk made of it. Needs root: it keeps owners and runs package scripts."""

import gzip
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from .errors import LabError
from .kernel import for_hypervisor
from .process import run
from .recipe import Recipe

MIRROR_VARIABLE = "XENFLEET_LAB_MIRROR"  # an archive to use instead of mmdebstrap's own default
NOT_NEEDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


UNKNOWN_PACKAGE = re.compile(r"^E: (?:Unable to locate package (\S+)|Package '(\S+)' has no installation candidate)", re.MULTILINE)


def bootstrap(recipe: Recipe, rootfs: Path, log: Path, lock: int, *, simulate: bool = False) -> None:
    """Install the packages into the new folder `rootfs`; with `simulate`, only find out whether there are such packages."""
    # The initrd is made while the kernel is being installed, so its modules must be chosen before.
    modules = " ".join(shlex.quote(module) for module in recipe.initrd_modules)
    hook = (
        'mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d" '
        '&& echo MODULES=list >"$1/etc/initramfs-tools/conf.d/xenlab" '
        f'&& printf "%s\\n" {modules} >"$1/usr/share/initramfs-tools/modules.d/xenlab"'
    )
    command = [
        "mmdebstrap",
        *(["--simulate"] if simulate else []),
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


def require_packages(recipe: Recipe, reasons: Mapping[str, str], work: Path, log: Path, lock: int) -> None:
    """Raise LabError, with the reasons why they are needed, for packages that this release does not have.

    `work` is a new folder, in which apt keeps its lists meanwhile.
    """
    try:
        bootstrap(recipe, work, log, lock, simulate=True)
        shutil.rmtree(work)
    except LabError:
        unknown = sorted({name for pair in UNKNOWN_PACKAGE.findall(log.read_text(errors="replace")) for name in pair if name})
        if not unknown:
            raise
        listed = "\n".join(f"  - {name}: {reasons.get(name, 'every host has it')}" for name in unknown)
        raise LabError(
            f"Debian {recipe.release} has no such packages, which the installed Xen needs:\n{listed}\n"
            "  Build Xen on that release, give another --release, or configure the part away that needs them."
        ) from None


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


def take_boot_files(rootfs: Path, base: Path, xen: tuple[int, int], hypervisor: bytes) -> None:
    """Write what QEMU loads by itself: the unpacked hypervisor, as multiboot wants it, dom0's kernel and initrd."""
    try:
        (base / "hypervisor").write_bytes(hypervisor)
        (kernel,), (initrd,) = ((rootfs / "boot").glob(f"{name}-*") for name in ("vmlinuz", "initrd.img"))
        (base / "vmlinuz").write_bytes(for_hypervisor(kernel.read_bytes(), xen))
        shutil.copyfile(initrd, base / "initrd.img")
    except (OSError, ValueError) as error:
        raise LabError(f"{rootfs}/boot lacks a file to boot from: {error}") from error


def debians_hypervisor(recipe: Recipe, rootfs: Path) -> bytes:
    """Return the unpacked hypervisor of Debian's package."""
    file = rootfs / f"boot/xen-{recipe.xen}-amd64.gz"
    try:
        return gzip.decompress(file.read_bytes())
    except OSError as error:
        raise LabError(f"{file} cannot be read: {error}") from error


def make_disk(recipe: Recipe, rootfs: Path, disk: Path, log: Path) -> None:
    """Make a raw ext4 disk without partitions. It has a journal, as a host's disk has one: power cuts are tested with it."""
    run(["mkfs.ext4", "-q", "-F", "-m", "0", "-d", str(rootfs), str(disk), recipe.disk_size], log)

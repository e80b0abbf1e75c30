# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of a release: disk, boot files and the snapshot of the booted host, built once and found by its digest."""

import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import qemu, rootfs
from .config import Paths, Release
from .dist import install, packages
from .dist.read import XenDist
from .errors import LabError, with_logs
from .guests import put_guests
from .process import locked, run
from .progress import say, step
from .recipe import Recipe, recipe
from .selfcheck import self_check
from .ssh import Ssh, make_key
from .toolstack import TOOLSTACKS

BOOT_LIMIT = 900.0  # seconds from QEMU's start to an answer of the toolstack
# Emulated, dom0's kernel rarely hangs in the midst of its boot, with both processors busy: it is booted again.
BOOT_TRIES = 3
SILENCE = 180.0  # seconds without a word on its serial console, of a host whose toolstack does not answer yet
PROBE_LIMIT = 20.0  # seconds that Xen gets to start dom0's kernel under KVM
KVM_DEVICE = Path("/dev/kvm")


@dataclass(frozen=True)
class Base:
    """A finished base."""

    folder: Path
    recipe: Recipe
    accelerator: str
    xen_version: str

    @property
    def overlay(self) -> Path:
        return self.folder / "overlay.qcow2"


@dataclass(frozen=True)
class Source:
    """Where a host's Xen comes from: Debian's packages, or an installed tree."""

    release: Release
    dist: XenDist | None = None

    @property
    def xen_release(self) -> tuple[int, int]:
        """The version of that Xen as numbers."""
        major, minor = self.release.xen.split(".")
        return self.dist.xen if self.dist else (int(major), int(minor))

    @property
    def place(self) -> str:
        """The installed tree's folder; empty for Debian's packages."""
        return str(self.dist.path) if self.dist else ""


def current_recipe(paths: Paths, source: Source) -> Recipe:
    """Return the recipe for this lab and this machine. Make the SSH key, which is a part of it."""
    with locked(paths.lock("key")):
        make_key(paths.key)
    return recipe(
        source.release,
        paths.key.with_suffix(".pub").read_text(),
        qemu.version(),
        qemu.machine_arguments(source.xen_release),
        source.dist,
        kvm_device=os.access(KVM_DEVICE, os.R_OK | os.W_OK),
    )


def find(paths: Paths, wanted: Recipe) -> Base | None:
    """Return the finished base of that recipe, if there is one."""
    folder = paths.bases / wanted.folder
    try:
        meta = json.loads((folder / "meta.json").read_text())
    except FileNotFoundError:
        return None
    return Base(folder, wanted, meta["accelerator"], meta["xen_version"])


def ensure(paths: Paths, wanted: Recipe, source: Source) -> Base:
    """Return the base of that recipe; build it if need be. One process builds a release at a time; others wait for it."""
    found = find(paths, wanted)
    if found:
        return found
    with locked(paths.lock(f"build-{wanted.release}")) as lock:
        found = find(paths, wanted)
        if found:
            return found
        remove_leftovers(paths, wanted.release)
        folder = paths.bases / f".build-{wanted.release}"
        folder.mkdir(parents=True)
        try:
            build(paths, wanted, source, folder, lock)
            folder.rename(paths.bases / wanted.folder)
            remove_older(paths, wanted, source.place)
        except BaseException:
            qemu.Machine(folder, "build").stop()
            keep_logs(paths, folder)
            remove_leftovers(paths, wanted.release)
            raise
    base = find(paths, wanted)
    assert base is not None
    return base


def build(paths: Paths, wanted: Recipe, source: Source, folder: Path, lock: int) -> None:
    """Make everything in an empty folder: disk, boot files, snapshot, meta.json."""
    log = folder / "build.log"
    tree = folder / "rootfs"
    dist = source.dist
    if dist:
        with step("asking Debian for the packages that the installed Xen needs"):
            rootfs.require_packages(wanted, packages.packages_for(dist, source.release), folder / "simulated", log, lock)
    with step(f"installing Debian {wanted.release} with Xen {wanted.xen}"):
        rootfs.bootstrap(wanted, tree, log, lock)
        if dist:
            install.copy(dist, tree, log)
    with step("making the test guests and the disk"):
        rootfs.configure(wanted, tree)
        if dist:
            install.enable(dist.services, tree, packages.has_disk_backend(dist, source.release), log)
            install.require_libraries(dist, tree, log)
        put_guests(tree, wanted.xen_release, folder / "guests", log)
        rootfs.take_boot_files(tree, folder, wanted.xen_release, dist.hypervisor.content if dist else rootfs.debians_hypervisor(wanted, tree))
        rootfs.make_disk(wanted, tree, folder / "disk.img", log)
        shutil.rmtree(tree)
        shutil.rmtree(folder / "guests")
    accelerator = choose_accelerator(wanted, folder)
    xen_version = boot(paths, wanted, source, folder, accelerator)
    meta = {
        "accelerator": accelerator,
        "xen_version": xen_version,
        "recipe": wanted.folder,
        "built": int(time.time()),
        "xen_dist": source.place,
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")


def new_overlay(machine: qemu.Machine) -> None:
    """Make an overlay over the base's disk, named without a folder: the base is renamed when it is finished."""
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", "disk.img", "-F", "raw", str(machine.overlay)]
    run(command, machine.log)


def choose_accelerator(wanted: Recipe, folder: Path) -> str:
    """Return kvm when Xen really starts dom0 under it, else tcg: many a /dev/kvm cannot run a hypervisor."""
    if not wanted.kvm_device:
        return "tcg"
    machine = qemu.Machine(folder, "probe")
    with step("probing whether KVM runs Xen"):
        try:
            new_overlay(machine)
            machine.start(wanted, folder, "kvm", qemu.free_port(), resume=False)
            deadline = time.monotonic() + PROBE_LIMIT
            while time.monotonic() < deadline and machine.pid():
                if b"Linux version" in machine.serial.read_bytes():
                    say("KVM runs Xen: using it")
                    return "kvm"
                time.sleep(0.2)
        except LabError:
            pass
        finally:
            machine.stop()
    say("KVM does not run Xen here: using emulation")
    return "tcg"


class Hung(LabError):
    """A host says nothing any more while it boots."""


def start(machine: qemu.Machine, key: Path, wanted: Recipe, accelerator: str) -> tuple[Ssh, str]:
    """Boot the disk for the first time, again if that hangs: how to reach the host, and Xen's full version."""

    def alive() -> bool:
        if machine.silence() > SILENCE:
            raise Hung(f"no word on its serial console for {SILENCE:.0f} s")
        return machine.pid() is not None

    for left in reversed(range(BOOT_TRIES)):
        new_overlay(machine)
        port = qemu.free_port()
        ssh = Ssh(key, port)
        try:
            with step(f"booting Xen {wanted.xen} ({accelerator}) until {wanted.toolstack} answers by SSH"):
                machine.start(wanted, machine.folder, accelerator, port, resume=False)
                return ssh, ssh.wait(lambda: TOOLSTACKS[wanted.toolstack].ready, BOOT_LIMIT, alive).strip()
        except Hung as error:
            if not left:
                raise
            say(f"the boot hangs ({error}): once more")
            machine.stop()
    raise AssertionError("the last try returns or raises")


def boot(paths: Paths, wanted: Recipe, source: Source, folder: Path, accelerator: str) -> str:
    """Boot the disk for the first time, check the host, take the snapshot; Xen's full version."""
    machine = qemu.Machine(folder, "build")
    try:
        ssh, xen_version = start(machine, paths.key, wanted, accelerator)
        require_version(wanted, xen_version)
        with step("self check: hashing while guests start and are destroyed"):
            say(self_check(ssh, folder / "initrd.img", wanted.toolstack, must_start=source.dist is None))
        with step("taking the snapshot"):
            ssh.run("sync", seconds=120)
            machine.save()
        return xen_version
    except (LabError, subprocess.TimeoutExpired) as error:
        raise with_logs(f"the first boot of {wanted.release} failed: {error}", machine.serial, machine.log) from error
    finally:
        machine.stop()


def require_version(wanted: Recipe, running: str) -> None:
    """Refuse a hypervisor that says that it is another Xen than its file's name and the tools do."""
    if not re.match(rf"{re.escape(wanted.xen)}(\D|$)", running):
        raise LabError(f"the hypervisor says that it is Xen {running}, its tools are of {wanted.xen}: install both from one source tree")


def keep_logs(paths: Paths, folder: Path) -> None:
    """Save a failed build's logs, which its folder will not outlive."""
    kept = paths.root / "failed-build"
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        shutil.copyfile(log, kept / log.name)
    say(f"the logs of the build that stopped are in {kept}")


def remove_older(paths: Paths, new: Recipe, place: str) -> None:
    """Remove the bases, of the same release of Debian, of what was in that installed tree before, unless a host has its disk from
    there: whoever builds a Xen again and again would fill the machine."""
    used = {content_of(state).get("base") for state in paths.hosts.glob("*/state.json")}
    for meta in paths.bases.glob(f"{new.release}-*/meta.json") if place else ():
        old = meta.parent
        if old.name not in (*used, new.folder) and content_of(meta).get("xen_dist") == place and not old.is_symlink():
            shutil.rmtree(old)


def content_of(file: Path) -> dict[str, object]:
    """Return what a JSON file holds; nothing when it is gone or half written."""
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def remove_leftovers(paths: Paths, release: str) -> None:
    """Remove a build that was stopped. The caller holds the build's lock, so nothing of it can still be at work.

    LabError when something is still mounted in it: removing files then could remove the machine's own.
    """
    folder = paths.bases / f".build-{release}"
    if not folder.exists():
        return
    qemu.Machine(folder, "build").stop()
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{folder}/")]):
        subprocess.run(["umount", mount], check=False)
    left = [line for line in Path("/proc/self/mounts").read_text().splitlines() if f" {folder}/" in line]
    if left:
        raise LabError(f"still mounted in {folder}; unmount by hand:\n  " + "\n  ".join(left))
    shutil.rmtree(folder)

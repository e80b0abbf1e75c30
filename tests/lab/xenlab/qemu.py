# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU: the one command line, starting and ending it, and its monitor."""

import re
import socket
import subprocess
import time
from pathlib import Path

from . import process
from .errors import LabError, with_logs
from .recipe import MAC, MEMORY, Recipe

QEMU = "qemu-system-x86_64"
SNAPSHOT = "booted"

# The CPU model matters: with XSAVE and AVX the emulator loses vector registers between domains and dom0 computes wrong
# things. MWAIT, SMAP and SMEP are emulated badly or not at all. The self check guards this choice.
ACCELERATORS = {
    "tcg": ("-accel", "tcg,thread=multi", "-cpu", "qemu64,-monitor,+svm,+npt"),
    "kvm": ("-accel", "kvm", "-cpu", "host,-monitor"),
}
# Xen before that gives today's Linux in dom0 no MSI-X interrupts (seen with 3.3 to 4.0): the devices must not offer them.
KNOWS_MSI_X = (4, 2)


def machine(xen: tuple[int, int]) -> tuple[str, ...]:
    """Return the machine's own arguments for a host of that Xen."""
    interrupts = "" if xen >= KNOWS_MSI_X else ",vectors=0"
    return (
        *("-machine", "pc", "-smp", "2", "-m", str(MEMORY)),
        *("-no-user-config", "-nodefaults", "-display", "none", "-vga", "none", "-rtc", "base=utc"),
        *("-device", f"virtio-blk-pci,drive=disk{interrupts}"),
        *("-device", f"virtio-net-pci,netdev=uplink,mac={MAC},romfile={interrupts}"),  # no boot ROM to run
        *("-device", f"virtio-rng-pci{interrupts}"),  # hosts of one snapshot must not draw the same numbers
        *("-device", "isa-serial,chardev=serial"),
    )


def machine_arguments(xen: tuple[int, int]) -> tuple[str, ...]:
    """Return the part of the command line that a snapshot depends on, for the digest."""
    return (*(word for words in ACCELERATORS.values() for word in words), *machine(xen))


def version() -> str:
    """QEMU's version line."""
    found = subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise LabError(f"{QEMU} --version failed: {found.stderr.strip()}")
    return found.stdout.splitlines()[0]


def escaped(path: Path) -> str:
    """Return a path as a value in QEMU's option lists, where a comma is doubled."""
    return str(path).replace(",", ",,")


class Machine:
    """One QEMU in one folder: its overlay, monitor socket, pid file and logs are there."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.overlay = folder / "overlay.qcow2"
        self.monitor = folder / "monitor"
        self.pid_file = folder / "qemu.pid"
        self.serial = folder / "serial.log"
        self.log = folder / "qemu.log"

    def command(self, recipe: Recipe, accelerator: str, port: int, *, resume: bool) -> list[str]:
        """Return the command line; run in the base's folder, whose files it names without a path (a space would end one)."""
        return [
            *(QEMU, "-name", f"xenlab-{self.name}", *ACCELERATORS[accelerator], *machine(recipe.xen_release)),
            *("-kernel", "hypervisor", "-append", recipe.xen_args),
            *("-initrd", f"vmlinuz {recipe.dom0_args.replace(',', ',,')},initrd.img"),
            # "unsafe" keeps QEMU from waiting for this machine's disk when dom0 flushes; see `kill` for what a cut loses.
            *("-drive", f"file={escaped(self.overlay)},format=qcow2,if=none,id=disk,cache=unsafe"),
            *("-netdev", f"user,id=uplink,hostfwd=tcp:127.0.0.1:{port}-:22"),
            *("-chardev", f"file,id=serial,path={escaped(self.serial)}"),
            *("-monitor", f"unix:{escaped(self.monitor)},server=on,wait=off"),
            *("-pidfile", str(self.pid_file)),
            *(("-loadvm", SNAPSHOT) if resume else ()),
        ]

    def start(self, recipe: Recipe, base: Path, accelerator: str, port: int, *, resume: bool) -> None:
        """Start QEMU so that it outlives the lab; returns when it has taken its port and made its monitor.

        LabError with its log when it ends before that.
        """
        self.monitor.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                self.command(recipe, accelerator, port, resume=resume),
                cwd=base,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while not (self.monitor.exists() and self.pid_file.exists()):
            if child.poll() is not None:
                raise with_logs(f"QEMU of {self.name} ended at once with status {child.returncode}", self.log)
            time.sleep(0.02)
        process.favour(child.pid)

    def pid(self) -> int | None:
        """Return the pid of this machine's QEMU, or None when it does not run (a foreign process is not it)."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if process.is_ours(pid, self.folder) else None

    def silence(self) -> float:
        """Seconds since it has said something on its serial console. OSError without one."""
        return time.time() - self.serial.stat().st_mtime

    def ask(self, line: str, seconds: float = 300.0) -> str:
        """One command to the monitor and what it prints. LabError when it does not answer in time."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(seconds)
                connection.connect(str(self.monitor))
                read_to_prompt(connection)
                connection.sendall(line.encode() + b"\n")
                return read_to_prompt(connection)
        except OSError as error:
            raise LabError(f"QEMU's monitor {self.monitor} does not answer: {error}") from error

    def save(self) -> None:
        """Take the snapshot, with memory. LabError with QEMU's words when it cannot."""
        answer = self.ask(f"savevm {SNAPSHOT}")
        if "Error" in answer:
            raise LabError(f"QEMU cannot take the snapshot: {answer}")

    def plug(self, disk: Path) -> bool:
        """Give the running machine one more disk, which others may have as well; return whether it was not there yet.

        dom0 finds it as /dev/disk/by-id/virtio-NAME, NAME being that of the file without its suffix. It is gone after a
        cut. LabError with QEMU's words when it cannot.
        """
        name = disk.stem
        if f"\n{name} (" in self.ask("info block"):
            return False
        # Two QEMUs of one machine see the same data, as both write by its kernel's cache; their locks would exclude it.
        drive = f"if=none,id={name},file={escaped(disk)},format=raw,cache=unsafe,file.locking=off"
        for command in (f"drive_add 0 {drive}", f"device_add virtio-blk-pci,drive={name},id={name},serial={name},share-rw=on"):
            # The first line is the echo of the command.
            answer = self.ask(command).partition("\n")[2].replace("(qemu)", "").strip()
            if answer not in ("", "OK"):
                raise LabError(f"{self.name} cannot have the disk {disk}: {answer}")
        return True

    def kill(self) -> bool:
        """End this machine's QEMU at once, as a power cut does; whether it ran.

        All that dom0 has only in its memory is lost: what no program of it has flushed (fsync) and its kernel has not
        written back yet. A flush by dom0 makes QEMU write its own metadata, too, and that and all written data are with
        this machine's kernel then, which lives on. So every cache mode of QEMU keeps what was flushed, "unsafe" like the
        others; they differ for a power cut of this machine. What "writeback" and "unsafe" lose besides are writes of
        dom0 into new parts of the overlay since its last flush, and requests under way, as a disk with a cache of its
        own would. Overwritten blocks survive without a flush: a disk's cache could lose or reorder these as well.
        """
        pid = self.pid()
        if pid is None:
            return False
        process.kill(pid, self.folder)
        return True

    def stop(self) -> None:
        """End this machine's QEMU, if it runs: by its monitor, then by signals."""
        pid = self.pid()
        if pid is None:
            return
        try:
            self.ask("quit", seconds=5)
        except LabError:
            pass  # a hung QEMU is what the signals are for
        if not process.wait_gone(pid, self.folder, 5):
            process.stop(pid, self.folder)


def read_to_prompt(connection: socket.socket) -> str:
    """Return what the monitor sends up to its prompt, or up to its end, without terminal control."""
    received = b""
    while not received.endswith(b"(qemu) "):
        piece = connection.recv(65536)
        if not piece:
            break
        received += piece
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", received.decode(errors="replace"))


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command needs of this machine, all of it said at once with the remedy."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .config import Paths
from .errors import LabError
from .process import SEARCH_PATH
from .recipe import MEMORY

# Command and the Debian package that has it.
TO_RUN = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
TO_BUILD = {"mmdebstrap": "mmdebstrap", "mkfs.ext4": "e2fsprogs", "mkfs.ext3": "e2fsprogs", "zstd": "zstd"}
KEYRING = ("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring")

GIB = 1024**3
BUILD_DISK = 5 * GIB
HOST_DISK = 2 * GIB
HOST_MEMORY = (MEMORY + 256) * 1024**2  # QEMU itself and its translated code come on top
SOCKET_PATH_LIMIT = 107  # bytes, of a Unix socket's path


@dataclass(frozen=True)
class Machine:
    """What there is. Sizes in bytes."""

    root: bool
    missing_commands: frozenset[str]
    keyring: bool
    free_disk: int
    free_memory: int


def look(paths: Paths) -> Machine:
    """Return this machine as it is now."""
    place = paths.root
    while not place.exists():
        place = place.parent
    commands = [*TO_RUN, *TO_BUILD]
    return Machine(
        root=os.geteuid() == 0,
        missing_commands=frozenset(name for name in commands if shutil.which(name, path=SEARCH_PATH) is None),
        keyring=Path(KEYRING[0]).exists(),
        free_disk=shutil.disk_usage(place).free,
        free_memory=available_memory(Path("/proc/meminfo").read_text()),
    )


def available_memory(meminfo: str) -> int:
    """MemAvailable in bytes from the text of /proc/meminfo; pure."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise LabError("/proc/meminfo has no MemAvailable")


def problems(machine: Machine, root: Path, new_hosts: int, *, build: bool) -> list[str]:
    """Return what is missing to start that many hosts, and to build their base before if `build`; pure."""
    found = []
    if build and not machine.root:
        found.append("building a base disk needs root (package scripts, file owners): run it with sudo")
    needed = {**TO_RUN, **TO_BUILD} if build else TO_RUN
    packages = {package for command, package in needed.items() if command in machine.missing_commands}
    if build and not machine.keyring:
        packages.add(KEYRING[1])
    if packages:
        missing = sorted(machine.missing_commands & set(needed))
        found.append(
            f"missing: {', '.join(missing) or KEYRING[0]}; install with: apt-get install {' '.join(sorted(packages))}"
        )
    disk = (BUILD_DISK if build else 0) + new_hosts * HOST_DISK
    if machine.free_disk < disk:
        found.append(
            f"{root} has {gib(machine.free_disk)} free, {gib(disk)} are needed: "
            "make room, or set XENFLEET_LAB_DIR to a folder elsewhere"
        )
    memory = lacking_memory(machine.free_memory, max(new_hosts, 1))
    if memory:
        found.append(f"{memory}: take hosts down (lab status) or start fewer")
    longest = f"{root}/hosts/{'x' * 32}/monitor"
    if len(os.fsencode(longest)) > SOCKET_PATH_LIMIT:
        found.append(f"{root} is too long for a socket's path: set XENFLEET_LAB_DIR to a shorter folder")
    return found


def lacking_memory(free: int, hosts: int) -> str:
    """Why that many hosts cannot be up at once with so many bytes of memory, empty when they can; pure."""
    needed = hosts * HOST_MEMORY
    return "" if free >= needed else f"{gib(free)} of memory are available, {gib(needed)} are needed"


def require(paths: Paths, new_hosts: int, *, build: bool) -> None:
    """LabError naming everything that is missing."""
    found = problems(look(paths), paths.root, new_hosts, build=build)
    if found:
        raise LabError("this machine cannot do that yet:\n" + "\n".join(f"  - {problem}" for problem in found))


def packages() -> list[str]:
    """All Debian packages that the lab uses, sorted."""
    return sorted({*TO_RUN.values(), *TO_BUILD.values(), KEYRING[1]})


def gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"

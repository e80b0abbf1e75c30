# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are and which hosts there can be; pure, apart from reading the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

# A host's name becomes a folder, a hostname and an Ansible host: the strictest of the three rules.
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True)
class Release:
    """A Debian release as dom0, and the Xen version that it ships."""

    name: str
    xen: str
    revision: int = 1  # to be raised when code changes what is made, without changing any data of the recipe
    qemu: str = "qemu-system-xen"  # the package with the QEMU that Xen's tools start
    qemu_program: str = "/usr/libexec/xen-qemu-system-i386"
    glibc: tuple[int, int] = (0, 0)
    python2: bool = False


# The first one is the default. `make test-all` runs on the first two.
RELEASES = {
    release.name: release
    for release in (
        Release("bookworm", "4.17", revision=2, glibc=(2, 36)),
        Release("trixie", "4.20", revision=3, glibc=(2, 41)),
        Release(
            "bullseye", "4.14", qemu="qemu-system-x86", qemu_program="/usr/bin/qemu-system-i386", glibc=(2, 31), python2=True
        ),
    )
}
DEFAULT_RELEASE = "bookworm"


def release(name: str) -> Release:
    """Return the release of that name. Raise LabError, which names those there are, when there is none."""
    if name not in RELEASES:
        raise LabError(f"unknown release {name!r}; there are: {', '.join(sorted(RELEASES))}")
    return RELEASES[name]


def check_name(name: str) -> str:
    """Return the host's name itself. Raise LabError when it cannot be one."""
    if not NAME.fullmatch(name):
        raise LabError(
            f"{name!r} cannot be a host's name: use 1 to 32 lower-case letters, digits and '-', not at the ends"
        )
    return name


@dataclass(frozen=True)
class Paths:
    """The lab folder. Everything that the lab writes is in it."""

    root: Path

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> "Paths":
        """$XENFLEET_LAB_DIR, else xenfleet-lab in the user's cache folder."""
        env = os.environ if env is None else env
        if env.get("XENFLEET_LAB_DIR"):
            return cls(Path(env["XENFLEET_LAB_DIR"]).expanduser().absolute())
        cache = env.get("XDG_CACHE_HOME") or "~/.cache"
        return cls(Path(cache).expanduser().absolute() / "xenfleet-lab")

    @property
    def bases(self) -> Path:
        return self.root / "base"

    @property
    def hosts(self) -> Path:
        return self.root / "hosts"

    @property
    def key(self) -> Path:
        """The SSH private key that every host of this lab accepts for root."""
        return self.root / "id_ed25519"

    def lock(self, what: str) -> Path:
        return self.root / "locks" / what

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch Debian's packages with an apt that works in a folder of its own; the machine's apt is neither used nor changed."""

from __future__ import annotations

import os
from pathlib import Path

from ...common.errors import BuildError
from ...common.files import read_text, write_atomic
from ...toolstack.command import Result, Run
from .options import Options
from .packages import Package, newest_xen, resolved_packages
from .sources import apt_conf, archive_settings, codename, sources_for_suite

# Every image needs them: QEMU and its firmware, the shell of the scripts, and the programs by which they reach Xen.
ALWAYS = ("qemu-system-xen", "seabios", "ipxe-qemu", "busybox-static", "xenstore-utils", "socat", "util-linux")

_ETC = Path("/etc")


class Apt:
    """Manage one suite's packages, below ``folder``."""

    def __init__(self, folder: Path, runner: Run) -> None:
        """Name the folder; nothing is made."""
        self._folder = folder
        self._run = runner
        self._archives = folder / "cache" / "archives"

    def prepare(self, options: Options, etc: Path = _ETC) -> None:
        """Make the folder and apt's configuration in it. Raise BuildError, OSError."""
        for name in (
            "etc/apt.conf.d",
            "etc/preferences.d",
            "etc/sources.list.d",
            "state/lists/partial",
            "cache/archives/partial",
            "log",
        ):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        settings = archive_settings(self._run(["apt-config", "dump"]).out)
        # It may contain a proxy's password.
        write_atomic(self._folder / "apt.conf", apt_conf(str(self._folder), settings), 0o600)
        write_atomic(self._folder / "state" / "status", "", 0o644)
        sources = self._folder / "etc" / "sources.list.d"
        for old in sources.iterdir():
            old.unlink()
        if options.sources:
            files = {"sources.list": "".join(f"{line}\n" for line in options.sources)}
        else:
            files = sources_for_suite(_sources_of_host(etc), codename(read_text(etc / "os-release") or ""), options.suite)
        for name, text in files.items():
            write_atomic(sources / (name if name.endswith(".sources") else f"{name}.list"), text, 0o600)

    def resolve(self, options: Options) -> tuple[str, list[Package]]:
        """Read the archives' lists. Return the Xen release of the suite, and all packages. Raise BuildError."""
        self._apt("the archives' lists cannot be read", "apt-get", "-q", "update")
        names = self._apt("apt-cache failed", "apt-cache", "pkgnames", "xen-utils-")
        xen = newest_xen(names.out)
        wanted = [*ALWAYS, f"xen-utils-{xen}", *([options.kernel_package] if options.kernel_package else [])]
        plan = self._apt(
            "the packages cannot be chosen", "apt-get", "-q", "-y", "-s", "install", *wanted, *options.packages
        )
        return xen, resolved_packages(plan.out)

    def fetch(self, packages: list[Package]) -> dict[Package, Path]:
        """Fetch what is not in the cache yet, and remove from it what is no longer needed. Raise BuildError."""
        files = {package: self._archives / package.file for package in packages}
        for old in self._archives.glob("*.deb"):
            if old not in files.values():
                old.unlink()
        wanted = [f"{package.name}={package.version}" for package in packages]
        self._apt("the packages cannot be fetched", "apt-get", "-q", "-y", "--download-only", "install", *wanted)
        absent = sorted(file.name for file in files.values() if not file.is_file())
        if absent:
            raise BuildError(f"apt did not fetch {', '.join(absent)}", f"remove {self._folder} and run it again")
        return files

    def _apt(self, failed: str, *argv: str) -> Result:
        done = self._run(["env", f"APT_CONFIG={self._folder / 'apt.conf'}", *argv])
        if done.rc != 0:
            # The errors come first; apt may print many warnings before them.
            lines = sorted(done.err.splitlines(), key=lambda line: not line.startswith("E:"))
            words = Result(done.argv, done.rc, done.out, "\n".join(lines)).summary()
            raise BuildError(
                f"{failed}: {words}",
                "make sure that the build host reaches the archives and has their keys, that they have the suite and "
                "the packages, and that the disk has room",
            )
        return done


def _sources_of_host(etc: Path) -> dict[str, str]:
    """Return the build host's sources by file name."""
    found = [etc / "apt" / "sources.list", *(etc / "apt" / "sources.list.d").glob("*.*")]
    return {
        path.name: read_text(path) or ""
        for path in found
        if path.suffix in (".list", ".sources") and path.is_file() and os.access(path, os.R_OK)
    }

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator asks of an image, and what is wrong with it (pure)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from ...common.errors import BuildError

NAME = "qemu-stubdom-linux"
KERNEL, ROOTFS, SBOM = f"{NAME}-kernel", f"{NAME}-rootfs", "sbom.cdx.json"

# The folders of the image that something is mounted on when it runs: a file there could not be seen.
MOUNTED = ("dev", "proc", "sys", "run", "tmp")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9.+:~-]+)?")
_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Options:
    """The module's options of the same names, but for those that say where and when; paths are of the build host."""

    suite: str
    mount_script: str
    init_script: str
    relay_script: str
    sources: list[str] = field(default_factory=list)
    kernel_package: str = "linux-image-amd64"
    packages: list[str] = field(default_factory=list)
    overlay: list[str] = field(default_factory=list)
    qemu: str = ""
    kernel_release: str = ""
    modules: list[str] = field(default_factory=list)
    boot_files: dict[str, str] = field(default_factory=dict)


def check(options: Options) -> None:
    """Names reach the command lines of apt and modprobe and the names of files: what is no plain name is refused.

    Raises BuildError with all faults.
    """
    faults = []
    for key, pattern, values in (
        ("suite", _WORD, [options.suite]),
        ("kernel_package", _PACKAGE, [options.kernel_package] if options.kernel_package else []),
        ("packages", _PACKAGE, options.packages),
        ("kernel_release", _WORD, [options.kernel_release] if options.kernel_release else []),
        ("modules", _MODULE, options.modules),
    ):
        faults += [
            f"{key}: {value!r} is no name. Remedy: give a plain name, as Debian writes it."
            for value in values
            if not pattern.fullmatch(value)
        ]
    for line in options.sources:
        if not line.startswith(("deb ", "deb\t")) or _CONTROL.search(line.replace("\t", " ")):
            faults.append(f"sources: {line!r} is no source. Remedy: give lines as of sources.list, beginning with deb.")
    faults += [fault for path in options.boot_files for fault in boot_path_faults(path)]
    if faults:
        raise BuildError("\n".join(faults))


def boot_path_faults(path: str) -> list[str]:
    """What is wrong with the path of a boot file.

    >>> boot_path_faults("/boot/vmlinuz")
    []
    """
    if not path.startswith("/") or posixpath.normpath(path) != path or path.startswith("//") or _CONTROL.search(path):
        return [
            f"boot_files: {path!r} is no absolute path in its shortest form. Remedy: give it as the guest names it."
        ]
    first = path[1:].partition("/")[0]
    if first in ("", *MOUNTED):
        why = f"boot_files: {path!r} cannot be in the image, whose /{first} is something else."
        return [f"{why} Remedy: keep the guest's kernel elsewhere on the Xen host, below /boot or /srv."]
    return []

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the options of an image, and check them (pure)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Iterator

from ...common.errors import BuildError, with_remedy

NAME = "qemu-stubdom-linux"
KERNEL, ROOTFS, SBOM = f"{NAME}-kernel", f"{NAME}-rootfs", "sbom.cdx.json"

# The folders of the image that are mount points when it runs: a file in them would be hidden.
MOUNTED = ("dev", "proc", "sys", "run", "tmp")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9.+:~-]+)?")
_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Options:
    """Hold the module's options of the same names, except its folder and its cache time. Paths are of the build host."""

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


def check_options(options: Options) -> None:
    """Raise BuildError with all problems.

    Names reach the command lines of apt and modprobe, and names of files: only plain ones are accepted.
    """
    problems = [with_remedy(reason, remedy) for reason, remedy in _problems(options)]
    if problems:
        raise BuildError.of(problems)


def _problems(options: Options) -> Iterator[tuple[str, str]]:
    """Yield each reason and its remedy."""
    for key, pattern, values in (
        ("suite", _WORD, [options.suite]),
        ("kernel_package", _PACKAGE, [options.kernel_package] if options.kernel_package else []),
        ("packages", _PACKAGE, options.packages),
        ("kernel_release", _WORD, [options.kernel_release] if options.kernel_release else []),
        ("modules", _MODULE, options.modules),
    ):
        for value in values:
            if not pattern.fullmatch(value):
                yield f"{key}: {value!r} is not a name", "give a plain name, as Debian writes it"
    for line in options.sources:
        if not line.startswith(("deb ", "deb\t")) or _CONTROL.search(line.replace("\t", " ")):
            yield f"sources: {line!r} is not a source", "give lines as of sources.list, beginning with deb"
    for path in options.boot_files:
        yield from _boot_path_problems(path)


def _boot_path_problems(path: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the path of a boot file.

    >>> list(_boot_path_problems("/boot/vmlinuz"))
    []
    """
    if not path.startswith("/") or posixpath.normpath(path) != path or path.startswith("//") or _CONTROL.search(path):
        yield f"boot_files: {path!r} is not an absolute path in its shortest form", "give it as the guest names it"
        return
    first = path[1:].partition("/")[0]
    if first in ("", *MOUNTED):
        reason = f"boot_files: {path!r} cannot be in the image, whose /{first} is a mount point"
        yield reason, "keep the guest's kernel elsewhere on the Xen host, below /boot or /srv"

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find where the host's own libxl looks for firmware, scripts and QEMU: the paths that it was built with. Read only.

No command prints them. They stand in the library as strings (tools/libs/light/libxl_paths.c; up to 4.14 tools/libxl).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from ..common.files import below
from ..xen.releases import Release, shown

# Where a distribution has the libraries of a prefix, the program's own among them.
_LIBRARIES = ("lib", "lib64", "lib/*-linux-gnu*", "lib/xen-{release}/lib", "lib/xen-{release}/lib/*-linux-gnu*")
_NAMES = ("libxenlight.so.{release}*", "libxenlight-{release}*.so*")

_STRING = re.compile(rb"/[!-~]+(?=\0)")
_BOOT = re.compile(r"/\S+/boot")
_BIN = re.compile(r"/\S+/xen[^/]*/bin")
_SCRIPTS = re.compile(r"/\S+/scripts")
_OVMF = re.compile(r"(?i)/.*(ovmf|edk2)")
_SEABIOS = re.compile(r"(?i)/.*(seabios|/bios[^/]*\.bin$)")
_QEMU = re.compile(r"/.*qemu-system-\w+")
_PROXY = re.compile(r"/.*/vchan-socket-proxy")


@dataclass(frozen=True)
class LibxlPaths:
    """Hold paths by their use; each is empty where it is not known.

    ``boot`` is XENFIRMWAREDIR, ``bin`` is LIBEXEC_BIN with qemu-dm and pygrub. A host can have the libraries of two builds:
    a file that one of them would find counts.
    """

    boot: tuple[str, ...] = ()
    bin: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    seabios: tuple[str, ...] = ()
    ovmf: tuple[str, ...] = ()
    qemu: tuple[str, ...] = ()
    proxy: tuple[str, ...] = ()


def find(release: Release, root: Path, program: str = "") -> LibxlPaths:
    """Return the paths of the library that ``program`` uses, by default the ``xl`` that is found first.

    Only the library beside the program decides: that of another prefix can be of another build. All is empty for a
    program without a library beside it.
    """
    path = program or which("xl") or ""
    libraries = _libraries(release, root, path) if path else []
    strings = sorted({text for library in libraries for text in _strings(library)})
    found = {
        "boot": [text for text in strings if _BOOT.fullmatch(text)],
        "bin": [text for text in strings if _BIN.fullmatch(text)],
        "scripts": [text for text in strings if _SCRIPTS.fullmatch(text)],
        "ovmf": [text for text in strings if _OVMF.match(text)],
        "seabios": [text for text in strings if _SEABIOS.match(text) and not _OVMF.match(text)],
        "qemu": [text for text in strings if _QEMU.fullmatch(text)],
        "proxy": [text for text in strings if _PROXY.fullmatch(text)],
    }
    return LibxlPaths(**{use: tuple(paths) for use, paths in found.items()})


def _libraries(release: Release, root: Path, program: str) -> list[Path]:
    """Return the libraries of the program's prefix, such as /usr of /usr/sbin/xl."""
    prefix = below(root, program).parent.parent
    number = shown(release)
    found = {
        path.resolve()
        for place in _LIBRARIES
        for name in _NAMES
        for path in prefix.glob(f"{place}/{name}".format(release=number))
    }
    return sorted(path for path in found if path.is_file())


def _strings(library: Path) -> list[str]:
    """Return the absolute paths among the strings of the library; none of one that cannot be read."""
    try:
        content = library.read_bytes()
    except OSError:
        return []
    # A string begins after the NUL of the one before: the rest of a relative path or of a sentence is not a path.
    return [
        match.group().decode("ascii")
        for match in _STRING.finditer(content)
        if content[match.start() - 1 : match.start()] == b"\0" and b"%" not in match.group()
    ]

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect the files that a build has installed."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

from ...common.errors import BuildError
from ...common.files import read_text
from ...images.store import Image, sha256_of
from ...xen.facts import STUBDOM_DM, dm_config_of
from ...xen.firmware import firmware_in
from ...xen.releases import HOST_TOOLS, HVMLOADER, KEYMAPS, KEYMAPS_FOLDER, PVGRUB_IMAGES, QEMU_DM
from .steps import ARCHES

_ELF = b"\x7fELF"


@dataclass(frozen=True)
class Product:
    """Describe an image of the store that a target makes.

    ``files`` are the names that a build may give to each file, the first of which is the one in the store. Some releases
    do not have the ``optional`` ones.
    """

    image: str
    arch: str
    files: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...] = ()


# The name of an image of one file is that file's: a host's images are searched for by it.
PRODUCTS = {
    "ioemu": Product(
        "ioemu-stubdom", ARCHES[0], (("ioemu-stubdom.gz",), (STUBDOM_DM,), ("stubdompath.sh",)), ("stubdompath.sh",)
    ),
    "pvgrub": Product("pv-grub-x86_64.gz", ARCHES[0], (PVGRUB_IMAGES["x86_64"],)),
    "pvgrub32": Product("pv-grub-x86_32.gz", ARCHES[1], (PVGRUB_IMAGES["i386"],)),
    "fs_back": Product("fs-backend", ARCHES[0], (("fs-backend",),)),
    "host_tools": Product(HOST_TOOLS, ARCHES[0], ((QEMU_DM,), (HVMLOADER,), (KEYMAPS,))),
}
# Files that a machine or Xen runs, apart from those that are packed by gzip.
_PROGRAMS = ("fs-backend", QEMU_DM, HVMLOADER)


@dataclass(frozen=True)
class CollectedFiles:
    """Hold the images, and where Xen's own installation has each file, with its mode.

    stubdom-dm also has how it names a stub domain's file, where that can be read (see ``facts.Facts``); hvmloader has the
    firmware in it, and the archive of keymaps its files with their sha256.
    """

    images: list[Image]
    installed: dict[str, dict[str, Any]]

    @property
    def files(self) -> dict[str, str]:
        """Return the sha256 of all files, by name."""
        return {name: sha256 for image in self.images for name, sha256 in image.files.items()}


def collect_files(staging: Path, into: Path, targets: Iterable[str]) -> CollectedFiles:
    """Copy the targets' files from below ``staging`` into a folder. Raise BuildError, OSError."""
    images: list[Image] = []
    installed: dict[str, dict[str, Any]] = {}
    for target in targets:
        product = PRODUCTS[target]
        below = staging / product.arch
        if target == "host_tools":
            _pack_keymaps(below)
        sums = {}
        for names in product.files:
            file = _find(below, names)
            if not file and names[0] in product.optional:
                continue
            if not file:
                raise BuildError(
                    f"make succeeded and installed no {names[0]} for {target}",
                    "see in the log which targets it made; the tree may have them switched off",
                )
            _check_file(file, names[0])
            shutil.copyfile(str(file), str(into / names[0]))
            sums[names[0]] = sha256_of(into / names[0])
            mode = f"{file.stat().st_mode & 0o777:04o}"
            installed[names[0]] = {"path": f"/{file.relative_to(below)}", "mode": mode}
            installed[names[0]].update(_about(file, names[0]))
        images.append(Image(product.image, sums, str(into)))
    return CollectedFiles(images, installed)


def _about(file: Path, name: str) -> dict[str, Any]:
    """Return what a host must know of a file before it has it."""
    if name == STUBDOM_DM:
        dm_config = dm_config_of(read_text(file) or "")
        return {} if dm_config is None else {"dm_config": dm_config}
    if name == HVMLOADER:
        return {"firmware": firmware_in(file.read_bytes())}
    if name == KEYMAPS:
        folder = file.with_suffix("")
        return {"members": {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.is_file()}}
    return {}


def _pack_keymaps(below: Path) -> None:
    """Write the archive of keymaps beside their folder, unless it is empty: the same bytes for the same files. Raise OSError."""
    for folder in sorted(below.glob(f"**/{KEYMAPS_FOLDER}")):
        paths = sorted(path for path in folder.iterdir() if path.is_file())
        if not paths:
            continue
        with tarfile.open(str(folder.with_name(KEYMAPS)), "w", format=tarfile.USTAR_FORMAT) as archive:
            for path in paths:
                content = path.read_bytes()
                entry = tarfile.TarInfo(path.name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))


def _find(below: Path, names: tuple[str, ...]) -> Path | None:
    found = [path for name in names for path in sorted(below.rglob(name)) if path.is_file()]
    return found[0] if found else None


def _check_file(file: Path, name: str) -> None:
    """Raise BuildError for a damaged file: a make that ran out of room leaves files that look finished."""
    try:
        if name.endswith(".gz"):
            with gzip.open(str(file)) as stream:
                first = stream.read(len(_ELF))
                while stream.read(1 << 20):
                    pass
        else:
            first = file.read_bytes()[: len(_ELF)]
    except (OSError, EOFError, zlib.error):
        first = b""
    is_program = name.endswith(".gz") or name in _PROGRAMS
    if not first or is_program and first != _ELF:
        raise BuildError(
            f"{file.name} is damaged: it is {'not a program' if is_program else 'empty'}",
            "make sure that the disk has room, and run it again",
        )
    if name == HVMLOADER and "rombios" not in firmware_in(file.read_bytes()):
        raise BuildError(
            "make succeeded, and its hvmloader contains no ROM BIOS", "leave --disable-rombios out of configure"
        )

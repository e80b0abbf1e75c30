# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the host has the firmware and the boot loaders that a toolstack loads for a guest. Read only.

It loads all of them in dom0, for a guest with a stub domain too (libxl_dom.c, libxl__domain_firmware).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Collection

from ..common.files import below, file_problem
from ..guest.device_model import TRADITIONAL
from ..xen.firmware import MARKS, firmware_in
from ..xen.minios import host_tools_remedy
from ..xen.releases import HVMLOADER, Release, shown
from .findings import Findings
from .libxl_paths import LibxlPaths

# The first release that loads SeaBIOS and OVMF from files; before, they are parts of hvmloader (stable-4.8, the same).
_BIOS_FILES: Release = (4, 8)

# Debian's package of each, whose file is where its libxl looks.
_PACKAGES = {"seabios": "seabios", "ovmf": "ovmf"}

# Other places of distributions, for a host whose libxl is not found.
_USUAL = {
    "seabios": ("/usr/share/seabios/bios-256k.bin", "/usr/share/seabios/bios.bin", "/usr/share/qemu/bios-256k.bin"),
    "ovmf": ("/usr/share/ovmf/OVMF.fd", "/usr/share/qemu/OVMF.fd", "/usr/share/edk2/xen/OVMF.fd"),
}

# Where the PATH of root leads on each distribution.
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_COPY = "copy it to the host, or correct the path"

# Keys of files that libxl opens: whether it looks for a name without a folder in XENFIRMWAREDIR, and whether it runs it.
# Others without a folder are looked up in a folder that depends on who starts xl.
_FILES = {
    "firmware_override": (True, False),
    "bios_path_override": (False, False),
    "acpi_firmware": (False, False),
    "smbios_firmware": (False, False),
    "device_model_override": (False, True),
}


def check(
    found: Findings, scheme: str, release: Release, paths: LibxlPaths, root: Path, coming: Collection[str] = ()
) -> None:
    """Refuse a guest whose firmware or boot loader is not where the host's libxl looks for it.

    ``coming`` are paths of files that a run in check mode has announced: a hvmloader among them has the ROM BIOS, and
    all that the host's own one has (``images.minios_install``).
    """
    for key, (is_firmware, is_program) in _FILES.items():
        # Of a guest with a stub domain, other checks look at the device model in dom0.
        if found.text(key) and (key != "device_model_override" or scheme == "dom0"):
            _check_named(found, key, paths.boot if is_firmware else (), is_program, root)
    if found.text("bootloader"):
        _check_bootloader(found, paths, root)
    if found.is_on("pvshim"):
        _check_shim(found, paths, root)
    if found.guest.type != "hvm":
        return
    loaders = _loaders(found, release, paths, root, coming)
    bios = _bios(found, scheme)
    if bios == "rombios" or release < _BIOS_FILES:
        _check_inside(found, bios, loaders, release)
    elif not found.text("bios_path_override"):
        _check_bios(found, bios, paths, root)


def check_xm(found: Findings, release: Release, root: Path, coming: Collection[str] = ()) -> None:
    """Refuse an HVM guest of xend whose hvmloader has no ROM BIOS, which that one alone starts guests with (Xen 4.2 on:
    hvmloader.c, detect_bios; before, hvmloader has no other)."""
    path = found.text("kernel")
    if found.guest.type == "hvm" and path not in coming and not file_problem(below(root, path)):
        _check_inside(found, "rombios", [below(root, path)], release, "xm")


def _bios(found: Findings, scheme: str) -> str:
    """Return the firmware that libxl chooses (libxl_create.c; xl_parse.c for ``firmware``)."""
    is_old = scheme == "minios" or found.text("device_model_version") == TRADITIONAL
    default = "rombios" if is_old else "seabios"
    named = found.text("firmware").lower()
    if named and "uefi".startswith(named):
        return "ovmf"
    return named if named in MARKS else found.text("bios").lower() or default


def _check_named(found: Findings, key: str, folders: tuple[str, ...], is_program: bool, root: Path) -> None:
    """Require the file that a key names, where it is known in which folder it is."""
    value = found.text(key)
    places = [value] if value.startswith("/") else [f"{folder}/{value}" for folder in folders]
    reasons = [file_problem(below(root, place), is_program) for place in places]
    if reasons and all(reasons):
        found.problem_of_file(key, reasons[0], _COPY)


def _check_bootloader(found: Findings, paths: LibxlPaths, root: Path) -> None:
    """Require the boot loader of a PV or PVH guest: a name is that of a program in LIBEXEC_BIN, or else of PATH
    (libxl_bootloader.c, bootloader_disk_attached_cb)."""
    name = found.text("bootloader")
    if name.startswith("/"):
        reason = file_problem(below(root, name), True)
        if reason:
            remedy = f"{_COPY}; libxl finds pygrub by its name alone"
            found.problem_of_file("bootloader", reason, remedy)
    elif paths.bin and all(file_problem(below(root, f"{folder}/{name}"), True) for folder in (*paths.bin, *_PATH)):
        # The program that starts xl decides PATH.
        found.note(f"the boot loader {name} is neither in {paths.bin[0]}, where libxl looks first, nor in a usual PATH")


def _check_shim(found: Findings, paths: LibxlPaths, root: Path) -> None:
    """Require the shim of a PVH guest with pvshim (libxl_create.c: xen-shim of XENFIRMWAREDIR)."""
    name = found.text("pvshim_path")
    places = [name] if name.startswith("/") else [f"{folder}/{name or 'xen-shim'}" for folder in paths.boot]
    if name and not name.startswith("/"):
        return
    if places and all(file_problem(below(root, place)) for place in places):
        key = "pvshim_path" if name else "pvshim"
        remedy = "install Xen's tools with the shim, or name it in pvshim_path"
        found.problem_of_file(key, f"{places[0]} {file_problem(below(root, places[0]))}", remedy)


def _loaders(
    found: Findings, release: Release, paths: LibxlPaths, root: Path, coming: Collection[str]
) -> list[Path]:
    """Require hvmloader, which each HVM guest is made with. Return those of the host, none where they are not known."""
    names = [f"{folder}/{HVMLOADER}" for folder in paths.boot]
    if found.text("firmware_override") or found.text("firmware").startswith("/") or any(name in coming for name in names):
        return []
    loaders = [below(root, name) for name in names if not file_problem(below(root, name))]
    if names and not loaders:
        reason = f"the host has no hvmloader: {names[0]} {file_problem(below(root, names[0]))}"
        found.problem("type", reason, f"install Xen's tools (Debian: xen-utils-{shown(release)})", "hvm")
    return loaders


def _check_inside(found: Findings, bios: str, loaders: list[Path], release: Release, toolstack: str = "xl") -> None:
    """Require a firmware that is a part of hvmloader: without it, the guest crashes, and only xl dmesg shows why."""
    if not loaders or bios not in MARKS or any(bios in _firmware_of(loader, loader.stat().st_mtime) for loader in loaders):
        return
    reason = f"the host's hvmloader contains no {bios}, with which this guest boots"
    remedy = f"build Xen with {bios}, or use another firmware"
    if bios == "rombios":
        remedy = host_tools_remedy(toolstack, release)
        if toolstack == "xl":
            remedy += " (Debian's hvmloader has no ROM BIOS), or use scheme: linux, or scheme: dom0 with qemu-xen"
    key, value = ("boot.bios", bios) if found.guest.boot.bios else ("device_model.scheme", found.guest.device_model.scheme)
    found.problem(key, reason, remedy, value)


def _check_bios(found: Findings, bios: str, paths: LibxlPaths, root: Path) -> None:
    """Require the file of a firmware. Where the host's libxl is not found, only a note reports that there is none."""
    known = {"seabios": paths.seabios, "ovmf": paths.ovmf}.get(bios)
    if known is None:
        return
    remedy = f"install it (Debian: {_PACKAGES[bios]}), or name a file of it in settings.bios_path_override"
    key = "boot.bios" if found.guest.boot.bios else "boot"
    if known and all(file_problem(below(root, path)) for path in known):
        reason = f"the host has no {bios}: {known[0]} {file_problem(below(root, known[0]))}"
        found.problem(key, reason, remedy, bios)
    elif not known and found.guest.boot.bios and all(file_problem(below(root, path)) for path in _USUAL[bios]):
        found.note(f"no {bios} is where distributions have it, and it is not known where libxl looks: {remedy}")


@lru_cache(maxsize=None)
def _firmware_of(path: Path, _changed: float) -> list[str]:
    """Return which firmware a hvmloader contains. It is read once for all guests, as long as it is not changed."""
    try:
        return firmware_in(path.read_bytes())
    except OSError:
        return []

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build a PV-GRUB2 image: GRUB 2 as the kernel of a PV or PVH guest, with a menu finder inside."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.errors import BuildError
from ..common.files import write_atomic
from ..images.store import MANIFEST, sha256_of
from ..toolstack.command import Run, run

# GRUB's platforms for PV guests, by the architecture of the guest's kernel; and for PVH guests, whose image boots both.
PLATFORMS = {"x86_64": "x86_64-xen", "i386": "i386-xen", "pvh": "i386-xen_pvh"}

# Partition tables, volume managers, file systems and compressions that guests use, and both menu languages.
MODULES = (
    "configfile echo halt legacycfg linux loopback ls memdisk normal reboot regexp search sleep tar test true "
    "part_gpt part_msdos lvm mdraid09 mdraid1x btrfs ext2 fat iso9660 squash4 xfs gzio lzopio xzio zstd"
).split()

# GRUB reads the first menu that one of the guest's disks has. A menu of GRUB legacy calls the disks (hd0), (hd1), …,
# which GRUB 2 on Xen does not have, so loop devices over the Xen disks take these names. GRUB 2.06 loops only over a
# stated number of sectors and has no arithmetic: the last sector's number is found digit by digit, in hexadecimal, and
# the loop device is all sectors before it, and it.
MENU = r"""
for menu in /boot/grub/grub.cfg /grub/grub.cfg; do
    for disk in (*); do
        if [ "$disk" != "(memdisk)" -a -f "${disk}${menu}" ]; then
            echo "PV-GRUB2: reading ${disk}${menu}"
            regexp --set=1:root '^\((.*)\)$' "$disk"
            regexp --set=1:folder '^(.*)/grub.cfg$' "$menu"
            set prefix="${disk}${folder}"
            configfile "${disk}${menu}"
        fi
    done
done
for disk in (*); do
    for pair in a0 b1 c2 d3 e4 f5 g6 h7; do
        regexp --set=1:letter --set=2:number '^(.)(.)$' "$pair"
        if regexp '^\(xen/[a-z]*d'"$letter"'\)$' "$disk"; then
            set last=""
            for zeros in 000000000 00000000 0000000 000000 00000 0000 000 00 0 ""; do
                for digit in f e d c b a 9 8 7 6 5 4 3 2 1 0; do
                    if [ -s "${disk}0x${last}${digit}${zeros}+1" ]; then
                        set last="${last}${digit}"
                        break
                    fi
                done
            done
            loopback "hd${number}" "${disk}0+0x${last},0x${last}+1"
        fi
    done
done
for menu in /boot/grub/menu.lst /grub/menu.lst; do
    for disk in (hd*); do
        if [ -f "${disk}${menu}" ]; then
            echo "PV-GRUB2: reading ${disk}${menu}"
            regexp --set=1:root '^\((.*)\)$' "$disk"
            legacy_configfile "${disk}${menu}"
        fi
    done
done
echo "PV-GRUB2: no disk of this guest has a /boot/grub/grub.cfg or a /boot/grub/menu.lst"
"""

_PACKAGES = "Debian: grub-xen-bin and grub-common"


@dataclass(frozen=True)
class BuildResult:
    """Describe a finished image and what it was made from."""

    path: Path
    manifest: dict[str, Any]
    changed: bool


def build(arch: str, folder: Path, modules_dir: Path, check: bool = False, runner: Run = run) -> BuildResult:
    """Make ``folder/pvgrub2-ARCH/pvgrub2-ARCH.bin`` with its manifest, unless the existing one has the same inputs.

    With ``check`` the image is made, so that its sha256 is known, and then removed. Raise BuildError, OSError.
    """
    name = f"pvgrub2-{arch}"
    target = folder / name / f"{name}.bin"
    inputs = _inputs(arch, modules_dir, runner)
    existing = _existing_manifest(target, inputs)
    if existing:
        return BuildResult(target, existing, changed=False)
    with tempfile.TemporaryDirectory(prefix="xenfleet-") as scratch:
        made = Path(scratch) / target.name
        _make(arch, modules_dir, made, runner)
        sha256 = sha256_of(made)
        manifest = {"name": name, "arch": arch, "file": target.name, "sha256": sha256, "inputs": inputs}
        if not check:
            write_atomic(target, made.read_bytes(), 0o644)
            write_atomic(target.with_name(MANIFEST), json.dumps(manifest, indent=2, sort_keys=True) + "\n", 0o644)
    return BuildResult(target, manifest, changed=True)


def _inputs(arch: str, modules_dir: Path, runner: Run) -> dict[str, Any]:
    """Return everything that determines the image's bytes."""
    platform = modules_dir / PLATFORMS[arch]
    if not (platform / "moddep.lst").is_file():
        raise BuildError(f"{platform} does not contain GRUB's modules for Xen", f"install them ({_PACKAGES})")
    version = runner(["grub-mkimage", "--version"])
    if version.rc != 0:
        raise BuildError(f"grub-mkimage does not run: {version.summary()}", f"install it ({_PACKAGES})")
    total = hashlib.sha256()
    for path in sorted(platform.iterdir()):
        if path.suffix in (".mod", ".img", ".lst"):
            total.update(f"{path.name} {sha256_of(path)}\n".encode())
    menu = hashlib.sha256(MENU.encode()).hexdigest()
    return {"grub": version.out.strip(), "platform": total.hexdigest(), "menu": menu, "modules": MODULES}


def _existing_manifest(target: Path, inputs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the manifest of the existing image, or None unless it is complete and was made from just these inputs."""
    try:
        manifest: dict[str, Any] = json.loads(target.with_name(MANIFEST).read_text(encoding="utf-8"))
        whole = manifest["inputs"] == inputs and sha256_of(target) == manifest["sha256"]
    except (OSError, ValueError, KeyError):
        return None
    return manifest if whole else None


def _make(arch: str, modules_dir: Path, made: Path, runner: Run) -> None:
    memdisk = made.with_suffix(".tar")
    memdisk.write_bytes(_memdisk())
    platform = PLATFORMS[arch]
    result = runner(
        ["grub-mkimage", "--format", platform, "--directory", str(modules_dir / platform)]
        + ["--prefix", "(memdisk)/boot/grub", "--memdisk", str(memdisk), "--output", str(made), *MODULES]
    )
    if result.rc != 0:
        raise BuildError(f"grub-mkimage failed: {result.summary()}", f"make sure that {platform} is complete ({_PACKAGES})")


def _memdisk() -> bytes:
    """Return a tar file with the menu finder where ``normal`` looks for it; without times, so that its bytes never change."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("boot/grub/grub.cfg")
        entry.size = len(MENU.encode())
        tar.addfile(entry, io.BytesIO(MENU.encode()))
    return out.getvalue()

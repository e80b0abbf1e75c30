# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the image of a Linux stub domain: a kernel, a root file system with QEMU in it, and the list of its parts."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ...common.errors import BuildError
from ...common.files import write_atomic
from ...images.store import Image, sha256_of
from ...toolstack.command import Result, Run, run
from ..build_folder import Kept
from ..digest import digest
from .apt import Apt
from .contents import Contents, contents, owners
from .options import KERNEL, NAME, ROOTFS, SBOM, Options, check
from .pack import initramfs, packer, squashfs
from .packages import Package, source_of
from .sbom import Part, sbom
from .stage import copy_of, stage
from .tree import Tree

# Fetching and packing take minutes on a slow line and a slow machine.
_TIMEOUT = 7200.0

# Programs and the packages that have them.
TOOLS = {
    "apt-get": "apt",
    "apt-cache": "apt",
    "apt-config": "apt",
    "dpkg-deb": "dpkg",
    "mksquashfs": "squashfs-tools",
    "cpio": "cpio",
    "depmod": "kmod",
    "modprobe": "kmod",
    "readelf": "binutils",
    "zstd": "zstd",
}

# Raised when the same inputs are to give another image.
_FORM = "1"


@dataclass(frozen=True)
class Built:
    """A finished image, the folder that it is, or will be, in, and what it was made from."""

    folder: Path
    manifest: dict[str, Any]
    changed: bool


def run_here(argv: list[str]) -> Result:
    """Runs a tool, which an ordinary user finds in the folders of root's tools, too."""
    found = shutil.which(argv[0], path=_path())
    return partial(run, timeout=_TIMEOUT)([found or argv[0], *argv[1:]])


def build(
    options: Options, dest: Path, cache_valid_time: int = 3600, dry: bool = False, runner: Run = run_here
) -> Built:
    """Makes ``dest/NAME-SUITE`` with an image's files and manifest, unless the image there has the same inputs.

    With ``dry`` the image is made, so that its sha256 is known, and thrown away. An image that was compared with the
    archives less than ``cache_valid_time`` seconds ago is not compared again. Raises BuildError, OSError.
    """
    options = replace(
        options, boot_files={path: os.path.expanduser(file) for path, file in options.boot_files.items()}
    )
    check(options)
    _present(options)
    _tools()
    dest = dest.resolve()
    kept = Kept(dest, f"{NAME}-{options.suite}")
    with kept.locked():
        boot_files = {path: sha256_of(Path(source)) for path, source in options.boot_files.items()}
        asked = _asked(options, boot_files, packer(runner))
        there = kept.manifest()
        same = there is not None and there["asked"] == asked
        if there and same and kept.compared() < cache_valid_time:
            return Built(kept.link, there, changed=False)
        apt = Apt(kept.work / "apt", runner)
        apt.prepare(options)
        xen, packages = apt.resolve(options)
        inputs = digest([asked, *(f"{package.name}={package.version}" for package in packages)])
        if there and there["inputs"] == inputs:
            if not dry:
                kept.stamp()
            return Built(kept.link, there, changed=False)
        files = apt.fetch(packages)
        with kept.scratch() as scratch:
            manifest = {"asked": asked, "inputs": inputs, **_make(scratch, options, boot_files, xen, files, runner)}
            if not dry:
                kept.install(scratch / "image", manifest)
                kept.stamp()
        return Built(kept.link, manifest, changed=True)


def _make(
    scratch: Path,
    options: Options,
    boot_files: dict[str, str],
    xen: str,
    files: dict[Package, Path],
    runner: Run,
) -> dict[str, Any]:
    """Makes the three files in ``scratch/image``; ``boot_files`` are sha256 by path. Returns the manifest."""
    (scratch / "image").mkdir()
    (scratch / "tree").mkdir()
    tree = Tree(scratch / "tree")
    for package, archive in files.items():
        tree.unpack(archive, package.name, runner)
    tree.merge()
    for folder in options.overlay:
        tree.lay_over(Path(folder))
    chosen = contents(tree, options, xen, runner)
    sizes = _pack(scratch, chosen, runner)
    own = {f"boot_files:{path}": sha256 for path, sha256 in boot_files.items()}
    own.update((f"overlay:/{tree.name(file)}", sha256_of(file)) for file in chosen.files if not _packaged(tree, file))
    for name in ("mount_script", "init_script", "relay_script"):
        own[name] = hashlib.sha256(getattr(options, name).encode()).hexdigest()
    names = owners(tree, chosen.files)
    parts = [_part(package, archive, runner) for package, archive in files.items() if package.name in names]
    image = scratch / "image"
    sums = {name: sha256_of(image / name) for name in (KERNEL, ROOTFS)}
    text = json.dumps(sbom(NAME, sums, options.suite, parts, own), indent=2, sort_keys=True) + "\n"
    write_atomic(image / SBOM, text, 0o644)
    sums[SBOM] = sha256_of(image / SBOM)
    made = Image(NAME, sums, str(image))
    return {
        "name": NAME,
        "suite": options.suite,
        "xen": xen,
        "kernel": chosen.kernel.release,
        "qemu": _qemu_version(tree, chosen.qemu, files),
        "sha256": made.sha256,
        "version": made.version,
        "files": sums,
        "packages": {package.name: package.version for package in files},
        "boot_files": boot_files,
        "sizes": sizes,
    }


def _pack(scratch: Path, chosen: Contents, runner: Run) -> dict[str, int]:
    """Packs; returns the sizes in bytes."""
    image = scratch / "image"
    for name in ("root", "outer"):
        (scratch / name).mkdir()
    stage(chosen.root, scratch / "root")
    squashfs(scratch / "root", scratch / "root.squashfs", runner)
    chosen.outer.file("root.squashfs", copy_of(scratch / "root.squashfs"), 0o644)
    stage(chosen.outer, scratch / "outer")
    initramfs(scratch / "outer", image / ROOTFS, runner)
    copy_of(chosen.kernel.file)(image / KERNEL)
    sizes = {name: (image / file).stat().st_size for name, file in (("kernel", KERNEL), ("rootfs", ROOTFS))}
    unpacked = [path.lstat() for path in (scratch / "root").rglob("*")]
    return {**sizes, "unpacked": sum(found.st_size for found in unpacked if stat.S_ISREG(found.st_mode))}


def _part(package: Package, archive: Path, runner: Run) -> Part:
    source, version = source_of(package, runner(["dpkg-deb", "-f", str(archive), "Source"]).out)
    return Part(package.name, package.version, package.arch, source, version)


def _packaged(tree: Tree, file: Path) -> bool:
    return bool(owners(tree, [file]))


def _qemu_version(tree: Tree, qemu: Path, files: dict[Package, Path]) -> str:
    """The version of QEMU's package; of one of the overlay its sha256, as nobody has to tell a version there."""
    versions = {package.name: package.version for package in files}
    return versions.get(tree.owner(qemu), "") or f"sha256:{sha256_of(qemu)}"


def _asked(options: Options, boot_files: dict[str, str], packer_version: str) -> str:
    """A digest of all inputs but the packages; of files, their bytes count, not where they lie."""
    said = asdict(options)
    said["overlay"] = [_folder_digest(Path(folder)) for folder in options.overlay]
    said["boot_files"] = boot_files
    return digest([_FORM, packer_version, json.dumps(said, sort_keys=True)])


def _folder_digest(folder: Path) -> str:
    lines = []
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            lines.append(f"{path.relative_to(folder)!s} -> {os.readlink(path)}")
        elif stat.S_ISREG(mode):
            lines.append(f"{path.relative_to(folder)!s} {mode & 0o111:o} {sha256_of(path)}")
    return digest(lines)


def _present(options: Options) -> None:
    """Raises BuildError, with all of the operator's own files that are missing."""
    absent = [f"overlay: {folder} is no folder" for folder in options.overlay if not Path(folder).is_dir()]
    absent += [f"boot_files: {file} is no file" for file in options.boot_files.values() if not Path(file).is_file()]
    if absent:
        raise BuildError("\n".join(f"{fault} of the build host. Remedy: name one that is there." for fault in absent))


def _tools() -> None:
    """Raises BuildError, with all tools that are missing."""
    absent = sorted(tool for tool in TOOLS if not shutil.which(tool, path=_path()))
    if absent:
        packages = " ".join(sorted({TOOLS[tool] for tool in absent}))
        raise BuildError(f"the build host has no {', '.join(absent)}. Remedy: install them (Debian: {packages}).")


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the image of a Linux stub domain: a kernel, a root file system with QEMU in it, and the list of its parts."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...common.files import write_atomic
from ...images.store import Image, sha256_of
from ...toolstack.command import Run
from ..build_folder import BuildFolder
from ..digest import digest
from .apt import Apt
from .contents import Contents, choose_contents, packages_of
from .inputs import check_files, input_digest
from .layout_files import copy_of, write_layout
from .options import KERNEL, NAME, ROOTFS, SBOM, Options, check_options
from .pack import pack_initramfs, pack_squashfs, packer_version
from .packages import Package, source_of
from .sbom import Part, make_sbom
from .tools import check_tools, run_tool
from .tree import Tree


@dataclass(frozen=True)
class BuildResult:
    """Describe a finished image: its folder, what it was made from, and whether it changed."""

    folder: Path
    manifest: dict[str, Any]
    changed: bool


def build(
    options: Options, dest: Path, cache_valid_time: int = 3600, dry: bool = False, runner: Run = run_tool
) -> BuildResult:
    """Make ``dest/NAME-SUITE`` with an image's files and manifest, unless the existing image has the same inputs.

    With ``dry`` the image is made, so that its sha256 is known, and then removed. An image that was compared with the
    archives less than ``cache_valid_time`` seconds ago is not compared again. Raise BuildError, OSError.
    """
    options = replace(
        options, boot_files={path: os.path.expanduser(file) for path, file in options.boot_files.items()}
    )
    check_options(options)
    check_files(options)
    check_tools()
    dest = dest.resolve()
    folder = BuildFolder(dest, f"{NAME}-{options.suite}")
    with folder.locked():
        boot_files = {path: sha256_of(Path(source)) for path, source in options.boot_files.items()}
        asked = input_digest(options, boot_files, packer_version(runner))
        existing = folder.manifest()
        same = existing is not None and existing["asked"] == asked
        if existing and same and folder.seconds_since_comparison() < cache_valid_time:
            return BuildResult(folder.link, existing, changed=False)
        apt = Apt(folder.work / "apt", runner)
        apt.prepare(options)
        xen, packages = apt.resolve(options)
        inputs = digest([asked, *(f"{package.name}={package.version}" for package in packages)])
        if existing and existing["inputs"] == inputs:
            if not dry:
                folder.record_comparison()
            return BuildResult(folder.link, existing, changed=False)
        files = apt.fetch(packages)
        with folder.scratch_folder() as scratch:
            manifest = {"asked": asked, "inputs": inputs, **_make(scratch, options, boot_files, xen, files, runner)}
            if not dry:
                folder.install_image(scratch / "image", manifest)
                folder.record_comparison()
        return BuildResult(folder.link, manifest, changed=True)


def _make(
    scratch: Path,
    options: Options,
    boot_files: dict[str, str],
    xen: str,
    files: dict[Package, Path],
    runner: Run,
) -> dict[str, Any]:
    """Make the three files in ``scratch/image``; ``boot_files`` are sha256 by path. Return the manifest."""
    (scratch / "image").mkdir()
    tree = _unpack(scratch / "tree", options, files, runner)
    chosen = choose_contents(tree, options, xen, runner)
    sizes = _pack(scratch, chosen, runner)
    names = packages_of(tree, chosen.files)
    parts = [_part(package, archive, runner) for package, archive in files.items() if package.name in names]
    image = scratch / "image"
    sums = {name: sha256_of(image / name) for name in (KERNEL, ROOTFS)}
    own = _own_files(options, boot_files, tree, chosen)
    text = json.dumps(make_sbom(NAME, sums, options.suite, parts, own), indent=2, sort_keys=True) + "\n"
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


def _unpack(folder: Path, options: Options, files: dict[Package, Path], runner: Run) -> Tree:
    """Unpack the packages, and add the overlays."""
    folder.mkdir()
    tree = Tree(folder)
    for package, archive in files.items():
        tree.unpack(archive, package.name, runner)
    tree.merge_usr()
    for overlay in options.overlay:
        tree.add_overlay(Path(overlay))
    return tree


def _own_files(options: Options, boot_files: dict[str, str], tree: Tree, chosen: Contents) -> dict[str, str]:
    """Return the sha256 of the files that are of no package, by the name of the list of parts."""
    own = {f"boot_files:{path}": sha256 for path, sha256 in boot_files.items()}
    overlay = [file for file in chosen.files if not packages_of(tree, [file])]
    own.update((f"overlay:/{tree.name(file)}", sha256_of(file)) for file in overlay)
    for name in ("mount_script", "init_script", "relay_script"):
        own[name] = hashlib.sha256(getattr(options, name).encode()).hexdigest()
    return own


def _pack(scratch: Path, chosen: Contents, runner: Run) -> dict[str, int]:
    """Pack the image. Return the sizes in bytes."""
    image = scratch / "image"
    for name in ("root", "outer"):
        (scratch / name).mkdir()
    write_layout(chosen.root, scratch / "root")
    pack_squashfs(scratch / "root", scratch / "root.squashfs", runner)
    chosen.outer.add_file("root.squashfs", copy_of(scratch / "root.squashfs"), 0o644)
    write_layout(chosen.outer, scratch / "outer")
    pack_initramfs(scratch / "outer", image / ROOTFS, runner)
    copy_of(chosen.kernel.file)(image / KERNEL)
    sizes = {name: (image / file).stat().st_size for name, file in (("kernel", KERNEL), ("rootfs", ROOTFS))}
    unpacked = [path.lstat() for path in (scratch / "root").rglob("*")]
    return {**sizes, "unpacked": sum(found.st_size for found in unpacked if stat.S_ISREG(found.st_mode))}


def _part(package: Package, archive: Path, runner: Run) -> Part:
    source, version = source_of(package, runner(["dpkg-deb", "-f", str(archive), "Source"]).out)
    return Part(package.name, package.version, package.arch, source, version)


def _qemu_version(tree: Tree, qemu: Path, files: dict[Package, Path]) -> str:
    """Return the version of QEMU's package; the sha256 of a QEMU of the overlay, which has no version."""
    versions = {package.name: package.version for package in files}
    return versions.get(tree.owner(qemu), "") or f"sha256:{sha256_of(qemu)}"

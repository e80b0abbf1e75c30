# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the contents of an image: computed from the unpacked packages; only the programs are listed by hand."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...common.errors import BuildError, with_remedy
from ...toolstack.command import Run
from .firmware import rom_paths
from .kernel import Kernel, find_kernel, write_module
from .kernel_modules import load_order
from .layout import Layout
from .layout_files import copy_of, text_of
from .libraries import Libraries
from .options import MOUNTED, Options
from .tree import MERGED, OVERLAY, Tree

# The paths of builds of QEMU for Xen, where ``xen`` is the release: Debian's, then those of Xen itself.
QEMUS = (
    "usr/libexec/xen-qemu-system-i386",
    "usr/lib/xen-{xen}/bin/qemu-system-i386",
    "usr/lib/xen/bin/qemu-system-i386",
    "usr/local/lib/xen/bin/qemu-system-i386",
    "usr/libexec/xen/bin/qemu-system-i386",
    "usr/bin/qemu-system-i386",
    "usr/bin/qemu-system-x86_64",
)
_XEN = ("libxenctrl.so.", "libxendevicemodel.so.")

# Parts of QEMU that are loaded on demand, where it was built so (Debian's for Xen is not). libxl gives a stub domain's
# QEMU no screen, no sound, and only block devices as disks, so that accelerators and the host's USB are enough. The
# .note.dlopen of libraries is not read: in Debian 13 one library of the image has such a note, on host names in other
# scripts, and marks it as optional.
_MODULES = "usr/lib/x86_64-linux-gnu/qemu"
_ON_DEMAND = ("accel-*.so", "hw-usb-host.so")

_SHELL = "usr/bin/busybox"


@dataclass(frozen=True)
class Contents:
    """Hold the layouts of the root file system and of the initramfs that mounts it, still without the packed root."""

    root: Layout
    outer: Layout
    kernel: Kernel
    qemu: Path
    files: list[Path]  # of the tree


def choose_contents(tree: Tree, options: Options, xen: str, runner: Run) -> Contents:
    """Return the contents of an image; ``xen`` is the release. Raise BuildError, OSError."""
    kernel = find_kernel(tree, options.kernel_release, options.modules, runner)
    qemu = _qemu(tree, options.qemu, xen)
    programs = _programs(tree, qemu, xen)
    files = _with_libraries(tree, qemu, programs, runner)
    files.update((path, tree.inside(path)) for path in _roms(tree, qemu))
    files.update((path, tree.inside(path)) for path in programs.values())

    root = Layout(("usr/bin", "usr/lib", "usr/lib64", "usr/sbin", *MOUNTED), {name: f"usr/{name}" for name in MERGED})
    for path, file in sorted({root.real_path(path): file for path, file in files.items()}.items()):
        program = path in programs.values() or file.stat().st_mode & 0o111
        root.add_file(path, copy_of(file), 0o755 if program else 0o644)
    for path, target in sorted(programs.items()):
        if path not in root.entries:
            root.add_link(path, posixpath.relpath(target, posixpath.dirname(path)))
    root.add_file("init", text_of(options.init_script), 0o755)
    root.add_file("usr/bin/qmp-relay", text_of(options.relay_script), 0o755)
    _add_modules(root, "usr/lib/modules", kernel.serve, runner)
    for path, source in sorted(options.boot_files.items()):
        root.add_file(path, copy_of(Path(source)), 0o644)
    used = {*files.values(), *kernel.mount.values(), *kernel.serve.values(), kernel.file}
    return Contents(root, _outer(tree, options, kernel, runner), kernel, tree.inside(qemu), sorted(used))


def packages_of(tree: Tree, files: list[Path]) -> set[str]:
    """Return the packages that these files are of; a file of the overlay has none."""
    return {tree.owner(tree.inside(tree.name(file))) for file in files} - {OVERLAY}


def _qemu(tree: Tree, wanted: str, xen: str) -> str:
    if wanted:
        if not tree.inside(wanted).is_file():
            raise BuildError(f"qemu: no package and no overlay has {wanted}", "name a program that exists")
        return tree.name(tree.inside(wanted))
    paths = [path.format(xen=xen) for path in QEMUS]
    for path in paths:
        if tree.inside(path).is_file():
            return tree.name(tree.inside(path))
    raise BuildError(f"no package and no overlay has a QEMU (looked for {', '.join(paths)})", "name it in qemu")


def _programs(tree: Tree, qemu: str, xen: str) -> dict[str, str]:
    """Return the programs, by the names that the scripts use.

    A program stays at its package's path, as it may search for its libraries and its data beside it.
    """
    programs = {
        "usr/bin/qemu": qemu,
        "usr/bin/chrt": "usr/bin/chrt",
        "usr/bin/socat": "usr/bin/socat",
        "usr/bin/vchan-socket-proxy": f"usr/lib/xen-{xen}/bin/vchan-socket-proxy",
        "usr/bin/xenstore-list": "usr/bin/xenstore",
        "usr/bin/xenstore-read": "usr/bin/xenstore",
        "usr/bin/sh": _SHELL,
    }
    absent = sorted({path for path in programs.values() if not tree.inside(path).is_file()})
    if absent:
        remedy = "name its package in packages"
        raise BuildError.of(with_remedy(f"no package and no overlay has /{path}", remedy) for path in absent)
    return {name: tree.name(tree.inside(path)) for name, path in programs.items()}


def _with_libraries(tree: Tree, qemu: str, programs: dict[str, str], runner: Run) -> dict[str, Path]:
    """Return the libraries of the programs, by path, and parts of QEMU."""
    found = Libraries(tree, runner)
    found.collect(["/" + path for path in sorted(set(programs.values()))])
    lacks = [name for name in _XEN if not any(need.startswith(name) for need in found.elves["/" + qemu].needed)]
    if lacks:
        raise BuildError(
            f"/{qemu} was built without Xen: it does not need {' and '.join(name + 'N' for name in lacks)}",
            "name one that was built with Xen, in qemu, or leave qemu out",
        )
    folder = tree.inside(_MODULES)
    parts = [f"/{_MODULES}/{path.name}" for kind in _ON_DEMAND for path in sorted(folder.glob(kind))]
    found.collect(parts)
    return {**found.files, **{path: tree.inside(path) for path in parts}}


def _roms(tree: Tree, qemu: str) -> list[str]:
    paths = [path for path in tree.owners if path.endswith((".bin", ".rom")) and tree.inside(path).is_file()]
    return rom_paths(paths, tree.inside(qemu).read_bytes())


def _outer(tree: Tree, options: Options, kernel: Kernel, runner: Run) -> Layout:
    outer = Layout(("bin", "dev", "modules", "proc", "root", "sys"), {})
    outer.add_file("init", text_of(options.mount_script), 0o755)
    outer.add_file("bin/busybox", copy_of(tree.inside(_SHELL)), 0o755)
    outer.add_link("bin/sh", "busybox")
    _add_modules(outer, "modules", kernel.mount, runner)
    return outer


def _add_modules(layout: Layout, folder: str, modules: dict[str, Path], runner: Run) -> None:
    for name, module in modules.items():
        layout.add_file(f"{folder}/{name}", partial(write_module, module, runner=runner), 0o644)
    layout.add_file(f"{folder}/order", text_of(load_order(list(modules))), 0o644)

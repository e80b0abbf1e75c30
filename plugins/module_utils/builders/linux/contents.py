# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes into an image: computed from the unpacked packages, nothing listed by hand but the programs."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...common.errors import BuildError
from ...toolstack.command import Run
from .firmware import roms
from .kernel import Kernel, find, unpacked
from .kernel_modules import order
from .libraries import Libraries
from .options import MOUNTED, Options
from .plan import Plan
from .stage import copy_of, text_of
from .tree import MERGED, OVERLAY, Tree

# Where builds of QEMU for Xen lie, ``xen`` being the release: Debian's, then those of Xen itself.
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

# Parts of QEMU that are loaded when they are asked for, where it was built so (Debian's for Xen is not). libxl asks a
# stub domain's QEMU for no screen, no sound, and no disks but block devices, so of this folder only accelerators and
# the host's USB count. What libraries say in .note.dlopen is not looked at: in Debian 13 one library of the image has
# such a note, on names of hosts in other scripts, which it says it can do without.
_MODULES = "usr/lib/x86_64-linux-gnu/qemu"
_ASKED_FOR = ("accel-*.so", "hw-usb-host.so")

_SHELL = "usr/bin/busybox"


@dataclass(frozen=True)
class Contents:
    """The root file system, and what mounts it, which the packed root has yet to be added to."""

    root: Plan
    outer: Plan
    kernel: Kernel
    qemu: Path
    files: list[Path]  # of the tree


def contents(tree: Tree, options: Options, xen: str, runner: Run) -> Contents:
    """Chooses. Raises BuildError, OSError."""
    kernel = find(tree, options.kernel_release, options.modules, runner)
    qemu = _qemu(tree, options.qemu, xen)
    programs = _programs(tree, qemu, xen)
    files = _with_libraries(tree, qemu, programs, runner)
    files.update((path, tree.inside(path)) for path in _roms(tree, qemu))
    files.update((path, tree.inside(path)) for path in programs.values())

    root = Plan(("usr/bin", "usr/lib", "usr/lib64", "usr/sbin", *MOUNTED), {name: f"usr/{name}" for name in MERGED})
    for path, file in sorted({root.real(path): file for path, file in files.items()}.items()):
        program = path in programs.values() or file.stat().st_mode & 0o111
        root.file(path, copy_of(file), 0o755 if program else 0o644)
    for path, target in sorted(programs.items()):
        if path not in root.entries:
            root.link(path, posixpath.relpath(target, posixpath.dirname(path)))
    root.file("init", text_of(options.init_script), 0o755)
    root.file("usr/bin/qmp-relay", text_of(options.relay_script), 0o755)
    _modules(root, "usr/lib/modules", kernel.serve, runner)
    for path, source in sorted(options.boot_files.items()):
        root.file(path, copy_of(Path(source)), 0o644)
    used = {*files.values(), *kernel.mount.values(), *kernel.serve.values(), kernel.file}
    return Contents(root, _outer(tree, options, kernel, runner), kernel, tree.inside(qemu), sorted(used))


def owners(tree: Tree, files: list[Path]) -> set[str]:
    """The packages that these files are of, without what the overlay has."""
    return {tree.owner(tree.inside(tree.name(file))) for file in files} - {OVERLAY}


def _qemu(tree: Tree, wanted: str, xen: str) -> str:
    if wanted:
        if not tree.inside(wanted).is_file():
            raise BuildError(f"qemu: no package and no overlay has {wanted}. Remedy: name a program that is there.")
        return tree.name(tree.inside(wanted))
    paths = [path.format(xen=xen) for path in QEMUS]
    for path in paths:
        if tree.inside(path).is_file():
            return tree.name(tree.inside(path))
    raise BuildError(f"no package and no overlay has a QEMU (looked for {', '.join(paths)}). Remedy: name it in qemu.")


def _programs(tree: Tree, qemu: str, xen: str) -> dict[str, str]:
    """The programs, by the names that the scripts have for them.

    A program stays where its package has it, as it may look for its libraries and its data beside it.
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
        remedy = "Remedy: name its package in packages."
        raise BuildError("\n".join(f"no package and no overlay has /{path}. {remedy}" for path in absent))
    return {name: tree.name(tree.inside(path)) for name, path in programs.items()}


def _with_libraries(tree: Tree, qemu: str, programs: dict[str, str], runner: Run) -> dict[str, Path]:
    """What the programs are loaded with, by path, and parts of QEMU."""
    found = Libraries(tree, runner)
    found.collect(["/" + path for path in sorted(set(programs.values()))])
    lacks = [name for name in _XEN if not any(need.startswith(name) for need in found.elves["/" + qemu].needed)]
    if lacks:
        raise BuildError(
            f"/{qemu} was built without Xen: it does not need {' and '.join(name + 'N' for name in lacks)}. "
            "Remedy: name one that was, in qemu, or leave qemu out."
        )
    folder = tree.inside(_MODULES)
    parts = [f"/{_MODULES}/{path.name}" for kind in _ASKED_FOR for path in sorted(folder.glob(kind))]
    found.collect(parts)
    return {**found.files, **{path: tree.inside(path) for path in parts}}


def _roms(tree: Tree, qemu: str) -> list[str]:
    paths = [path for path in tree.owners if path.endswith((".bin", ".rom")) and tree.inside(path).is_file()]
    return roms(paths, tree.inside(qemu).read_bytes())


def _outer(tree: Tree, options: Options, kernel: Kernel, runner: Run) -> Plan:
    outer = Plan(("bin", "dev", "modules", "proc", "root", "sys"), {})
    outer.file("init", text_of(options.mount_script), 0o755)
    outer.file("bin/busybox", copy_of(tree.inside(_SHELL)), 0o755)
    outer.link("bin/sh", "busybox")
    _modules(outer, "modules", kernel.mount, runner)
    return outer


def _modules(plan: Plan, folder: str, modules: dict[str, Path], runner: Run) -> None:
    for name, module in modules.items():
        plan.file(f"{folder}/{name}", partial(unpacked, module, runner=runner), 0o644)
    plan.file(f"{folder}/order", text_of(order(list(modules))), 0o644)

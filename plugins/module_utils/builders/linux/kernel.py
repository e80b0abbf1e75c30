# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the kernel of a stub domain, check it, and list its modules in the order of loading."""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from pathlib import Path

from ...common.arguments import setting
from ...common.errors import BuildError, with_remedy
from ...toolstack.command import Run
from .kernel_modules import ANOTHER_KERNEL, MOUNT, SERVE, config_problems, files_to_load, plain_name
from .tree import Tree

_PACKAGE, _RELEASE = (setting("linux_stubdom_image", name) for name in ("kernel_package", "kernel_release"))


@dataclass(frozen=True)
class Kernel:
    """Describe a kernel and its modules: name in the image and file in the tree, in the order of loading."""

    release: str
    file: Path
    mount: dict[str, Path]
    serve: dict[str, Path]


def find_kernel(tree: Tree, wanted: str, extra: list[str], runner: Run) -> Kernel:
    """Return the tree's kernel of release ``wanted``, or its only one; ``extra`` are more modules. Raise BuildError."""
    boot = tree.inside("boot")
    releases = sorted(path.name[len("vmlinuz-") :] for path in boot.glob("vmlinuz-*"))
    if (wanted and wanted not in releases) or not releases:
        raise BuildError(
            f"no package and no overlay has the kernel boot/vmlinuz-{wanted or 'RELEASE'}; "
            f"there is: {', '.join(releases) or 'none'}",
            f"set {_PACKAGE} or {_RELEASE}",
        )
    if not wanted and len(releases) > 1:
        raise BuildError(f"there are several kernels: {', '.join(releases)}", f"choose one by {_RELEASE}")
    release = wanted or releases[0]
    problems = config_problems(release, _text(tree.inside(f"boot/config-{release}")))
    made = runner(["depmod", "-C", "/dev/null", "-b", str(tree.root), release])
    if made.rc != 0:
        reason = f"depmod failed for kernel {release}: {made.summary()}"
        problems.append(with_remedy(reason, "make sure that its modules are complete"))
    lists: list[dict[str, Path]] = []
    for names in (MOUNT, [*SERVE, *extra]):
        files: dict[str, Path] = {}
        for name in [] if made.rc != 0 else names:
            done = runner(["modprobe", "-C", "/dev/null", "-d", str(tree.root), "-S", release, "--show-depends", name])
            if done.rc != 0:
                reason = f"kernel {release} has no module {name}, neither built in nor to load"
                problems.append(with_remedy(reason, ANOTHER_KERNEL))
            files.update((plain_name(path), Path(path)) for path in files_to_load(done.out))
        lists.append({name: path for name, path in files.items() if not lists or name not in lists[0]})
    if problems:
        raise BuildError.of(problems)
    return Kernel(release, tree.inside(f"boot/vmlinuz-{release}"), lists[0], lists[1])


def write_module(module: Path, into: Path, runner: Run) -> None:
    """Write a module uncompressed, as insmod reads it. Raise BuildError, OSError."""
    if module.name.endswith(".xz"):
        try:
            into.write_bytes(lzma.decompress(module.read_bytes()))
        except lzma.LZMAError as error:
            raise BuildError(f"{module.name} cannot be unpacked: {error}", "give a complete kernel") from error
    elif module.name.endswith((".zst", ".gz")):
        # zstd unpacks both.
        done = runner(["zstd", "-d", "-q", "-f", "-o", str(into), str(module)])
        if done.rc != 0:
            reason = f"{module.name} cannot be unpacked: {done.summary()}"
            raise BuildError(reason, "give a complete kernel, or make room")
    else:
        into.write_bytes(module.read_bytes())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that dom0 has the programs that a guest's device model needs there, and their keymaps. Read only.

A QEMU in dom0 emulates a guest, or serves the consoles and the display of its stub domain. libxl fails without it when it has
made the stub domain (4.17.7: "device model .../bin/qemu-dm is not executable"), and waits 30 seconds for a QEMU that has
ended, as one without keymaps does: its reason is in its own log only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Collection, Sequence

from ..common.files import below, file_problem
from ..guest.device_model import TRADITIONAL
from ..toolstack.xen_folders import folders, places
from ..xen.minios import host_tools_remedy
from ..xen.releases import KEYMAPS_FOLDER, QEMU_DM, Release, shown
from .findings import Findings
from .libxl_paths import LibxlPaths

# Where a QEMU and its proxy for QMP are by the way libxl was built, for a host whose libxl is not found: Debian's package
# qemu-system-xen, then a distribution's QEMU (configure --with-system-qemu), and bindir.
_QEMU = ("/usr/libexec/xen-qemu-system-i386", "/usr/bin/qemu-system-i386", "/usr/local/bin/qemu-system-i386")
_PROXY = ("/usr/bin/vchan-socket-proxy", "/usr/local/bin/vchan-socket-proxy")

# Where xend looks for qemu-dm besides Xen's own folders (tools/python/xen/util/auxbin.py of 3.3 and of 4.0).
_XEND = ("/usr/lib64/xen/bin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")

# The end of the folder above that of the keymaps, a string of qemu-dm (CONFIG_QEMU_SHAREDIR, by xen-setup), and the keymap of
# a display that names none (vnc.c, sdl.c).
_SHARE = f"/{KEYMAPS_FOLDER.rpartition('/')[0]}\0".encode()
_KEYMAP = "en-us"

_NO_CONSOLES = "and nothing else serves the consoles of a stub domain"
_NO_QEMU = f"dom0 has no QEMU where libxl looks for it, {_NO_CONSOLES}"


class ModelPrograms:
    """Check the programs of all guests of a host. A program is read once, however many guests need it.

    ``coming`` has the paths of files that this run installs in Xen's own folders, which may be there later only.
    """

    def __init__(self, toolstack: str, release: Release, paths: LibxlPaths, coming: Collection[str], root: Path) -> None:
        self._toolstack = toolstack
        self._release = release
        self._paths = paths
        self._coming = coming
        self._root = root
        self._remedy = host_tools_remedy(toolstack, release)
        # The folder with the keymaps of each qemu-dm, "" for unknown.
        self._keymaps: dict[str, str] = {}

    def check(self, found: Findings, scheme: str) -> None:
        """Refuse an HVM guest whose device model lacks a program or a keymap in dom0. A host that shows neither where its
        libxl looks nor a folder of Xen refuses nothing."""
        if not self._paths.bin and not folders(self._release, "bin", self._root):
            return
        own = found.text("device_model_override") if self._toolstack == "xl" else ""
        if scheme == "linux":
            self._check_qemu(found, own)
            self._check_proxy(found)
        elif scheme != "dom0" or self._toolstack == "xm" or found.text("device_model_version") == TRADITIONAL:
            programs = [own] if own else self._qemu_dm()
            program = next((path for path in programs if self._is_program(path)), "")
            if program:
                self._check_keymap(found, program)
            elif scheme != "dom0" and own:
                self._refuse_own(found)
            elif not own and programs:
                self._refuse_without_qemu_dm(found, scheme, programs[0])
        elif not own and self._paths.qemu and not self._has(self._paths.qemu):
            reason = f"the host has no QEMU: {self._paths.qemu[0]} {self._problem_of(self._paths.qemu[0])}"
            remedy = "install it (Debian: qemu-system-xen), or name one in settings.device_model_override"
            found.problem("device_model.scheme", reason, remedy, "dom0")

    def _check_qemu(self, found: Findings, own: str) -> None:
        """Require the QEMU that serves the consoles of a Linux stub domain."""
        if own and not self._is_program(own):
            self._refuse_own(found)
        elif not own and not self._has(self._paths.qemu or [*_QEMU, *self._in_xen("qemu-system-i386")]):
            remedy = "install it (Debian: qemu-system-xen), or name it in settings.device_model_override"
            found.problem("device_model.scheme", _NO_QEMU, remedy, "linux")

    def _check_proxy(self, found: Findings) -> None:
        if self._has(self._paths.proxy or [*_PROXY, *self._in_xen("vchan-socket-proxy")]):
            return
        reason = "dom0 has no vchan-socket-proxy, by which libxl talks to the QEMU of a stub domain"
        remedy = f"install Xen's tools with it (Debian: xen-utils-{shown(self._release)})"
        found.problem("device_model.scheme", reason, remedy, "linux")

    def _refuse_own(self, found: Findings) -> None:
        reason = f"is not an executable program, {_NO_CONSOLES}"
        found.problem_of_file("device_model_override", reason, "correct the path, or remove the key")

    def _refuse_without_qemu_dm(self, found: Findings, scheme: str, first: str) -> None:
        if scheme == "dom0" and self._toolstack == "xl":
            reason = f"the host has no QEMU: {first} {self._problem_of(first)}"
            found.problem("device_model.version", reason, f"{self._remedy}, or leave version out", TRADITIONAL)
        elif self._toolstack == "xl":
            remedy = f"{self._remedy}, or use scheme: linux"
            found.problem("device_model.scheme", f"{_NO_QEMU}: {first} {self._problem_of(first)}", remedy, scheme)
        else:
            reason = "none of Xen's folders has qemu-dm, which xend starts for each HVM guest and each stub domain"
            found.problem("device_model.scheme", reason, self._remedy, scheme)

    def _check_keymap(self, found: Findings, program: str) -> None:
        """Require the keymap that qemu-dm loads for a display; it ends without."""
        screen = found.guest.display
        folder = self._keymaps_of(program) if screen.type != "none" and program not in self._coming else ""
        name = screen.keymap or _KEYMAP
        if not folder or f"{folder}/{name}" in self._coming or below(self._root, f"{folder}/{name}").is_file():
            return
        reason = f"{program} shows a display only with its keymaps: {folder} does not exist on the host"
        if not below(self._root, folder).is_dir():
            key, value, remedy = "display.type", screen.type, f"{self._remedy}, or copy the keymaps of qemu-xen-traditional there"
        elif screen.keymap:
            key, value, reason = "display.keymap", screen.keymap, f"{folder} has no such keymap for {program}"
            remedy = f"use one of {folder}, or leave it out"
        else:
            key, value, reason = "display.type", screen.type, f"{folder} has no keymap {name}, which {program} loads for a display"
            remedy = f"{self._remedy}, or copy it there"
        found.problem(key, reason, remedy, value)

    def _keymaps_of(self, program: str) -> str:
        """Return the folder with the keymaps of a qemu-dm: a string of the program, "" where it has none."""
        if program not in self._keymaps:
            try:
                content = below(self._root, program).read_bytes()
            except OSError:
                content = b""
            end = content.find(_SHARE)
            begin = content.rfind(b"\0", 0, end) + 1 if end >= 0 else 0
            text = content[begin : end + len(_SHARE) - 1] if end >= 0 else b""
            self._keymaps[program] = f"{text.decode('utf-8', 'replace')}/keymaps" if text.startswith(b"/") else ""
        return self._keymaps[program]

    def _qemu_dm(self) -> list[str]:
        """Return the paths at which the toolstack looks for qemu-dm."""
        if self._toolstack == "xl":
            # libxl of an unknown place can have any of Xen's folders.
            return [f"{folder}/{QEMU_DM}" for folder in self._paths.bin] or self._in_xen(QEMU_DM)
        return [*self._in_xen(QEMU_DM), *(f"{folder}/{QEMU_DM}" for folder in _XEND)]

    def _in_xen(self, name: str) -> list[str]:
        return [f"{folder}/{name}" for folder in places(self._release, "bin")]

    def _has(self, paths: Sequence[str]) -> bool:
        return any(self._is_program(path) for path in paths)

    def _is_program(self, path: str) -> bool:
        return path in self._coming or not self._problem_of(path)

    def _problem_of(self, path: str) -> str:
        return file_problem(below(self._root, path), is_program=True)

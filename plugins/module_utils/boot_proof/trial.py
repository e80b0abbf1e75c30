# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe the guest that a boot loader's image is tried in, and what its console must show (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..common.problem import Problem
from ..guest.model import Guest, read_guest
from ..host.terminal import lines_in
from ..schemes.render import render_guest
from ..xen.facts import Facts
from ..xen.releases import PVGRUB_IMAGES, Release
from ..xencfg.config_text import config_text
from .names import DOMAIN_PREFIX

# The images that can be tried, by name, with the kernels that they boot. The second name of a PV-GRUB leaves that open.
ARCHS = {f"pvgrub2-{arch}": arch for arch in ("x86_64", "i386", "pvh")}
ARCHS.update({names[0]: arch for arch, names in PVGRUB_IMAGES.items()})

# What PV-GRUB of mini-OS (GRUB legacy with stubdom/grub.patches, Xen 3.3 to 4.22) and GRUB 2 print when they wait for
# input: their prompts, and the head of a menu, which is that of their command lines, too.
READY = ("grubdom>", "grub>", "GNU GRUB ")
# The prompt of GRUB 2 without its own modules: it cannot boot a kernel.
_RESCUE = "grub rescue>"
# Without a menu's path PV-GRUB would ask a DHCP server first. There is no disk, and so no menu.
_NO_MENU = "(hd0)/boot/grub/menu.lst"
_LAST_LINES = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class BootTrial:
    """Describe an image and how it is tried: ``memory`` in MiB, ``timeout`` in seconds."""

    name: str
    sha256: str
    memory: int = 64
    timeout: int = 120

    @property
    def domain(self) -> str:
        """Return the name of the domain that this image alone is tried in."""
        return f"{DOMAIN_PREFIX}{self.sha256[:8]}"


@dataclass(frozen=True)
class BootProgress:
    """Describe how far a console shows a boot.

    ``ready`` is the line that proves the boot, ``failure`` the reason why it cannot come, "" for neither; ``lines`` are
    the last lines of the console.
    """

    ready: str
    failure: str
    lines: list[str]


def read_progress(text: str) -> BootProgress:
    r"""Return how far the text of a console shows a boot: a boot loader that waits for input has booted.

    >>> read_progress("\x1b[2J    GNU GRUB  version 0.97  (65536K lower / 0K upper memory)\r\n").ready
    'GNU GRUB  version 0.97  (65536K lower / 0K upper memory)'
    """
    lines = lines_in(text)
    ready = [line for word in READY for line in lines if word in f"{line} "]
    rescued = any(_RESCUE in line for line in lines)
    failure = "GRUB does not find its own modules" if rescued and not ready else ""
    return BootProgress(ready[0] if ready else "", failure, lines[-_LAST_LINES:])


def guest_of(trial: BootTrial) -> tuple[Guest | None, list[Problem]]:
    """Return the guest that boots the image, or the problems of the trial.

    The guest has no disk and no network, and is not started again when it ends.
    """
    arch = ARCHS.get(trial.name)
    if not arch:
        remedy = f"try one of {', '.join(sorted(ARCHS))}"
        return None, [Problem("is not a boot loader that shows a prompt", remedy)]
    if not _SHA256.fullmatch(trial.sha256):
        return None, [Problem(f"sha256 = {trial.sha256!r} is not a SHA-256 digest", "give its 64 hexadecimal digits")]
    if trial.timeout < 1:
        return None, [Problem(f"timeout = {trial.timeout} is too short", "give 1 second or more")]
    boot = {"method": "pvgrub2"} if arch == "pvh" else {"method": "pvgrub", "menu": _NO_MENU}
    definition = {
        "name": trial.domain,
        "type": "pvh" if arch == "pvh" else "pv",
        "memory": trial.memory,
        "boot": {**boot, "arch": arch, "image": trial.name},
        "settings": dict.fromkeys(("on_poweroff", "on_reboot", "on_crash"), "destroy"),
    }
    read = read_guest(definition)
    return read.guest, read.problems


def config_of(guest: Guest, kernel: str, release: Release, toolstack: str) -> tuple[str, list[Problem]]:
    """Return the text of that guest's configuration file, or the problems that such a host has with it."""
    rendered = render_guest(guest, Facts(release, toolstack, {guest.boot.image: kernel}))
    text = "" if rendered.problems else config_text(toolstack, rendered.files[0].values)
    return text, rendered.problems

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What proves that a boot loader's image boots: the guest that it is tried in, and what its console must say (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..common.problem import Problem
from ..guest.model import Guest, read_guest
from ..host.terminal import lines_in
from ..schemes.render import render_guest
from ..xen.facts import Facts
from ..xen.releases import PVGRUB_IMAGES, Release
from ..xencfg.write import config_text
from .names import DOMAIN_PREFIX

# The images that can be tried, by name, with what kernels they boot. The second name of a PV-GRUB says nothing of that.
ARCHS = {f"pvgrub2-{arch}": arch for arch in ("x86_64", "i386", "pvh")}
ARCHS.update({names[0]: arch for arch, names in PVGRUB_IMAGES.items()})

# What PV-GRUB of mini-OS (GRUB legacy with stubdom/grub.patches, Xen 3.3 to 4.22) and GRUB 2 print when they wait for
# somebody: their prompts, and the head of a menu, which is that of their command lines, too.
READY = ("grubdom>", "grub>", "GNU GRUB ")
# GRUB 2 without its own modules, which boots nothing.
_RESCUE = "grub rescue>"
# Without a menu's path PV-GRUB would ask a DHCP server first. There is no disk, and so no menu.
_NO_MENU = "(hd0)/boot/grub/menu.lst"
_LAST_LINES = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Tried:
    """An image, and how it is tried: ``memory`` in MiB, ``timeout`` in seconds."""

    name: str
    sha256: str
    memory: int = 64
    timeout: int = 120

    @property
    def domain(self) -> str:
        """The name of the domain that it is tried in, and no other image with it."""
        return f"{DOMAIN_PREFIX}{self.sha256[:8]}"


@dataclass(frozen=True)
class Said:
    """What a console said so far: ``ready`` is the line that proves the boot, ``fault`` why there will be none, "" for
    neither; ``lines`` are the last ones."""

    ready: str
    fault: str
    lines: list[str]


def judge(text: str) -> Said:
    r"""Whether the boot loader waits for somebody.

    >>> judge("\x1b[2J    GNU GRUB  version 0.97  (65536K lower / 0K upper memory)\r\n").ready
    'GNU GRUB  version 0.97  (65536K lower / 0K upper memory)'
    """
    lines = lines_in(text)
    ready = [line for word in READY for line in lines if word in f"{line} "]
    rescued = any(_RESCUE in line for line in lines)
    fault = "GRUB does not find the modules that it is made of" if rescued and not ready else ""
    return Said(ready[0] if ready else "", fault, lines[-_LAST_LINES:])


def guest_of(tried: Tried) -> tuple[Guest | None, list[Problem]]:
    """The guest whose kernel the image is, without disk and network, and which nothing starts again when it ends; or
    what is wrong with what was asked."""
    arch = ARCHS.get(tried.name)
    if not arch:
        remedy = f"try one of {', '.join(sorted(ARCHS))}"
        return None, [Problem("is no boot loader that could show a prompt", remedy)]
    if not _SHA256.fullmatch(tried.sha256):
        return None, [Problem(f"sha256 = {tried.sha256!r} is none", "give its 64 hexadecimal digits")]
    if tried.timeout < 1:
        return None, [Problem(f"timeout = {tried.timeout} leaves no time", "give 1 second or more")]
    boot = {"method": "pvgrub2"} if arch == "pvh" else {"method": "pvgrub", "menu": _NO_MENU}
    definition = {
        "name": tried.domain,
        "type": "pvh" if arch == "pvh" else "pv",
        "memory": tried.memory,
        "boot": {**boot, "arch": arch, "image": tried.name},
        "settings": dict.fromkeys(("on_poweroff", "on_reboot", "on_crash"), "destroy"),
    }
    read = read_guest(definition)
    return read.guest, read.problems


def config(guest: Guest, kernel: str, release: Release, toolstack: str) -> tuple[str, list[Problem]]:
    """The text of that guest's configuration file, or what keeps such a host from having one."""
    rendered = render_guest(guest, Facts(release, toolstack, {guest.boot.image: kernel}))
    text = "" if rendered.problems else config_text(toolstack, rendered.files[0].values)
    return text, rendered.problems

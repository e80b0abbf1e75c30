# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Xen of an installed tree is started at boot: by systemd units of its own, or by init scripts."""

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import LabError
from .content import Content, basename
from .whole import half

UNIT_FOLDERS = ("lib/systemd/system", "usr/lib/systemd/system", "usr/local/lib/systemd/system", "etc/systemd/system")
# A watchdog would reboot a host that is resumed from a snapshot; the other is for driver domains, not for dom0.
UNITS_LEFT_OUT = ("xen-watchdog.service", "xendriverdomain.service")
INIT_SCRIPTS = "etc/init.d"
DISK_BACKEND = "xen-qemu-dom0-disk-backend.service"
EXEC_START = re.compile(r"^ExecStart=[-@:+!]*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Services:
    """What is enabled. One of both is empty."""

    units: tuple[str, ...]
    scripts: tuple[str, ...]  # in the order of their start
    disk_backend: str = ""  # the program that the unit of that name starts; empty when there is no such unit


def find(path: Path, content: Content, toolstack: str) -> Services:
    """Return how the tree's Xen is started. Raise LabError when it brings nothing for that."""
    units = {basename(name): name for folder in UNIT_FOLDERS for name in in_folder(content, folder)}
    if "xenstored.service" in units and toolstack == "xl":
        if not EXEC_START.search(content.text(units["xenstored.service"])):
            raise half(path, f"{units['xenstored.service']} starts nothing")
        enabled = [name for name in units if is_enabled(content, units[name]) and name not in UNITS_LEFT_OUT]
        program = EXEC_START.search(content.text(units[DISK_BACKEND])) if DISK_BACKEND in units else None
        return Services(tuple(sorted(enabled)), (), program[1] if program else "")
    scripts = {basename(name): content.text(name) for name in in_folder(content, INIT_SCRIPTS)}
    first = "xend" if toolstack == "xm" else "xencommons"
    if first not in scripts:
        missing = "no " if toolstack == "xm" else "neither units of systemd (xenstored.service) nor "
        raise LabError(
            f"{path} has nothing that starts Xen at boot: it has {missing}{INIT_SCRIPTS}/{first}. Run `make install-tools DESTDIR={path}` in "
            "Xen's source tree again (for units, configured with --enable-systemd)."
        )
    return Services((), tuple(name for name in order(scripts, toolstack) if name in scripts))


def order(scripts: dict[str, str], toolstack: str) -> list[str]:
    """Return the scripts that are started, first things first; pure.

    From 4.1 on, xend wants xenstored to run; before, it starts it, and a second one would leave a dead socket.
    """
    if toolstack == "xl":
        return ["xencommons", "xendomains"]
    required = re.search(r"^# Required-Start:.*\bxenstored\b", scripts["xend"], re.MULTILINE)
    return ["xencommons", "xend", "xendomains"] if required or "xencommons should be started" in scripts["xend"] else ["xend", "xendomains"]


def in_folder(content: Content, folder: str) -> list[str]:
    """Return the files directly in a folder."""
    return [name for name in content.files() if name.rsplit("/", 1)[0] == folder]


def is_enabled(content: Content, unit: str) -> bool:
    """Return whether a unit says what it is to be started with."""
    return "[Install]" in content.text(unit)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the processes by which xl monitors domains, and makes domains. Read only.

``xl create``, ``xl restore`` and ``xl migrate-receive`` leave a process behind that waits for the end of the domain, and
then does what ``on_reboot``, ``on_crash`` and so on ask for. It lives while the guest reboots, also for the 2 seconds in which
no domain exists, and ends when nothing more is to be done (Xen 4.17, tools/xl/xl_vmcontrol.c, create_domain). Its output
goes to the log of the guest, whose name is that of the guest (tools/xl/xl_utils.c, do_daemonize). Its arguments may name
the file by a path that is relative to a folder it has left.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Collection, Iterator

from ..common.processes import command_lines
from .base import ToolstackError

# What is read of a log's end, in bytes: a process prints few lines for each domain.
_TAIL = 8192
# A program may rotate the logs.
_LOG = re.compile(r".*/xl-(.+?)\.log(?:[.-][0-9]+)?(?: \(deleted\))?")
_WAITS = re.compile(rb"\(domid ([0-9]+)\) to die[^\n]*\n*\Z")
_MAKERS = {"create", "cr", "restore", "migrate-receive"}


def monitored(processes: Path) -> dict[str, int]:
    """Return, by the names of guests, the ids of the processes of xl that monitor them. ``processes`` is /proc."""
    found = {}
    for process, _words in _of(processes, "xl"):
        name = _guest_of(processes / str(process))
        if name:
            found[name] = process
    return found


def refuse_beside_xend(processes: Path, names: Collection[str]) -> None:
    """Raise ToolstackError for guests that xl monitors on a host whose xend acts on their ends, too: each would restart them."""
    both = {name: process for name, process in monitored(processes).items() if name in names}
    if both:
        shown = ", ".join(f"{name} (process {process})" for name, process in sorted(both.items()))
        raise ToolstackError(
            f"xl monitors guests on this host, whose xend acts on their ends, too: {shown}",
            "shut them down by xl -f shutdown, and start them with xm; or end xend for good, and use xl",
        )


def maker(processes: Path, program: str) -> int:
    """Return the id of a process that makes a domain now, for anybody, 0 for none. ``program`` is xl or xm."""
    for process, words in _of(processes, program):
        if _MAKERS.intersection(words[1:]) and not _guest_of(processes / str(process)):
            return process
    return 0


def waits_for(processes: Path, process: int, domid: int) -> bool:
    """Return whether a process has made a domain and waits for its end. It unpauses the domain before it prints so: one that
    is paused still was made so, by ``xl create -p``."""
    return f"(domid {domid}) to die".encode() in _printed(processes, process)


def awaited(processes: Path, process: int) -> int:
    """Return the id of the domain whose end a process waits for, 0 where that is not the last that it printed."""
    found = _WAITS.search(_printed(processes, process))
    return int(found.group(1)) if found else 0


def _printed(processes: Path, process: int) -> bytes:
    """Return the last that a process printed."""
    try:
        with open(processes / str(process) / "fd" / "1", "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - _TAIL))
            return log.read()
    except OSError:
        return b""


def _of(processes: Path, program: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the processes of a program, with their words. A script, as xm is one, comes behind its interpreter."""
    for process, words in command_lines(processes).items():
        if any(word.rsplit("/", 1)[-1] == program for word in words[:2]):
            yield process, words


def _guest_of(process: Path) -> str:
    """Return the name of the guest to whose log a process writes, "" for none."""
    try:
        found = _LOG.fullmatch(os.readlink(process / "fd" / "1"))
    except OSError:
        return ""
    return found.group(1) if found else ""

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quote the log that has the cause of a failure: why a guest, its stub domain or a QEMU of its ended.

``log_files.start_logs`` names the logs of each toolstack. What Xen logs of a guest is no file: the toolstack prints it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, Mapping, NamedTuple

from ..common.secrets import hide_parts
from ..toolstack.base import Toolstack
from .console_log import lines_of
from .log_files import Mark, mark

# Characters of a quoted line, and lines of Xen's log.
_LONGEST, _MOST = 200, 3

# What states a cause, the most precise first. The root file system that this collection builds, often after the seconds since
# its start; Linux; xm, to stubdom-dm.
_OWN = (
    r"xenfleet-stubdom:\s+(?:[0-9.]+\s+)?FAILED: (.+)",
    r"(Kernel panic .+)",
    r"^Error: (.+)",
)
# mini-OS, of a stub domain or of PV-GRUB, before it ends: arch/x86/traps.c, mm.c, lib/sys.c, main.c, include/lib.h; until 4.0
# extras/mini-os/main.c for fs-backend.
_MINI_OS = (
    r"(No FS backend found).*",
    r"(Page fault (?:at linear address \w+, [re]ip \w+|in pagetable walk))",
    r"(GPF [re]ip: \w+, error_code=\w+)",
    r"FATAL:\s+(Unhandled Trap \d+ \([^)]*\))",
    r"(ASSERTION FAILED: .+)",
    r"(Cannot handle page request order \d+)",
    r"((?:Heap|Memory) exhausted: .+)",
    r"(Unsupported function \w+ called in Mini-OS kernel)",
    r"(Couldn't (?:read target|read vm path|get stubdom args).*)",
    r"^((?:Debug exception|Copro error|SIMD error|SIMD copro error))$",
)
# QEMU, in the stub domain and in dom0 (vl.c, keymaps.c of qemu-xen-traditional; newer ones begin with the program's name).
_QEMU = (
    r"(Could not read keymap file: .+)",
    r"^(qemu: (?!could not load PC BIOS).+)",
    r"^(?:\S*/)?(?:xen-)?qemu-(?:system-\w+|dm): (?!warning)(.+)",
)
_CAUSES = tuple(re.compile(pattern) for pattern in (*_OWN, *_MINI_OS, *_QEMU))

# What qemu-dm prints at each start, also at a good one: it asks for a console of the stub domain before mini-OS has it.
_USUAL = re.compile(r"^(?:xen be: \S+: )*initialise\(\) failed$")

# The domain that a process of xl monitors, in its log of the guest (xl_vmcontrol.c).
_MONITORED = re.compile(r"\(domid (\d+)\)")

# xend's logs are of all guests: what names this one, and its errors. xend-debug.log is what xend itself failed with.
_XEND = r"\b(?:ERROR|CRITICAL|WARNING) \([\w.]+:\d+\) (.*(?<![\w.+-]){name}(?:-dm)?(?![\w.+-]).*)"
_XEND_OWN = re.compile(r"^((?:\w+\.)*\w*Error(?:: .+)?)$")


class Quote(NamedTuple):
    """Describe the words of a log: ``log`` is its path, or the command that prints it."""

    log: str
    text: str


def cause_since(logs: Mapping[Path, Mark], name: str) -> Quote | None:
    """Return what states why the guest ``name`` failed, from the first of the logs that does; None where none does.

    ``logs`` has where each ended before the start. A message of its own is more precise than the panic that may follow it.
    """
    for log, start in logs.items():
        lines = _new_lines(log, start)
        for pattern in _patterns(log, name):
            found = [match.group(1) for line in lines for match in [pattern.search(line)] if match]
            if found:
                return Quote(str(log), _short(found[-1]))
    return None


def last_words(logs: Mapping[Path, Mark]) -> Quote | None:
    """Return the last new line of the first log that has one, for a failure that no log states the cause of."""
    for log, start in logs.items():
        lines = [line for line in _new_lines(log, start) if line.strip() and not _USUAL.match(line.strip())]
        if lines:
            return Quote(str(log), _short(lines[-1]))
    return None


def of_hypervisor(text: str, domid: int, command: str) -> Quote | None:
    """Return the last lines of Xen's log, ``text``, that are of a domain; None for none. ``command`` prints the log.

    Xen begins them with (dN), or names the domain. It logs them where the host boots with guest_loglvl=all.
    """
    mine = re.compile(rf"\(d{domid}\) ?(?:\[[^\]]*\] ?)?(.*)|(?:\(XEN\) ?)?(?:\[[^\]]*\] ?)?((?:d{domid}(?:v\d+)? |Domain {domid} \(vcpu).*)")
    found = [next(filter(None, match.groups()), "") for match in map(mine.match, text.splitlines()) if match]
    words = [_short(line) for line in found if line.strip()]
    return Quote(command, " / ".join(words[-_MOST:])) if words else None


def logged_by_xen(toolstack: Toolstack, domid: int) -> Quote | None:
    """Return the last lines that Xen has logged of a domain, None for none. One process is run."""
    return of_hypervisor(toolstack.hypervisor_log(), domid, f"{toolstack.name} dmesg")


def shown(quote: Quote | None) -> str:
    """Return the words of a log as the rest of a sentence, "" for none.

    >>> shown(Quote("xl dmesg", "No bootable device"))
    '; xl dmesg has: No bootable device'
    """
    return f"; {quote.log} has: {quote.text}" if quote else ""


def monitored_domain(logs: Mapping[Path, Mark]) -> int | None:
    """Return the id of the domain that xl began to monitor since the marks, for one that is gone; None for unknown."""
    own = [line for log, start in logs.items() if log.name.startswith("xl-") for line in _new_lines(log, start)]
    found = [int(match.group(1)) for line in own for match in [_MONITORED.search(line)] if match]
    return found[-1] if found else None


def _patterns(log: Path, name: str) -> Iterator[re.Pattern[str]]:
    if log.name == "xend.log":
        yield re.compile(_XEND.format(name=re.escape(name)))
    elif log.name == "xend-debug.log":
        yield _XEND_OWN
    else:
        yield from _CAUSES


def _new_lines(log: Path, start: Mark) -> list[str]:
    offset = start.size if mark(log).inode == start.inode else 0
    return lines_of(log, offset) or []


def _short(text: str) -> str:
    """Return a line of a log as a message has it: without passwords, and not endless."""
    words = hide_parts(text.strip())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST - 3]}..."

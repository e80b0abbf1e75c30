# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what starts xenconsoled on this host, and where its arguments are set; read whether it runs with them.

Sources: Debian's xen-utils-common, /etc/init.d/xen; Xen 4.4 to 4.20, tools/hotplug/Linux/systemd/xenconsoled.service.in
and init.d/xencommons.in; tools/console/daemon/main.c.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from ..common.files import below, read_text
from ..common.processes import command_lines

# The mode of the folder of the logs. They hold what guests print, passwords among it.
FOLDER_MODE = 0o2750
ARGUMENTS, TRACE = "XENCONSOLED_ARGS", "XENCONSOLED_TRACE"

DEBIAN_SCRIPT = "/etc/init.d/xen"
_SYSV = "/etc/init.d/xencommons"
_UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
_UNIT = "xenconsoled.service"
_ENVIRONMENT = re.compile(r"(?m)^EnvironmentFile=-?(\S*/xencommons)\s*$")
_DEFAULTS = ("/etc/default/xencommons", "/etc/sysconfig/xencommons", "/etc/conf.d/xencommons")
_LOG = "--log="
# What a shell, or systemd, does not take as it is between double quotes.
_UNQUOTABLE = re.compile(r'["\\$`\x00-\x1f\x7f]')


@dataclass(frozen=True)
class Daemon:
    """Describe what starts xenconsoled: ``kind`` is debian, systemd or sysv.

    ``defaults`` is the file that sets its arguments, and ``variable`` the one that is read there.
    """

    kind: str
    defaults: str
    variable: str

    def line_for(self, arguments: str) -> str:
        """Return the line that sets the arguments, "" where the variable cannot hold them."""
        if _UNQUOTABLE.search(arguments):
            return ""
        if self.variable == ARGUMENTS:
            return f'{ARGUMENTS}="{arguments}"'
        # XENCONSOLED_TRACE takes the value of --log, and nothing else.
        words = arguments.split()
        return f"{TRACE}={words[0][len(_LOG):]}" if len(words) == 1 and words[0].startswith(_LOG) else ""


def find(root: Path = Path("/")) -> Daemon | None:
    """Return what starts xenconsoled, None where nothing that this collection knows does. Raise OSError."""
    for folder in _UNITS:
        unit = read_text(below(root, f"{folder}/{_UNIT}"))
        if unit is not None:
            variable = _variable(unit)
            file = _ENVIRONMENT.search(unit)
            return Daemon("systemd", file[1] if file else _defaults(root), variable) if variable else None
    script = read_text(below(root, DEBIAN_SCRIPT))
    if script is not None and ARGUMENTS in script:
        # This script reads XENCONSOLED_ARGS only; the comments of its defaults name XENCONSOLED_TRACE.
        return Daemon("debian", "/etc/default/xen", ARGUMENTS)
    script = read_text(below(root, _SYSV))
    if script is not None and TRACE in script:
        # It has an own XENCONSOLED_ARGS, which it sets from XENCONSOLED_TRACE.
        return Daemon("sysv", _defaults(root), TRACE)
    return None


def _variable(unit: str) -> str:
    """Return the variable of a unit: its own arguments come last, and a second --log adds to the first."""
    return next((name for name in (ARGUMENTS, TRACE) if name in unit), "")


def _defaults(root: Path) -> str:
    return next((path for path in _DEFAULTS if below(root, path).is_file()), _DEFAULTS[0])


def with_line(text: str, variable: str, line: str) -> str:
    """Return the text of a file of defaults in which ``line`` sets the variable; with an empty line, nothing sets it.

    >>> with_line("A=1\\nB=2\\n", "A", "A=3"), with_line("A=1\\nB=2\\n", "A", ""), with_line("", "A", "A=3")
    ('A=3\\nB=2\\n', 'B=2\\n', 'A=3\\n')
    """
    rows = _rows(text, variable)
    places = [number for number, row in enumerate(rows) if row.startswith(f"{variable}=")]
    if not line:
        return "".join(row for number, row in enumerate(rows) if number not in places)
    if not places and rows and not rows[-1].endswith("\n"):
        rows[-1] += "\n"
    # A shell and systemd take the last one.
    place = places[-1] if places else len(rows)
    rows[place : place + 1] = [f"{line}\n"]
    return "".join(rows)


def current_line(text: str, variable: str) -> str:
    """Return the line that sets the variable, "" for none."""
    rows = (row for row in reversed(_rows(text, variable)) if row.startswith(f"{variable}="))
    return next(rows, "").rstrip("\n")


def _rows(text: str, variable: str) -> list[str]:
    """Return the lines of a file with their ends. What sets the variable is one, however many lines its value has."""
    # Not splitlines(), for which a form feed ends a line, too.
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    rows: list[str] = []
    number = 0
    while number < len(lines):
        size = _size(lines[number:]) if lines[number].startswith(f"{variable}=") else 1
        rows.append("".join(lines[number : number + size]))
        number += size
    return rows


def _size(lines: list[str]) -> int:
    """Return how many lines the first assignment has; 1 where a quote is never closed."""
    for size in range(1, len(lines) + 1):
        try:
            # A backslash at the end of a line joins the next one.
            shlex.split("".join(lines[:size]).rstrip("\n"), comments=True)
            return size
        except ValueError:
            continue
    return 1


def processes(proc: Path = Path("/proc")) -> dict[int, list[str]]:
    """Return the words of the command line of each xenconsoled, by its process id."""
    lines = command_lines(proc).items()
    return {process: words for process, words in lines if words and words[0].rsplit("/", 1)[-1] == "xenconsoled"}


def runs_with(found: dict[int, list[str]], arguments: str) -> bool:
    """Return whether xenconsoled runs, with all of these arguments, or with ``--log=all`` in place of what that includes."""
    wanted = set(arguments.split())
    return any(wanted <= _arguments_of(words[1:]) for words in found.values())


def _arguments_of(words: list[str]) -> set[str]:
    """Return the arguments in the form ``--log=guest``. All that a command line names is logged; ``all`` is guest and hv.

    >>> sorted(_arguments_of(["-i", "--log", "all"]))
    ['--log=all', '--log=guest', '--log=hv', '-i']
    """
    text = " ".join(words).replace(f"{_LOG[:-1]} ", _LOG)
    given = set(text.split())
    return given | {f"{_LOG}guest", f"{_LOG}hv"} if f"{_LOG}all" in given else given

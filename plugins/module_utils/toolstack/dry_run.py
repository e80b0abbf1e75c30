# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have the host's own toolstack read the text of a configuration file, without starting anything: ``xl create -n``.

The dry run of xl reads the text, and asks the hypervisor for the number of processors and the like. It takes no lock, reads
no disk and no kernel, and starts neither a boot loader nor a script (Xen 4.2 to 4.4, tools/libxl/xl_cmdimpl.c,
create_domain; from 4.8 on tools/xl/xl_vmcontrol.c). That of xm executes the text and does not reach xend; from 4.0 on it
requires kernel and RAM disk (tools/python/xen/xm/create.py).
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..common.secrets import hide, long_secrets
from ..xencfg.values import ConfigSyntaxError, Document
from .base import ToolstackError
from .command import Result, Run, run
from .meaning import Meaning, meaning_of

if TYPE_CHECKING:
    from .base import Toolstack

# Seconds: a dry run takes some milliseconds, on an emulated host some seconds.
SECONDS = 60.0

# Lines of xl and xm that report nothing about the file.
_ASIDE = re.compile(r"Parsing config |Using config file |got a tsc mode string: |WARNING: xend/xm is deprecated|\s*$")
# Where the toolstack could not read the file at all, which shows nothing about its text.
_UNREAD = re.compile(
    r"Failed to read config file|Unable to open config file|cannot open libxc handle|cannot init xl context"
)
# xm looks for files that a run in check mode has not installed yet; guest_config looks for them by itself.
_FILES = re.compile(r"Error: Cannot find (kernel|ramdisk) ")
# What a parser quotes of a text that it cannot read; a password can be in it.
_QUOTED = re.compile(r" near .*")
# Lines of a message: the cause comes before its effects.
_SHOWN_LINES = 4


class FileRefused(ToolstackError):
    """Report a text that the toolstack does not take, in its own words."""


class NoAnswer(ToolstackError):
    """Report that the toolstack did not answer, so that it is unknown whether it takes the text."""


class Hangs(NoAnswer):
    """Report that the toolstack did not answer in time."""


@dataclass(frozen=True)
class DryRun:
    """Hold what a toolstack made of a text: ``output`` as it was printed, which can contain passwords, and ``warnings``."""

    output: str
    warnings: tuple[str, ...] = ()


def dry_run(toolstack: Toolstack, path: str, text: str, runner: Run | None = None) -> DryRun:
    """Return what the host's toolstack makes of the text that is to be the file ``path``.

    The text lies in a file without a name, which no other user can open, and which is gone when this process ends. Raise
    FileRefused, with the output in place of that file's name, or NoAnswer; OSError where there is no room for the text.
    """
    with tempfile.TemporaryFile() as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        # Both programs open the file by this name themselves, as one that has no name any more.
        name = f"/proc/{os.getpid()}/fd/{file.fileno()}"
        argv = [toolstack.name, "create", "-q", "-n", name]
        result = (runner or partial(run, timeout=SECONDS))(argv)
    lines = _lines(result, name, path, text)
    if result.rc == 0:
        return DryRun(result.out, tuple(lines[:_SHOWN_LINES]))
    words = "; ".join(lines[:_SHOWN_LINES]) or "nothing"
    program = f"{toolstack.name} create -n"
    if result.rc == 124:
        raise Hangs(f"{program} did not answer within {SECONDS:.0f} seconds")
    if result.rc in (126, 127) or _UNREAD.search(result.err) or _FILES.search(result.err):
        raise NoAnswer(f"{program} did not read the file: {words}")
    ended = f"was ended by signal {-result.rc}" if result.rc < 0 else f"failed with exit code {result.rc}"
    raise FileRefused(f"{program} {ended}: {words}")


def meaning_on_host(toolstack: Toolstack, path: str, text: str, runner: Run | None = None) -> Meaning:
    """Return the meaning that the text of the file ``path`` has for the host's toolstack.

    Raise FileRefused, NoAnswer or OSError as ``dry_run``, MeaningError for an output that is not a configuration (xl prints
    another form with ``output_format="sxp"`` in xl.conf), and ConfigSyntaxError for a text that only the toolstack can read:
    xm executes whole programs.
    """
    values = read_config(toolstack.name, text).values
    return meaning_of(toolstack.name, dry_run(toolstack, path, text, runner).output, values)


def read_config(program: str, text: str) -> Document:
    """Return the keys of a text in the syntax of xl or xm. Raise ConfigSyntaxError."""
    if program == "xl":
        from ..xencfg import read_xl

        return read_xl.read(text)
    from ..xencfg import read_xm

    return read_xm.read(text)


def _lines(result: Result, name: str, path: str, text: str) -> list[str]:
    """Return what it printed about the file: never its standard output, which is the configuration with its passwords."""
    lines = [line.strip().replace(name, path) for line in result.err.splitlines() if not _ASIDE.match(line)]
    try:
        secrets = long_secrets(read_config(result.argv[0], text).values)
    except ConfigSyntaxError:
        secrets, lines = [], [_QUOTED.sub(" near a part of it", line) for line in lines]
    return [str(hide(line, secrets)) for line in lines]

# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the commands of the fake Xen's `xm` are used: what xm prints beside an error of many kinds.

Of the texts on create and on xm itself, only the first lines are printed.
"""

from __future__ import annotations

import sys

from program import die

TYPE_CHECKING = False  # as type checkers know it, without the time that loading typing takes
if TYPE_CHECKING:
    from typing import NoReturn

# Of each command: how many words it wants, in the words of xm, its usage, and what it is for.
USAGE = {
    "create": ("", "create <ConfigFile> [options] [vars]", "Create a domain based on <ConfigFile>."),
    "destroy": ("1", "destroy <Domain>", "Terminate a domain immediately."),
    "domid": ("1", "domid <DomainName>", "Convert a domain name to domain id."),
    "domname": ("1", "domname <DomId>", "Convert a domain id to domain name."),
    "pause": ("1", "pause <Domain>", "Pause execution of a domain."),
    "shutdown": ("between 1 and 4", "shutdown <Domain> [-waRH]", "Shutdown a domain."),
    "trigger": ("between 2 and 3", "trigger <Domain> <nmi|reset|init|s3resume|power> [<VCPU>]",
                "Send a trigger to a domain."),
    "unpause": ("1", "unpause <Domain>", "Unpause a paused domain."),
}
GENERAL = "Usage: xm <subcommand> [args]\n\nControl, list, and manipulate Xen guest instances.\n"


def usage(command: str, error: str, code: int = 1) -> NoReturn:
    """Print an error, and on the other stream how the command is used; end."""
    _words, form, purpose = USAGE[command]
    sys.stdout.write(f"Usage: xm {form}\n\n{purpose}\n")
    die(code, f"Error: {error}\n")

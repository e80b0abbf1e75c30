# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send a character to a terminal of the host, until what comes back shows that the small guest has read it.

    python3 serial.py TERMINAL CHARACTER

It prints all that came. The terminal is what the toolstack's command for consoles would open; that command wants one
of its own to write to.
"""

from __future__ import annotations

import os
import select
import sys
import time
import tty

SECONDS = 60


def main(terminal: str, character: str) -> int:
    """Return 0 when the guest has answered."""
    handle = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(handle)
    os.write(handle, character.encode())
    received, deadline = b"", time.monotonic() + SECONDS
    while f"serial: {character}".encode() not in received and time.monotonic() < deadline:
        if select.select([handle], [], [], 1)[0]:
            received += os.read(handle, 4096)
    print(received.decode(errors="replace"))
    return 0 if f"serial: {character}".encode() in received else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

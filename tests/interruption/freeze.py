# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a host: waits until something new is there, and stops, at that moment, the module that works and its programs.

    python3 freeze.py path '/etc/xen/.web1.cfg.*'     a file or folder of such a name
    python3 freeze.py domain                          a domain

It says "ready" when it has looked at what was there before, then the ids of the stopped processes in one line. Who holds
the host's lock is the module that works.
"""

from __future__ import annotations

import glob
import json
import os
import signal
import subprocess
import sys
import time

# Seconds between two looks: what is waited for lasts longer, and the processor is the others'.
_POLL = 0.3
LOCK = "/var/lib/xenfleet/lock"


def there(kind: str, pattern: str) -> set[str]:
    """Return what there is of that kind now."""
    if kind == "path":
        return set(glob.glob(pattern))
    return set(subprocess.run(["xenstore-list", "/local/domain"], capture_output=True, text=True, check=True).stdout.split())


def holder() -> int:
    """Return the module that has the lock, 0 for none."""
    try:
        with open(LOCK, encoding="utf-8") as stream:
            return int(json.load(stream)["pid"])
    except (OSError, ValueError, LookupError):
        return 0


def below(parent: int) -> list[int]:
    """All processes that it has started."""
    parents: dict[int, int] = {}
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{folder}/stat", encoding="utf-8") as stream:
                parents[int(folder[6:])] = int(stream.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [parent]
    for pid in found:
        found += [child for child, its_parent in parents.items() if its_parent == pid]
    return found[1:]


def main(kind: str, pattern: str = "") -> None:
    before, parent = there(kind, pattern), os.getppid()
    print("ready", flush=True)
    while not there(kind, pattern) - before:
        time.sleep(_POLL)
        if os.getppid() != parent:
            # Who asked for it has gone: a later run is not to be stopped.
            sys.exit(1)
    module = holder()
    if module:
        os.kill(module, signal.SIGSTOP)
    stopped = [module, *below(module)] if module else []
    for pid in stopped[1:]:
        os.kill(pid, signal.SIGSTOP)
    print(" ".join(map(str, stopped)) or "nobody", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

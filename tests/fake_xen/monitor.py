# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that the fake `xl create` would leave behind, for one reboot of its guest: see FakeXen.reboot_by_itself.

A real one shows the same phases (Xen 4.17): the domain has shut down, there is none for two seconds, a new one with the same
uuid is paused while it is built. Its standard output is the guest's log, by which it is known. Each phase lasts until there
is a line to read: the test decides when the next one begins, however busy the machine is.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from store import Store


def next_phase() -> None:
    """Report that a phase has begun, and wait for its end."""
    print("begun", file=sys.stderr, flush=True)
    if not sys.stdin.readline():
        sys.exit("the test has ended")


def reboot(folder: str, name: str) -> int:
    """Take the guest through its reboot; return the id of its new domain."""
    with Store(folder) as store:
        old = store.named(name)
        if old is None:
            sys.exit(f"no domain {name}")
        old.update(state="s", reason="reboot")
        store.dirty = True
        config = Path(store.userdata(old, "libxl-json"))
        text = config.read_bytes() if config.exists() else b"{}"
    print(f"Domain {old['domid']} has shut down, reason code 1 0x1", flush=True)
    next_phase()
    print(f"Domain {old['domid']} needs to be cleaned up: destroying the domain\nDone. Rebooting now", flush=True)
    with Store(folder) as store:
        store.remove(old["domid"])
    next_phase()
    with Store(folder) as store:
        kept = {key: value for key, value in old.items() if key not in ("domid", "created", "reason", "ending", "stub")}
        new = store.add({**kept, "state": "p", "unborn": True})
        Path(store.userdata(new, "libxl-json")).write_bytes(text)
    next_phase()
    with Store(folder) as store:
        domain = store.domain(new["domid"])
        if domain is None:
            sys.exit("it was destroyed")
        domain["state"] = "b"
        domain.pop("unborn", None)
        store.dirty = True
    print(f"Waiting for domain {name} (domid {new['domid']}) to die [pid {os.getpid()}]", flush=True)
    print("begun", file=sys.stderr, flush=True)
    return int(new["domid"])


def main() -> None:
    """Reboot the guest, and wait for the end of its domain; one minute at most, so that no test leaves it behind."""
    folder, name = sys.argv[1:]
    domid = reboot(folder, name)
    for _second in range(60):
        with Store(folder) as store:
            if store.domain(domid) is None:
                return
        time.sleep(1)


if __name__ == "__main__":
    main()

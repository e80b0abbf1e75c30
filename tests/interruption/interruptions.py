# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where runs are interrupted on a real host, and how the host has to look then and at the end.

Every interruption is printed as a line of a table: the point, what was on the host then, what came of it, and its seconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from select import select
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import is_untouched
from interruptible import InterruptibleRun
from real_host import GUESTS, NAMES, PATIENCE, RealHost

# What freeze.py waits for: a piece of work that is half done.
IMAGE = ("path", "/var/lib/xenfleet/images/*/.[0-9a-f]*/*")
FILE = ("path", "/etc/xen/.*.cfg.*")
NOTE = ("path", "/var/lib/xenfleet/guests/starting/*.json")
DOMAIN = ("domain",)

_CHANGED = re.compile(r"^\S+\s+: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0 ", re.MULTILINE)


def changed_by(text: str) -> int:
    """Return how many tasks of a run without an error have changed something."""
    found = _CHANGED.search(text)
    assert found, text[-2000:]
    return int(found.group(1))


def check_after_interruption(there: dict[str, Any]) -> None:
    """Require after an interruption that no domain is there twice, and each file is whole or not there."""
    names = [name for name, _state in there["domains"]]
    assert len(set(names)) == len(names), names
    half = [path for path, text in there["files"].items() if not is_untouched(text)]
    assert not half, "the seal of a file is broken"


def check_whole(there: dict[str, Any]) -> None:
    """Require the host to be as if nothing had happened."""
    check_after_interruption(there)
    assert [name for name, _state in there["domains"]] == NAMES
    assert not [name for name, state in there["domains"] if set(state) - set("rb")]
    assert sorted(there["files"]) == [f"/etc/xen/{name}.cfg" for name in NAMES]
    linked = [guest["name"] for guest in GUESTS if guest.get("autostart")]
    assert there["links"] == {f"/etc/xen/auto/1000-00-{name}.cfg": f"/etc/xen/{name}.cfg" for name in linked}
    assert [Path(path).name == "current" for path in there["images"]] == [False, True]
    assert sorted(there["loops"]) == sorted(disk["target"] for guest in GUESTS for disk in guest["disks"])
    assert (there["hidden"], there["starting"], there["locked"], there["console"]) == ([], [], False, True)


def print_line(point: str, there: dict[str, Any], seconds: float, outcome: str) -> None:
    """Print a line of the table."""
    parts = {
        "domains": [":".join(domain) for domain in there["domains"]],
        "files": [Path(path).stem for path in there["files"]],
        "starting": there["starting"],
        "hidden": [Path(path).name for path in there["hidden"]],
        "images": [Path(path).name for path in there["images"]],
        "lock": "held" if there["locked"] else "",
    }
    shown = "; ".join(f"{key} {', '.join(value) if isinstance(value, list) else value}" for key, value in parts.items() if value)
    print(f"| {point} | {shown or 'nothing'} | {outcome} | {seconds:.0f} s |", flush=True)


def interrupt_at(host: RealHost, what: tuple[str, ...], kill: Callable[[InterruptibleRun, str], None]) -> None:
    """Interrupt a run by ``kill`` when that is there: the module that made it is frozen, and its processes are named."""
    begun = time.monotonic()
    # A domain takes long enough by itself.
    slow = {} if what == DOMAIN else host.slow()
    with host.frozen(*what) as watch, host.deploy(**slow) as run:
        assert watch.stdout is not None
        stopped = watch.stdout
        run.until(lambda: bool(select([stopped], [], [], 0)[0]), PATIENCE)
        line = stopped.readline().strip()
        assert line and line != "nobody", run.printed()
        kill(run, line)
    there = host.look()
    check_after_interruption(there)
    print_line(f"{kill.__name__}: {' '.join(what)}", there, time.monotonic() - begun, "interrupted")


def converge(host: RealHost, point: str) -> None:
    """Run to the end, and require all to be as defined."""
    begun = time.monotonic()
    before = host.look()
    text = host.finish()
    check_whole(host.look())
    print_line(f"run after {point}", before, time.monotonic() - begun, f"converged, changed={changed_by(text)}")

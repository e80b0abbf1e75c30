# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the lab's own code: its releases, which of them need no build, and whether there is memory for hosts."""

import sys
from collections.abc import Sequence
from pathlib import Path

from .places import LAB

sys.path.insert(0, str(LAB.parent))

NEWER = 2  # the first releases of the lab; the third is for installed trees of old Xens, and for `make test XEN=4.14`


def releases() -> dict[str, str]:
    """Return the lab's releases by the version of their Xen."""
    from xenlab.config import RELEASES

    return {release.xen: name for name, release in RELEASES.items()}


def others(xen: str) -> list[str]:
    """Return the versions of Xen that test-all runs on beside that one: the lab's two newer ones, without Debian 11's."""
    return [other for other in list(releases())[:NEWER] if other != xen]


def built() -> list[str]:
    """Return the newer releases of which a host comes up from its snapshot, in seconds; building one takes minutes."""
    from xenlab import base
    from xenlab.config import RELEASES, Paths
    from xenlab.errors import LabError

    paths = Paths.from_environment()
    try:
        return [name for name, known in list(RELEASES.items())[:NEWER] if base.find(paths, base.current_recipe(paths, base.Source(known)))]
    except (LabError, OSError):
        return []  # `lab up` reports what is missing


def lacking_memory(hosts: int) -> str:
    """Return why that many hosts cannot be up at once on this machine as it is now; empty when they can."""
    from xenlab import requirements

    free = requirements.available_memory(Path("/proc/meminfo").read_text())
    reason = requirements.lacking_memory(free, hosts)
    return reason and f"no memory for {hosts} hosts at once: {reason}"


def mixed(names: Sequence[str], release: str, known: Sequence[str]) -> dict[str, str]:
    """Return the release of each host: all the one that was asked for, but the last of several another, when that needs no build.

    >>> mixed(["a", "b", "c"], "bookworm", ["bookworm", "trixie"])
    {'a': 'bookworm', 'b': 'bookworm', 'c': 'trixie'}
    >>> mixed(["a", "b"], "trixie", ["trixie"])
    {'a': 'trixie', 'b': 'trixie'}
    >>> mixed(["a"], "bookworm", ["bookworm", "trixie"])
    {'a': 'bookworm'}
    """
    others = [name for name in known if name != release][:1] if len(names) > 1 else []
    return dict(zip(names, [release] * (len(names) - len(others)) + others, strict=True))

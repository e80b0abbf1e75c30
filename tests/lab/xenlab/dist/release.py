# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Debian an installed tree runs on; pure."""

from ..config import RELEASES, Release
from ..errors import LabError
from .read import XenDist


def suiting(dist: XenDist, wanted: Release | None) -> Release:
    """Return the release that was asked for, else the oldest on which the tree runs: that is the one it was built on, whose packages
    have the libraries that it needs. Raise LabError when it runs on none.
    """
    candidates = [wanted] if wanted else sorted(RELEASES.values(), key=lambda release: release.glibc)
    problems = {release.name: problem(dist, release) for release in candidates}
    for release in candidates:
        if not problems[release.name]:
            return release
    reasons = "\n".join(f"  - {name}: {text}" for name, text in problems.items())
    others = f" (which runs on {', '.join(runs_on(dist))})" if wanted and runs_on(dist) else ""
    remedy = "give no --release, or that one" if others else f"build Xen on one of {', '.join(RELEASES)}"
    raise LabError(f"{dist.path}{others} does not run on this release:\n{reasons}\n  {remedy[0].upper()}{remedy[1:]}.")


def runs_on(dist: XenDist) -> list[str]:
    """Return the names of the releases on which the tree runs."""
    return [name for name, release in RELEASES.items() if not problem(dist, release)]


def problem(dist: XenDist, release: Release) -> str:
    """Return why the tree cannot run on that Debian; empty when it can."""
    if dist.glibc > release.glibc:
        return f"it was built with glibc {version(dist.glibc)} or a newer one, and this release has {version(release.glibc)}"
    if dist.toolstack == "xm" and not release.python2:
        return "xm and xend need Python 2.7, which this release does not have"
    pythons = {folder for folder in dist.python_folders if "python3" in folder}
    return f"its xm is for Python 3: {', '.join(sorted(pythons))}" if pythons else ""


def version(numbers: tuple[int, int]) -> str:
    return f"{numbers[0]}.{numbers[1]}"

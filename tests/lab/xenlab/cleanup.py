# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing all that the lab keeps."""

import shutil
from contextlib import ExitStack

from .base import remove_leftovers
from .config import RELEASES, Paths
from .errors import LabError
from .host import all_hosts
from .process import locked


def purge(paths: Paths) -> None:
    """Remove bases, logs and the SSH key. LabError while there are hosts; waits for a build that is at work."""
    with ExitStack() as locks:
        for release in sorted(RELEASES):
            locks.enter_context(locked(paths.lock(f"build-{release}")))
        hosts = all_hosts(paths)
        if hosts:
            raise LabError(f"not while there are hosts: {', '.join(host.name for host in hosts)} (lab down --all)")
        for release in RELEASES:
            remove_leftovers(paths, release)
        for folder in (paths.bases, paths.hosts, paths.root / "failed-build"):
            if folder.exists():
                shutil.rmtree(folder)
        for path in (paths.key, paths.key.with_suffix(".pub")):
            path.unlink(missing_ok=True)

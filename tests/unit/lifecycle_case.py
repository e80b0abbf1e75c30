# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in a folder, and the runs of guest_state's own part on it, against domains in memory; nobody waits."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Folders, HostRun, Outcome, Policy
from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack.base import Domain
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack, domain

TEXT = 'name = "web1"\n'

#: The remedy of a start that failed.
TRY_AGAIN = "correct the cause and run this again (xl -vvv create with the guest's file prints more)"

#: What a start of web1 recorded that was interrupted.
BEGUN = Record("uuid-7", digest(TEXT), 12)


class Case:
    """One host in a folder, and its runs."""

    def __init__(self, folder: Path, toolstack: FakeToolstack) -> None:
        self.toolstack = toolstack
        self.folder = folder
        self.folders = Folders(
            folder, folder / "records", folder / "console", log_dir=folder, store=folder / "store", processes=folder / "proc"
        )
        self.slept: list[float] = []
        self.uuids = 0
        (folder / "console").mkdir()
        for name in ("a", "b", "c", "web1", "win1"):
            self.file(name)

    def file(self, name: str, text: str = TEXT, mtime: float = 500.0) -> None:
        path = self.folder / f"{name}.cfg"
        path.write_text(text, encoding="utf-8")
        os.utime(path, (mtime, mtime))

    def record(self, name: str, uuid: str, config_digest: str, offset: int = 0) -> None:
        records.save(self.folder / "records", name, Record(uuid, config_digest, offset))

    def run(self, *items: Any, configured: Any = None, more_starts: bool = False, **policy: Any) -> list[Outcome]:
        asked = Policy(**{"timeout": 4.0, **policy})
        host = HostRun(self.toolstack, self.folders, asked, configured, self._sleep, self.new_uuid)
        return host.run(read_guests(items), more_starts)

    def _sleep(self, seconds: float) -> None:
        """Count a pause; one of no length only has programs asked anew."""
        if seconds:
            self.slept.append(seconds)

    def new_uuid(self) -> str:
        """As the toolstack of the tests would make it up."""
        self.uuids += 1
        return f"uuid-{self.uuids}"

    def one(self, item: Any, **policy: Any) -> Outcome:
        return self.run(item, **policy)[0]


def half_made(name: str = "web1", domid: int = 7) -> Domain:
    """Return a domain that is paused and has never run."""
    return replace(domain(name, domid, "--p---"), cpu_time=0.0)


def interrupted(folder: Path, *running: Domain) -> Case:
    """Return a host on which a run that began to start web1 was interrupted, with the domains that exist."""
    case = Case(folder, FakeToolstack(*running))
    records.begin(folder / "records", "web1", BEGUN)
    return case


def begun(case: Case, name: str = "web1") -> Record | None:
    """Return the record of a start that no run has seen end."""
    return records.begun(case.folder / "records", name)


def process(folder: Path, uuid: str) -> Path:
    """Add an xl that makes a domain of this uuid; return its file."""
    (folder / "proc" / "77").mkdir(parents=True)
    path = folder / "proc" / "77" / "cmdline"
    path.write_bytes(f'xl\0create\0-q\0/etc/xen/web1.cfg\0uuid="{uuid}"\0'.encode())
    return path

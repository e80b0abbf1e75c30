# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in a folder, and the runs of guest_state's own part on it, against domains in memory; nobody waits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.run import Folders, HostRun, Outcome, Policy
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import FakeToolstack

TEXT = 'name = "web1"\n'


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
        for name in ("a", "b", "c", "web1"):
            self.file(name)

    def file(self, name: str, text: str = TEXT, mtime: float = 500.0) -> None:
        path = self.folder / f"{name}.cfg"
        path.write_text(text, encoding="utf-8")
        os.utime(path, (mtime, mtime))

    def record(self, name: str, uuid: str, config_digest: str, offset: int = 0) -> None:
        records.save(self.folder / "records", name, Record(uuid, config_digest, offset))

    def run(self, *items: Any, configured: Any = None, **policy: Any) -> list[Outcome]:
        asked = Policy(**{"timeout": 4.0, **policy})
        return HostRun(self.toolstack, self.folders, asked, self.slept.append, self.new_uuid).run(list(items), configured)

    def new_uuid(self) -> str:
        """As the toolstack of the tests would make it up."""
        self.uuids += 1
        return f"uuid-{self.uuids}"

    def one(self, item: Any, **policy: Any) -> Outcome:
        return self.run(item, **policy)[0]

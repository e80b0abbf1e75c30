# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive that is published, built once from the checkout and unpacked by the collection's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from publishing import ROOT, run


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    return Path(run("python", "tests/tools/package.py", "--output", str(folder), cwd=ROOT).stdout.strip())


@pytest.fixture(scope="session")
def unpacked(archive: Path) -> Path:
    folder = archive.parent / "ansible_collections" / "xenfleet" / "stubdom"
    folder.mkdir(parents=True)
    run("tar", "--extract", "--file", str(archive), cwd=folder)
    return folder

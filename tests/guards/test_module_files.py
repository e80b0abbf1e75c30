# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module loads few files of the collection, and on a host with xl none that only xm needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from source import ROOT

SCRIPT = ROOT / "tests" / "bench" / "module_files.py"
# Files that importing a module may load, itself included.
LIMIT = 45


def output(*arguments: str) -> list[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def test_no_module_loads_more_files_than_the_limit() -> None:
    rows = [line.split() for line in output()[1:]]
    assert {name for name, _loads, _ships in rows} == {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert {name: int(loads) for name, loads, _ships in rows if int(loads) > LIMIT} == {}


@pytest.mark.parametrize("module", ["guest_config", "guest_state", "guest_info", "host_info", "removal"])
def test_what_only_xm_needs_is_loaded_on_its_hosts(module: str) -> None:
    kinds = {name: kind for kind, name in (line.split() for line in output("--names", module))}
    assert kinds["module_utils.toolstack.xl"] == "loads"
    assert kinds["module_utils.toolstack.xm"] == kinds["module_utils.xencfg.read_xm"] == "ships"

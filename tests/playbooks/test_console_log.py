# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role console_log as Ansible runs it, in check mode, as it writes to the system."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from deployment import CORES, environment, namesakes


@pytest.mark.parametrize("file, task", [
    ("main", "Log the consoles of all guests"),
    ("absent", "Remove the line by which xenconsoled logs the consoles"),
])
def test_it_predicts_and_runs_its_own_files(file: str, task: str, core: str, tmp_path: Path) -> None:
    namesakes(tmp_path)
    include = {"name": "xenfleet.stubdom.console_log", "tasks_from": file}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": include}],
            # Others than the system has already.
            "vars": {"console_log_arguments": "--log=guest --timestamp=guest"}}
    (tmp_path / "play.json").write_text(json.dumps([play]))
    env = environment(core) | {"HOME": str(tmp_path), "ANSIBLE_HOME": str(tmp_path)}
    command = [str(CORES[core] / "bin" / "ansible-playbook"), "-i", "localhost,", "-c", "local", "--check", "play.json"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"TASK [xenfleet.stubdom.console_log : {task}]" in done.stdout
    # This machine runs no Xen.
    warned = "this host starts xenconsoled in a way that is not known" in " ".join((done.stdout + done.stderr).split())
    assert warned is (file == "main")

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No playbook reads, where it knows no host or only one, a variable that the inventory could have in vain
(fleet/run_variables.py)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.run_variables import DEPLOYMENT, EXTRA, OTHERS
from source import ROOT

PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
NAME = re.compile(r"\b(?:[a-z]+_)+[a-z]+\b")
DOCUMENTED = set(re.findall(r"^\|(?: [\w, ]+ \|)? `(\w+_\w+)` \|", (ROOT / "docs" / "reference.md").read_text(encoding="utf-8"), re.MULTILINE))
# What a play has for its tasks, which know a host.
OF_TASKS = {"name", "tasks", "vars", "vars_files", "import_playbook", "tags"}
# The inventory plugin gives it as an extra variable.
OF_THE_PLUGIN = {"running_pattern"}
# Made of what the hosts have, for plays that follow others.
OF_THE_WAVES = {"stubdom_waves", "stubdom_failure_budget"}
# Each host looks for its images in its own; where that is not the one that they were built into, this is an error.
OF_EACH_HOST = {"stubdom_image_cache"}


def plays() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in PLAYBOOKS:
        for play in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield path, play


def tasks(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield tasks, also those in blocks."""
    for task in found:
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks(task.get(part, []))


def files_of_tasks() -> Iterator[dict[str, Any]]:
    for _path, play in plays():
        yield from tasks(play.get("tasks", []))
    for path in sorted((ROOT / "playbooks" / "tasks").glob("*.yml")):
        yield from tasks(yaml.safe_load(path.read_text(encoding="utf-8")))


def text_of(task: dict[str, Any]) -> str:
    """Return a task, and the file that it includes."""
    included = task.get("ansible.builtin.include_tasks")
    name = included.get("file") if isinstance(included, dict) else included
    path = ROOT / "playbooks" / str(name)
    return json.dumps(task) + (path.read_text(encoding="utf-8") if path.is_file() else "")


def test_there_is_something_to_look_at() -> None:
    assert {"stubdom_hosts", "stubdom_serial", "stubdom_build_host", "stubdom_status_json", "stubdom_hooks"} <= DOCUMENTED
    once = [task for task in files_of_tasks() if task.get("run_once")]
    assert len(once) >= 10 and any("stubdom_build_host" in text_of(task) for task in once)


@pytest.mark.parametrize("path, play", [pytest.param(path, play, id=f"{path.stem}-{play['name']}") for path, play in plays()])
def test_a_keyword_of_a_play_has_no_variable_of_hosts(path: Path, play: dict[str, Any]) -> None:
    keywords = {key: value for key, value in play.items() if key not in OF_TASKS}
    names = {name for value in keywords.values() if isinstance(value, str) for name in NAME.findall(value) if "{{" in value}
    extra = {*EXTRA, *OF_THE_PLUGIN, "xen_hosts"}
    assert names - extra <= (OF_THE_WAVES if "vars/roles.yml" in str(play.get("vars_files")) else set())


def test_what_is_read_once_is_checked() -> None:
    read = {name for task in files_of_tasks() if task.get("run_once") for name in NAME.findall(text_of(task))}
    assert read & DOCUMENTED - {*DEPLOYMENT, *EXTRA, *OTHERS} == OF_EACH_HOST


@pytest.mark.parametrize("names, option", [(OTHERS, "shared"), (EXTRA, "extra")])
def test_what_is_not_checked_by_the_validation_is_checked_by_a_playbook(names: tuple[str, ...], option: str) -> None:
    given = [task["xenfleet.stubdom.run_variables"] for task in files_of_tasks() if "xenfleet.stubdom.run_variables" in task]
    assert {name for options in given for name in options.get(option, [])} == set(names)

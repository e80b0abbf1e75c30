# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the public forge reads: the workflow runs our own commands, its actions are pinned, the templates are complete."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from publishing import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def jobs() -> dict[str, Any]:
    return {name: job for file in WORKFLOWS for name, job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].items()}


def test_actions_are_pinned_and_few() -> None:
    used = [step["uses"] for job in jobs().values() for step in job["steps"] if "uses" in step]
    assert used and [action for action in used if not re.fullmatch(r"actions/checkout@[0-9a-f]{40}", action)] == []


def test_the_workflow_runs_the_commands_of_the_makefile() -> None:
    commands = [step["run"] for job in jobs().values() for step in job["steps"] if "run" in step]
    targets = re.findall(r"\bmake ([a-z-]+)", "\n".join(command for command in commands if command.startswith("make")))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"test", "test-all"} <= set(targets)
    assert [target for target in targets if not re.search(rf"(?m)^{target}:", makefile)] == []


def test_the_groups_of_the_workflow_are_those_of_the_runner() -> None:
    command = next(step["run"] for step in jobs()["groups"]["steps"] if "run" in step)
    printed = re.search(r"\$\((python3 tests/run .*?)\)", command)
    assert printed
    groups = json.loads(subprocess.run(printed.group(1), shell=True, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    listed = subprocess.run(["python3", "tests/run", "--list"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    every = {group for line in listed.splitlines() for group in line.split()[1:]}
    # `make test` runs the first two; the last two need a Xen of the user's.
    assert set(groups) == every - {"check", "test", "minios", "xend"}


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_is_one_that_the_forge_takes(file: Any) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    if file.name == "config.yml":
        assert [sorted(link) for link in content["contact_links"]] == [["about", "name", "url"]] * len(content["contact_links"])
        return
    assert content["name"] and content["description"]
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert [field["id"] for field in fields if not field["attributes"]["label"]] == []

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of examples/awx: the image of the controller, its settings on a workstation, and the job templates as code."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from publishing import ROOT, environment, run

AWX = ROOT / "examples" / "awx"
VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]


def read(name: str) -> Any:
    return yaml.safe_load((AWX / name).read_text(encoding="utf-8"))


@pytest.fixture
def context(archive: Path, tmp_path: Path) -> Path:
    """Make the build context as a user does; return its folder."""
    for name in ("execution-environment.yml", "requirements.yml"):
        shutil.copy(AWX / name, tmp_path)
    shutil.copy(archive, tmp_path)
    run("ansible-builder", "create", "--output-filename", "Containerfile", cwd=tmp_path)
    return tmp_path / "context"


def test_the_context_is_one_for_debian(context: Path) -> None:
    text = (context / "Containerfile").read_text(encoding="utf-8").replace(" AS ", " as ")
    lines = text.splitlines()
    assert 'ARG EE_BASE_IMAGE="debian:12"' in lines
    assert 'ARG PKGMGR="/usr/bin/apt-get"' in lines
    # Debian's Python has no ensurepip, and dnf is not there.
    assert "pip_install" not in text and "dnf" not in text
    # Every other stage begins with the first one, where apt has its lists and pip its permission.
    first = text[text.index("FROM $EE_BASE_IMAGE as base"):]
    begins = first[: first.index("FROM ", 5)]
    assert begins.index("apt-get update") < begins.index("-m pip install")
    assert begins.index("PIP_BREAK_SYSTEM_PACKAGES=1") < begins.index("-m pip install")
    assert re.findall(r"(?m)^FROM (\S+) as", text)[1:] == ["base"] * 3
    assert (context / "_build" / "collections" / f"xenfleet-stubdom-{VERSION}.tar.gz").is_file()


def engine() -> str:
    """Return a program that can build images here; skip the test where there is none."""
    for name in ("podman", "docker"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False, timeout=60).returncode == 0:
            return name
    pytest.skip("neither podman nor docker can run containers here")


def test_the_image_runs_the_playbooks(context: Path, tmp_path: Path) -> None:
    name, tag = engine(), "xenfleet-ee-test"
    run(name, "build", "--tag", tag, str(context), cwd=tmp_path)
    (tmp_path / "hosts.yml").write_text("xen_hosts: {hosts: {xen1: {stubdom_guests: []}}}\n", encoding="utf-8")
    done = run(name, "run", "--rm", "--volume", f"{tmp_path}/hosts.yml:/runner/hosts.yml:ro", tag, "ansible-playbook",
               "xenfleet.stubdom.validate", "-i", "/runner/hosts.yml", cwd=tmp_path)
    assert "failed=0" in done.stdout


def test_the_guide_shows_the_files_as_they_are() -> None:
    guide = (ROOT / "docs" / "awx.md").read_text(encoding="utf-8")
    for name in ("execution-environment.yml", "requirements.yml"):
        text = "\n".join(line for line in (AWX / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
        assert f"```yaml\n{text}\n```" in guide, f"docs/awx.md has to show {name} as it is"


def test_navigator_takes_the_image_that_is_built() -> None:
    settings = read("ansible-navigator.yml")["ansible-navigator"]["execution-environment"]
    guide = (ROOT / "docs" / "awx.md").read_text(encoding="utf-8")
    assert f"ansible-builder build --tag {settings['image']}\n" in guide


def templates() -> list[dict[str, Any]]:
    return list(read("templates.yml")["awx_templates"])


def test_each_template_runs_a_playbook_of_the_collection() -> None:
    for template in templates():
        [play] = yaml.safe_load((AWX / "project" / template["playbook"]).read_text(encoding="utf-8"))
        name = play["ansible.builtin.import_playbook"].removeprefix("xenfleet.stubdom.")
        assert template["playbook"] == f"{name}.yml"
        assert (ROOT / "playbooks" / template["playbook"]).is_file()
    assert {template["playbook"] for template in templates()} == {path.name for path in (AWX / "project").iterdir()}


def test_each_question_asks_for_a_variable_of_its_playbook() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    # What the playbooks have in common.
    shared = (ROOT / "playbooks" / "vars" / "roles.yml").read_text(encoding="utf-8")
    for template in templates():
        for question in template.get("survey", []):
            assert {"question_name", "variable", "type", "required"} <= set(question)
            assert f"`{question['variable']}`" in reference
            playbook = (ROOT / "playbooks" / template["playbook"]).read_text(encoding="utf-8")
            assert question["variable"] in playbook + shared, f"{template['playbook']} has no {question['variable']}"


def test_the_workflow_leads_through_templates_that_exist() -> None:
    nodes = {node["identifier"]: node for node in read("templates.yml")["awx_workflow"]["nodes"]}
    names = {template["name"] for template in templates()}
    for node in nodes.values():
        job = node["unified_job_template"]
        assert job["type"] == "workflow_approval" or job["name"] in names
        assert all(after["identifier"] in nodes for way in node.get("related", {}).values() for after in way)


def test_the_modules_of_awx_take_these_options() -> None:
    found = subprocess.run(["ansible-galaxy", "collection", "list", "awx.awx"], env=environment(), capture_output=True, text=True, check=False)
    if found.returncode or "awx.awx" not in found.stdout:
        pytest.skip("the collection awx.awx is not installed; the package ansible has it up to release 9")
    run("ansible-playbook", "--syntax-check", "configure.yml", cwd=AWX)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written in two places is the same in both."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/tasks"))
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
ON_XEN_HOSTS = {
    "boot_proof", "exports", "fs_backend", "guest_config", "guest_info", "guest_state", "host_info", "image",
    "minios_stubdom_install", "removal",
}
FRAGMENT = "xenfleet.stubdom._attributes.xen"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def group() -> list[str]:
    """The action group."""
    members: list[str] = read(ROOT / "meta" / "runtime.yml")["action_groups"]["xen"]
    return members


def documentation(module: Path) -> dict[str, Any]:
    """A module's DOCUMENTATION, read and not run."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            text: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))
            return text
    raise AssertionError(f"{module.name} has no DOCUMENTATION")


def test_there_is_something_to_look_at() -> None:
    assert {role.name for role in ROLES} >= {"preflight", "images", "console_log", "guests", "build_pvgrub"}
    assert {module.stem for module in MODULES} >= ON_XEN_HOSTS


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_are_those_of_the_argument_specs(role: Path) -> None:
    options = read(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    assert read(role / "defaults" / "main.yml") == {name: option["default"] for name, option in options.items()}


def test_the_action_group_holds_the_modules_of_xen_hosts() -> None:
    assert sorted(group()) == sorted(ON_XEN_HOSTS)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_documents_whether_it_is_in_the_action_group(module: Path) -> None:
    assert (FRAGMENT in documentation(module)["extends_documentation_fragment"]) == (module.stem in group())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_that_talks_to_a_toolstack_is_in_the_action_group(module: Path) -> None:
    if "toolstack.detect" in module.read_text(encoding="utf-8"):
        assert module.stem in group()
    else:
        assert "toolstack" not in documentation(module).get("options", {})


def test_what_ansible_builder_is_told_of_is_in_the_package() -> None:
    """It takes no note of a file that is not there, or that a collection's archive lacks."""
    files = read(ROOT / "meta" / "execution-environment.yml")["dependencies"]
    assert files.keys() == {"python", "system"}
    ignored = read(ROOT / "galaxy.yml")["build_ignore"]
    for name in files.values():
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line and not line.startswith("#")]
        assert not any(fnmatch(part, pattern) for part in (name, *Path(name).parts) for pattern in ignored)


UTILS = ROOT / "plugins" / "module_utils"
PURE = [
    path
    for path in sorted(UTILS.rglob("*.py"))
    if re.search(r"[(](pure|data)[)]", ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
]
# What pure code may take of Python: nothing with which a command could be run, a file opened or a network reached.
HARMLESS = set(
    "__future__ abc ast collections dataclasses difflib hashlib io ipaddress posixpath re tokenize typing warnings".split()
)


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(UTILS)))
def test_pure_code_imports_nothing_that_acts(path: Path) -> None:
    """Neither Ansible, nor what looks at a machine, nor another file of the collection that does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {name.name.split(".")[0] for name in node.names} <= HARMLESS
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert str(node.module).partition(".")[0] in HARMLESS
        elif isinstance(node, ast.ImportFrom):
            folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            files = [folder.with_suffix(".py")] if node.module else []
            named = [file for file in files if file.exists()] or [folder / f"{name.name}.py" for name in node.names]
            assert [file for file in named if file not in PURE] == []


def test_model_syntax_schemes_and_fleet_are_pure() -> None:
    names = {str(path.relative_to(UTILS)) for path in PURE}
    assert names >= {"guest.py", "fleet.py", "facts.py", "xencfg/xl.py", "xencfg/read_xm.py", "schemes/render.py"}

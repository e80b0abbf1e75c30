# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written in two places is the same in both."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.doc_fragments import _options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import paths
from source import ROOT

ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/tasks"))
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
ON_XEN_HOSTS = {
    "boot_proof", "console_log", "exports", "fs_backend", "guest_config", "guest_import", "guest_info", "guest_state", "host_info", "image",
    "minios_stubdom_install", "removal",
}
FRAGMENT = "xenfleet.stubdom._attributes.xen"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def group() -> list[str]:
    """Return the action group."""
    members: list[str] = read(ROOT / "meta" / "runtime.yml")["action_groups"]["xen"]
    return members


def documentation(module: Path) -> dict[str, Any]:
    """Return a module's DOCUMENTATION, read and not run."""
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


OURS = {value for name, value in vars(paths).items() if name.isupper()}


def defaults(options: dict[str, Any]) -> list[str]:
    """Return the defaults of options that lie in a folder of ours or of Xen's, those of suboptions too."""
    found = []
    for option in options.values():
        default = option.get("default")
        if isinstance(default, str) and any(default == path or default.startswith(f"{path}/") for path in OURS):
            found.append(default)
        found += defaults(option.get("suboptions") or option.get("options") or {})
    return found


def fragment_defaults() -> list[str]:
    """Return the same of the options that modules share."""
    sections = [text for name, text in vars(_options.ModuleDocFragment).items() if name.isupper()]
    return [path for text in sections for path in defaults(yaml.safe_load(text)["options"])]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_default_paths_of_a_module_are_those_of_the_code(module: Path) -> None:
    assert set(defaults(documentation(module).get("options") or {})) - OURS == set()


def test_default_paths_of_the_doc_fragment_are_those_of_the_code() -> None:
    assert set(fragment_defaults()) - OURS == set()


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_default_paths_of_a_role_are_those_of_the_code(role: Path) -> None:
    options = read(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    assert set(defaults(options)) - OURS == set()


def test_there_are_default_paths_to_compare() -> None:
    roles = [read(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"] for role in ROLES]
    assert len({path for options in roles for path in defaults(options)}) >= 3
    assert any(defaults(documentation(module).get("options") or {}) for module in MODULES)
    assert len(set(fragment_defaults())) >= 3


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_the_reference_lists_each_module_with_its_short_description(module: Path) -> None:
    row = f"| [{module.stem}](../plugins/modules/{module.name}) | {documentation(module)['short_description']} |"
    assert row in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8").splitlines()

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules are what their documentation says, and every default path is the one of common/paths.py."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.xenfleet.stubdom.plugins.doc_fragments import _options
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import arguments, paths

ROOT = Path(__file__).parents[4]
PACKAGE = "ansible_collections.xenfleet.stubdom.plugins"
KEYS = ("type", "elements", "default", "required", "choices")
# The end of a role variable's name, and the path that it stands for.
ROLE_PATHS = {
    "_store": paths.STORE,
    "_records": paths.RECORDS,
    "_proofs": paths.PROOFS,
    "_lock": paths.LOCK,
    "_config_dir": paths.CONFIG_DIR,
    "_autostart_dir": paths.AUTOSTART_DIR,
    "_console_dir": paths.CONSOLE_DIR,
    "_log_dir": paths.LOG_DIR,
}
MODULES = sorted(
    path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py") if "argument_spec" in path.read_text("utf-8")
)


def documented(module: str) -> dict[str, Any]:
    """The options of the documentation, those of its fragments included."""
    docs = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{module}").DOCUMENTATION)
    options: dict[str, Any] = {}
    for name in docs.get("extends_documentation_fragment", []):
        file, _dot, section = name[len("xenfleet.stubdom.") :].partition(".")
        fragment = importlib.import_module(f"{PACKAGE}.doc_fragments.{file}").ModuleDocFragment
        added = yaml.safe_load(getattr(fragment, section.upper() or "DOCUMENTATION")).get("options", {})
        assert not options.keys() & added.keys()
        options.update(added)
    assert not options.keys() & docs.get("options", {}).keys(), "an option is described twice"
    return {**options, **docs.get("options", {})}


def declared(module: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The argument spec that the module gives to AnsibleModule."""
    specs: list[dict[str, Any]] = []

    def taken(argument_spec: dict[str, Any], **_others: Any) -> None:
        specs.append(argument_spec)
        raise KeyboardInterrupt

    module_code = importlib.import_module(f"{PACKAGE}.modules.{module}")
    monkeypatch.setattr(module_code, "AnsibleModule", taken)
    with pytest.raises(KeyboardInterrupt):
        module_code.main()
    return specs[0]


def shape(option: dict[str, Any], below: str) -> dict[str, Any]:
    """What documentation and argument spec of one option have in common."""
    found = {key: option[key] for key in KEYS if option.get(key) not in (None, False) or key == "default" and key in option}
    return {**found, "options": {name: shape(item, below) for name, item in (option.get(below) or {}).items()}}


@pytest.mark.parametrize("module", MODULES)
def test_the_documentation_describes_the_argument_spec(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {name: shape(option, "suboptions") for name, option in documented(module).items()}
    real = {name: shape(option, "options") for name, option in declared(module, monkeypatch).items()}
    assert real == told


def test_each_shared_argument_spec_has_a_doc_fragment() -> None:
    sections = {
        option
        for name, text in vars(_options.ModuleDocFragment).items()
        if name.isupper()
        for option in yaml.safe_load(text)["options"]
    }
    others = ("LINK", "VARIABLES")
    specs = [spec for name, spec in vars(arguments).items() if name.isupper() and name[0] != "_" and name not in others]
    shared = {option for spec in [*specs, arguments.scheme([])] for option in spec}
    assert shared | {"guests"} == sections


@pytest.mark.parametrize("file", sorted((ROOT / "roles").glob("*/defaults/main.yml")), ids=lambda file: file.parts[-3])
def test_roles_have_the_paths_of_the_modules(file: Path) -> None:
    for name, value in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
        for end, path in ROLE_PATHS.items():
            assert value == path or not name.endswith(end), name


def test_code_has_each_default_path_once() -> None:
    literals = {f'"{path}"' for path in [*ROLE_PATHS.values(), paths.HOME]}
    files = [path for path in (ROOT / "plugins").rglob("*.py") if path.name != "paths.py"]
    assert [path for path in files if any(literal in path.read_text(encoding="utf-8") for literal in literals)] == []

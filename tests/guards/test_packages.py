# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages of the plugins: those of the table in docs/how-it-works.md, in its order, pure where it says so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from source import CONTROLLER, ROOT, UTILS, circle, files, imports, is_pure, package_of, packages, parsed, short

# What pure code may import of Python: nothing that runs a command, opens a file or reaches a network.
HARMLESS = set(
    "__future__ abc ast calendar collections dataclasses difflib enum fnmatch functools hashlib html io ipaddress itertools json math posixpath "
    "re string textwrap tokenize typing unicodedata urllib.parse uuid warnings".split()
)
# What it may not call, whatever it has imported.
ACTS = {"open", "exec", "eval", "__import__", "input", "compile", "breakpoint"}
PURE = [path for folder in (UTILS, CONTROLLER) for path in files(folder) if is_pure(path)]
PLACED = [path for folder in (UTILS, CONTROLLER) for path in files(folder)]


def test_there_are_packages_and_pure_ones() -> None:
    assert len(packages()) >= 18
    assert {package.name for package in packages() if package.pure} == {
        "xencfg", "guest", "xen", "schemes", "definitions", "fleet", "plugin_utils/upgrade"}
    assert len(PURE) > 50


def test_the_table_has_every_package_once() -> None:
    names = [package.name for package in packages()]
    found = {folder.name for folder in UTILS.iterdir() if any(folder.glob("*.py"))}
    found |= {f"plugin_utils/{folder.name}" for folder in CONTROLLER.iterdir() if any(folder.glob("*.py"))}
    assert sorted(names) == sorted(found)


def test_every_file_is_in_a_package() -> None:
    assert [short(path) for path in PLACED if package_of(path) is None and path.name != "__init__.py"] == []


@pytest.mark.parametrize("path", PLACED, ids=short)
def test_a_file_imports_from_its_package_and_those_before_it(path: Path) -> None:
    """Imports inside functions count."""
    order = {package: number for number, package in enumerate(packages())}
    own = package_of(path)
    assert own is not None
    upwards = [short(file) for file in imports(path)[0] if (package := package_of(file)) and order[package] > order[own]]
    assert upwards == []


def test_no_file_imports_in_a_circle() -> None:
    cleared: set[Path] = set()
    assert [found for path in files() if (found := [short(file) for file in circle(path, (), cleared)])] == []


def test_module_utils_imports_nothing_of_the_controller() -> None:
    wrong = [f"{short(path)}: {short(file)}" for path in files(UTILS) for file in imports(path)[0]
             if UTILS not in file.parents]
    assert wrong == []


@pytest.mark.parametrize("path", PURE, ids=short)
def test_pure_code_imports_and_calls_nothing_that_acts(path: Path) -> None:
    own, other = imports(path)
    assert [name for name in other if name not in HARMLESS and name.split(".")[0] not in HARMLESS] == []
    assert [short(file) for file in own if not is_pure(file)] == []
    calls = {node.func.id for node in ast.walk(parsed(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert calls & ACTS == set()


TESTS = ROOT / "tests" / "unit" / "plugins"


@pytest.mark.parametrize("path", sorted(TESTS.glob("*_utils/**/test_*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_a_unit_test_lies_where_what_it_tests_lies(path: Path) -> None:
    folder = ROOT / "plugins" / path.parent.relative_to(TESTS)
    assert any(folder.glob("*.py")) or folder in (UTILS, CONTROLLER)

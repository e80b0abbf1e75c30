# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugins as source: the table of their packages, what each file imports, its strings. Nothing is imported or run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
UTILS = PLUGINS / "module_utils"
CONTROLLER = PLUGINS / "plugin_utils"
TABLE = ROOT / "docs" / "how-it-works.md"
COLLECTION = "ansible_collections.xenfleet.stubdom.plugins."


@dataclass(frozen=True)
class Package:
    """Hold one row of the table."""

    name: str
    holds: str
    pure: bool

    @property
    def folder(self) -> Path:
        """Return the folder that the row is about."""
        return PLUGINS / self.name if "/" in self.name else UTILS / self.name


@cache
def packages() -> tuple[Package, ...]:
    """Read the table under the heading Packages."""
    text = TABLE.read_text(encoding="utf-8").partition("\n## Packages\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (yes|no) \|$", text, re.MULTILINE)
    return tuple(Package(name, holds, pure == "yes") for name, holds, pure in rows)


def package_of(path: Path) -> Package | None:
    """Return the package of a file; None for one outside all of them."""
    return next((package for package in packages() if package.folder in path.parents), None)


@cache
def files(folder: Path = PLUGINS) -> tuple[Path, ...]:
    """Return the Python files below a folder."""
    return tuple(sorted(folder.rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def is_pure(path: Path) -> bool:
    """Return whether a file claims to be pure: by its package, or by the first line of its docstring."""
    package = package_of(path)
    first = (ast.get_docstring(parsed(path)) or "").partition("\n")[0]
    return "(pure)" in first or (package is not None and package.pure)


def _file_of(folder: Path, module: str) -> Path | None:
    """Return the file of a module below a folder."""
    place = folder.joinpath(*module.split(".")) if module else folder
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def _modules(folder: Path, module: str, names: list[ast.alias]) -> Iterator[Path]:
    """Yield the files that ``from module import names`` loads: the names may be modules of a package."""
    place = folder.joinpath(*module.split(".")) if module else folder
    for name in names:
        found = _file_of(place, name.name) or _file_of(folder, module)
        if found is None:
            raise AssertionError(f"no file for {name.name} in {place}")
        yield found


@cache
def imports(path: Path) -> tuple[frozenset[Path], frozenset[str]]:
    """Return the collection's files that a file imports, in functions too, and the names of all other modules."""
    own: set[Path] = set()
    other: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            other.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            own.update(_modules(path.parents[node.level - 1], node.module or "", node.names))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module.startswith(COLLECTION):
                own.update(_modules(PLUGINS, module[len(COLLECTION):], node.names))
            else:
                other.add(module)
    return frozenset(own), frozenset(other)


def circle(path: Path, way: tuple[Path, ...] = (), cleared: set[Path] | None = None) -> tuple[Path, ...]:
    """Return the files of a circle of imports that a file leads to; empty when there is none."""
    cleared = set() if cleared is None else cleared
    if path in way:
        return (*way[way.index(path):], path)
    if path not in cleared:
        for file in sorted(imports(path)[0]):
            found = circle(file, (*way, path), cleared)
            if found:
                return found
        cleared.add(path)
    return ()


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and value of each string of a file that is neither a docstring nor Ansible's documentation."""
    documents: set[int] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"DOCUMENTATION", "EXAMPLES", "RETURN"}:
            documents.update(id(part) for part in ast.walk(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documents.add(id(node.value))
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.lineno, node.value


def short(path: Path) -> str:
    """Return the name of a file as the messages give it."""
    return str(path.relative_to(PLUGINS if PLUGINS in path.parents else ROOT))

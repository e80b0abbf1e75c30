# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print how many files of this collection each module loads, and how many Ansible ships to the host for it.

    .venv/bin/python tests/bench/module_files.py [FOLDER] [--names MODULE]

FOLDER has the folder ansible_collections; by default .build/links of this checkout. ``loads`` are the files that importing
the module reads, ``ships`` the files that Ansible puts into the module's archive: it follows every import statement, those
inside functions too. The module itself counts, __init__.py does not. ``--names`` lists the files of one module.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator

PACKAGE = "ansible_collections.xenfleet.stubdom.plugins"
_IMPORT = f"""
import importlib, sys
importlib.import_module("{PACKAGE}.modules." + sys.argv[1])
names = [name for name, module in sys.modules.items() if name.startswith("{PACKAGE}.") and getattr(module, "__file__", None)
         and not module.__file__.endswith("__init__.py")]
print("\\n".join(sorted(names)))
"""


def loaded(folder: Path, module: str) -> list[str]:
    """Return the names of the modules that a process has loaded after it imported an Ansible module."""
    command = [sys.executable, "-c", _IMPORT, module]
    done = subprocess.run(command, env={"PYTHONPATH": str(folder)}, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


def shipped(folder: Path, module: str) -> list[str]:
    """Return the names of the modules that import statements lead to, wherever they stand."""
    found: set[str] = set()
    pending = [f"{PACKAGE}.modules.{module}"]
    while pending:
        name = pending.pop()
        file = folder.joinpath(*name.split(".")).with_suffix(".py")
        if name not in found and file.is_file():
            found.add(name)
            pending += imports(name, file)
    return sorted(found)


def imports(name: str, file: Path) -> Iterator[str]:
    """Yield every name that a file imports, or takes from another file and that may be a file itself."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = name.split(".")[: -node.level] if node.level else []
            base = ".".join([*parent, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=root / ".build" / "links", metavar="FOLDER")
    parser.add_argument("--names", metavar="MODULE", help="list the files of this module")
    options = parser.parse_args()
    folder = options.folder.resolve()
    if options.names:
        both = loaded(folder, options.names)
        for name in shipped(folder, options.names):
            print(f"{'loads' if name in both else 'ships'} {name[len(PACKAGE) + 1:]}")
        return
    print(f"{'module':<26}{'loads':>7}{'ships':>7}")
    modules = folder.joinpath(*PACKAGE.split("."), "modules")
    for file in sorted(modules.glob("[!_]*.py")):
        print(f"{file.stem:<26}{len(loaded(folder, file.stem)):>7}{len(shipped(folder, file.stem)):>7}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of variables into the READMEs of the roles, from meta/argument_specs.yml, by aar-doc.

A README has its table between the comments BEGIN_ANSIBLE_DOCS and END_ANSIBLE_DOCS; role_variables.md.j2 beside this file
is the form. With --check nothing is written, and a README that is out of date ends the program with 1.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = Path(__file__).with_name("role_variables.md.j2")


def render(role: Path) -> str:
    """Return the README of a role with the table that belongs into it."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "README.md"
        shutil.copy(role / "README.md", copy)
        program = Path(sys.executable).with_name("aar-doc")
        command = [str(program), "--output-file", str(copy), "--output-template", str(TEMPLATE), str(role), "markdown"]
        subprocess.run(command, cwd=folder, check=True)
        return copy.read_text(encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when every README is up to date, or was written, and 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a README is out of date")
    check = parser.parse_args(arguments).check
    status = 0
    for specs in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        readme = specs.parents[1] / "README.md"
        old, new = readme.read_text(encoding="utf-8"), render(readme.parent)
        if old == new:
            continue
        name = str(readme.relative_to(ROOT))
        if check:
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, f"{name}, up to date"))
            status = 1
        else:
            readme.write_text(new, encoding="utf-8")
            print(f"{name}: written")
    return status


if __name__ == "__main__":
    sys.exit(main())

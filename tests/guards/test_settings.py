# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message names an option of a module by the variable that users of playbooks have for it (common/arguments.py)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.arguments import VARIABLES
from source import PLUGINS, UTILS, files, short, strings

PLACE = UTILS / "common" / "arguments.py"
ROLES = PLUGINS.parent / "roles"
# How a task gives a module an option by a variable: stop_force: "{{ guests_stop_force }}".
GIVEN = re.compile(r"^ +([a-z_]+): \"\{\{ ([a-z_]+) (?:\}\}|\|)", re.MULTILINE)


def given() -> dict[str, set[str]]:
    """The variables by which roles give modules their options."""
    found: dict[str, set[str]] = {}
    for path in ROLES.glob("*/tasks/*.yml"):
        for option, variable in GIVEN.findall(path.read_text(encoding="utf-8")):
            if variable.endswith(f"_{option}"):
                found.setdefault(option, set()).add(variable)
    return found


# Options of one word are words of English, too; those that another part of a message says are left out.
OPTIONS = sorted(option for option in given() if "_" in option or option == "adopt")
# An option as an operator sets it, in a sentence: not the key of a result, a path or a problem.
SET = re.compile(rf"(?:set|raise|lower|with|by|or|give|use|name|another) (?:{'|'.join(OPTIONS)})\b(?! =)")


def test_there_is_something_to_look_for() -> None:
    assert {"stop_force", "stop_timeout", "lock_timeout", "kernel_package", "adopt"} <= set(OPTIONS)
    assert SET.search("set stop_force: true") and SET.search("more time with stop_timeout")


@pytest.mark.parametrize("module, option", sorted(VARIABLES))
def test_a_role_has_the_variable(module: str, option: str) -> None:
    assert any(variable in VARIABLES[module, option] for variable in given()[option])
    assert (PLUGINS / "modules" / f"{module}.py").is_file()


@pytest.mark.parametrize("path", [pytest.param(path, id=short(path)) for path in files() if path != PLACE])
def test_no_message_names_an_option_that_playbooks_do_not_have(path: Path) -> None:
    assert [f"{line}: {value}" for line, value in strings(path) if SET.search(value)] == []

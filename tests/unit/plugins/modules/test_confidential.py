# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No password leaves a module: neither into the system's log nor into the answer, also when an option is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils import basic

SECRET = "hunter2hunter2"
MODULES = ["guest_config", "guest_state", "guest_info", "fleet_validate"]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that ansible-core writes to the system's log."""
    lines: list[str] = []
    monkeypatch.setattr(basic, "has_journal", False)
    monkeypatch.setattr(basic.syslog, "syslog", lambda _level, text: lines.append(text))
    return lines


def given(modules: Any, name: str) -> dict[str, Any]:
    guest = modules.guest(display={"type": "vnc", "passwd": SECRET}, settings={"vfb": [f"vncpasswd={SECRET}"], "x": [SECRET]})
    if name == "fleet_validate":
        return {"hosts": {"xen1": [guest]}, "declared": {"xen1": {"release": "4.17", "passwd": SECRET}}}
    return {"guests": [guest]}


@pytest.mark.parametrize("more", [{}, {"nothing": "x"}, {"toolstack": "xx", "serial": []}])
@pytest.mark.parametrize("name", MODULES)
def test_no_password_leaves_a_module(name: str, more: dict[str, Any], modules: Any, host: Any, log: list[str]) -> None:
    modules.run(name, **given(modules, name), **more)
    assert SECRET not in modules.output
    assert log or more, "ansible-core logs the invocation"
    assert not any(SECRET in line for line in log)


@pytest.mark.parametrize("name", MODULES)
def test_the_log_names_no_definition(name: str, modules: Any, host: Any, log: list[str]) -> None:
    modules.run(name, **given(modules, name))
    (line,) = (line for line in log if "Invoked with" in line)
    assert ("hosts=... declared=..." if name == "fleet_validate" else "guests=[...]") in line
    assert "web1" not in line


def test_what_a_program_prints_is_blanked(modules: Any, host: Any) -> None:
    guests = given(modules, "guest_config")["guests"]
    host.add_fault("list", rc=1, stderr=f"a line of the file: {SECRET}")
    answer = modules.run("guest_info", guests=guests)
    assert SECRET not in modules.output
    assert "a line of the file: ********" in answer["msg"]

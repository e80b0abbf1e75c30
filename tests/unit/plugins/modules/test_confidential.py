# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No password leaves a module: neither into the system's log nor into the answer, also when an option is wrong."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize(
    "changes",
    [
        {"disks": [{"target": f"rbd:rbd/a:id=x:key={SECRET}", "vdev": "xvda", "backendtype": "qdisk"}]},
        {"disks": [{"target": f"iscsi://me%{SECRET}@10.0.0.9/iqn.a/0", "vdev": "xvda", "backendtype": "qdisk"}]},
        {"boot": {"method": "direct", "kernel": "KERNEL", "cmdline": f"ro systemd.set_credential=a:{SECRET}"}},
        {"boot": {"method": "bootloader", "bootloader": "pygrub", "bootloader_args": ["--password", SECRET]},
         "disks": [{"target": "KERNEL", "vdev": "xvda"}]},
        {"extra_settings": {"api_key": SECRET}},
        {"extra_settings": {"words": ["--token", SECRET, "-q"]}},
        {"settings": {"vfb": [f"vnc=1,vncpasswd={SECRET}"]}},
    ],
)  # fmt: skip
def test_a_credential_is_written_and_not_shown(changes: dict[str, Any], modules: Any, host: Any) -> None:
    """Neither when the file is made, nor when the credential goes."""
    plain = json.dumps(changes).replace("KERNEL", str(modules.kernel))
    for text in (plain, plain.replace(SECRET, "another2another")):
        answer = modules.run("guest_config", guests=[modules.guest(**json.loads(text))])
        assert answer["diff"] and not answer.get("failed")
        assert SECRET not in modules.output and "another2another" not in modules.output
        written = (modules.config / "web1.cfg").read_text()
        assert (SECRET in written) is (text == plain)

# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process that asks the hosts: how it is run and ended, and how its answers are read."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory import query
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.inventory.query import (
    HostReply,
    Query,
    QueryError,
    read_replies,
    run_query,
)

QUERY = Query(["/a/hosts.yml", "xen1,"], "xen_hosts", 5, ["--vault-id", "dev@/v"], ["/one", "/two"])
LOOK = {"domains": [], "schemes": []}


def line(host: str, action: str = "ansible.builtin.set_fact", ok: bool = True, **result: Any) -> str:
    return json.dumps({"host": host, "action": action, "ok": ok, "result": result})


def defined(host: str, *names: str, **facts: Any) -> str:
    return line(host, ansible_facts={"running_definitions": [{"name": name} for name in names], **facts})


def looked(host: str, **result: Any) -> str:
    return line(host, "xenfleet.stubdom.host_info", **{**LOOK, **result})


HOSTS = line("xen1", ansible_facts={"running_hosts": ["xen1", "xen2", "xen3"]})


def test_answers() -> None:
    lines = [HOSTS, defined("xen1", "web1", running_scheme="linux"), defined("xen2"), looked("xen1"),
             line("xen2", "xenfleet.stubdom.host_info", ok=False, msg="No route\x1b[31m\nto host.")]  # fmt: skip
    assert read_replies(lines) == {
        "xen1": HostReply([{"name": "web1"}], "linux", LOOK),
        "xen2": HostReply([], failure="No route [31m to host"),
        "xen3": HostReply(failure="it did not answer in time"),
    }


def test_a_host_cannot_say_who_is_asked_and_what_is_defined() -> None:
    lines = [defined("xen1"), looked("xen1", ansible_facts={"running_hosts": ["x"], "running_definitions": [{"name": "x"}]})]
    found = read_replies(lines)
    assert [*found] == ["xen1"]
    assert found["xen1"].definitions == []


def test_a_failure_without_words() -> None:
    assert read_replies([line("xen1", ok=False)])["xen1"].failure == "it gave no reason"


@given(st.integers(min_value=0))
def test_lines_that_were_cut_anywhere(cut: int) -> None:
    """Each host has answered wholly, or has a failure."""
    text = "\n".join([HOSTS, defined("xen1", "web1"), looked("xen1"), looked("xen2")])
    for answer in read_replies(text[: cut % (len(text) + 1)].splitlines()).values():
        assert (answer.host_info is None) == bool(answer.failure)


def test_the_command_and_its_environment() -> None:
    command = QUERY.command(Path("/tmp/v.json"))
    assert command[:5] == [sys.executable, "-P", "-m", "ansible", "playbook"]
    assert command[5:9] == ["--inventory", "/a/hosts.yml", "--inventory", "xen1,"]
    assert command[9:] == ["--vault-id", "dev@/v", "--extra-vars", "@/tmp/v.json", "xenfleet.stubdom.running"]
    env = QUERY.environment(Path("/tmp/answers"), {"HOME": "/home/me", "ANSIBLE_FORCE_COLOR": "1", "ANSIBLE_VERBOSITY": "3"})
    assert (env["HOME"], env["XENFLEET_ANSWERS"], env["ANSIBLE_VERBOSITY"]) == ("/home/me", "/tmp/answers", "0")
    assert env["ANSIBLE_COLLECTIONS_PATH"] == f"/one{os.pathsep}/two"
    assert "ANSIBLE_FORCE_COLOR" not in env
    assert "ANSIBLE_COLLECTIONS_PATH" not in Query(["a"], "b", 1).environment(Path("c"), {})
    assert QUERY.variables() == {"running_pattern": "xen_hosts", "running_timeout": 5}


class Script:
    """A shell script in the place of ansible-playbook."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.text = ""
        monkeypatch.setattr(Query, "command", lambda _self, _variables: ["/bin/sh", "-c", self.text])
        monkeypatch.setattr(query, "_TERMINATE_TIMEOUT", 0.5)

    def answers(self, *lines: str) -> str:
        return " && ".join(f"printf '%s\\n' '{text}' >> \"$XENFLEET_ANSWERS\"" for text in lines)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return Script(monkeypatch)


def test_a_run(script: Script) -> None:
    script.text = script.answers(HOSTS, defined("xen1"), looked("xen1")) + "; echo noise; exit 4"
    found = run_query(QUERY)
    assert {host: bool(answer.failure) for host, answer in found.items()} == {"xen1": False, "xen2": True, "xen3": True}


@pytest.mark.parametrize("text,told", [
    ("exit 0", "it matches no host"),
    ("echo '[WARNING]: odd' >&2; echo 'ERROR! the inventory  is' >&2; echo wrong >&2; exit 1", "ERROR! the inventory is wrong"),
    ("echo '[WARNING]: nothing matches' >&2", "[WARNING]: nothing matches"),
])  # fmt: skip
def test_nobody_was_asked(script: Script, text: str, told: str) -> None:
    script.text = text
    with pytest.raises(QueryError) as error:
        run_query(QUERY)
    assert str(error.value) == told


@pytest.mark.parametrize("deaf", ["", "trap '' TERM; "], ids=["ends", "is killed"])
def test_one_that_hangs_is_ended_and_its_answers_count(script: Script, monkeypatch: pytest.MonkeyPatch, deaf: str) -> None:
    monkeypatch.setattr(query, "_MARGIN", -4.0)
    script.text = f"{deaf}{script.answers(HOSTS, looked('xen1'))}; while true; do sleep 0.1; done"
    begun = time.monotonic()
    found = run_query(QUERY)
    assert time.monotonic() - begun < 30
    assert [host for host, answer in found.items() if not answer.failure] == ["xen1"]


def test_one_that_hangs_from_the_beginning(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "_MARGIN", -4.5)
    script.text = "sleep 60"
    with pytest.raises(QueryError, match="Ansible did not start in time"):
        run_query(QUERY)


def test_it_is_not_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the wait."""
    pid = tmp_path / "pid"
    answers = tmp_path / "answers"
    answers.touch()

    interrupts = [KeyboardInterrupt()]

    def interrupted(_seconds: float) -> None:
        if interrupts and pid.exists() and pid.read_text().strip():
            raise interrupts.pop()

    monkeypatch.setattr(query.time, "sleep", interrupted)
    with (tmp_path / "said").open("wb") as said, pytest.raises(KeyboardInterrupt):
        query.run(["/bin/sh", "-c", f"echo $$ > {pid}; exec sleep 60"], os.environ, answers, said.fileno(), 60)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)

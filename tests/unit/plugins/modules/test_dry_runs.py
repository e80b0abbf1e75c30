# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""guest_config has the host's own xl read each changed file before it is put in place."""

from __future__ import annotations

from typing import Any

import pytest


def problems(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The problems of an answer: guest, value and reason."""
    return [(found["guest"], found["value"], found["reason"]) for guest in answer["guests"] for found in guest["problems"]]


@pytest.mark.parametrize("check", [True, False])
def test_what_xl_refuses_is_a_problem_of_that_guest_and_nothing_of_it_changes(modules: Any, host: Any, check: bool) -> None:
    modules.run("guest_config", guests=[modules.guest("web1", autostart=True), modules.guest("web2")])
    modules.run("guest_state", guests=[modules.guest("web1"), modules.guest("web2")])
    before, domains = modules.files(), host.domains()
    host.add_fault("create -n", name="web1", rc=1, stderr="Parsing config from x\nUnknown vga \"foo\" specified\n")
    changed = [modules.guest("web1", memory=64, restart="on_change"), modules.guest("web2", memory=64, restart="on_change")]
    configured = modules.run("guest_config", check=check, guests=changed)
    words = 'xl create -n failed with exit code 1: Unknown vga "foo" specified'
    assert problems(configured) == [("web1", str(modules.config / "web1.cfg"), words)]
    assert "correct the definition" in configured["guests"][0]["problems"][0]["text"]
    assert [guest["action"] for guest in configured["guests"]] == ["none", "updated"]
    assert modules.files()["web1.cfg"] == before["web1.cfg"] and modules.files()["auto/web1.cfg"] == before["auto/web1.cfg"]
    state = modules.run("guest_state", check=check, guests=changed, configured=configured["guests"])
    assert [(guest["action"], guest["refused"]) for guest in state["guests"]] == [("none", True), ("restarted", False)]
    assert host.domains()["web1"] == domains["web1"]
    assert (host.domains()["web2"]["domid"] == domains["web2"]["domid"]) is check


def test_one_process_reads_each_changed_file_and_none_where_nothing_changed(modules: Any, host: Any) -> None:
    guests = [modules.guest(f"web{number}") for number in range(5)]
    modules.run("guest_config", guests=guests)
    assert len(host.calls("create -n")) == 5
    host.forget_calls()
    modules.run("guest_config", guests=guests)
    modules.run("guest_config", check=True, guests=guests)
    modules.run("guest_state", guests=guests)
    assert host.calls("create -n") == []
    guests[3] = modules.guest("web3", memory=256)
    guests[4] = {"name": "web4", "state": "absent"}
    modules.run("guest_config", check=True, guests=guests)
    assert len(host.calls("create -n")) == 1
    (modules.config / "web1.cfg").chmod(0o644)
    host.forget_calls()
    modules.run("guest_config", guests=guests[:3])
    assert host.calls("create -n") == [], "a wrong mode is corrected without a word of xl"


def test_a_guest_that_is_refused_already_costs_no_process(modules: Any, host: Any) -> None:
    modules.run("guest_config", guests=[modules.guest("web1", memory="x"), modules.guest("web2", memory=10**6)])
    assert host.calls("create -n") == []


def test_what_xl_warns_about_is_a_note(modules: Any, host: Any) -> None:
    host.add_fault("create -n", rc=0, stdout="{}", stderr="web1.cfg:9: warning: parameter `hpet' is not a valid number\n")
    answer = modules.run("guest_config", guests=[modules.guest("web1")])
    note = f"guest web1: xl warns about {modules.config}/web1.cfg: web1.cfg:9: warning: parameter `hpet' is not a valid number"
    assert answer["guests"][0]["notes"] == [note]
    assert answer["guests"][0]["action"] == "created"


def test_an_xl_that_hangs_is_asked_once(modules: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import dry_run

    monkeypatch.setattr(dry_run, "SECONDS", 0.5)
    host.add_fault("create -n", sleep=20)
    answer = modules.run("guest_config", guests=[modules.guest("web1"), modules.guest("web2")])
    reasons = {reason for _guest, _value, reason in problems(answer)}
    assert len(problems(answer)) == 2 and reasons == {"xl create -n did not answer within 0 seconds"}
    assert len(host.calls("create -n")) == 1
    assert modules.files() == {}


def test_no_password_of_a_refused_file_is_in_the_result(modules: Any, host: Any) -> None:
    secret = "pw-9f3a-geheim"
    guest = modules.guest("web1", settings={"vfb": [f"vnc=1,vncpasswd={secret}"]})
    host.add_fault("create -n", rc=1, stdout=secret, stderr=f"bad thing: {secret}\n")
    answer = modules.run("guest_config", guests=[guest])
    assert problems(answer) and secret not in modules.output.replace(str(answer.get("invocation")), "")


def test_a_file_for_another_machine_is_not_rehearsed(modules: Any, host: Any) -> None:
    answer = modules.run("guest_config", guests=[modules.guest("web1")], release="4.17")
    assert answer["guests"][0]["action"] == "created"
    assert host.calls() == []

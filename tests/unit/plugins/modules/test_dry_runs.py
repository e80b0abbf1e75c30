# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""guest_config has the host's own xl read each changed file before it is put in place."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.toolstack import domain_record
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xencfg.text import digest, with_seal


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
    now = modules.files()
    assert len(now) == len(before) == 3, "two files and the link of web1"
    assert all(now[name] == text for name, text in before.items() if name != "web2.cfg")
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


def test_what_xl_drops_is_a_problem(modules: Any, host: Any) -> None:
    host.add_fault("create -n", rc=0, stdout="{}", stderr="unrecognized argument `new=1'\n")
    answer = modules.run("guest_config", guests=[modules.guest("web1", vifs=[{"options": {"new": 1}}])])
    reason = "xl would go on without a part of the file: unrecognized argument `new=1'"
    assert problems(answer) == [("web1", str(modules.config / "web1.cfg"), reason)]
    assert modules.files() == {}


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


BY_HAND = """\
# Made by an operator.
vcpus=1
memory = '128'
kernel = '{kernel}'   ; type = "pv"
name="web1"
"""


def by_hand(modules: Any, host: Any, text: str = BY_HAND) -> dict[str, Any]:
    """A guest that an operator has started from a file of his own, some time ago."""
    path = modules.config / "web1.cfg"
    path.write_text(text.format(kernel=modules.kernel), encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert host.run("xl", "create", "-q", str(path)).returncode == 0
    domain: dict[str, Any] = host.domains()["web1"]
    return domain


@pytest.mark.parametrize("check", [True, False])
def test_adoption_of_a_file_that_means_the_same_restarts_nothing(modules: Any, host: Any, check: bool) -> None:
    domain = by_hand(modules, host)
    guests = [modules.guest("web1", restart="on_change")]
    adopted = modules.run("guest_config", check=check, guests=guests, adopt=True)
    assert [(guest["action"], guest["changes"], guest["problems"]) for guest in adopted["guests"]] == [("none", [], [])]
    assert adopted["changed"] is False
    path = modules.config / "web1.cfg"
    assert adopted["guests"][0]["notes"] == [
        f"guest web1: {path} was not written by this collection; it means the same and stays as it is"
    ]
    assert (path.read_text().splitlines()[0], os.listdir(modules.config)) == ("# Made by an operator.", ["web1.cfg"])
    assert len(host.calls("create -n")) == 2
    state = modules.run("guest_state", check=check, guests=guests, configured=adopted["guests"])
    assert (state["changed"], state["guests"][0]["restart_needed"]) == (False, False)
    assert host.domains()["web1"]["domid"] == domain["domid"]
    if check:
        return
    host.forget_calls()
    for configured in (modules.run("guest_config", guests=guests, adopt=True), {"changed": False, "guests": None}):
        assert configured["changed"] is False
        state = modules.run("guest_state", guests=guests, **({"configured": configured["guests"]} if configured["guests"] else {}))
        assert (state["changed"], state["guests"][0]["restart_needed"]) == (False, False)
    assert host.calls("create -n") == [], "a run without changes asks nothing"


@pytest.mark.parametrize("check", [True, False])
def test_adoption_of_a_file_that_means_something_else_names_its_keys_and_restarts(modules: Any, host: Any, check: bool) -> None:
    domain = by_hand(modules, host, BY_HAND.replace("vcpus=1", "vcpus=2"))
    guests = [modules.guest("web1", restart="on_change")]
    adopted = modules.run("guest_config", check=check, guests=guests, adopt=True)
    assert [change["key"] for change in adopted["guests"][0]["changes"]] == ["vcpus"]
    pending = modules.run("guest_state", check=True, guests=[modules.guest("web1")], configured=adopted["guests"])
    assert (pending["changed"], pending["guests"][0]["restart_needed"]) == (False, True)
    state = modules.run("guest_state", check=check, guests=guests, configured=adopted["guests"])
    assert [(guest["action"], guest["cause"]) for guest in state["guests"]] == [("restarted", "definition")]
    assert (host.domains()["web1"]["domid"] == domain["domid"]) is check


def test_a_file_that_was_changed_after_the_start_decides_nothing(modules: Any, host: Any) -> None:
    by_hand(modules, host)
    os.utime(modules.config / "web1.cfg")
    adopted = modules.run("guest_config", guests=[modules.guest("web1")], adopt=True)
    state = modules.run("guest_state", guests=[modules.guest("web1")], configured=adopted["guests"])
    assert state["guests"][0]["restart_needed"] is True


def test_a_newer_spelling_of_our_own_file_restarts_nothing_even_after_an_interrupted_run(modules: Any, host: Any) -> None:
    guests = [modules.guest("web1", restart="on_change")]
    modules.run("guest_config", guests=guests)
    modules.run("guest_state", guests=guests)
    domid = host.domains()["web1"]["domid"]
    own = modules.config / "web1.cfg"
    # An older version of this collection wrote the same with other words, and started the guest from it.
    older = own.read_text(encoding="utf-8").replace("memory = 128", 'memory = "128"\nvcpus = "1"')
    record = modules.folder / "records" / "web1.json"
    own.write_text(with_seal(older), encoding="utf-8")
    record.write_text(record.read_text().replace(json.loads(record.read_text())["digest"], digest(older)))
    assert modules.run("guest_state", guests=guests, check=True)["guests"][0]["restart_needed"] is False
    configured = modules.run("guest_config", guests=guests)
    assert (configured["guests"][0]["action"], configured["guests"][0]["changes"]) == ("updated", [])
    # The run ends here; the next one finds the new file.
    again = modules.run("guest_config", guests=guests)
    assert again["changed"] is False
    state = modules.run("guest_state", guests=guests, configured=again["guests"])
    assert (state["changed"], state["guests"][0]["restart_needed"]) == (False, False)
    assert host.domains()["web1"]["domid"] == domid
    # Another spelling of the same follows, then a change.
    own.write_text(with_seal(own.read_text(encoding="utf-8").replace("memory = 128", 'memory = "0x80"')), encoding="utf-8")
    modules.run("guest_config", guests=guests)
    assert modules.run("guest_state", guests=guests)["guests"][0]["restart_needed"] is False
    changed = modules.run("guest_config", guests=[modules.guest("web1", memory=64)])
    assert [change["key"] for change in changed["guests"][0]["changes"]] == ["memory"]
    assert modules.run("guest_state", guests=[modules.guest("web1", memory=64)])["guests"][0]["restart_needed"] is True


def test_more_memory_or_a_newer_image_needs_one_process(modules: Any, host: Any) -> None:
    modules.run("guest_config", guests=[modules.guest("web1")])
    host.forget_calls()
    kernel = modules.folder / "vmlinuz-2"
    kernel.write_bytes(b"kernel")
    boot = {"method": "direct", "kernel": str(kernel)}
    changed = modules.run("guest_config", guests=[modules.guest("web1", memory=256, boot=boot)])
    assert [change["key"] for change in changed["guests"][0]["changes"]] == ["kernel", "memory"]
    assert len(host.calls("create -n")) == 1


def test_an_old_file_that_xl_cannot_read_is_replaced_with_all_its_changes(modules: Any, host: Any) -> None:
    (modules.config / "web1.cfg").write_text('name = "web1"\nmemory =\n', encoding="utf-8")
    adopted = modules.run("guest_config", guests=[modules.guest("web1")], adopt=True)
    assert (adopted["guests"][0]["action"], adopted["guests"][0]["problems"]) == ("updated", [])


@pytest.fixture
def recording(host: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The host, whose libxl's records are found."""
    monkeypatch.setattr(domain_record, "XEN_LIB_DIR", str(Path(host.path) / "lib"))
    return host


def started_elsewhere(modules: Any, host: Any, text: str) -> None:
    """An operator has started the guest from a file elsewhere, while an older one lies in Xen's folder."""
    elsewhere = modules.folder / "elsewhere.cfg"
    elsewhere.write_text(text.format(kernel=modules.kernel), encoding="utf-8")
    assert host.run("xl", "create", "-q", str(elsewhere)).returncode == 0
    (modules.config / "web1.cfg").write_text(BY_HAND.format(kernel=modules.kernel), encoding="utf-8")


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "elsewhere, needed", [(BY_HAND.replace("'128'", "0x80"), False), (BY_HAND.replace("'128'", "64"), True)], ids=["same", "other"]
)
def test_a_domain_from_a_file_elsewhere_is_compared_by_libxls_record(
    modules: Any, recording: Any, elsewhere: str, needed: bool, check: bool
) -> None:
    started_elsewhere(modules, recording, elsewhere)
    guests = [modules.guest("web1")]
    adopted = modules.run("guest_config", check=check, guests=guests, adopt=True)
    assert (adopted["guests"][0]["action"], adopted["guests"][0]["changes"]) == ("none", [])
    state = modules.run("guest_state", check=check, guests=guests, configured=adopted["guests"])
    assert state["guests"][0]["restart_needed"] is needed
    if not check:
        assert modules.run("guest_config", guests=guests)["changed"] is False
        assert modules.run("guest_state", guests=guests)["guests"][0]["restart_needed"] is needed


def test_a_first_file_for_a_domain_that_runs_is_compared_too(modules: Any, recording: Any) -> None:
    started_elsewhere(modules, recording, BY_HAND)
    (modules.config / "web1.cfg").unlink()
    written = modules.run("guest_config", guests=[modules.guest("web1")])
    assert written["guests"][0]["action"] == "created"
    assert len(recording.calls("create -n")) == 1
    state = modules.run("guest_state", guests=[modules.guest("web1")], configured=written["guests"])
    assert state["guests"][0]["restart_needed"] is False


def test_a_value_of_the_old_file_that_libxl_may_choose_is_a_change(modules: Any, recording: Any) -> None:
    mac = "mac=00:16:3e:00:00:07"
    started_elsewhere(modules, recording, BY_HAND + f'vif = ["{mac}"]\n')
    (modules.config / "web1.cfg").write_text(BY_HAND.format(kernel=modules.kernel) + f'vif = ["{mac}"]\n', encoding="utf-8")
    written = modules.run("guest_config", check=True, guests=[modules.guest("web1", vifs=[{}])], adopt=True)
    assert [change["key"] for change in written["guests"][0]["changes"]] == ["vif"]
    assert written["guests"][0]["meaning"]["is_same"] is False
    kept = modules.run("guest_config", check=True, guests=[modules.guest("web1", vifs=[{"mac": mac[4:]}])], adopt=True)
    assert (kept["guests"][0]["changes"], kept["guests"][0]["meaning"]["is_same"]) == ([], True)

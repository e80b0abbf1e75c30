# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""guest_state is killed at each point of a start, alone or with the toolstack's program; the next run finishes the work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from time import sleep
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records


@pytest.fixture
def written(modules: Any) -> Any:
    """The file of web1 is there."""
    modules.run("guest_config", guests=[modules.guest()])
    return modules


def kill(run: subprocess.Popen[str], with_program: bool = True) -> None:
    (os.killpg if with_program else os.kill)(run.pid, signal.SIGKILL)
    run.wait()


def answer_of(run: subprocess.Popen[str]) -> dict[str, Any]:
    assert run.stdout is not None
    answer: dict[str, Any] = json.loads(run.stdout.read())
    run.wait()
    return answer


def state_of(host: Any, name: str = "web1") -> str:
    return str(host.domains().get(name, {}).get("state", ""))


def begun(modules: Any, name: str = "web1") -> bool:
    return records.begun(modules.folder / "records", name) is not None


def finish(modules: Any, host: Any, *guests: Any) -> list[dict[str, Any]]:
    """The next run, which check mode predicts, and the one after it, which changes nothing."""
    given = {"guests": list(guests or [modules.guest()]), "lock_timeout": 0}
    before = host.mutating_calls()
    checked = modules.run("guest_state", check=True, **given)
    assert host.mutating_calls() == before
    ran = modules.run("guest_state", **given)
    assert "failed" not in ran, ran.get("msg")
    for one, other in zip(checked["guests"], ran["guests"]):
        assert {**one, "domid": 0} == {**other, "domid": 0}
    host.forget_calls()
    again = modules.run("guest_state", **given)
    assert (again["changed"], host.mutating_calls()) == (False, [])
    for guest in given["guests"]:
        record = records.load(modules.folder / "records", guest["name"])
        assert record and record.uuid == host.domains()[guest["name"]]["uuid"]
        assert state_of(host, guest["name"]) == "b"
        assert not begun(modules, guest["name"])
    answer: list[dict[str, Any]] = ran["guests"]
    return answer


def test_before_the_program_has_done_anything(written: Any, host: Any) -> None:
    host.add_fault("create", sleep=60)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: host.calls("create") != [])
    kill(run)
    assert (begun(written), state_of(host)) == (True, "")
    host.clear_faults()
    assert [(guest["action"], guest["notes"]) for guest in finish(written, host)] == [("started", [])]


def test_with_its_program_while_the_domain_is_made(written: Any, host: Any) -> None:
    host.set_behaviour("web1", builds=60)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: state_of(host) == "p")
    kill(run)
    cut = host.domains()["web1"]["domid"]
    host.set_behaviour("web1", builds=0)
    (guest,) = finish(written, host)
    assert (guest["action"], guest["notes"]) == (
        "started", [f"guest web1: domain {cut}, whose start was interrupted, is destroyed"],
    )
    assert guest["domid"] > cut
    assert sorted(host.domains()) == ["Domain-0", "web1"]


def test_alone_so_that_its_program_goes_on(written: Any, host: Any) -> None:
    host.set_behaviour("web1", builds=1)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: state_of(host) == "p")
    kill(run, with_program=False)
    made = host.domains()["web1"]["domid"]
    written.sleep = lambda _seconds: written.until(lambda: state_of(host) == "b")
    (guest,) = finish(written, host)
    assert (guest["action"], guest["notes"], guest["restart_needed"]) == ("none", [], False)
    assert host.domains()["web1"]["domid"] == made, "nobody has made another one"


def test_alone_before_its_program_has_made_the_domain(written: Any, host: Any) -> None:
    host.add_fault("create", sleep=1, times=1)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: host.calls("create") != [])
    kill(run, with_program=False)
    assert state_of(host) == ""
    written.sleep = lambda _seconds: written.until(lambda: state_of(host) == "b")
    assert [(guest["action"], guest["problems"]) for guest in finish(written, host)] == [("none", [])]


def test_after_the_program_and_before_the_record(written: Any, host: Any) -> None:
    host.set_behaviour("web1", builds=3)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: state_of(host) == "p")
    host.add_fault("list", sleep=60)
    written.until(lambda: state_of(host) == "b" and len(host.calls("list")) == 2)
    kill(run)
    assert begun(written)
    host.clear_faults()
    assert [(guest["action"], guest["restart_needed"]) for guest in finish(written, host)] == [("none", False)]


def test_a_host_that_has_booted_since_and_started_the_guest_by_itself(written: Any, host: Any) -> None:
    host.add_fault("create", sleep=60, times=1)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: host.calls("create") != [])
    kill(run)
    host.add_domain("web1")
    host.forget_calls()
    written.run("guest_state", check=True, guests=[written.guest()])
    assert begun(written)
    answer = written.run("guest_state", guests=[written.guest()])
    assert (answer["changed"], host.mutating_calls(), begun(written)) == (False, [], False)


def test_a_domain_of_somebody_else_stays_after_a_cut(written: Any, host: Any) -> None:
    """He has started one by hand since, and paused it before it ran."""
    host.add_fault("create", sleep=60, times=1)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: host.calls("create") != [])
    kill(run)
    theirs = host.add_domain("web1", state="p", unborn=True)
    host.forget_calls()
    answer = written.run("guest_state", guests=[written.guest()])
    assert [problem["reason"] for problem in answer["guests"][0]["problems"]] == [f"its domain {theirs} is paused"]
    assert host.mutating_calls() == []


def test_an_hvm_guest_with_its_stub_domain(modules: Any, host: Any) -> None:
    for part in ("stub-kernel", "stub-rootfs"):
        (modules.folder / part).write_bytes(b"x")
    model = {"scheme": "linux", "memory": 64, "kernel": str(modules.folder / "stub-kernel"),
             "ramdisk": str(modules.folder / "stub-rootfs")}  # fmt: skip
    guest = {"name": "win1", "type": "hvm", "memory": 64, "device_model": model}
    modules.run("guest_config", guests=[guest])
    host.set_behaviour("win1", builds=60)
    run = modules.begin("guest_state", guests=[guest])
    modules.until(lambda: state_of(host, "win1") == "p")
    kill(run)
    assert sorted(host.domains()) == ["Domain-0", "win1", "win1-dm"]
    cut = host.domains()["win1"]["domid"]
    host.set_behaviour("win1", builds=0)
    (told,) = finish(modules, host, guest)
    assert told["notes"] == [f"guest win1: domain {cut}, whose start was interrupted, is destroyed"]
    stub = host.domains()["win1-dm"]
    assert stub["target"] == host.domains()["win1"]["domid"]


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9])
def test_at_any_time(after: float, modules: Any, host: Any) -> None:
    guests = [modules.guest(name) for name in "ab"]
    modules.run("guest_config", guests=guests)
    host.set_behaviour("*", builds=0.1)
    run = modules.begin("guest_state", guests=guests)
    sleep(after)
    kill(run)
    host.set_behaviour("*", builds=0)
    finish(modules, host, *guests)
    assert sorted(host.domains()) == ["Domain-0", "a", "b"]


# -- two runs at once -------------------------------------------------------------------------------------------------


def test_a_second_controller_waits_or_is_told_who_works(written: Any, host: Any) -> None:
    host.set_behaviour("web1", builds=3)
    run = written.begin("guest_state", guests=[written.guest()])
    written.until(lambda: state_of(host) == "p")
    answer = written.run("guest_state", guests=[written.guest()], lock_timeout=0)
    assert answer["failed"] is True
    assert f"guest_state, process {run.pid} of user " in answer["msg"]
    second = written.begin("guest_state", guests=[written.guest()], lock_timeout=120)
    first, later = answer_of(run), answer_of(second)
    assert [one["guests"][0]["action"] for one in (first, later)] == ["started", "none"]
    assert len(host.calls("create")) == 1


def test_three_that_begin_together(written: Any, host: Any) -> None:
    runs = [written.begin("guest_state", guests=[written.guest()], lock_timeout=120) for _number in range(3)]
    answers = [answer_of(run) for run in runs]
    assert sorted(answer["guests"][0]["action"] for answer in answers) == ["none", "none", "started"]
    assert [answer.get("failed", False) for answer in answers] == [False] * 3
    assert len(host.calls("create")) == 1

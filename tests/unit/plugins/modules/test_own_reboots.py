# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that run while a guest reboots by itself, against the fake Xen with the process that monitors the guest."""

from __future__ import annotations

import json
import os
from typing import Any, Iterator

import pytest

# A process that monitors a guest is known by the guest's name, also one of a test that runs at the same time.
NAME = f"reboots{os.getpid()}"


PHASES = {"shut down": 0, "gone": 1, "built": 2}


@pytest.fixture
def rebooting(modules: Any, host: Any) -> Iterator[Any]:
    """A host whose guest was started by this collection, and begins a reboot when it is told to, as far as a phase."""
    guests = [modules.guest(NAME)]
    configured = modules.run("guest_config", guests=guests)["guests"]
    modules.run("guest_state", guests=guests, configured=configured)
    begun: list[Any] = []

    def begin(phase: str) -> Any:
        reboot = host.reboot_by_itself(NAME)
        begun.append(reboot)
        for _number in range(PHASES[phase]):
            reboot.step()
        return reboot

    yield begin
    for reboot in begun:
        reboot.end()


def lists_after(modules: Any, host: Any, begun: Any, seen: int) -> int:
    """How often a run has listed the domains, once that is more often than before, or the run has ended."""
    modules.until(lambda: len(host.calls("list")) > seen or begun.poll() is not None)
    return len(host.calls("list"))


def answer_of(modules: Any, host: Any, reboot: Any, module: str, **params: Any) -> dict[str, Any]:
    """The answer of a module that runs as a process, with real pauses. The next phase begins when it has seen this one."""
    host.forget_calls()
    begun = modules.begin(module, **params)

    seen = 0
    while reboot.left and begun.poll() is None:
        seen = lists_after(modules, host, begun, seen)
        reboot.step()
    text = begun.stdout.read()
    begun.wait()
    answer: dict[str, Any] = json.loads(text)
    return answer


@pytest.mark.parametrize("phase", PHASES)
def test_a_guest_is_waited_for_and_not_started(phase: str, rebooting: Any, modules: Any, host: Any) -> None:
    old = host.domains()[NAME]["domid"]
    answer = answer_of(modules, host, rebooting(phase), "guest_state", guests=[modules.guest(NAME)])
    found = answer["guests"][0]
    assert (answer["changed"], found["action"], found["state"], found["problems"]) == (False, "none", "running", [])
    # xl gives the new domain the uuid of the old one.
    assert (found["domid"], found["restart_needed"]) == (old + 1, False)
    assert host.mutating_calls() == []


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("module, key", [("host_info", "domains"), ("guest_info", "guests")])
def test_what_only_reads_waits_too(module: str, key: str, phase: str, rebooting: Any, modules: Any, host: Any) -> None:
    params = {"guests": [modules.guest(NAME)], "console": False} if module == "guest_info" else {}
    found = answer_of(modules, host, rebooting(phase), module, **params)[key][0]
    assert (found["name"], found["state"], found.get("problems", [])) == (NAME, "running", [])


@pytest.mark.parametrize("phase, state", [("gone", "it has no domain"), ("built", "its domain 2 is paused")])
def test_a_guest_that_is_between_two_states_for_long_is_named(phase: str, state: str, rebooting: Any, modules: Any) -> None:
    """It may run on no other host meanwhile."""
    rebooting(phase)
    found = modules.run("host_info")
    assert [one["state"] for one in found["domains"]] == (["paused"] if phase == "built" else [])
    assert list(found["unsettled"]) == [NAME]
    assert f"{state}, and process " in found["unsettled"][NAME]


def test_a_guest_that_reboots_is_stopped_in_the_end(rebooting: Any, modules: Any, host: Any) -> None:
    answer = answer_of(modules, host, rebooting("gone"), "guest_state", guests=[modules.guest(NAME, state="stopped")])
    assert [(found["action"], found["state"], found["problems"]) for found in answer["guests"]] == [("stopped", "off", [])]
    assert NAME not in host.domains()


def test_a_warning_names_what_is_left_of_destroyed_domains(modules: Any, host: Any) -> None:
    host.add_fault("list", kind="null_row")
    answer = modules.run("guest_state", guests=[modules.guest(NAME, state="stopped")])
    assert [text for text in answer["warnings"] if "has no name: it was destroyed" in str(text)]
    left = modules.run("host_info")["nameless"]
    assert [(one["domid"], one["memory"]) for one in left] == [(1, 0)]
    host.clear_faults()
    assert modules.run("host_info")["nameless"] == []

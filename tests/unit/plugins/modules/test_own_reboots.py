# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that run while a guest reboots by itself, against the fake Xen with the process that monitors the guest."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Iterator

import pytest

# A process that monitors a guest is known by the guest's name, also one of a test that runs at the same time.
NAME = f"reboots{os.getpid()}"


@pytest.fixture
def rebooting(modules: Any, host: Any) -> Iterator[Any]:
    """A host whose guest web1 was started by this collection, and begins a reboot when it is told to."""
    guests = [modules.guest(NAME)]
    configured = modules.run("guest_config", guests=guests)["guests"]
    modules.run("guest_state", guests=guests, configured=configured)
    begun: list[Any] = []

    def begin(wait: float) -> None:
        begun.append(host.reboot_by_itself(NAME, shut=1.0, gone=2.0, built=2.0))
        time.sleep(wait)

    yield begin
    for process in begun:
        process.kill()
        process.wait()


def answer_of(modules: Any, module: str, **params: Any) -> dict[str, Any]:
    """The answer of a module that runs as a process, with real pauses."""
    begun = modules.begin(module, **params)
    text = begun.stdout.read()
    begun.wait()
    answer: dict[str, Any] = json.loads(text)
    return answer


@pytest.mark.parametrize("wait", [0.0, 1.5, 3.5], ids=["shut down", "gone", "built"])
def test_a_guest_is_waited_for_and_not_started(wait: float, rebooting: Any, modules: Any, host: Any) -> None:
    old = host.domains()[NAME]["domid"]
    host.forget_calls()
    rebooting(wait)
    answer = answer_of(modules, "guest_state", guests=[modules.guest(NAME)])
    found = answer["guests"][0]
    assert (answer["changed"], found["action"], found["state"], found["problems"]) == (False, "none", "running", [])
    # xl gives the new domain the uuid of the old one.
    assert (found["domid"], found["restart_needed"]) == (old + 1, False)
    assert host.mutating_calls() == []


@pytest.mark.parametrize("module, key", [("host_info", "domains"), ("guest_info", "guests")])
def test_what_only_reads_waits_too(module: str, key: str, rebooting: Any, modules: Any) -> None:
    rebooting(1.5)
    params = {"guests": [modules.guest(NAME)], "console": False} if module == "guest_info" else {}
    found = answer_of(modules, module, **params)[key][0]
    assert (found["name"], found["state"], found.get("problems", [])) == (NAME, "running", [])


def test_a_guest_that_is_without_a_domain_for_long_is_named(modules: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may run on no other host meanwhile."""
    guests = [modules.guest(NAME)]
    configured = modules.run("guest_config", guests=guests)["guests"]
    modules.run("guest_state", guests=guests, configured=configured)
    monkeypatch.setattr("ansible_collections.xenfleet.stubdom.plugins.module_utils.host.info.SHORT_LIMIT", 1.0)
    process = host.reboot_by_itself(NAME, shut=0.0, gone=30.0, built=0.0)
    try:
        time.sleep(1.5)
        found = modules.run("host_info")
    finally:
        process.kill()
        process.wait()
    assert found["domains"] == []
    assert list(found["unsettled"]) == [NAME]
    assert "it has no domain, and process " in found["unsettled"][NAME]


def test_a_guest_that_reboots_is_stopped_in_the_end(rebooting: Any, modules: Any, host: Any) -> None:
    rebooting(1.5)
    answer = answer_of(modules, "guest_state", guests=[modules.guest(NAME, state="stopped")])
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

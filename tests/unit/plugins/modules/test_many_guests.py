# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""guest_config, guest_state and guest_info start as many processes for many running guests as for one."""

from __future__ import annotations

from typing import Any

from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle import records
from ansible_collections.xenfleet.stubdom.plugins.module_utils.lifecycle.observation import Record

FEW, MANY = 1, 25


def processes(modules: Any, host: Any, count: int) -> dict[str, int]:
    """Return how many each module starts on a host on which so many guests run as defined."""
    guests = [modules.guest(f"guest{number}") for number in range(count)]
    configured = modules.run("guest_config", guests=guests)["guests"]
    known = host.domains()
    host.add_domains([guest["name"] for guest in guests if guest["name"] not in known], kernel=str(modules.kernel))
    for guest in configured:
        record = Record(host.domains()[guest["name"]]["uuid"], guest["digest"], 0)
        records.save(modules.folder / "records", guest["name"], record)
    found = {}
    for module, more in (("guest_config", {}), ("guest_state", {"configured": configured}), ("guest_info", {"console": False})):
        host.forget_calls()
        answer = modules.run(module, guests=guests, **more)
        assert not answer.get("failed") and not answer.get("changed"), answer
        assert len(answer["guests"]) == count
        found[module] = len(host.calls())
    return found


def test_processes_do_not_grow_with_the_guests_that_run(modules: Any, host: Any) -> None:
    few, many = processes(modules, host, FEW), processes(modules, host, MANY)
    assert many == few
    assert max(many.values()) <= 5

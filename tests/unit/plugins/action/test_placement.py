# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin placement reads what the hosts of the play showed, and what was tried."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.fleet.guest_places import of_guests
from ansible_collections.xenfleet.stubdom.plugins.module_utils.guest.model import read_guests
from ansible_collections.xenfleet.stubdom.tests.unit.helpers import definition

# Nothing of the controller's Ansible is imported before the first test runs: see tests/unit/conftest.py.

ABSENT = {"name": "web1", "state": "absent"}
LISTS = {"xen1": [ABSENT], "xen2": [definition()]}
NOBODY: dict[str, Any] = {"domains": [], "unidentified": "", "xen": {"toolstack": "xl"}}
WEB1 = {**NOBODY, "domains": [{"name": "web1", "domid": 1, "state": "running", "serves": None}]}


def run(
    hostvars: dict[str, dict[str, Any]], play: list[str], variables: dict[str, Any] | None = None, **args: Any
) -> dict[str, Any]:
    from types import SimpleNamespace

    from ansible.parsing.dataloader import DataLoader

    from ansible_collections.xenfleet.stubdom.plugins.action.placement import ActionModule

    guests = [(host, found.guest) for host, own in LISTS.items() for found in read_guests(own) if found.guest]
    args = {"group": "xen_hosts", "definitions": of_guests(guests).as_data(), **args}
    task = SimpleNamespace(args=args, check_mode=False, async_val=0, diff=False, action="xenfleet.stubdom.placement")
    action = ActionModule(task, SimpleNamespace(_shell=SimpleNamespace(tmpdir=None)), SimpleNamespace(), DataLoader(), None, None)
    answer: dict[str, Any] = action.run(None, {
        "hostvars": hostvars, "groups": {"xen_hosts": ["xen1", "xen2"]}, "ansible_play_hosts_all": play, **(variables or {})})
    return answer


def test_a_move_before_and_after_it_was_tried() -> None:
    hostvars: dict[str, dict[str, Any]] = {"xen1": {"preflight_host": WEB1}, "xen2": {"preflight_host": NOBODY}}
    found = run(hostvars, ["xen1", "xen2"])
    assert (found["ask"], found["changed"], found["hosts"]["xen1"]["leave"]) == ([], False, ["web1"])
    assert found["hosts"]["xen2"]["moves"] == [{"host": "xen1", "guests": [ABSENT]}]
    attempt = {"host": "xen1", "guests": [ABSENT], "rehearsed": {"guests": [{"name": "web1", "problems": []}]},
               "removed": {"guests": [{"name": "web1", "problems": []}]},
               "stopped": {"guests": [{"name": "web1", "problems": [], "state": "off"}]}}
    hostvars["xen2"]["stubdom_attempts"] = [attempt]
    found = run(hostvars, ["xen1", "xen2"])
    assert (found["hosts"]["xen1"]["leave"], found["hosts"]["xen2"]["elsewhere"]) == ([], [])


def test_a_host_outside_the_play_is_to_be_asked_and_then_known() -> None:
    hostvars = {"xen2": {"preflight_host": NOBODY}}
    assert run(hostvars, ["xen2"])["ask"] == ["xen1"]
    found = run({"xen2": {**hostvars["xen2"], "stubdom_others": {"results": [{"item": "xen1", **WEB1}]}}}, ["xen2"])
    assert found["ask"] == []
    assert "runs on host xen1" in found["hosts"]["xen2"]["elsewhere"][0]["reason"]
    assert run(hostvars, ["xen2"], powered_off=["xen1"])["ask"] == []


def test_nothing_is_to_be_done_on_hosts_that_are_as_defined_and_for_which_nothing_is_decided() -> None:
    done, not_done = {"deployment": {"as_defined": True}}, {"deployment": {"as_defined": False}}
    running = {**WEB1, **done}
    hostvars: dict[str, dict[str, Any]] = {"xen1": {"preflight_host": {**NOBODY, **done}}, "xen2": {"preflight_host": running}}
    assert run(hostvars, ["xen1", "xen2"])["as_defined"] == ["xen1", "xen2"]
    assert run(hostvars, ["xen2"])["as_defined"] == ["xen2"]
    for other in ({**running, **not_done}, WEB1, {"unreachable": True, "msg": "No route to host"}, {"failed": True, "msg": "no Xen"}):
        hostvars["xen2"]["preflight_host"] = other
        assert run(hostvars, ["xen1", "xen2"])["as_defined"] == ["xen1"]
    # A move, and a host that has to be asked before a start, are something to do whatever the hosts say of themselves.
    hostvars = {"xen1": {"preflight_host": running}, "xen2": {"preflight_host": {**NOBODY, **done}}}
    assert run(hostvars, ["xen1", "xen2"])["as_defined"] == []
    assert run(hostvars, ["xen2"])["as_defined"] == []


def test_one_line_for_each_host_says_why_it_is_not_as_defined(capsys: pytest.CaptureFixture[str]) -> None:
    from ansible.utils.display import Display

    hostvars = {
        "xen1": {"preflight_host": {**NOBODY, "deployment": {"as_defined": False, "difference": "web1 is off\nweb2 too"}}},
        "xen2": {"preflight_host": {**WEB1, "deployment": {"as_defined": True, "guests": []}}},
    }
    display, line = Display(), "xen1: all steps run, as it is not as defined: web1 is off; web2 too"
    before, display.verbosity = display.verbosity, 1
    try:
        run(hostvars, ["xen1", "xen2"])
        assert [row for row in capsys.readouterr().out.splitlines() if row] == [line]
        run(hostvars, ["xen1", "xen2"], variables={"stubdom_placement": {}})
        display.verbosity = 0
        run(hostvars, ["xen1", "xen2"])
        assert capsys.readouterr().out == ""
    finally:
        display.verbosity = before


def test_a_host_that_is_off_has_to_be_one_of_the_fleet() -> None:
    from ansible.errors import AnsibleActionFail

    with pytest.raises(AnsibleActionFail, match="stubdom_hosts_off = 'xen9': is not a host of the fleet. Remedy: correct the name."):
        run({"xen2": {}}, ["xen2"], powered_off=["xen9"])

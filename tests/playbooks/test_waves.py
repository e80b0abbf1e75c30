# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""deploy.yml goes from wave to wave: it stops at a fault, within the budget, and tells whom it has not come to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api import FakeXen
from deployment import CORE, Site

FAULTY = {"stubdom_guests": [{"name": "web1", "type": "pv", "memory": 128,
                              "boot": {"method": "direct", "kernel": "/nonexistent/vmlinuz"}}]}
# Nobody answers there.
DOWN = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
BEGUN = re.compile(r"^(?:ok|fatal): \[(\w+)\]", re.MULTILINE)
RECAP = re.compile(r"^(\w+) +: ok=.* failed=(\d+) ", re.MULTILINE)


class Fleet(Site):
    """Four hosts without guests, but for what a test changes."""

    def __init__(self, folder: Path, core: str, **changes: dict[str, Any]) -> None:
        super().__init__(folder, core, 0)
        shared = {**self.variables(), "stubdom_guests": []}
        hosts = {f"host{number}": {**shared, **changes.get(f"host{number}", {})} for number in (1, 2, 3, 4)}
        self.inventory.write_text(json.dumps({"xen_hosts": {"hosts": hosts}}))

    def waves(self, *options: str, **variables: Any) -> tuple[int, dict[str, bool], str]:
        """Exit status; the hosts that were begun, and whether each is in order; what was printed."""
        done = self.run(*options, "-e", json.dumps(variables))
        waves = done.stdout.partition("PLAY [Deploy, wave by wave]")[2]
        begun = set(BEGUN.findall(waves))
        found = {host: failed == "0" for host, failed in RECAP.findall(done.stdout) if host in begun}
        return done.returncode, found, done.stdout


def test_a_canary_with_a_fault_leaves_the_rest_untouched(tmp_path: Path, core: str) -> None:
    status, hosts, text = Fleet(tmp_path, core, host1=FAULTY).waves()
    assert (status, hosts) == (2, {"host1": False})
    assert "\n  host1: guest web1: " in text
    assert "\n3 hosts not begun: host2, host3, host4.\n" in text


def test_a_host_that_is_down_counts_like_one_with_a_fault(tmp_path: Path) -> None:
    status, hosts, text = Fleet(tmp_path, CORE, host2=DOWN).waves(stubdom_serial=[1, 2])
    assert (status, hosts) == (2, {"host1": True, "host2": False, "host3": True})
    assert "\n  host2: cannot be reached: " in text
    assert "\n3 hosts not begun: host2, host3, host4.\n" in text  # of the first wave
    assert "\n1 host not begun: host4.\n" in text


def test_within_the_budget_the_next_wave_comes(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, CORE, host2=DOWN, host3=FAULTY)
    status, hosts, text = fleet.waves(stubdom_serial=[1, "75%"], stubdom_max_fail_percentage=70)
    assert (status, hosts) == (2, {"host1": True, "host2": False, "host3": False, "host4": True})
    assert text.count("not begun: host2, host3, host4.\n") == 1


@pytest.mark.parametrize("module", ["host_info", "guest_state"])
def test_a_wave_that_loses_its_last_host_on_the_way_is_reported(tmp_path: Path, module: str) -> None:
    """After that module has run, nothing can be brought to the host any more."""
    room = tmp_path / "room"
    room.mkdir()
    lost = f'/usr/bin/python3 "$@"; status=$?; mv {room} {room}.gone; touch {room}; exit $status'
    before = f'case "$*" in *_{module}.py*) {lost};; esac'
    python = FakeXen(tmp_path / "host").interpreter(tmp_path / "python", before)
    host = {"ansible_python_interpreter": python, "ansible_remote_tmp": str(room)}
    status, hosts, text = Fleet(tmp_path, CORE, host1=host).waves()
    assert (status, hosts) == (2, {"host1": False})
    assert "\n  host1: the connection was lost during the run: " in text
    assert "\n3 hosts not begun: host2, host3, host4.\n" in text


@pytest.mark.parametrize("limit", [(), ("--limit", "host2:host3:host4")], ids=["all", "limit"])
def test_waves_of_the_inventory(tmp_path: Path, core: str, limit: tuple[str, ...]) -> None:
    """They count as extra variables do, which replace them; also where the first host of the group is not in the run."""
    shared = {"stubdom_serial": [1, "75%"], "stubdom_max_fail_percentage": 70}
    fleet = Fleet(tmp_path, core, host1=shared, host2={**shared, **DOWN}, host3={**shared, **FAULTY}, host4=shared)
    status, hosts, text = fleet.waves(*limit)
    found = {"host1": True, "host2": False, "host3": False, "host4": True} if not limit else {"host2": False}
    assert (status, hosts) == (2, found), text[-3000:]
    status, hosts, text = fleet.waves(*limit, stubdom_serial=2, stubdom_max_fail_percentage=0)
    assert (status, set(hosts)) == (2, {"host1", "host2"} if not limit else {"host2", "host3"}), text[-3000:]


def test_waves_that_make_no_sense_are_told_before_any_host_is_reached(tmp_path: Path) -> None:
    status, _hosts, text = Fleet(tmp_path, CORE).waves(stubdom_serial=[1, "some"], stubdom_max_fail_percentage=-1)
    assert status == 2
    assert "stubdom_serial = 'some': is not the size of a wave. Remedy: give a number of hosts from 1" in text
    assert "stubdom_max_fail_percentage = -1: is not a percentage of hosts. Remedy: give a number from 0 to 100" in text
    assert "[Deploy, wave by wave]" not in text

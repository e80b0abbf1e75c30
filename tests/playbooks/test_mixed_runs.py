# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of a fleet in which some hosts are as defined, deploy.yml takes its steps on the others only, and reports all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployment import CORE
from fleet_site import DOWN, FleetSite, Ran

ONE_WAVE = {"stubdom_serial": "100%"}
# Of these, the first host of a wave has the result.
OF_WAVES = ("End here when", "Record that the wave", "Report a wave")
STEPS = ["guest_config", "guest_info", "guest_state"]
HOSTS = ["xen1", "xen2", "xen3"]
WAVES = re.compile(r"^PLAY \[Deploy, wave by wave\] \*+$", re.MULTILINE)
TASK = re.compile(r"^TASK \[(.*)\] \*+$", re.MULTILINE)
RESULT = re.compile(r"^(?:ok|changed|fatal|skipping): \[(\w+)\]", re.MULTILINE)


def deployed(folder: Path, core: str) -> FleetSite:
    """Return a fleet of three hosts with a guest each, all as defined."""
    site = FleetSite(folder, core, len(HOSTS))
    site.define(**{host: [site.guest(f"web{host[-1]}", shared=False)] for host in HOSTS})
    ran = site.run(**ONE_WAVE)
    assert ran.status == 0, ran.text[-4000:]
    return site


def worked_on(ran: Ran) -> set[str]:
    """Return the hosts that a task of the waves ran for, or was skipped for."""
    found = set()
    for wave in WAVES.split(ran.text)[1:]:
        names = TASK.split(wave.partition("PLAY RECAP")[0])
        for name, text in zip(names[1::2], names[2::2], strict=True):
            if not name.startswith(OF_WAVES):
                found |= set(RESULT.findall(text))
    return found


def reports(ran: Ran) -> list[str]:
    """Return the last lines of the reports: how many hosts and guests each has."""
    return re.findall(r"^\d+ hosts?, \d+ guests?: .*$", ran.text, re.MULTILINE)


@pytest.mark.parametrize("other, waves", [("xen1", {}), ("xen3", {}), ("xen2", ONE_WAVE)], ids=["first-wave", "second-wave", "one-wave"])
def test_the_steps_run_on_the_host_that_differs_only(tmp_path: Path, core: str, other: str, waves: dict[str, str]) -> None:
    site = deployed(tmp_path, core)
    site.xens[other].remove_domain(f"web{other[-1]}")
    ran = site.run(**waves)
    assert ran.status == 0, ran.text[-6000:]
    assert sorted(ran.modules) == [*STEPS, *["host_info"] * 3]
    assert ran.changed == {host: int(host == other) for host in HOSTS}
    assert worked_on(ran) == {other}
    assert site.running() == {host: [f"web{host[-1]}"] for host in HOSTS}
    # Each host is in one report, and no report says that a host was lost or was not begun, but for those of later waves.
    first, rest = "1 host, 1 guest: 1 as defined, 0 problems.", "2 hosts, 2 guests: 2 as defined, 0 problems."
    assert reports(ran) == (["3 hosts, 3 guests: 3 as defined, 0 problems."] if waves else [first, rest])
    assert re.findall(r"^\d+ hosts? not begun: .*$", ran.text, re.MULTILINE) == ([] if waves else ["2 hosts not begun: xen2, xen3."])
    for host in HOSTS:
        did = "started" if host == other else "unchanged"
        assert ran.line(host, f"web{host[-1]}") == f"{host} web{host[-1]} running direct - unchanged {did} kernel"


def test_hosts_that_left_count_in_the_share_that_may_fail(tmp_path: Path) -> None:
    site = deployed(tmp_path, CORE)
    site.hosts["xen1"]["stubdom_guests"][0]["boot"]["kernel"] = "/nonexistent/vmlinuz"
    site.xens["xen3"].remove_domain("web3")
    ran = site.run(stubdom_serial=[2, 1])
    assert (ran.status, worked_on(ran), site.running()["xen3"]) == (2, {"xen1"}, [])
    assert "2 hosts, 2 guests: 1 as defined, 2 problems." in ran.text
    assert "1 host not begun: xen3." in ran.text
    # One of the two hosts of the wave is half of them, though the other one has left it.
    ran = site.run(stubdom_serial=[2, 1], stubdom_max_fail_percentage=50)
    assert (ran.status, worked_on(ran), site.running()["xen3"]) == (2, {"xen1", "xen3"}, ["web3"])


def test_a_host_that_is_down_leaves_the_others_to_themselves(tmp_path: Path) -> None:
    site = deployed(tmp_path, CORE)
    site.hosts["xen2"] |= DOWN
    ran = site.run(**ONE_WAVE)
    assert (ran.status, worked_on(ran)) == (2, {"xen2"})
    assert not set(STEPS) & set(ran.modules)
    assert "\n  xen2: cannot be reached: " in ran.text
    assert "3 hosts, 3 guests: 2 as defined, 1 problem." in ran.text


def test_all_hosts_take_the_steps_that_are_chosen(tmp_path: Path) -> None:
    site = deployed(tmp_path, CORE)
    site.xens["xen2"].remove_domain("web2")
    for options, steps in ((["--check"], ["guest_config", "guest_state"]), (["--tags", "verify"], ["guest_info"])):
        ran = site.run(*options, **ONE_WAVE)
        assert worked_on(ran) == set(HOSTS)
        assert sorted(set(STEPS) & set(ran.modules)) == steps
        assert {step: ran.modules.count(step) for step in steps} == dict.fromkeys(steps, 3)


def test_a_guest_that_runs_twice_keeps_its_hosts_in_the_run(tmp_path: Path) -> None:
    """Each of the two is as defined, by itself."""
    site = deployed(tmp_path, CORE)
    site.xens["xen2"].add_domain("web1")
    for fake_xen in site.xens.values():
        fake_xen.forget_calls()
    ran = site.run(**ONE_WAVE)
    assert (ran.status, worked_on(ran)) == (2, {"xen1", "xen2"})
    assert ran.text.count("guest web1: runs on xen1 and xen2 at the same time, and nothing of it is touched.") >= 2
    assert ran.line("xen3", "web3") == "xen3 web3 running direct - unchanged unchanged kernel"
    assert all(fake_xen.mutating_calls() == [] for fake_xen in site.xens.values())
